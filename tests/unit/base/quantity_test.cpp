// SPDX-License-Identifier: Apache-2.0
#include "sim/base/quantity.h"

#include <type_traits>

#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "sim/base/ids.h"

namespace handset {
namespace {

TEST(Quantity, UnitsDoNotMix) {
    static_assert(!std::is_convertible_v<Femtoseconds, Bytes>);
    static_assert(!std::is_convertible_v<std::uint64_t, Bytes>);
    static_assert(!std::is_convertible_v<OpId, TensorId>);
    EXPECT_EQ(1_KiB + 1_KiB, 2048_B);
}

TEST(Quantity, CyclesBecomeTimeRoundedUpOnce) {
    // 3 cycles at 1.2 GHz = 2.5 ns exactly; one cycle = 833,333.33 fs, rounded up.
    EXPECT_EQ(duration(3_cycles, 1200_MHz), 2500_ps);
    EXPECT_EQ(duration(1_cycles, 1200_MHz), 833'334_fs);
    EXPECT_EQ(duration(0_cycles, 1200_MHz), 0_fs);
}

TEST(Quantity, TransferTimeDoesNotOverflow) {
    // bytes * 1e15 exceeds 64 bits, the quotient does not.
    EXPECT_EQ(duration(64_GiB, BytesPerSecond{1'000'000'000'000}), Femtoseconds{68'719'476'736'000});
}

TEST(Quantity, EnergyOfPowerOverTime) {
    EXPECT_EQ(energy(1000_mW, 1_ns), 1_nJ);
    EXPECT_EQ(energy(1_uW, 1_fs), 1_fJ) << "rounded up";
}

TEST(Errors, AreReportedTogetherWithTheirPlace) {
    Errors errors;
    errors.add({"a.yaml", 3, 7}, "npu.rows", "out of range");
    errors.add({"a.yaml", 4, 0}, "", "bad");
    try {
        errors.throw_if_any();
        FAIL();
    } catch (const ConfigError& error) {
        EXPECT_STREQ(error.what(), "a.yaml:3:7: npu.rows: out of range\na.yaml:4: bad");
    }
}

TEST(Errors, EnsureNamesTheSourceLine) {
    EXPECT_THROW(ensure(false, "broken"), ModelError);
    EXPECT_NO_THROW(ensure(true, "fine"));
}

}  // namespace
}  // namespace handset
