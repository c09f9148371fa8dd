// SPDX-License-Identifier: Apache-2.0
#include "sim/config/units.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace handset {
namespace {

using testing::HasSubstr;

struct Good {
    std::string_view text;
    const UnitFamily& family;
    std::uint64_t count;
    std::string_view printed;
};

const UnitFamily& kTime = unit_family(unit::Time{});
const UnitFamily& kEnergy = unit_family(unit::Energy{});
const UnitFamily& kSize = unit_family(unit::Size{});
const UnitFamily& kCycles = unit_family(unit::Cycle{});
const UnitFamily& kMacs = unit_family(unit::Mac{});
const UnitFamily& kEvents = unit_family(unit::Event{});
const UnitFamily& kFrequency = unit_family(unit::Frequency{});
const UnitFamily& kRate = unit_family(unit::Rate{});
const UnitFamily& kPower = unit_family(unit::Power{});

TEST(Units, TextAndCountAgreeInBothDirections) {
    const Good cases[] = {
        {"18 ns", kTime, 18'000'000, "18 ns"},
        {"18ns", kTime, 18'000'000, "18 ns"},
        {"  18   ns ", kTime, 18'000'000, "18 ns"},
        {"2.50 ns", kTime, 2'500'000, "2.5 ns"},
        {"0.001 ps", kTime, 1, "1 fs"},
        {"0.000000000000001 s", kTime, 1, "1 fs"},
        {"833333 fs", kTime, 833'333, "833.333 ps"},
        {"1.0001 ns", kTime, 1'000'100, "1000.1 ps"},
        {"0 s", kTime, 0, "0 fs"},
        {"18446 s", kTime, 18'446'000'000'000'000'000U, "18446 s"},
        {"0.45 pJ", kEnergy, 450, "450 fJ"},
        {"1.2 J", kEnergy, 1'200'000'000'000'000, "1.2 J"},
        {"512 KiB", kSize, 524'288, "512 KiB"},
        {"1.5 KiB", kSize, 1'536, "1.5 KiB"},
        {"1000 B", kSize, 1'000, "1000 B"},
        {"1025 MiB", kSize, 1'074'790'400, "1025 MiB"},
        {"2 TiB", kSize, 2'199'023'255'552, "2 TiB"},
        {"12 cycles", kCycles, 12, "12 cycles"},
        {"1 cycle", kCycles, 1, "1 cycles"},
        {"256 MACs", kMacs, 256, "256 MACs"},
        {"7 events", kEvents, 7, "7 events"},
        {"1.2 GHz", kFrequency, 1'200'000'000, "1.2 GHz"},
        {"32.768 kHz", kFrequency, 32'768, "32.768 kHz"},
        {"67.2 GB/s", kRate, 67'200'000'000, "67.2 GB/s"},
        {"350 mW", kPower, 350'000, "350 mW"},
        {"4.5 W", kPower, 4'500'000, "4.5 W"},
        {"18446744073709551615 B", kSize, std::numeric_limits<std::uint64_t>::max(), "18446744073709551615 B"},
    };
    for (const Good& good : cases) {
        std::uint64_t count = 99;
        EXPECT_EQ(parse_quantity(good.text, good.family, count), "") << good.text;
        EXPECT_EQ(count, good.count) << good.text;
        EXPECT_EQ(print_quantity(count, good.family), good.printed) << good.text;
        std::uint64_t again = 99;
        EXPECT_EQ(parse_quantity(good.printed, good.family, again), "");
        EXPECT_EQ(again, good.count) << good.printed;
    }
}

TEST(Units, BadTextNamesItsReason) {
    struct Bad {
        std::string_view text;
        const UnitFamily& family;
        std::string_view reason;
    };
    const Bad cases[] = {
        {"18", kTime, "'18' has no unit, expected a time (units: fs, ps, ns, us, ms, s)"},
        {"18 GiB", kTime, "'18 GiB' is a size, expected a time"},
        {"18 GB/s", kSize, "'18 GB/s' is a data rate, expected a size"},
        {"18 ns", kFrequency, "'18 ns' is a time, expected a frequency"},
        {"18 GB", kSize, "unknown unit of size 'GB', did you mean 'GiB'?"},
        {"18 nss", kTime, "unknown unit of time 'nss', did you mean 'ns'?"},
        {"-3 ns", kTime, "'-3 ns' is negative"},
        {"+3 ns", kTime, "'+3' is not a decimal number"},
        {"0.5 fs", kTime, "'0.5 fs' is not a whole number of fs"},
        {"0.3 KiB", kSize, "'0.3 KiB' is not a whole number of B"},
        {"0.0000000000000000000000000000000000000000000000000001 s", kTime, "is not a whole number of fs"},
        {"18447 s", kTime, "'18447 s' is too large, the largest time is 18446744073709551615 fs"},
        {"18446744073709551616 B", kSize, "is too large"},
        {"123456789012345678901234567890 s", kTime, "has too many digits"},
        {"1.2.3 ns", kTime, "'1.2.3' is not a decimal number"},
        {"1. ns", kTime, "'1.' is not a decimal number"},
        {".5 ns", kTime, "'.5' is not a decimal number"},
        {"1e3 ns", kTime, "unknown unit of time 'e3 ns'"},
        {"fast", kTime, "expected a time such as '1 fs', got 'fast'"},
        {"", kTime, "expected a time such as '1 fs', got ''"},
        {"1 2 ns", kTime, "unknown unit of time '2 ns'"},
    };
    for (const Bad& bad : cases) {
        std::uint64_t count = 99;
        EXPECT_THAT(parse_quantity(bad.text, bad.family, count), HasSubstr(std::string(bad.reason)));
        EXPECT_EQ(count, 99U) << bad.text;
    }
}

}  // namespace
}  // namespace handset
