// SPDX-License-Identifier: Apache-2.0
// Storage as a device: flash to staging buffer to DRAM; and the power monitor over its counters.
#include <array>

#include "hw_models/common/address_map.h"
#include "hw_models/flash/flash.h"
#include "hw_models/power/power.h"
#include "sim/engine/process_guard.h"
#include "tests/module/memory/memory_bench.h"
#include "tests/support/small_memory_parts.h"

namespace handset {
namespace {

/// The byte at flash address a is a function of a.
class PatternImage final : public Store {
  public:
    static std::byte at(Address address) { return static_cast<std::byte>(address * 31 + (address >> 8) * 7); }
    [[nodiscard]] Bytes size() const override { return 64_MiB; }
    void read(Address address, std::span<std::byte> bytes) const override {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = at(address + i);
        }
    }
    void write(Address /*address*/, std::span<const std::byte> /*bytes*/) override { FAIL() << "images are read-only"; }
};

FlashConfig bench_flash() {
    FlashConfig c = small_flash();
    c.capacity = 64_MiB;
    c.nand.dies = 4;
    c.nand.planes = 4;
    c.nand.pages = 4;
    c.nand.bus_rate = 2000_MBps;
    c.ftl.over_provisioning = 300;
    c.host.queue_depth = 32;
    c.host.t_issue = 2_us;
    c.launch_time = 9_us;  // the bytes then reach the DRAM between two refreshes
    c.completion_time = 4_us;
    c.staging = 1_MiB;
    c.nand.energy_read = 1000_nJ;
    c.nand.energy_program = 5000_nJ;
    c.link.energy_byte = 100_pJ;
    c.power.awake = 80_mW;
    c.power.asleep = 5_mW;
    c.power.t_sleep = 10_ms;
    c.port.burst = 64_KiB;
    c.port.outstanding = 2_MiB;
    c.port.lane_outstanding = 2_MiB;
    c.port.expected_rate = 4000_MBps;
    c.port.idle_power = 10_mW;
    return c;
}

/// Tiles that copy `total` bytes in pieces of `piece` from operand 0 (flash) to operand 1 (DRAM).
std::shared_ptr<TileProgram> copy_program(std::uint64_t total, std::uint64_t piece, std::uint32_t buffers) {
    auto program = std::make_shared<TileProgram>();
    program->kernel = "load";
    program->local_bytes = Bytes{piece * buffers};
    for (std::uint64_t at = 0; at < total; at += piece) {
        const auto index = static_cast<std::uint32_t>(program->tiles.size());
        const std::uint64_t bytes = std::min(piece, total - at);
        Transfer load;
        load.operand = 0;
        load.row_bytes = bytes;
        load.row_stride = bytes;
        load.offset = at;
        load.local = index % buffers * piece;
        Transfer store = load;
        store.operand = 1;
        Tile tile;
        tile.first_load = static_cast<std::uint32_t>(program->transfers.size());
        tile.loads = 1;
        tile.first_store = tile.first_load + 1;
        tile.stores = 1;
        tile.loads_after = index < buffers ? kNone : index - buffers;
        program->transfers.push_back(load);
        program->transfers.push_back(store);
        program->tiles.push_back(tile);
    }
    return program;
}

/// A kernel without arithmetic.
class CopyKernel final : public Kernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "load"; }
    [[nodiscard]] std::string_view doc() const override { return "moves bytes"; }
    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& /*op*/) const override { return {}; }
    [[nodiscard]] bool supports(const OpNode& /*op*/, const DeviceCaps& /*caps*/) const override { return true; }
    [[nodiscard]] TileProgram lower(const OpNode& /*op*/, const DeviceCaps& /*caps*/) const override { return {}; }
    void compute(const OpNode& /*op*/, const Tile& /*tile*/, std::span<std::byte> /*local*/) const override {}
};

struct Phone {
    MemorySystem memory{"", true};
    std::unique_ptr<Component> flash;
    std::unique_ptr<Component> power;
    OpNode op;
    CopyKernel kernel;
    Femtoseconds completed;

    explicit Phone(const FlashConfig& storage = bench_flash()) {
        const ComponentContext context{memory.counters, nullptr, InitiatorId{7}, true};
        flash = make_flash("flash", context, storage);
        dynamic_cast<FlashDevice&>(*flash).attach_image(std::make_shared<PatternImage>());
        flash->downstream()->socket.bind(memory.noc->attach("flash")->socket);
        PowerConfig config;
        config.base_power = 500_mW;
        config.regulator_efficiency = 800;
        config.ambient = 300'000;
        config.thermal_resistance = 3000;
        config.heat_capacity = 100'000;
        power = make_power("power", context, config);
        op.name = "load";
        op.inputs.emplace_back();
        op.outputs.emplace_back();
        op.outputs.front().tag = MemoryTag::weights;  // pass by the cache
        flash->device()->on_complete([this](OpId, const ProgramUsage&) { completed = simulated_now(); });
    }
    void load(Address from, Address to, std::uint64_t total, std::uint64_t piece) {
        copy(kFlashBase + from, to, total, piece);
    }
    void copy(Address from, Address to, std::uint64_t total, std::uint64_t piece) {
        Launch launch;
        launch.op = &op;
        launch.kernel = &kernel;
        launch.program = copy_program(total, piece, 4);
        launch.operand_base = {from, to};
        flash->device()->start(launch);
        run_all();
    }
};

TEST(Storage, OnePageTakesItsClosedFormAndArrivesInDram) {
    Phone phone;
    phone.load(16384, 4096, 512, 262144);
    // launch 9, issue 2, firmware 10, t_read 50, 512 B over bus (0.256) and link (0.128)
    const Femtoseconds flash_part = 71_us + 256_ns + 128_ns;
    // Write: port 512 / 64 = 8 ns, network 10, tags 5, back 12. The DRAM takes it at the next edge of its clock, 71407
    // to 71407.5 ns, and acknowledges t_request 10 later. Completion 4 us.
    const Femtoseconds write_part = 35_ns + 500_ps + 10_ns;
    EXPECT_EQ(phone.completed.count(), (flash_part + write_part + 4_us).count());
    std::array<std::byte, 512> bytes{};
    phone.memory.dram->store()->read(4096, bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        ASSERT_EQ(bytes[i], PatternImage::at(16384 + i)) << i;
    }
}

TEST(Storage, SequentialLoadsReachTheLinkAndMoveEveryByte) {
    Phone phone;
    constexpr std::uint64_t kBytes = (8 << 20) + 5000;
    phone.load(0, 4096, kBytes, 262144);
    // bound: 4 GB/s link, 2 x 2 GB/s buses
    EXPECT_LE(static_cast<double>(kBytes) / to_seconds(phone.completed), 4.0e9);
    EXPECT_GE(static_cast<double>(kBytes) / to_seconds(phone.completed), 3.0e9);
    std::vector<std::byte> bytes(kBytes);
    phone.memory.dram->store()->read(4096, bytes);
    for (std::size_t i = 0; i < bytes.size(); i += 61) {
        ASSERT_EQ(bytes[i], PatternImage::at(i)) << i;
    }
    phone.flash->settle(phone.completed);
    const Snapshot s = phone.memory.settle(phone.completed);
    EXPECT_EQ(counter_value(s, "flash.flash_bytes_read"), kBytes);
    EXPECT_EQ(counter_value(s, "flash.bytes_read"), kBytes);
    EXPECT_EQ(counter_value(s, "flash.bytes_written"), kBytes);
    EXPECT_EQ(counter_value(s, "noc.bytes_written"), kBytes);
    EXPECT_EQ(counter_value(s, "noc.bytes_read"), 0U) << "flash reads do not travel through the network";
    EXPECT_EQ(counter_value(s, "dram.bytes_written"), kBytes);
    EXPECT_EQ(counter_value(s, "flash.pages_read"), (kBytes + 16383) / 16384);
    EXPECT_EQ(counter_value(s, "flash.energy_pages"), counter_value(s, "flash.pages_read") * (1000_nJ).count());
    EXPECT_EQ(counter_value(s, "flash.energy_link"), kBytes * (100_pJ).count());
}

TEST(Storage, StoresIntoFlashLieOverTheImageAndCostPrograms) {
    Phone phone;
    constexpr std::uint64_t kBytes = 1 << 20;
    constexpr Address kPlace = 3 * 65536;
    std::vector<std::byte> sent(kBytes);
    for (std::size_t i = 0; i < sent.size(); ++i) {
        sent[i] = static_cast<std::byte>(i * 13 + 5);
    }
    phone.memory.dram->store()->write(0, sent);
    phone.copy(0, kFlashBase + kPlace, kBytes, 262144);
    const Femtoseconds written = phone.completed;
    // Without a write cache a store completes when its pages are programmed.
    EXPECT_GE(written, 600_us);
    phone.load(kPlace - 512, 8 << 20, kBytes + 1024, 262144);
    std::vector<std::byte> back(kBytes + 1024);
    phone.memory.dram->store()->read(8 << 20, back);
    for (std::size_t i = 0; i < back.size(); i += 61) {
        const bool inside = i >= 512 && i < 512 + kBytes;
        ASSERT_EQ(back[i], inside ? sent[i - 512] : PatternImage::at(kPlace - 512 + i)) << i;
    }
    phone.flash->settle(phone.completed);
    const Snapshot s = phone.memory.settle(phone.completed);
    EXPECT_EQ(counter_value(s, "flash.flash_bytes_written"), kBytes);
    EXPECT_EQ(counter_value(s, "flash.pages_programmed"), kBytes / 16384);
    EXPECT_EQ(counter_value(s, "flash.energy_program"), kBytes / 16384 * (5000_nJ).count());
    EXPECT_EQ(counter_value(s, "noc.bytes_read"), kBytes) << "the source only";
}

TEST(Storage, AWriteThatTheDeviceRefusesEndsTheSimulation) {
    FlashConfig worn = bench_flash();
    worn.ftl.faults.program_failure = 1'000'000;
    Phone phone(worn);
    sc_core::sc_report_handler::set_handler(nullptr);                   // the usual one fails tests that meet an error
    EXPECT_ANY_THROW(phone.copy(0, kFlashBase + 65536, 16384, 16384));  // without a cache
    const std::exception_ptr failure = take_failure();
    ASSERT_NE(failure, nullptr);
    try {
        std::rethrow_exception(failure);
    } catch (const ConfigError& error) {
        EXPECT_EQ(std::string(error.what()),
                  "flash: write of 16384 B at flash address 65536 refused: no spare block is left, the device is "
                  "read-only (ftl.faults.program_failure = 1000000, ftl.faults.erase_failure = 0, "
                  "ftl.faults.factory_bad = 0, ftl.over_provisioning = 300)");
    }
}

TEST(Storage, DrawsItsPowerByState) {
    Phone phone;
    phone.load(0, 0, 65536, 65536);
    phone.flash->settle(1_s);
    const Snapshot s = phone.memory.settle(1_s);
    // Awake from the first command until 10 ms after the last; the rest of the second asleep.
    const Femtoseconds awake{counter_value(s, "flash.awake_time")};
    EXPECT_GT(awake, 10_ms);
    EXPECT_LT(awake, 10_ms + phone.completed);
    EXPECT_EQ(counter_value(s, "flash.energy_awake"), energy(80_mW, awake).count());
    EXPECT_EQ(counter_value(s, "flash.energy_asleep"), energy(5_mW, 1_s - awake).count());
}

TEST(PowerMonitor, ChargesBaseAndLossesOnceForEveryonesEnergy) {
    Phone phone;
    phone.load(0, 0, 1 << 20, 262144);
    auto& power = dynamic_cast<PowerMonitor&>(*phone.power);
    Snapshot last;
    for (const Femtoseconds now : {phone.completed, phone.completed + 1_ms, phone.completed + 1_ms}) {
        phone.flash->settle(now);
        power.sample(now, phone.memory.settle(now));
        last = phone.memory.counters.snapshot();
    }
    std::uint64_t others = 0;
    for (const CounterValue& value : last) {
        others += value.unit == "fJ" && value.path.rfind("power.", 0) != 0 ? value.value : 0;
    }
    EXPECT_EQ(counter_value(last, "power.energy_base"), energy(500_mW, phone.completed + 1_ms).count());
    EXPECT_EQ(counter_value(last, "power.energy_regulator_loss"), others / 4) << "800 permille arrive";
    std::vector<std::string> names;
    for (const TimeSeries& series : power.series()) {
        names.push_back(series.name());
    }
    EXPECT_EQ(names, (std::vector<std::string>{"power_dram", "power_flash", "power_noc", "power_slc", "power_power",
                                               "power_total", "temperature"}));
}

}  // namespace
}  // namespace handset
