// SPDX-License-Identifier: Apache-2.0
// The committed parts are valid and stand where published figures put them. Bands are wide on purpose: a part is not
// fitted to one row.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw_models/cpu/cpu_core.h"
#include "hw_models/gpu/gpu_core.h"
#include "hw_models/npu/npu_core.h"
#include "sim/config/yaml_reader.h"

namespace handset {
namespace {

template <class Config>
Config part(const std::string& name, const std::vector<std::string>& overrides = {}) {
    return load_config<Config>(HANDSET_SOURCE_DIR "/configs/parts/" + name + ".yaml", overrides);
}

Work matmul(std::uint32_t m, std::uint32_t n, std::uint32_t k, MacFormat format) {
    Work work;
    work.matmuls[0] = {.m = m, .n = n, .k = k, .format = format};
    return work;
}

double tops(const ComputeCore& core, const Work& work) {
    double seconds = 0;
    for (std::uint32_t lane = 0; lane < core.caps().lane_speed.size(); ++lane) {
        seconds += 1 / to_seconds(core.tile_time(work, lane).total);  // every lane computes such a tile
    }
    return 2e-12 * static_cast<double>(work.macs().count()) * seconds;
}

TEST(Parts, AllReadWithoutErrors) {
    for (const char* name : {"npu_hexagon_v75", "npu_hexagon_v75_graph", "npu_hexagon_v73", "npu_rk3588"}) {
        EXPECT_NO_THROW((void)part<NpuConfig>(name)) << name;
    }
    for (const char* name : {"cpu_sm8650", "cpu_sm8550", "cpu_rk3588"}) {
        EXPECT_NO_THROW((void)part<CpuConfig>(name)) << name;
    }
    for (const char* name : {"gpu_adreno750", "gpu_adreno740", "gpu_mali_g610"}) {
        EXPECT_NO_THROW((void)part<GpuConfig>(name)) << name;
    }
}

TEST(Parts, WrongValuesAreReportedWithPathAndReason) {
    const auto message = [](auto read) {
        try {
            read();
        } catch (const ConfigError& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    EXPECT_THAT(message([] { (void)part<NpuConfig>("npu_hexagon_v75", {"array.rows=0"}); }),
                testing::HasSubstr("array.rows: 0 is out of range"));
    EXPECT_THAT(message([] { (void)part<NpuConfig>("npu_hexagon_v75", {"scratchpad.size=8 KiB"}); }),
                testing::HasSubstr("scratchpad.size: holds less than one array tile per buffer"));
    EXPECT_THAT(message([] { (void)part<NpuConfig>("npu_hexagon_v75", {"array.dataflow=weight"}); }),
                testing::HasSubstr("weight_stationary"));
    EXPECT_THAT(message([] { (void)part<CpuConfig>("cpu_sm8650", {"port.lane_outstanding=1 GiB"}); }),
                testing::HasSubstr("port.lane_outstanding: a lane cannot have more bytes in flight"));
    EXPECT_THAT(message([] {
                    (void)part<GpuConfig>("gpu_adreno750", {"gemm.columns=64", "gemm.rows=64"});
                }),
                testing::HasSubstr("gemm: one fp32 wave needs"));
}

TEST(Parts, HexagonV75ReachesTheRateMeasuredFromItsScratchpad) {
    // 12.03 TFLOPS fp16, 1024^3 in TCM (arXiv 2509.23324 table 2).
    const NpuCore core("npu0", part<NpuConfig>("npu_hexagon_v75"));
    EXPECT_NEAR(tops(core, matmul(1024, 1024, 1024, MacFormat::fp16)), 12.03, 0.05 * 12.03);
    // int8 is printed as 34 TOPS at a boost clock (arXiv 2501.14794 table 2).
    EXPECT_NEAR(2e-12 * static_cast<double>(core.caps().macs_per_second[2]), 34, 0.35 * 34);
}

TEST(Parts, OneVectorThreadOfHexagonV75ReachesTheRateMeasuredFromItsScratchpad) {
    // 32.93 GFLOPS fp16, 1024^3 in TCM, one HVX thread (arXiv 2509.23324 table 2). The part's three instructions per
    // vector of multiply-accumulates are structure: 64 lanes x 2 x 750 MHz / 3 = 32.0.
    const NpuConfig config =
        part<NpuConfig>("npu_hexagon_v75", {"macs_per_pe={int8: 2}", "vector.threads=1", "vector.thread_width=128 B"});
    const NpuCore core("npu0", config);
    EXPECT_NEAR(tops(core, matmul(1024, 1024, 1024, MacFormat::fp16)) * 1000, 32.93, 0.05 * 32.93);
}

TEST(Parts, HexagonV75LatencyMovesInStepsOf32Rows) {
    // arXiv 2501.14794: sequence lengths 1..32 cost the same, 33 costs a step more.
    const NpuCore core("npu0", part<NpuConfig>("npu_hexagon_v75"));
    const auto time = [&](std::uint32_t m) { return core.tile_time(matmul(m, 4096, 4096, MacFormat::fp16), 0).total; };
    EXPECT_EQ(time(1), time(32));
    EXPECT_GT(time(33), time(32));
    EXPECT_EQ(time(33), time(64));
}

TEST(Parts, Rk3588NpuHasItsPrintedRate) {
    const NpuCore core("npu0", part<NpuConfig>("npu_rk3588"));
    EXPECT_NEAR(2e-12 * static_cast<double>(core.caps().macs_per_second[2]), 6.0, 0.2);
}

/// Products of 4-bit weights in groups of 32, when every core has the share that the engine gives it.
double cpu_tops(const std::string& name) {
    const CpuCore core("cpu0", part<CpuConfig>(name));
    Work work;
    work.matmuls[0] = {.m = 64, .n = 64, .k = 2048, .format = MacFormat::int4, .group = 32};
    const auto workers = static_cast<std::uint32_t>(core.caps().worker_count());
    const bool equal = core.caps().lane_speed.size() == workers && core.caps().lane_speed.front() == 1;
    double together = 0;
    double slowest = 1e9;
    for (std::uint32_t lane = 0; lane < workers; ++lane) {
        const double rate = 1 / to_seconds(core.tile_time(work, lane).matrix);
        together += rate;
        slowest = std::min(slowest, rate);
    }
    return 2e-12 * static_cast<double>(work.macs().count()) * (equal ? workers * slowest : together);
}

TEST(Parts, CpuKernelsAreSomewhatFasterThanWholePrefills) {
    // Llama-3.2-1B has 0.973 G weights in its layers: 260.5 tok/s are 0.507 TOPS (ExecuTorch, Snapdragon 8 Gen 3),
    // 190.1 tok/s are 0.370 TOPS (llama.cpp, Snapdragon 8 Gen 2, arXiv 2607.05475), attention and other operators
    // included.
    EXPECT_GT(cpu_tops("cpu_sm8650"), 0.507);
    EXPECT_LT(cpu_tops("cpu_sm8650"), 1.6 * 0.507);
    EXPECT_GT(cpu_tops("cpu_sm8550"), 0.370);
    EXPECT_LT(cpu_tops("cpu_sm8550"), 1.4 * 0.370);
}

TEST(Parts, GpusReachTheRateOfRealEngines) {
    // 0.79 TFLOPS fp16 on Adreno 750 (arXiv 2501.14794, table 3); on Adreno 740 0.71-0.77 with fp16 operands (MNN) and
    // 0.39-0.43 with fp32 operands (llama.cpp, both arXiv 2607.05475).
    const Work half = matmul(256, 4096, 4096, MacFormat::fp16);
    EXPECT_NEAR(tops(GpuCore("gpu0", part<GpuConfig>("gpu_adreno750")), half), 0.79, 0.08);
    EXPECT_NEAR(tops(GpuCore("gpu0", part<GpuConfig>("gpu_adreno740")), half), 0.74, 0.08);
    EXPECT_NEAR(tops(GpuCore("gpu0", part<GpuConfig>("gpu_adreno740")), matmul(256, 4096, 4096, MacFormat::fp32)), 0.41,
                0.08);
}

}  // namespace
}  // namespace handset
