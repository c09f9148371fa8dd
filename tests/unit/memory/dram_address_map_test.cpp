// SPDX-License-Identifier: Apache-2.0
// Addresses to banks and rows: bijection, the maps of the reference set by hand, requests as runs, broken maps.
#include "hw_models/dram/dram_address_map.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/small_memory_parts.h"
#include "tests/unit/memory/dram_parts.h"

namespace handset {
namespace {

struct Geometry {
    const char* map;
    std::uint32_t channels;
    std::uint32_t ranks;
    BankHash hash = BankHash::none;
    Bytes capacity = 4_MiB;
};

DramConfig config_of(const Geometry& g) {
    DramConfig config = small_dram();
    config.capacity = g.capacity;
    config.channels = g.channels;
    config.ranks = g.ranks;
    config.bank_hash = g.hash;
    config.address_map = g.map;
    Errors errors;
    config.check(errors);
    EXPECT_THAT(errors.problems(), testing::IsEmpty());
    return config;
}

std::vector<Geometry> geometries() {
    return {
        {"row bank group column", 1, 1},
        {"row bank column group column:1", 1, 1},
        {"row bank column group column:1", 1, 1, BankHash::low_rows},
        {"row bank column group column:1", 1, 1, BankHash::all_rows},
        {"row rank bank column channel group column:1", 4, 2, BankHash::all_rows},
        {"row rank bank column channel column:1 group", 4, 2, BankHash::low_rows},
        {"channel row rank bank group column", 2, 2},
        {"row column:3 rank bank column:1 group channel column", 2, 4, BankHash::all_rows},
        {"rank bank group row column channel", 8, 2, BankHash::all_rows, 8_MiB},
        {"row rank bank group channel column", 2, 1, BankHash::all_rows, 3_MiB},  // 48 rows: not a power of two
    };
}

TEST(DramAddressMap, IsABijectionOverAllBursts) {
    for (const Geometry& g : geometries()) {
        SCOPED_TRACE(g.map);
        const DramConfig config = config_of(g);
        const DramAddressMap map(config);
        const std::uint64_t rows = g.capacity.count() / (2048 * 16) / g.ranks / g.channels;
        std::set<DramCoordinates> seen;
        for (Address a = 0; a < config.capacity.count(); a += 32) {
            const DramCoordinates where = map.locate(a);
            ASSERT_LT(where.channel, g.channels);
            ASSERT_LT(where.rank, g.ranks);
            ASSERT_LT(where.bank, 16U);
            ASSERT_LT(where.row, rows);
            ASSERT_LT(where.column, 2048U);
            ASSERT_EQ(where.column % 32, 0U);
            ASSERT_TRUE(seen.insert(where).second) << a;
            DramCoordinates inside = where;
            inside.column += 7;
            ASSERT_EQ(map.locate(a + 7), inside);
        }
    }
}

/// Row, group, bank in group and column, as the reference set writes them.
struct Decoded {
    std::uint64_t row;
    std::uint32_t bank, group, column;
};

void expect_decoded(const DramConfig& config, Address address, const Decoded& expected) {
    const DramCoordinates where = DramAddressMap(config).locate(address);
    const std::uint32_t per_group = config.banks / config.bank_groups;
    EXPECT_EQ(where.row, expected.row) << address;
    EXPECT_EQ(where.bank / per_group, expected.group) << address;
    EXPECT_EQ(where.bank % per_group, expected.bank) << address;
    EXPECT_EQ(where.column, expected.column * config.burst_bytes().count()) << address;
}

// 0x12345678 in bits 29:15 = 0x2468, 14:13 = 2, 12:11 = 2, 10:5 = 51; 0x3fffffe0 is all ones above a burst.
constexpr Address kSome = 0x12345678 & ~Address{31};

TEST(DramAddressMap, M1IsRowBankGroupColumn) {
    DramConfig config = dram_part("lpddr5_6400_ref");
    config.address_map = "row bank group column";
    expect_decoded(config, kSome, {0x2468, 2, 2, 51});
    expect_decoded(config, 0x3fffffe0, {0x7fff, 3, 3, 63});
    expect_decoded(config, 0x8000, {1, 0, 0, 0});
    expect_decoded(config, 0x2000, {0, 1, 0, 0});
    expect_decoded(config, 0x0800, {0, 0, 1, 0});
    expect_decoded(config, 0x0020, {0, 0, 0, 1});
}

TEST(DramAddressMap, M3RotatesLinesOf64BytesOverTheGroups) {
    const DramConfig config = dram_part("lpddr5_6400_ref");
    // Group a[7:6], column a[12:8] above a[5]: 0x5678 has a[12:8] = 0b10110, a[7:6] = 1, a[5] = 1.
    expect_decoded(config, kSome, {0x2468, 2, 1, 0b101101});
    expect_decoded(config, 0x0040, {0, 0, 1, 0});
    expect_decoded(config, 0x0100, {0, 0, 0, 2});
    expect_decoded(config, 0x0020, {0, 0, 0, 1});
    expect_decoded(config, 0x2000, {0, 1, 0, 0});
}

TEST(DramAddressMap, M4MixesTheLowRowBitsIntoGroupAndBank) {
    DramConfig config = dram_part("lpddr5_6400_ref");
    config.bank_hash = BankHash::low_rows;
    // Row 0x2468: row[1:0] = 0, row[3:2] = 2: bank 2 ^ 2.
    expect_decoded(config, kSome, {0x2468, 0, 1, 0b101101});
    expect_decoded(config, 1 * 0x8000, {1, 0, 1, 0});
    expect_decoded(config, 4 * 0x8000, {4, 1, 0, 0});
    expect_decoded(config, 16 * 0x8000, {16, 0, 0, 0});
    // LPDDR4: row a[29:14], bank a[13:11] ^ row[2:0].
    DramConfig lpddr4 = dram_part("lpddr4_3200_ref");
    lpddr4.bank_hash = BankHash::low_rows;
    expect_decoded(lpddr4, 0x4000 * 5 + 0x0800 * 3 + 0x20, {5, 3 ^ 5, 0, 1});
}

TEST(DramAddressMap, AllRowsFoldsEveryRowBit) {
    DramConfig config = dram_part("lpddr5_6400_ref");
    config.bank_hash = BankHash::all_rows;
    // Row 0x1230: nibbles 1 ^ 2 ^ 3 ^ 0 = 0; row 0x1200: 3 = group 3.
    expect_decoded(config, Address{0x1230} * 0x8000, {0x1230, 0, 0, 0});
    expect_decoded(config, Address{0x1200} * 0x8000, {0x1200, 0, 3, 0});
    expect_decoded(config, Address{0x4000} * 0x8000, {0x4000, 1, 0, 0});
}

using BankRow = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint64_t>;

/// How many bursts of each row of each bank a request touches: from its runs, and from its bytes.
std::map<BankRow, std::uint64_t> by_runs(const DramConfig& config, Address address, std::uint64_t size,
                                         std::uint64_t& bursts) {
    const DramAddressMap map(config);
    std::map<BankRow, std::uint64_t> touched;
    for (std::uint32_t channel = 0; channel < config.channels; ++channel) {
        const std::uint64_t end = map.local_address(channel, address + size);
        std::uint64_t local = map.local_address(channel, address);
        if (local == end) {
            continue;
        }
        local &= ~std::uint64_t{31};
        while (local < ((end + 31) & ~std::uint64_t{31})) {
            const DramRun run = map.run_at(local, (end + 31) & ~std::uint64_t{31});
            EXPECT_GE(run.bursts, run.groups);
            for (std::uint32_t i = 0; i < run.groups; ++i) {
                const std::uint32_t group = ((run.group + i) % config.bank_groups) ^ run.hash;
                ++touched[{channel, run.rank, group * (config.banks / config.bank_groups) + run.bank, run.row}];
            }
            bursts += run.bursts;
            local += std::uint64_t{run.bursts} * 32;
        }
    }
    return touched;
}

TEST(DramAddressMap, ALargeRequestVisitsExactlyTheRowsOfItsBytes) {
    for (const Geometry& g : geometries()) {
        SCOPED_TRACE(g.map);
        const DramConfig config = config_of(g);
        const DramAddressMap map(config);
        std::uint64_t x = 5;
        for (int i = 0; i < 200; ++i) {
            x = x * 6364136223846793005ULL + 1442695040888963407ULL;
            const std::uint64_t size = 1 + (x >> 50) % (i % 2 == 0 ? 300 : 9000);
            const Address address = (x >> 20) % (config.capacity.count() - size);
            std::set<BankRow> expected;
            std::set<Address> bursts;
            for (Address a = address / 32 * 32; a < address + size; a += 32) {
                const DramCoordinates where = map.locate(a);
                expected.insert({where.channel, where.rank, where.bank, where.row});
                bursts.insert(a);
            }
            std::uint64_t counted = 0;
            std::set<BankRow> visited;
            for (const auto& [place, times] : by_runs(config, address, size, counted)) {
                visited.insert(place);
            }
            ASSERT_EQ(visited, expected) << address << " " << size;
            ASSERT_EQ(counted, bursts.size()) << address << " " << size;
        }
    }
}

TEST(DramAddressMap, SplitsARequestOverChannelsWithoutGapOrOverlap) {
    const DramConfig config = config_of({"row rank bank column channel group column:1", 4, 2});
    const DramAddressMap map(config);
    // 256 bytes per channel: address 1000 lies in channel 3, 232 bytes into its first piece.
    EXPECT_EQ(map.local_address(3, 1000), 232U);
    EXPECT_EQ(map.local_address(0, 1000), 256U) << "its first piece lies before";
    EXPECT_EQ(map.local_address(0, 1024), 256U);
    EXPECT_EQ(map.local_address(3, 1024), 256U);
    EXPECT_EQ(map.local_address(1, 255), 0U);
}

TEST(DramAddressMap, ExplainsWhatIsWrongWithAMap) {
    const std::vector<std::pair<const char*, const char*>> cases{
        {"row bank group column chanel", "'chanel' is not one of row, rank, bank, group, channel, column"},
        {"", "row has 0 bits where the geometry has 11"},
        {"row bank group column:7", "column has 7 bits where the geometry has 6"},
        {"row bank group column:5", "column has 5 bits where the geometry has 6"},
        {"row bank group", "column has 0 bits where the geometry has 6"},
        {"row:3 bank group column", "row has 3 bits where the geometry has 11"},
        {"row bank group column:x", "'column:x': the number of bits must be 0 to 48"},
        {"row bank group column:-1", "'column:-1': the number of bits must be 0 to 48"},
        {"row bank group column:", "'column:': the number of bits must be 0 to 48"},
        {"row bank group column:99", "'column:99': the number of bits must be 0 to 48"},
        {"row bank group column:1 :1", "'' is not one of"},
        {"row column bank group column", "only one piece of column may come without its number of bits"},
        {"row:1 bank group row column", "row must stand in one piece"},
        {"row rank:1 bank group column", "rank has 1 bits where the geometry has 0"},
        {"row group column", "bank has 0 bits where the geometry has 2"},
    };
    for (const auto& [map, message] : cases) {
        DramConfig config = small_dram();
        config.address_map = map;
        EXPECT_THAT(DramAddressMap::problem(config), testing::HasSubstr(message)) << map;
        Errors errors;
        config.check(errors);
        EXPECT_THAT(errors.problems(), testing::Contains(testing::HasSubstr("address_map")));
    }
    DramConfig odd = small_dram();
    odd.capacity = 48_MiB;  // 1536 rows
    odd.address_map = "bank row group column";
    EXPECT_EQ(DramAddressMap::problem(odd), "row must come first when the number of rows is not a power of two");
    odd.address_map = "row bank group column";
    EXPECT_EQ(DramAddressMap::problem(odd), "");
    odd.address_map = "  row  bank group   column ";
    EXPECT_EQ(DramAddressMap::problem(odd), "") << "spaces do not matter";
}

}  // namespace
}  // namespace handset
