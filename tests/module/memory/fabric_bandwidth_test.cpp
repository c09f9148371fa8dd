// SPDX-License-Identifier: Apache-2.0
// What one and two processors reach on the committed phones, against published bandwidths, and why: rates follow from
// the bytes that ports may have in flight and from loaded latency.
#include <cmath>
#include <iostream>

#include <gtest/gtest.h>

#include "tests/module/memory/phone_fabric.h"

namespace handset {
namespace {

constexpr double kPublishedCpu = 43.9;     // alone (arXiv 2406.06282)
constexpr double kPublishedNpu = 56.0;     // alone (arXiv 2406.06282)
constexpr double kPublishedGpu = 43.3;     // alone (arXiv 2501.14794)
constexpr double kPublishedCpuNpu = 59.6;  // together (arXiv 2406.06282)
constexpr double kPublishedGpuNpu = 59.5;  // together (arXiv 2501.14794)
constexpr double kAchievable = 61.9;       // the most that memory gives (arXiv 2501.14794)

using Fabrics = std::vector<std::unique_ptr<PhoneFabric>>;

/// One phone of its own for each group of processors; runs them all and returns their rates in GB/s.
std::vector<double> rates(const std::string& phone, const std::vector<std::vector<std::string>>& groups) {
    Fabrics fabrics;
    for (const std::vector<std::string>& group : groups) {
        const std::string prefix = "f" + std::to_string(fabrics.size()) + "_";
        fabrics.push_back(std::make_unique<PhoneFabric>(prefix, phone));
        for (const std::string& processor : group) {
            fabrics.back()->stream(processor);
        }
    }
    sc_core::sc_start();
    std::vector<double> reached;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        reached.push_back(fabrics[i]->rate());
        std::cout << phone;
        for (const std::string& processor : groups[i]) {
            std::cout << " " << processor;
        }
        std::cout << ": " << reached.back() << " GB/s\n";
    }
    return reached;
}

/// Prints what | published | reached, which scripts/report/memory_page.py reads.
void expect_within(double reached, double published, double percent, const char* what) {
    std::cout << what << " | " << published << " | " << reached << " | "
              << (std::abs(reached - published) <= published * percent / 100 ? "ok" : "OUTSIDE") << "\n";
    EXPECT_NEAR(reached, published, published * percent / 100) << what;
}

TEST(FabricBandwidth, EightGen3MatchesThePublishedRatesOfOneAndOfTwoProcessors) {
    const std::vector<double> reached =
        rates("phone_8gen3", {{"cpu0"}, {"gpu0"}, {"npu0"}, {"cpu0", "npu0"}, {"gpu0", "npu0"}});
    expect_within(reached[0], kPublishedCpu, 3, "CPU alone: fitted");
    expect_within(reached[1], kPublishedGpu, 3, "GPU alone: fitted");
    expect_within(reached[2], kPublishedNpu, 3, "NPU alone: fitted");
    expect_within(reached[3], kPublishedCpuNpu, 3, "CPU and NPU: follows");
    expect_within(reached[4], kPublishedGpuNpu, 3, "GPU and NPU: follows");
    EXPECT_LE(std::max(reached[3], reached[4]), kAchievable);
}

TEST(FabricBandwidth, EightGen2KeepsTheRatioOfItsMemory) {
    // CPU: 34.5 GB/s of weights in MNN's decode (arXiv 2607.05475). For GPU and NPU no figures are published: those of
    // the 8 Gen 3 times 59.0 / 67.6 GB/s of DRAM peak.
    constexpr double kRatio = 58.976 / 67.584;
    const std::vector<double> reached = rates("phone_8gen2", {{"cpu0"}, {"gpu0"}, {"npu0"}, {"gpu0", "npu0"}});
    expect_within(reached[0], 34.5, 8, "CPU: fitted");
    expect_within(reached[1], kPublishedGpu * kRatio, 3, "GPU: fitted");
    expect_within(reached[2], kPublishedNpu * kRatio, 3, "NPU: fitted");
    expect_within(reached[3], kPublishedGpuNpu * kRatio, 6, "GPU and NPU: follows");
}

TEST(FabricBandwidth, Rk3588ReachesWhatItsBenchmarksImply) {
    // 26.0-29.8 GB/s of weights in rknn-llm's decode table on the NPU.
    const std::vector<double> reached = rates("board_rk3588", {{"npu0"}, {"gpu0", "npu0"}});
    EXPECT_GE(reached[0], 26);
    EXPECT_LE(reached[0], 29.8);
    EXPECT_GE(reached[1], reached[0]);
    EXPECT_LT(reached[1], 34.1) << "peak of the DRAM";
}

/// The NPU's port with `kib` KiB in flight and a network that allows more; `more` are further overrides.
std::vector<std::string> npu_port(std::uint64_t kib, std::vector<std::string> more = {}) {
    more.push_back("components.noc.outstanding=64 KiB");
    more.push_back("components.noc.ports.npu0.outstanding=" + std::to_string(kib) + " KiB");
    return more;
}

TEST(FabricBandwidth, OneProcessorObeysLittlesLaw) {
    // The source keeps as much in flight as its port allows, so nothing queues before the port: bytes in flight = rate
    // x latency. The rate is taken where all run, the latency at every request: within 2 %.
    constexpr std::uint64_t kKib[] = {4, 8, 12, 16, 32};
    Fabrics fabrics;
    for (const std::uint64_t kib : kKib) {
        fabrics.push_back(std::make_unique<PhoneFabric>("k" + std::to_string(kib) + "_", "phone_8gen3", npu_port(kib)));
        fabrics.back()->stream("npu0", kib * 1024);
    }
    PhoneFabric lone("lone_", "phone_8gen3");
    lone.stream("npu0", 4096);
    sc_core::sc_start();
    for (std::size_t i = 0; i < fabrics.size(); ++i) {
        const double in_flight = fabrics[i]->rate() * mean_latency(*fabrics[i]->sources[0]) * 1e9;
        EXPECT_NEAR(in_flight, static_cast<double>(kKib[i] * 1024), static_cast<double>(kKib[i] * 1024) * 0.02);
    }
    // One request at a time sees an idle memory: the least latency, which queueing only adds to.
    const double idle = mean_latency(*lone.sources[0]);
    for (const auto& fabric : fabrics) {
        EXPECT_GE(mean_latency(*fabric->sources[0]), 0.98 * idle);
    }
    EXPECT_GT(mean_latency(*fabrics.back()->sources[0]), 1.5 * idle) << "32 KiB queue";
}

TEST(FabricBandwidth, MoreInFlightIsFasterUntilMemorySaturates) {
    constexpr std::uint64_t kKib[] = {4, 8, 12, 16, 24, 32, 48};
    Fabrics fabrics;
    for (const std::uint64_t kib : kKib) {
        fabrics.push_back(std::make_unique<PhoneFabric>("k" + std::to_string(kib) + "_", "phone_8gen3", npu_port(kib)));
        fabrics.back()->stream("npu0", 65536);
    }
    sc_core::sc_start();
    std::vector<double> reached;
    for (std::size_t i = 0; i < fabrics.size(); ++i) {
        reached.push_back(fabrics[i]->rate());
        std::cout << kKib[i] << " KiB in flight: " << reached.back() << " GB/s\n";
        if (i > 0) {
            EXPECT_GE(reached[i], 0.99 * reached[i - 1]);
        }
    }
    EXPECT_GE(reached[1], 1.6 * reached[0]) << "far from saturation twice the bytes are nearly twice the rate";
    EXPECT_LE(reached.back(), 1.03 * reached[4]) << "saturated";
    EXPECT_LT(reached.back(), 1.01 * 67.584) << "never above the peak of the DRAM";
}

TEST(FabricBandwidth, WiresDoNotLimitOneProcessor) {
    // Twice the width of every wire changes the rate by little; half the bytes in flight change it by much.
    const std::vector<std::string> wide{"components.noc.fabric_width=128 B", "components.noc.ports.gpu0.width=128 B",
                                        "components.slc.width=128 B"};
    PhoneFabric base("base_", "phone_8gen3");
    PhoneFabric wires("wires_", "phone_8gen3", wide);
    PhoneFabric fewer("fewer_", "phone_8gen3", {"components.noc.ports.gpu0.outstanding=4 KiB"});
    for (PhoneFabric* fabric : {&base, &wires, &fewer}) {
        fabric->stream("gpu0");
    }
    sc_core::sc_start();
    EXPECT_NEAR(wires.rate(), base.rate(), 0.05 * base.rate());
    EXPECT_LT(fewer.rate(), 0.7 * base.rate());
}

TEST(FabricBandwidth, OneCoreGetsItsLinesInFlightOverTheirLatency) {
    struct Case {
        const char* core;
        std::size_t lane;
        std::vector<std::string> overrides;
    };
    const std::vector<Case> cases{
        {"Cortex-X4", 0, {}},
        {"Cortex-A720", 1, {}},
        {"Cortex-A520", 6, {"components.cpu0.affinity=all"}},
        {"Cortex-X4 with four times the lines", 0, {"components.cpu0.clusters.0.lines_in_flight=256"}}};
    Fabrics fabrics;
    for (const Case& c : cases) {
        fabrics.push_back(
            std::make_unique<PhoneFabric>("c" + std::to_string(fabrics.size()) + "_", "phone_8gen3", c.overrides));
        fabrics.back()->stream_core("cpu0", c.lane);
    }
    sc_core::sc_start();
    std::vector<double> reached;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const double latency = mean_latency(*fabrics[i]->sources.front());
        const double window = static_cast<double>(fabrics[i]->window_of_core("cpu0", cases[i].lane).count());
        reached.push_back(fabrics[i]->rate());
        std::cout << cases[i].core << ": " << reached[i] << " GB/s, " << window << " B in " << latency * 1e9 << " ns\n";
        EXPECT_NEAR(reached[i], window / latency / 1e9, 0.05 * reached[i]) << cases[i].core;
    }
    EXPECT_GT(reached[0], reached[1]) << "more lines";
    EXPECT_GT(reached[1], reached[2]);
    EXPECT_GT(reached[3], reached[0]);
    EXPECT_LE(reached[3], 1.03 * kPublishedCpu) << "its L2 and the port into the network take no more";
}

}  // namespace
}  // namespace handset
