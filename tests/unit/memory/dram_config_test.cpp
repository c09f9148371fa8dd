// SPDX-License-Identifier: Apache-2.0
// Every rule across the fields of a DRAM has a message, and the committed parts break none.
#include "hw_models/dram/dram_config.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/small_memory_parts.h"
#include "tests/unit/memory/dram_parts.h"

namespace handset {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

template <class Config>
struct Case {
    void (*change)(Config&);
    const char* message;
};

template <class Config>
void expect_each(const Config& good, const std::vector<Case<Config>>& cases) {
    Errors none;
    good.check(none);
    EXPECT_THAT(none.problems(), IsEmpty());
    for (const Case<Config>& c : cases) {
        Config config = good;
        c.change(config);
        Errors errors;
        config.check(errors);
        EXPECT_THAT(errors.problems(), Contains(HasSubstr(c.message)));
    }
}

TEST(DramConfigCheck, ReportsEachBrokenRuleOfTheGeometry) {
    expect_each<DramConfig>(
        small_dram(),
        {
            {[](DramConfig& c) { c.channel_bits = 12; },
             "burst_length: channel_bits / 8 * burst_length must be a power"},
            {[](DramConfig& c) { c.burst_length = 12; },
             "burst_length: channel_bits / 8 * burst_length must be a power"},
            {[](DramConfig& c) { c.burst_length = 4; }, "beats_per_clock: a burst must take whole clocks"},
            {[](DramConfig& c) { c.channels = 3; }, "channels: must be a power of two"},
            {[](DramConfig& c) { c.ranks = 3; }, "ranks: must be a power of two"},
            {[](DramConfig& c) { c.bank_groups = 3; }, "bank_groups: must be a power of two"},
            {[](DramConfig& c) { c.banks = 12; }, "banks: must be a power of two"},
            {[](DramConfig& c) { c.banks = 2; }, "banks: there must be at least one bank in each group"},
            {[](DramConfig& c) { c.row_bytes = 3000_B; }, "row_bytes: must be a power of two and hold at least one"},
            {[](DramConfig& c) { c.row_bytes = 16_B; }, "row_bytes: must be a power of two and hold at least one"},
            {[](DramConfig& c) { c.capacity = 64_MiB + 1_KiB; }, "capacity: must be whole rows in every bank"},
            {[](DramConfig& c) { c.address_map = "row"; }, "address_map: bank has 0 bits"},
            {[](DramConfig& c) { c.timing.n_ccd_l = 1; }, "timing.n_ccd_l: cannot be shorter than a burst on the bus"},
        });
}

TEST(DramConfigCheck, ReportsEachBrokenRuleOfTheTiming) {
    expect_each<DramTimingConfig>(
        small_dram().timing,
        {
            {[](DramTimingConfig& t) { t.t_rc = 42_ns; }, "t_rc: cannot be shorter than t_ras"},
            {[](DramTimingConfig& t) { t.t_ras = 10_ns; }, "t_ras: cannot be shorter than t_rcd"},
            {[](DramTimingConfig& t) { t.t_rp_all = 18_ns; }, "t_rp_all: cannot be shorter than t_rp"},
            {[](DramTimingConfig& t) { t.t_faw = 4_ns; }, "t_faw: cannot be shorter than t_rrd"},
            {[](DramTimingConfig& t) { t.t_wtr_l = 6_ns; }, "t_wtr_l: cannot be shorter than t_wtr"},
            {[](DramTimingConfig& t) { t.t_rfc = 2_us; }, "t_rfc: refresh would take more than half of the time"},
            {[](DramTimingConfig& t) { t.t_rfc_bank = 211_ns; }, "t_rfc_bank: cannot be longer than t_rfc"},
            {[](DramTimingConfig& t) { t.t_xsr = 9_ns; }, "t_xsr: cannot be shorter than t_xp"},
        });
}

TEST(DramConfigCheck, ReportsEachBrokenRuleOfTheController) {
    expect_each<DramControllerConfig>(
        small_dram().controller,
        {
            {[](DramControllerConfig& c) { c.drain_low = 801; }, "drain_low: cannot be above drain_high"},
            {[](DramControllerConfig& c) {
                 c.power_down_after = 2_us;
                 c.self_refresh_after = 1_us;
             },
             "self_refresh_after: cannot come before power_down_after"},
        });
}

TEST(DramConfigCheck, ReportsCurrentsBelowTheirStandby) {
    expect_each<DramRailConfig>(
        dram_part("lpddr5_6400_ref").power.rails.at("vdd2h"),
        {
            {[](DramRailConfig& r) { r.idd0 = 26'000_uA; }, "idd0: cannot be below the standby current"},
            {[](DramRailConfig& r) { r.idd3n = 26'000_uA; }, "idd3n: cannot be below the standby current"},
            {[](DramRailConfig& r) { r.idd4r = 29'000_uA; }, "idd4r: cannot be below the standby current"},
            {[](DramRailConfig& r) { r.idd4w = 29'000_uA; }, "idd4w: cannot be below the standby current"},
            {[](DramRailConfig& r) { r.idd5 = 29'000_uA; }, "idd5: cannot be below the standby current"},
        });
}

TEST(DramConfigCheck, TheReaderReportsNestedRulesWithTheirPath) {
    const std::vector<std::string> changes{"timing.t_ras=10 ns", "controller.drain_low=900"};
    try {
        (void)load_config<DramConfig>(std::filesystem::path(HANDSET_SOURCE_DIR) / "configs/parts/lpddr5_6400_ref.yaml",
                                      changes);
        FAIL() << "no error";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("timing.t_ras"));
        EXPECT_THAT(error.what(), HasSubstr("cannot be shorter than t_rcd"));
        EXPECT_THAT(error.what(), HasSubstr("controller.drain_low"));
    }
}

TEST(DramConfigCheck, CommittedPartsReadAndHaveTheRatesOfTheirNames) {
    for (const auto& [name, rate] : {std::pair{"lpddr5x_8448", 67'584'000'000U},
                                     {"lpddr5x_7372", 58'976'000'000U},
                                     {"lpddr4x_4266", 34'128'000'000U},
                                     {"lpddr5_6400_ref", 12'800'000'000U},
                                     {"lpddr4_3200_ref", 6'400'000'000U}}) {
        EXPECT_EQ(dram_part(name).peak_rate().count(), rate) << name;
    }
    EXPECT_EQ(dram_part("ddr4_2400").peak_rate().count() % 2'400'000'000U, 0U);
}

}  // namespace
}  // namespace handset
