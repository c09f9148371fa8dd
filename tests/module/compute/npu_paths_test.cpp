// SPDX-License-Identifier: Apache-2.0
// What the load paths of the NPU of a committed phone reach on that phone's network, caches and DRAM, against published
// read bandwidths. Nothing states a rate: it follows from bytes in flight and latency.
#include <filesystem>
#include <iostream>

#include <gtest/gtest.h>

#include "hw_models/npu/npu_config.h"
#include "sim/config/yaml_reader.h"
#include "sim/engine/run_control.h"
#include "sim/soc/soc.h"
#include "tests/support/device_bench.h"

namespace handset {
namespace {

constexpr std::uint64_t kTotal = 16 << 20;
constexpr std::uint64_t kTile = 1 << 20;

/// Weights of `kTotal` bytes in tiles of `kTile`, four in flight, without arithmetic.
TileProgram stream(TransferPath path) {
    TileProgram program;
    for (std::uint64_t at = 0; at < kTotal; at += kTile) {
        const std::size_t index = program.tiles.size();
        Tile& tile = add_tile(program, 0, 1, at, kTile, index % 4 * kTile);
        program.transfers.back().path = TransferPath::dma;
        program.transfers[tile.first_load].path = path;
        tile.stores = 0;
        tile.loads_after = index < 4 ? kNone : static_cast<std::uint32_t>(index - 4);
    }
    return program;
}

/// GB/s of the loads of one program on an otherwise idle phone.
double read_bandwidth(const std::vector<std::string>& overrides, TransferPath path) {
    const auto config =
        load_config<SocConfig>(std::filesystem::path(HANDSET_SOURCE_DIR) / "configs/soc/phone_8gen3.yaml", overrides);
    Soc soc(config, false, nullptr);
    Device* npu = nullptr;
    for (Device* device : soc.devices()) {
        npu = device->caps().name == "npu0" ? device : npu;
    }
    OpNode op;
    op.id = OpId{1};
    op.inputs.resize(1);
    op.inputs[0].tag = MemoryTag::weights;
    op.outputs.resize(1);
    ProgramUsage usage;
    npu->on_complete([&](OpId, const ProgramUsage& reported) { usage = reported; });
    const AddOneKernel kernel;
    npu->start({.op = &op,
                .kernel = &kernel,
                .program = std::make_shared<const TileProgram>(stream(path)),
                .operand_base = {0, 2 * kTotal}});
    sc_core::sc_start();
    return static_cast<double>(kTotal) / to_seconds(usage.transfer) / 1e9;
}

/// Within 5 % of the published number.
void expect_near(double reached, double published, const char* what) {
    std::cout << what << " | " << published << " | " << reached << "\n";
    EXPECT_NEAR(reached, published, 0.05 * published) << what;
}

// arXiv 2511.11248 table 2, read bandwidth of Hexagon V75 in GB/s with 1 / 4 HVX threads: vector load 5 / 20, l2fetch
// 26 / 32, DMA 59 / 59 (60 in arXiv 2509.23324 table 2, and 56 for the NPU alone in arXiv 2406.06282). Fitted: latency
// of the port, between the three rates of DMA; bytes in flight of one thread on the rows of one thread; bytes in flight
// of all prefetches on the row of four threads. Vector loads of four threads follow.
TEST(NpuPaths, VectorLoadOfOneThread) {
    expect_near(read_bandwidth({"components.npu0.port.load.threads=1"}, TransferPath::load), 5, "load, 1: fitted");
}

TEST(NpuPaths, VectorLoadOfFourThreads) {
    expect_near(read_bandwidth({"components.npu0.port.load.threads=4"}, TransferPath::load), 20, "load, 4: follows");
}

TEST(NpuPaths, PrefetchOfOneThread) {
    expect_near(read_bandwidth({"components.npu0.port.prefetch.threads=1"}, TransferPath::prefetch), 26,
                "prefetch, 1: fitted");
}

TEST(NpuPaths, PrefetchOfFourThreads) {
    expect_near(read_bandwidth({"components.npu0.port.prefetch.threads=4"}, TransferPath::prefetch), 32,
                "prefetch, 4: fitted");
}

TEST(NpuPaths, Dma) {
    expect_near(read_bandwidth({}, TransferPath::dma), 59, "DMA: fitted between 56, 59 and 60");
}

}  // namespace
}  // namespace handset
