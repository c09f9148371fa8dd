// SPDX-License-Identifier: Apache-2.0
// Flash against phones, an SSD and the results of MQSim and SimpleSSD. Every row prints published | simulated | ratio.
// Where the two simulators differ, two rules decide: whether a whole page or only the sectors asked for leave the
// register, and whether a die senses on meanwhile. The reference parts follow SimpleSSD in both.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "sim/config/yaml_reader.h"
#include "tests/support/csv_file.h"
#include "tests/support/flash_driver.h"

namespace handset {
namespace {

const std::filesystem::path kHere = std::filesystem::path(HANDSET_SOURCE_DIR) / "tests/calibration/memory";

FlashConfig part(const std::string& name) {
    return load_config<FlashConfig>(std::filesystem::path(HANDSET_SOURCE_DIR) / "configs/parts" / (name + ".yaml"));
}

double number(const CsvRow& row, const std::string& column) {
    return std::stod(row.at(column));
}

std::uint64_t whole(const CsvRow& row, const std::string& column) {
    return std::stoull(row.at(column));
}

/// What a row of either table asks for; a sixth of the measured commands come before.
FlashTraffic traffic_of(const CsvRow& row, std::uint64_t range) {
    FlashTraffic traffic;
    traffic.random = row.at("access") == "random";
    traffic.size = whole(row, "size_kib") << 10;
    traffic.queue_depth = static_cast<std::uint32_t>(whole(row, "queue_depth"));
    traffic.range = range;
    traffic.count = std::clamp<std::uint64_t>((std::uint64_t{2} << 30) / traffic.size, 2000, 60'000);
    traffic.warm_up = traffic.count / 6;
    return traffic;
}

std::string title(const CsvRow& row) {
    return row.at("part") + " " + row.at("access") + " " + row.at("size_kib") + " KiB QD" + row.at("queue_depth");
}

TEST(FlashCalibration, PhonesAndComputersReachTheirPublishedCurves) {
    std::printf("%-40s %10s | %10s | %6s  %s\n", "MB/s", "published", "simulated", "ratio", "use");
    for (const CsvRow& row : read_csv(kHere / "flash_phones.csv")) {
        FlashCore core(part(row.at("part")));
        FlashTraffic traffic = traffic_of(row, whole(row, "range_mib") << 20);
        traffic.core_clock = Hertz{whole(row, "core_mhz") * 1'000'000};
        traffic.cores = static_cast<std::uint32_t>(whole(row, "cores"));
        const double rate = drive(core, traffic).rate;
        const double ratio = rate / number(row, "published_mbps");
        const std::string name =
            title(row) + " " + row.at("range_mib") + " MiB " + row.at("core_mhz") + " MHz x" + row.at("cores");
        std::printf("%-40s %10.1f | %10.1f | %6.3f  %s\n", name.c_str(), number(row, "published_mbps"), rate, ratio,
                    row.at("use").c_str());
        EXPECT_GE(ratio, number(row, "least_ratio")) << name;
        EXPECT_LE(ratio, number(row, "most_ratio")) << name;
    }
}

TEST(FlashCalibration, DeepQueuesLieBetweenTheReferenceSimulators) {
    std::printf("%-36s %8s %10s | %10s | %6s\n", "MB/s", "MQSim", "SimpleSSD", "simulated", "ratio");
    for (const CsvRow& row : read_csv(kHere / "flash_reference.csv")) {
        const FlashConfig config = part(row.at("part"));
        FlashCore core(config);
        const double rate = drive(core, traffic_of(row, config.capacity.count() / 10 * 9)).rate;
        const double mqsim = number(row, "mqsim_mbps");
        const double simplessd = number(row, "simplessd_mbps");
        std::printf("%-36s %8.1f %10.1f | %10.1f | %6.3f of the nearer\n", title(row).c_str(), mqsim, simplessd, rate,
                    rate / (std::abs(rate - mqsim) < std::abs(rate - simplessd) ? mqsim : simplessd));
        EXPECT_GE(rate, 0.9 * std::min(mqsim, simplessd)) << title(row);
        EXPECT_LE(rate, 1.1 * std::max(mqsim, simplessd)) << title(row);
        EXPECT_LE(rate, static_cast<double>(config.nand.bus_rate.count()) / 1e6 * config.nand.channels) << title(row);
    }
}

/// Latency of one random read at queue depth 1, us.
double latency(const FlashConfig& config, std::uint64_t size) {
    FlashCore core(config);
    FlashTraffic traffic;
    traffic.random = true;
    traffic.size = size;
    traffic.range = config.capacity.count() / 10 * 9;
    traffic.count = 100;
    return to_seconds(drive(core, traffic).mean_latency) * 1e6;
}

void expect_near(const std::string& name, double published, double simulated) {
    std::printf("%-48s %10.3f | %10.3f | %6.4f\n", name.c_str(), published, simulated, simulated / published);
    EXPECT_NEAR(simulated, published, 0.03 * published) << name;
}

TEST(FlashCalibration, SingleReadsTakeTheSumOfTheirParts) {
    std::printf("%-48s %10s | %10s | %6s\n", "us", "published", "simulated", "ratio");
    // MQSim moves the sectors asked for: 50 + 0.29 + 0.03 + 4.096 (16.384) + host 1.298 (5.04).
    FlashConfig mqsim = part("ref_nand_2ch");
    mqsim.nand.least_read = {};
    expect_near("MQSim rules, 4 KiB", 55.714, latency(mqsim, 4096));
    expect_near("MQSim rules, 16 KiB", 71.746, latency(mqsim, 16384));
    // Two pages on two channels, one more host transfer of 4.99.
    expect_near("MQSim rules, 32 KiB", 76.7, latency(mqsim, 32768));
    // SimpleSSD moves whole pages at 1000 x 2^20 transfers per second, commands take 6.7 ns, firmware 4.53 us.
    FlashConfig simplessd = part("ref_nand_2ch");
    simplessd.nand.bus_rate = BytesPerSecond{1'048'576'000};
    simplessd.nand.t_command = 6'700_ps;
    simplessd.nand.t_data_out = 6'700_ps;
    simplessd.controller.t_command = 4'530_ns;
    simplessd.host.t_completion = {};
    simplessd.link.lane_rate = BytesPerSecond{1'000'000'000'000};
    expect_near("SimpleSSD rules, 4 KiB", 70.168, latency(simplessd, 4096));
    // Our own parts, as the file states them: sense, command, turnaround, a whole page, 4 KiB of link, completion.
    const FlashConfig own = part("ref_nand_2ch");
    const double parts = 50 + 0.29 + 0.03 + 16.384 + 4.096 / 3.284 + 0.05;
    EXPECT_NEAR(latency(own, 4096), parts, 0.001 * parts);
}

/// Sequential writes of 128 KiB with 32 in flight on a factory-new device, MB/s.
double sustained_writes(const std::string& name) {
    FlashConfig config = part(name);
    config.filled = 0;
    FlashCore core(config);
    FlashTraffic traffic;
    traffic.command = FlashCommand::write;
    traffic.size = 131'072;
    traffic.queue_depth = 32;
    traffic.range = config.capacity.count();
    traffic.count = 16'384;
    traffic.warm_up = 2048;
    return drive(core, traffic).rate;
}

TEST(FlashCalibration, SustainedWritesStayBelowTheProgramTimeBound) {
    // Bound: dies x 2 planes x 16 KiB per 600 us. MQSim without a cache 413 and 826 MB/s, SimpleSSD 425.8 with two
    // planes.
    std::printf("%-36s %8s %8s | %10s\n", "MB/s", "bound", "MQSim", "simulated");
    for (const auto& [name, bound, mqsim] :
         {std::tuple{"ref_nand_2ch", 436.9, 413.0}, {"ref_nand_4ch", 873.8, 826.0}}) {
        const double rate = sustained_writes(name);
        std::printf("%-36s %8.1f %8.1f | %10.1f\n", name, bound, mqsim, rate);
        EXPECT_LT(rate, bound);
        EXPECT_NEAR(rate, mqsim, 0.03 * mqsim);
    }
}

}  // namespace
}  // namespace handset
