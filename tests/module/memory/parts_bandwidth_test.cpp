// SPDX-License-Identifier: Apache-2.0
// What one and two initiators reach on the committed phones, against published bandwidths.
#include <filesystem>

#include "sim/config/yaml_reader.h"
#include "tests/module/memory/memory_bench.h"

namespace handset {
namespace {

template <class Config>
Config part(const std::string& name) {
    return load_config<Config>(std::filesystem::path(HANDSET_SOURCE_DIR) / "configs/parts" / (name + ".yaml"));
}

struct Reached {
    double one = 0;  ///< GB/s of one initiator
    double two = 0;  ///< GB/s of two together
};

/// Weight streams in 4 KiB requests, 16 KiB in flight at most, as an NPU's DMA sends them.
Reached measure(const DramConfig& dram, const CacheConfig& slc, const NocConfig& noc) {
    constexpr std::uint64_t kBytes = 8 << 20;
    MemorySystem alone("alone_", false, dram, slc, noc);
    MemorySystem both("both_", false, dram, slc, noc);
    alone.add_source("npu", 0).stream(0, kBytes, 4096, 16384);
    both.add_source("npu", 0).stream(0, kBytes, 4096, 16384);
    both.add_source("gpu", 1).stream(1 << 30, kBytes, 4096, 16384);
    run_all();
    const double end = std::max(to_seconds(both.sources[0]->last()), to_seconds(both.sources[1]->last()));
    return {alone.sources[0]->rate(kBytes) / 1e9, 2.0 * kBytes / end / 1e9};
}

TEST(PartsBandwidth, EightGen3MatchesThePublishedOneAndTwoProcessorRates) {
    const Reached reached =
        measure(part<DramConfig>("lpddr5x_8448"), part<CacheConfig>("slc_8gen3"), part<NocConfig>("noc_8gen3"));
    // One processor 40-45 GB/s, GPU and NPU 59.5, achievable 61.9 (arXiv 2501.14794); CPU and NPU 59.6 (2406.06282).
    EXPECT_GE(reached.one, 40);
    EXPECT_LE(reached.one, 45);
    EXPECT_GE(reached.two, 58);
    EXPECT_LE(reached.two, 61.9);
}

TEST(PartsBandwidth, EightGen2KeepsTheRatioOfItsMemory) {
    const Reached reached =
        measure(part<DramConfig>("lpddr5x_7372"), part<CacheConfig>("slc_8gen2"), part<NocConfig>("noc_8gen2"));
    EXPECT_GE(reached.one, 35);
    EXPECT_LE(reached.one, 45);
    EXPECT_GE(reached.two, 48);
    EXPECT_LE(reached.two, 56);
}

TEST(PartsBandwidth, Rk3588ReachesWhatItsBenchmarksImply) {
    // No system cache: one that holds a single line stands in for it and adds no time.
    CacheConfig none = part<CacheConfig>("slc_8gen3");
    none.allocate.clear();
    none.lookup_latency = {};
    const Reached reached = measure(part<DramConfig>("lpddr4x_4266"), none, part<NocConfig>("noc_rk3588"));
    // 27-30 GB/s of weights in rknn-llm's decode table on one NPU.
    EXPECT_GE(reached.one, 26);
    EXPECT_LE(reached.one, 31);
    EXPECT_GE(reached.two, 26);
    EXPECT_LE(reached.two, 31);
}

}  // namespace
}  // namespace handset
