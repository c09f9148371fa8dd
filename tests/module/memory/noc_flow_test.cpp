// SPDX-License-Identifier: Apache-2.0
// Flow control of the network over a memory of fixed latency: limits at n-1 and n, back-pressure, ageing.
#include "tests/module/memory/fixed_memory.h"
#include "tests/module/memory/memory_bench.h"

namespace handset {
namespace {

/// Wires wide enough not to matter; the way through network and memory takes 10 + 100 + 12 ns.
NocConfig wide_noc() {
    NocConfig c = bench_noc();
    c.clock = 4000_MHz;
    c.fabric_width = 4096_B;
    c.port.width = 1024_B;
    c.port.outstanding = 16_KiB;
    return c;
}

struct Network {
    CounterRegistry counters;
    std::unique_ptr<Component> noc;
    FixedMemory memory;
    std::vector<std::unique_ptr<Source>> sources;

    explicit Network(const NocConfig& config, const std::string& prefix = "")
        : noc(make_noc((prefix + "noc").c_str(), ComponentContext{counters, nullptr, InitiatorId{0}, false}, config)),
          memory((prefix + "memory").c_str(), 100_ns) {
        noc->downstream()->socket.bind(memory.target.socket);
    }
    Source& add(const std::string& name) {
        sources.push_back(std::make_unique<Source>(name.c_str(), sources.size()));
        sources.back()->link.socket.bind(noc->attach(name)->socket);
        return *sources.back();
    }
};

TEST(NocFlow, APortFillsItsLimitExactlyAndThenWaits) {
    // 4 KiB fit beside 4 KiB in 8 KiB; 64 B more do not and leave when the first response is back, at 10 + 100 + 12 ns
    // (writes pay their wire, so these are reads).
    NocConfig config = wide_noc();
    config.port.outstanding = 8_KiB;
    Network network(config);
    Source& source = network.add("npu");
    source.at(0_ns, request(0, 4096));
    source.at(0_ns, request(4096, 4096));
    source.at(0_ns, request(8192, 64));
    run_all();
    EXPECT_EQ(network.memory.peak_in_flight, 8192U);
    ASSERT_EQ(network.memory.seen.size(), 3U);
    EXPECT_EQ(network.memory.seen[1].when, 10_ns);
    EXPECT_EQ(network.memory.seen[2].when.count(), (source.done[0] + 10_ns).count());
    EXPECT_GE(source.done[0], 122_ns);
}

TEST(NocFlow, OneByteLessAndTheLastRequestPassesAtOnce) {
    NocConfig config = wide_noc();
    config.port.outstanding = 8_KiB;
    Network network(config);
    Source& source = network.add("npu");
    source.at(0_ns, request(0, 4096));
    source.at(0_ns, request(4096, 4032));
    source.at(0_ns, request(8192, 64));
    run_all();
    EXPECT_EQ(network.memory.seen[2].when, 10_ns);
    EXPECT_EQ(network.memory.peak_in_flight, 8192U);
}

TEST(NocFlow, AllPortsTogetherKeepTheLimitOfTheWhole) {
    NocConfig config = wide_noc();
    config.outstanding = 12_KiB;
    config.port.outstanding = 12_KiB;
    Network full(config, "full_");
    Network room(config, "room_");
    for (Network* network : {&full, &room}) {
        const std::string prefix = network == &full ? "full_" : "room_";
        const std::uint32_t third = network == &full ? 4096 : 4095;  // leaves room for one byte
        Source& a = network->add(prefix + "a");
        Source& b = network->add(prefix + "b");
        a.at(0_ns, request(0, 4096));
        a.at(0_ns, request(4096, 4096));
        b.at(0_ns, request(1 << 20, third));
        b.at(1_ns, request((1 << 20) + 4096, 1));
    }
    run_all();
    EXPECT_EQ(full.memory.peak_in_flight, 12288U);
    EXPECT_EQ(room.memory.peak_in_flight, 12288U);
    EXPECT_EQ(full.memory.seen[3].when, full.sources[0]->done[0] + 10_ns) << "leaves with the first response";
    EXPECT_EQ(room.memory.seen[3].when, 11_ns);
}

TEST(NocFlow, ARequestLargerThanItsPortsLimitPassesAlone) {
    NocConfig config = wide_noc();
    config.port.outstanding = 2_KiB;
    Network network(config);
    Source& source = network.add("npu");
    source.at(0_ns, request(0, 4096));
    source.at(0_ns, request(4096, 4096));
    run_all();
    EXPECT_TRUE(source.finished());
    EXPECT_EQ(network.memory.peak_in_flight, 4096U);
}

struct Starved {
    Femtoseconds low;   ///< when the one request of low priority was answered
    Femtoseconds high;  ///< when the two streams of high priority ended
};

/// Two streams of priority 0 that fill the whole limit, and one request of priority 7.
void starve(Network& network, const std::string& prefix) {
    network.add(prefix + "a").stream(0, 1 << 20, 4096, 32768);
    network.add(prefix + "b").stream(1 << 24, 1 << 20, 4096, 32768);
    Burst low = request(1 << 28, 4096);
    low.priority = 7;
    network.add(prefix + "c").at(50_ns, low);
}

TEST(NocFlow, StrictPriorityStarvesAndAgeingBoundsTheWait) {
    // 16 KiB per about 122 ns: the streams' 2 MiB take about 15.6 us. Promoted at 550 ns the request is admitted with
    // the next response (at most 122 ns later) and answered 122 ns and some wire after that.
    NocConfig strict = wide_noc();
    strict.outstanding = 16_KiB;
    strict.promote_after = {};
    NocConfig ageing = strict;
    ageing.promote_after = 500_ns;
    Network first(strict, "strict_");
    Network second(ageing, "ageing_");
    starve(first, "strict_");
    starve(second, "ageing_");
    run_all();
    EXPECT_GT(first.sources[2]->done[0], 15_us);
    EXPECT_GE(second.sources[2]->done[0], 550_ns + 122_ns);
    EXPECT_LE(second.sources[2]->done[0], 550_ns + 2 * 122_ns + 10_ns);
}

}  // namespace
}  // namespace handset
