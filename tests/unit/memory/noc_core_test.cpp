// SPDX-License-Identifier: Apache-2.0
#include "hw_models/noc/noc_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace handset {
namespace {

/// Ports 16 B and fabric 64 B per cycle at 1 GHz: 4 KiB take 256 ns on a port and 64 ns on the fabric.
NocConfig config() {
    NocConfig c;
    c.clock = 1000_MHz;
    c.fabric_width = 64_B;
    c.outstanding = 32_KiB;
    c.request_latency = 10_ns;
    c.response_latency = 12_ns;
    c.port.width = 16_B;
    c.port.outstanding = 8_KiB;
    c.ports["fast"].width = 128_B;
    c.ports["fast"].outstanding = 16_KiB;
    return c;
}

TEST(NocCore, NamedPortsHaveTheirOwnWidthAndLimit) {
    NocCore core(config());
    EXPECT_EQ(core.outstanding(core.add_port("cpu0")), 8_KiB);
    EXPECT_EQ(core.outstanding(core.add_port("fast")), 16_KiB);
}

TEST(NocCore, APortMayDifferInClockAndLatency) {
    NocConfig c = config();
    c.ports["fast"].clock = 500_MHz;  // 128 B per cycle: 64 B/ns
    c.ports["fast"].request_latency = 3_ns;
    NocCore core(c);
    const std::uint32_t slow = core.add_port("cpu0");
    const std::uint32_t fast = core.add_port("fast");
    EXPECT_EQ(core.request_latency(slow), 10_ns);
    EXPECT_EQ(core.request_latency(fast), 3_ns);
    EXPECT_EQ(core.response_latency(fast), 12_ns) << "as the network";
    EXPECT_EQ(core.write(fast, 1_us, 8192), 1_us + 128_ns);
}

TEST(NocCore, UnloadedTransfersEndWithTheSlowerOfPortAndFabric) {
    NocCore core(config());
    const std::uint32_t slow = core.add_port("cpu0");
    const std::uint32_t fast = core.add_port("fast");
    EXPECT_EQ(core.write(slow, 1_us, 4096), 1_us + 256_ns);
    EXPECT_EQ(core.write(fast, 2_us, 4096), 2_us + 64_ns);
    // Read data streams through while memory delivers it: the fabric adds nothing, the slow port 256 - 64 ns.
    EXPECT_EQ(core.read(fast, 3_us, 4096), 3_us);
    EXPECT_EQ(core.read(slow, 4_us, 4096), 4_us + 192_ns);
}

TEST(NocCore, TheFabricIsSharedAndPortsAreNot) {
    NocCore core(config());
    const std::uint32_t a = core.add_port("fast");
    NocConfig two = config();
    two.ports["also"] = two.ports["fast"];
    NocCore shared(two);
    const std::uint32_t b = shared.add_port("fast");
    const std::uint32_t c = shared.add_port("also");
    EXPECT_EQ(shared.write(b, 0_ns, 4096), 64_ns);
    EXPECT_EQ(shared.write(c, 0_ns, 4096), 128_ns) << "waits for the fabric";
    EXPECT_EQ(shared.read(c, 64_ns, 4096), 64_ns) << "reads have their own wires";
    EXPECT_EQ(shared.busy_time(), 192_ns);
    EXPECT_EQ(core.write(a, 0_ns, 4096), 64_ns);
    EXPECT_EQ(core.write(a, 128_ns - 1_fs, 4096), 192_ns - 1_fs) << "idle again";
    EXPECT_EQ(core.write(a, 192_ns - 2_fs, 4096), 256_ns - 1_fs) << "one femtosecond early: waits";
}

TEST(NocConfigCheck, APortMayNotExceedTheWhole) {
    NocConfig c = config();
    Errors errors;
    c.check(errors);
    EXPECT_TRUE(errors.empty());
    c.outstanding = 12_KiB;
    c.check(errors);
    EXPECT_THAT(errors.problems(),
                testing::ElementsAre("ports.fast.outstanding: exceeds what all ports together may have in flight"));
}

}  // namespace
}  // namespace handset
