// SPDX-License-Identifier: Apache-2.0
#include "sim/config/yaml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/sample_config.h"

namespace handset {
namespace {

using sample::Machine;
using testing::ElementsAre;
using testing::HasSubstr;

Machine read(const std::string& text, Errors& errors) {
    const std::optional<Node> root = parse_yaml(text, {"f.yaml", "dir"}, errors);
    return root ? read_config<Machine>(*root, errors) : Machine{};
}

TEST(YamlReader, ReadsEveryType) {
    Errors errors;
    const Machine machine = read(
        "name: phone\n"
        "dram: {capacity: 8 GiB, banks: 8, t_rcd: 18 ns, policy: adaptive, rate: 67.2 GB/s, refresh: {interval: 2 "
        "us}}\n"
        "clusters:\n"
        "  - cores: 4\n"
        "  - {cores: 1, clock: 3.3 GHz}\n"
        "devices:\n"
        "  npu0: {kind: npu, clock: 1 GHz, rows: 64}\n"
        "  gpu0: {kind: gpu, clock: 900 MHz, tile: [8, 0x20], launch: 12 cycles}\n"
        "budget: 4 W\n"
        "scrub: {per_bank: false}\n"
        "model: ../models/a.gguf\n"
        "leakage: 0.5\n"
        "nice: -7\n",
        errors);
    EXPECT_THAT(errors.problems(), ElementsAre());
    EXPECT_EQ(machine.name, "phone");
    EXPECT_EQ(machine.dram.capacity, 8_GiB);
    EXPECT_EQ(machine.dram.banks, 8U);
    EXPECT_EQ(machine.dram.t_rcd, 18_ns);
    EXPECT_EQ(machine.dram.policy, sample::Policy::adaptive);
    EXPECT_EQ(machine.dram.rate, 67'200_MBps);
    EXPECT_EQ(machine.dram.refresh.interval, 2_us);
    EXPECT_TRUE(machine.dram.refresh.per_bank);
    ASSERT_EQ(machine.clusters.size(), 2U);
    EXPECT_EQ(machine.clusters[0].clock, 2000_MHz);
    EXPECT_EQ(machine.clusters[1].clock, 3300_MHz);
    EXPECT_EQ(machine.devices.at("npu0").config.get<sample::NpuConfig>().rows, 64U);
    EXPECT_EQ(machine.devices.at("npu0").config.get<sample::NpuConfig>().mac_energy, 450_fJ);
    EXPECT_THAT(machine.devices.at("gpu0").config.get<sample::GpuConfig>().tile, ElementsAre(8, 32));
    EXPECT_EQ(machine.devices.at("gpu0").config.get_if<sample::NpuConfig>(), nullptr);
    EXPECT_EQ(machine.budget, 4000_mW);
    EXPECT_EQ(machine.scrub->interval, 3900_ns);
    EXPECT_FALSE(machine.scrub->per_bank);
    EXPECT_EQ(machine.model, "models/a.gguf");
    EXPECT_EQ(machine.leakage, 0.5);
    EXPECT_EQ(machine.nice, -7);
}

}  // namespace
}  // namespace handset
