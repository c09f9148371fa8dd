// SPDX-License-Identifier: Apache-2.0
// Generated traffic. The check values of the reference set are those published with the results of the reference
// simulators (reference/memory/README.md, section 2), computed there by another program.
#include "workloads/traces/traffic_generator.h"

#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"

namespace handset {
namespace {

using ::testing::HasSubstr;

std::vector<MemoryRequest> all_of(std::string_view name, const TrafficOptions& options = {}) {
    const std::unique_ptr<TrafficSource> source = generate_traffic(name, options);
    std::vector<MemoryRequest> requests;
    for (MemoryRequest request; source->next(request);) {
        requests.push_back(request);
    }
    return requests;
}

std::string error_of(std::string_view name, const TrafficOptions& options = {}) {
    try {
        generate_traffic(name, options);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "";
}

struct CheckValues {
    std::string name;
    std::string kinds;  ///< of the first four and the last
    std::array<Address, 4> first;
    Address last;
    std::uint64_t reads;
    std::uint64_t sum;
    std::uint64_t exclusive_or;
};

void PrintTo(const CheckValues& values, std::ostream* out) {
    *out << values.name;
}

constexpr std::array<Address, 4> kRandomFirst{0x241adbc0, 0x30da6580, 0x5c1e880, 0x276aa0c0};

const std::vector<CheckValues> kReference{
    {"seqrd", "RRRRR", {0x0, 0x40, 0x80, 0xc0}, 0x61a7c0, 100000, 319996800000, 0x0},
    {"seqwr", "WWWWW", {0x0, 0x40, 0x80, 0xc0}, 0x61a7c0, 0, 319996800000, 0x0},
    {"mix21c", "RRWRR", {0x0, 0x10000000, 0x20000000, 0x40}, 0x208d40, 66667, 26949940631232, 0x30000040},
    {"mix21s", "RRWRR", {0x0, 0x10002000, 0x20004000, 0x40}, 0x208d40, 66667, 26950759823040, 0x30006040},
    {"rand64", "RRRRR", kRandomFirst, 0x31a2e600, 100000, 53696292791424, 0x1c25ca80},
    {"randwr", "WWWWW", kRandomFirst, 0x31a2e600, 0, 53696292791424, 0x1c25ca80},
    {"randmix", "RRWRR", kRandomFirst, 0x31a2e600, 66667, 53696292791424, 0x1c25ca80},
    {"stride4k", "RRRRR", {0x0, 0x1000, 0x2000, 0x3000}, 0x1869f000, 100000, 20479795200000, 0x0},
    {"stride2k", "RRRRR", {0x0, 0x800, 0x1000, 0x1800}, 0xc34f800, 100000, 10239897600000, 0x0},
    {"stride32k", "RRRRR", {0x0, 0x8000, 0x10000, 0x18000}, 0x34f80c0, 100000, 52822053550080, 0x0},
    {"4strc", "RRRRR", {0x0, 0x10000000, 0x20000000, 0x30000000}, 0x301869c0, 100000, 40345315200000, 0x0},
    {"4strs", "RRRRR", {0x0, 0x10002000, 0x20004000, 0x30006000}, 0x3018c9c0, 100000, 40346544000000, 0x0},
};

class ReferenceTraffic : public ::testing::TestWithParam<CheckValues> {};

TEST_P(ReferenceTraffic, HasThePublishedCheckValues) {
    const CheckValues& expected = GetParam();
    const std::vector<MemoryRequest> requests = all_of(expected.name);
    ASSERT_EQ(requests.size(), 100000U);
    std::uint64_t reads = 0;
    std::uint64_t sum = 0;
    std::uint64_t exclusive_or = 0;
    for (const MemoryRequest& request : requests) {
        reads += request.write ? 0 : 1;
        sum += request.address;
        exclusive_or ^= request.address;
        ASSERT_EQ(request.size, 64U);
        ASSERT_FALSE(request.timed);
    }
    std::string kinds;
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(requests[i].address, expected.first[i]);
        kinds += requests[i].write ? 'W' : 'R';
    }
    kinds += requests.back().write ? 'W' : 'R';
    EXPECT_EQ(kinds, expected.kinds);
    EXPECT_EQ(requests.back().address, expected.last);
    EXPECT_EQ(reads, expected.reads);
    EXPECT_EQ(sum, expected.sum);
    EXPECT_EQ(exclusive_or, expected.exclusive_or);
}

TEST_P(ReferenceTraffic, RefusesWhatWouldChangeItsDefinition) {
    EXPECT_EQ(error_of(GetParam().name, {.size = 128}),
              GetParam().name + ": --size belongs to the definition of this reference pattern");
    EXPECT_THAT(error_of(GetParam().name, {.seed = 1}), HasSubstr("--seed belongs to the definition"));
}

INSTANTIATE_TEST_SUITE_P(TrafficGenerator, ReferenceTraffic, ::testing::ValuesIn(kReference),
                         [](const auto& test) { return test.param.name; });

TEST(TrafficGenerator, SequentialStartsAgainAtTheEndOfItsSpan) {
    const std::vector<MemoryRequest> requests = all_of("sequential", {.count = 5, .size = 128, .span = 384});
    const std::vector<Address> expected{0, 128, 256, 0, 128};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(requests[i].address, expected[i]);
        EXPECT_EQ(requests[i].size, 128U);
        EXPECT_FALSE(requests[i].write);
    }
}

TEST(TrafficGenerator, StridedStartsEachLapOneRequestLater) {
    const std::vector<MemoryRequest> requests = all_of("strided", {.count = 5, .size = 64, .span = 512, .stride = 256});
    const std::vector<Address> expected{0, 256, 64, 320, 128};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(requests[i].address, expected[i]);
    }
}

TEST(TrafficGenerator, RandomFollowsItsSeedAndStaysInItsSpan) {
    const TrafficOptions options{.count = 1000, .seed = 7, .span = 1 << 20};
    const std::vector<MemoryRequest> requests = all_of("random", options);
    std::size_t differ = 0;
    const std::vector<MemoryRequest> other = all_of("random", {.count = 1000, .seed = 8, .span = 1 << 20});
    const std::vector<MemoryRequest> again = all_of("random", options);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        EXPECT_LT(requests[i].address, std::uint64_t{1} << 20);
        EXPECT_EQ(requests[i].address % 64, 0U);
        EXPECT_EQ(requests[i].address, again[i].address);
        differ += requests[i].address != other[i].address ? 1 : 0;
    }
    EXPECT_GT(differ, 990U) << "of 16384 lines, two sequences share one in 16384";
}

TEST(TrafficGenerator, WritesAreAsManyAsAskedFor) {
    const auto writes = [](const std::vector<MemoryRequest>& requests) {
        return std::count_if(requests.begin(), requests.end(), [](const MemoryRequest& r) { return r.write; });
    };
    // Of 10000, standard deviation sqrt(10000 p (1 - p)): 50 at p = 1/2, 43 at 1/4; five of them allowed.
    EXPECT_NEAR(static_cast<double>(writes(all_of("mixed", {.count = 10000}))), 5000, 250);
    EXPECT_NEAR(static_cast<double>(writes(all_of("mixed", {.count = 10000, .write_percent = 25}))), 2500, 215);
    EXPECT_EQ(writes(all_of("sequential", {.count = 100, .write_percent = 100})), 100);
    EXPECT_EQ(writes(all_of("random", {.count = 100})), 0);
}

TEST(TrafficGenerator, AnIntervalMakesRequestsDue) {
    const std::vector<MemoryRequest> requests = all_of("rate_limited", {.count = 3, .interval = 200_ns});
    EXPECT_TRUE(requests[2].timed);
    EXPECT_EQ(requests[0].due, 0_ns);
    EXPECT_EQ(requests[2].due, 400_ns);
    EXPECT_TRUE(all_of("rand64", {.count = 1, .interval = 200_ns})[0].timed);
}

TEST(TrafficGenerator, SaysWhereItIs) {
    const std::unique_ptr<TrafficSource> source = generate_traffic("seqrd", {.count = 4});
    MemoryRequest request;
    source->next(request);
    source->next(request);
    source->next(request);
    EXPECT_EQ(source->where(), "seqrd, request 2");
    EXPECT_EQ(source->percent_done(), 75U);
}

TEST(TrafficGenerator, RefusesOptionsThatMakeNoTraffic) {
    EXPECT_THAT(error_of("seqrdd"),
                HasSubstr("unknown generator 'seqrdd', did you mean 'seqrd'? (known: sequential, "));
    EXPECT_EQ(error_of("random", {.count = 0}), "random: --count: 0 requests are no traffic");
    EXPECT_EQ(error_of("random", {.size = 0}), "random: --size: 0 B is out of range, expected 1 B to 1 GiB");
    EXPECT_EQ(error_of("random", {.size = 64, .span = 100}),
              "random: --span: 100 B is no multiple of the request size of 64 B");
    EXPECT_EQ(error_of("random", {.span = 0}), "random: --span: 0 B is no multiple of the request size of 64 B");
    EXPECT_EQ(error_of("strided", {.stride = 96}),
              "strided: --stride: 96 B is no multiple of the request size of 64 B");
    EXPECT_EQ(error_of("mixed", {.write_percent = 101}), "mixed: --writes: 101 is no percentage");
    EXPECT_EQ(error_of("rate_limited"), "rate_limited: needs --interval or --rate");
    EXPECT_THAT(error_of("seqrd", {.count = std::uint64_t{1} << 60}), HasSubstr("requests are too many"));
    EXPECT_EQ(error_of("sequential", {.size = 6000}), "") << "defaults fit every size";
}

}  // namespace
}  // namespace handset
