// SPDX-License-Identifier: Apache-2.0
// A cache level over a memory of fixed latency: closed forms, limits at n-1 and n, partitions by name, private arrays.
#include <gmock/gmock.h>

#include "tests/module/memory/fixed_memory.h"
#include "tests/module/memory/memory_bench.h"

namespace handset {
namespace {

using testing::ElementsAre;

const std::vector<std::string> kNames{"cpu0", "npu0"};

/// Sources -> cache -> 100 ns. Tags 5 ns, array 7 ns, port 64 B/ns: a miss takes 105 ns, a hit 12 ns plus the port.
struct Level {
    CounterRegistry counters;
    std::unique_ptr<Component> cache;
    FixedMemory memory;
    std::vector<std::unique_ptr<Source>> sources;

    explicit Level(const CacheConfig& config, const std::string& prefix = "")
        : cache(make_cache((prefix + "cache").c_str(),
                           ComponentContext{counters, nullptr, InitiatorId{0}, false, kNames}, config)),
          memory((prefix + "memory").c_str(), 100_ns) {
        cache->downstream()->socket.bind(memory.target.socket);
    }
    Source& add(const std::string& name) {
        sources.push_back(std::make_unique<Source>(name.c_str(), sources.size()));
        sources.back()->link.socket.bind(cache->attach(name)->socket);
        return *sources.back();
    }
    [[nodiscard]] std::uint64_t value(const std::string& path) const {
        return counter_value(counters.snapshot(), "cache." + path);
    }
};

CacheConfig shared(Bytes outstanding) {
    CacheConfig c = small_cache();
    c.outstanding = outstanding;
    return c;
}

CacheConfig private_pair() {
    CacheConfig c = small_cache();
    c.capacity.reset();
    c.private_caches = {{1, 16_KiB}, {1, 8_KiB}};
    c.outstanding = 4_KiB;
    return c;
}

Burst of_lane(std::uint8_t lane, Burst burst) {
    burst.lane = lane;
    return burst;
}

TEST(CacheFlow, APassingRequestTakesItsTagsAndTheMemory) {
    Level level(shared(16_KiB));
    Source& cpu = level.add("cpu0");
    cpu.at(0_ns, request(0, 4096));
    cpu.at(500_ns, request(0, 4096));
    cpu.at(1000_ns, request(0, 1024, false, kCached));
    cpu.at(1500_ns, request(0, 1024, false, kCached));
    run_all();
    EXPECT_EQ(cpu.done[0], 105_ns);
    EXPECT_EQ(cpu.done[1], 605_ns) << "it left no trace";
    EXPECT_EQ(cpu.done[2], 1105_ns);
    EXPECT_EQ(cpu.done[3], 1500_ns + 12_ns + 16_ns);
}

TEST(CacheFlow, TheLimitBelowIsFilledExactlyAndThenHoldsBack) {
    Level full(shared(8_KiB), "full_");
    Level room(shared(Bytes{8193}), "room_");
    for (Level* level : {&full, &room}) {
        Source& source = level->add(level == &full ? "full_cpu0" : "room_cpu0");
        source.at(0_ns, request(0, 4096));
        source.at(0_ns, request(4096, 4096));
        source.at(0_ns, request(8192, 1));
    }
    run_all();
    EXPECT_EQ(full.memory.peak_in_flight, 8192U);
    EXPECT_EQ(full.memory.seen[2].when, 105_ns) << "with the first answer";
    EXPECT_EQ(room.memory.seen[2].when, 5_ns);
}

TEST(CacheFlow, AHeldBackRequestOfLowPriorityIsPromotedInTime) {
    // 4 KiB per 100 ns from 5 ns on; a priority-0 stream of 64 KiB keeps 16 KiB waiting: 1.6 us. The low one came at 1
    // ns.
    CacheConfig strict = shared(4_KiB);
    strict.promote_after = {};
    CacheConfig ageing = strict;
    ageing.promote_after = 400_ns;
    Level first(strict, "strict_");
    Level second(ageing, "ageing_");
    for (Level* level : {&first, &second}) {
        const std::string prefix = level == &first ? "strict_" : "ageing_";
        level->add(prefix + "high").stream(0, 65536, 4096, 16384);
        Burst low = request(1 << 20, 4096);
        low.priority = 3;
        level->add(prefix + "low").at(1_ns, low);
    }
    run_all();
    EXPECT_EQ(first.sources[1]->done[0], 1605_ns + 100_ns) << "after all 16 of the stream";
    EXPECT_EQ(second.sources[1]->done[0], 605_ns) << "waits from 6 ns, promoted at 406, sent at 505";
}

TEST(CacheFlow, PartitionsGoByTheNameOfTheInitiator) {
    CacheConfig config = shared(16_KiB);
    config.partitions = {{"cpu0", {1, 0}}, {"npu0", {3, 1}}};
    Level level(config);
    Source& cpu = level.add("cpu");
    Source& npu = level.add("npu");
    cpu.at(0_ns, request(0, 1024, false, kCached));
    for (std::uint64_t i = 1; i < 20; ++i) {
        npu.at(i * 200_ns, request(i * 4096, 1024, false, kCached));  // all in the set of cpu's line
    }
    cpu.at(10_us, request(0, 1024, false, kCached));
    npu.at(11_us, request(19 * 4096, 1024, false, kCached));
    npu.at(12_us, request(18 * 4096, 1024, false, kCached));
    npu.at(13_us, request(17 * 4096, 1024, false, kCached));
    npu.at(14_us, request(16 * 4096, 1024, false, kCached));
    run_all();
    EXPECT_EQ(level.value("hit_bytes_cpu0"), 1024U);
    EXPECT_EQ(level.value("miss_bytes_cpu0"), 1024U);
    EXPECT_EQ(level.value("hit_bytes_npu0"), 3 * 1024U) << "three ways hold three lines";
    EXPECT_EQ(level.value("miss_bytes_npu0"), 20 * 1024U);
    EXPECT_EQ(level.value("hit_bytes"), 4 * 1024U);
}

TEST(CacheFlow, LanesHavePrivateArraysPortsAndLimits) {
    Level level(private_pair());
    Source& cpu = level.add("cpu0");
    cpu.at(0_ns, of_lane(0, request(0, 4096)));
    cpu.at(0_ns, of_lane(1, request(1 << 20, 4096)));
    cpu.at(0_ns, of_lane(0, request(4096, 4096)));
    cpu.at(1_us, of_lane(0, request(0, 1024, false, kCached)));
    cpu.at(2_us, of_lane(1, request(0, 1024, false, kCached)));
    cpu.at(3_us, of_lane(1, request(0, 1024, false, kCached)));
    run_all();
    EXPECT_EQ(cpu.done[0], 105_ns);
    EXPECT_EQ(cpu.done[1], 105_ns) << "the other lane's limit is its own";
    EXPECT_EQ(cpu.done[2], 205_ns);
    EXPECT_EQ(cpu.done[4], 2105_ns) << "what lane 0 holds does not serve lane 1";
    EXPECT_EQ(cpu.done[5], 3028_ns);
}

TEST(CacheFlow, WhatOneLaneWroteGoesBelowBeforeAnotherReadsIt) {
    Level level(private_pair());
    Source& cpu = level.add("cpu0");
    cpu.at(0_ns, of_lane(0, request(0, 1024, true, kCached)));
    cpu.at(1_us, of_lane(1, request(256, 256, false, kCached)));
    cpu.at(2_us, of_lane(0, request(0, 1024, false, kCached)));
    run_all();
    ASSERT_EQ(level.memory.seen.size(), 2U);
    EXPECT_TRUE(level.memory.seen[0].burst.write);
    EXPECT_EQ(level.memory.seen[0].burst.address, 256U);
    EXPECT_EQ(level.memory.seen[0].burst.stream, kCached);
    EXPECT_FALSE(level.memory.seen[1].burst.write);
    EXPECT_EQ(level.memory.seen[0].when, level.memory.seen[1].when);
    EXPECT_EQ(cpu.done[2], 2_us + 28_ns) << "the writer keeps its copy";
}

TEST(CacheFlow, AWriteInvalidatesTheCopiesOfOtherLanes) {
    Level level(private_pair());
    Source& cpu = level.add("cpu0");
    cpu.at(0_ns, of_lane(0, request(0, 1024, false, kCached)));
    cpu.at(1_us, of_lane(1, request(0, 512, true, kCached)));
    cpu.at(2_us, of_lane(0, request(512, 512, false, kCached)));
    cpu.at(3_us, of_lane(0, request(0, 512, false, kCached)));
    run_all();
    EXPECT_EQ(cpu.done[2], 2_us + 12_ns + 8_ns) << "untouched half: hit";
    EXPECT_EQ(cpu.done[3], 3_us + 105_ns);
    std::vector<bool> writes;
    for (const FixedMemory::Seen& seen : level.memory.seen) {
        writes.push_back(seen.burst.write);
    }
    EXPECT_THAT(writes, ElementsAre(false, true, false)) << "fill, lane 1's dirty half, fetch again";
}

TEST(CacheFlow, ALaneWithoutItsArrayIsABrokenInvariant) {
    Level level(private_pair());
    Source& cpu = level.add("cpu0");
    cpu.at(0_ns, of_lane(1, request(0, 64)));
    run_all();
    EXPECT_THROW(cpu.link.send(of_lane(2, request(0, 64))), ModelError);
}

TEST(CacheFlow, APartitionOfNobodyIsABrokenInvariant) {
    CounterRegistry counters;
    CacheConfig config = shared(16_KiB);
    config.partitions = {{"gpu0", {1, 0}}};
    const ComponentContext context{counters, nullptr, InitiatorId{0}, false, kNames};
    EXPECT_THROW(make_cache("cache", context, config), ModelError);
}

}  // namespace
}  // namespace handset
