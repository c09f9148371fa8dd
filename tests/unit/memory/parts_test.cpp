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
#include "tests/support/flash_driver.h"

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

/// Sequential 64 KiB commands with the queue kept full, GB/s.
double sequential(const FlashConfig& config, FlashCommand command) {
    FlashCore core(config);
    FlashTraffic traffic;
    traffic.command = command;
    traffic.size = 65536;
    traffic.queue_depth = config.host.queue_depth;
    traffic.range = 1 << 30;
    traffic.count = 8192;
    traffic.warm_up = 1024;
    return drive(core, traffic).rate / 1e3;
}

TEST(MemoryParts, StorageReachesItsSpecifiedSequentialRates) {
    EXPECT_NEAR(sequential(part<FlashConfig>("ufs40"), FlashCommand::read), 4.1, 0.2);   // 4200 MB/s, 4 GB/s measured
    EXPECT_NEAR(sequential(part<FlashConfig>("ufs31"), FlashCommand::read), 2.05, 0.1);  // 2100 MB/s
    EXPECT_NEAR(sequential(part<FlashConfig>("emmc51"), FlashCommand::read), 0.31, 0.02);
    EXPECT_NEAR(sequential(part<FlashConfig>("ufs40"), FlashCommand::write), 2.8, 0.14);  // 2800 MB/s into the booster
    EXPECT_NEAR(sequential(part<FlashConfig>("ufs31"), FlashCommand::write), 1.2, 0.06);  // 1200 MB/s
}

TEST(MemoryParts, ReferenceArraysRead) {
    EXPECT_EQ(part<FlashConfig>("ref_nand_2ch").nand.all_planes(), 16U);
    EXPECT_EQ(part<FlashConfig>("ref_nand_4ch").nand.all_planes(), 32U);
    EXPECT_EQ(part<FlashConfig>("ssd_m1").link.gear, 1U);
}

}  // namespace
}  // namespace handset
