// SPDX-License-Identifier: Apache-2.0
// The committed memory parts: every file reads without complaint and means what its name says.
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "hw_models/cache/cache_config.h"
#include "hw_models/dram/dram_config.h"
#include "hw_models/flash/flash_core.h"
#include "hw_models/noc/noc_config.h"
#include "hw_models/power/power_config.h"
#include "sim/config/yaml_reader.h"

namespace handset {
namespace {

template <class Config>
Config part(const std::string& name) {
    return load_config<Config>(std::filesystem::path(HANDSET_SOURCE_DIR) / "configs/parts" / (name + ".yaml"));
}

TEST(MemoryParts, DramRatesAreThoseOfTheirNames) {
    EXPECT_EQ(part<DramConfig>("lpddr5x_8448").peak_rate().count(), 67'584'000'000U);
    EXPECT_EQ(part<DramConfig>("lpddr5x_7372").peak_rate().count(), 58'976'000'000U);
    EXPECT_EQ(part<DramConfig>("lpddr4x_4266").peak_rate().count(), 34'128'000'000U);
}

TEST(MemoryParts, CachesAndNetworksRead) {
    for (const char* name : {"slc_8gen3", "slc_8gen2", "l3_sm8650", "l3_sm8550", "l3_rk3588"}) {
        EXPECT_GE(part<CacheConfig>(name).rate().count(), 50'000'000'000U) << name;
    }
    for (const char* name : {"noc_8gen3", "noc_8gen2", "noc_rk3588"}) {
        const NocConfig noc = part<NocConfig>(name);
        EXPECT_GE(noc.fabric_rate().count(), 50'000'000'000U) << name;
    }
    EXPECT_EQ(part<PowerConfig>("power_phone").ambient, 298'150U);
}

/// Sequential reads in commands of `size` with the queue kept full, GB/s.
double sequential(const FlashConfig& config, std::uint64_t size) {
    FlashCore core(config);
    std::vector<Femtoseconds> done;
    const std::uint64_t commands = (64 << 20) / size;
    for (std::uint64_t i = 0; i < commands; ++i) {
        done.push_back(core.read(i < config.queue_depth ? 0_ns : done[i - config.queue_depth], i * size, size));
    }
    return static_cast<double>(commands * size) / to_seconds(done.back()) / 1e9;
}

TEST(MemoryParts, StorageReachesItsSpecifiedSequentialRate) {
    EXPECT_NEAR(sequential(part<FlashConfig>("ufs40"), 65536), 4.1, 0.2);   // 4200 MB/s specified, 4 GB/s measured
    EXPECT_NEAR(sequential(part<FlashConfig>("ufs31"), 65536), 2.05, 0.1);  // 2100 MB/s specified
    EXPECT_NEAR(sequential(part<FlashConfig>("emmc51"), 65536), 0.31, 0.02);
}

TEST(MemoryParts, SmallRandomReadsAreBoundByCommands) {
    // UFS 4.0: 4 KiB random reads measured at 0.85-1.08 GB/s (arXiv 2406.06282).
    const FlashConfig config = part<FlashConfig>("ufs40");
    FlashCore core(config);
    std::vector<Femtoseconds> done;
    std::uint64_t x = 1;
    for (std::size_t i = 0; i < 20000; ++i) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        const Femtoseconds now = i < config.queue_depth ? 0_ns : std::max(done[i - config.queue_depth], 0_fs);
        done.push_back(core.read(now, (x >> 20) % (1 << 18) * 4096, 4096));
    }
    const double rate = 20000 * 4096 / to_seconds(done.back()) / 1e9;
    EXPECT_GT(rate, 0.6);
    EXPECT_LT(rate, 1.1);
}

}  // namespace
}  // namespace handset
