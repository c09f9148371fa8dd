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

TEST(YamlReader, AbsentValuesHaveTheirDefaults) {
    Errors errors;
    const Machine machine = read(std::string(sample::kMachineText), errors);
    EXPECT_THAT(errors.problems(), ElementsAre());
    EXPECT_EQ(machine.dram.banks, 16U);
    EXPECT_EQ(machine.dram.refresh.interval, 3900_ns) << "an absent struct takes the fallbacks of its fields";
    EXPECT_TRUE(machine.dram.refresh.per_bank);
    EXPECT_TRUE(machine.clusters.empty());
    EXPECT_FALSE(machine.budget.has_value());
    EXPECT_FALSE(machine.scrub.has_value());
    EXPECT_EQ(machine.model, "model.gguf");
    EXPECT_EQ(machine.nice, -1);
}

struct Bad {
    std::string_view text;  ///< appended to the smallest good machine, whose two lines come first
    std::string_view problem;
};

TEST(YamlReader, EachMistakeIsReportedWithItsPlacePathAndReason) {
    const Bad cases[] = {
        {"banks: 3\n", "f.yaml:3:1: banks: unknown key 'banks'"},
        {"clustres: []\n", "f.yaml:3:1: clustres: unknown key 'clustres', did you mean 'clusters'?"},
        {"clusters: 4\n", "f.yaml:3:11: clusters: expected a list, got '4'"},
        {"clusters: {cores: 1}\n", "f.yaml:3:11: clusters: expected a list, got a map"},
        {"clusters:\n", "f.yaml:3:1: clusters: expected a list, got nothing"},
        {"clusters: [4]\n", "f.yaml:3:12: clusters.0: expected a map, got '4'"},
        {"clusters:\n  - cores: 2\n  - clock: 1 GHz\n",
         "f.yaml:5:5: clusters.1.cores: required key is missing (number of cores)"},
        {"clusters: [{cores: 0}]\n", "f.yaml:3:20: clusters.0.cores: 0 is out of range, expected 1 to 16"},
        {"clusters: [{cores: 17}]\n", "f.yaml:3:20: clusters.0.cores: 17 is out of range, expected 1 to 16"},
        {"clusters: [{cores: -1}]\n", "clusters.0.cores: expected a whole number that is not negative, got '-1'"},
        {"clusters: [{cores: 1.5}]\n", "clusters.0.cores: expected a whole number, got '1.5'"},
        {"clusters: [{cores: four}]\n", "clusters.0.cores: expected a whole number, got 'four'"},
        {"clusters: [{cores: 4294967296}]\n", "clusters.0.cores: '4294967296' does not fit, expected 0 to 4294967295"},
        {"clusters: [{cores: [1]}]\n", "f.yaml:3:20: clusters.0.cores: expected a single value, got a list"},
        {"clusters: [{cores: ~}]\n", "f.yaml:3:13: clusters.0.cores: expected a single value, got nothing"},
        {"clusters: [{cores: 1, clock: 2}]\n", "f.yaml:3:30: clusters.0.clock: '2' has no unit, expected a frequency"},
        {"clusters: [{cores: 1, clock: 1 ns}]\n", "clusters.0.clock: '1 ns' is a time, expected a frequency"},
        {"clusters: [{cores: 1, clock: 1 kHz}]\n",
         "f.yaml:3:30: clusters.0.clock: 1 kHz is out of range, expected at least 1 MHz"},
        {"clusters: [{cores: 1, clock: 1 Mhz}]\n", "unknown unit of frequency 'Mhz', did you mean 'MHz'?"},
        {"budget: 10 uW\n", "f.yaml:3:9: budget: 10 uW is out of range, expected at least 1 mW"},
        {"budget: 4\n", "f.yaml:3:9: budget: '4' has no unit, expected a power (units: uW, mW, W)"},
        {"scrub: {per_bank: yes}\n", "f.yaml:3:19: scrub.per_bank: expected true or false, got 'yes'"},
        {"scrub: {interval: -1 ns}\n", "f.yaml:3:19: scrub.interval: '-1 ns' is negative"},
        {"scrub: {interval: 20000 s}\n", "scrub.interval: '20000 s' is too large"},
        {"scrub: {interval: 0.5 fs}\n", "scrub.interval: '0.5 fs' is not a whole number of fs"},
        {"leakage: much\n", "f.yaml:3:10: leakage: expected a number, got 'much'"},
        {"leakage: .nan\n", "leakage: expected a number, got '.nan'"},
        {"leakage: nan\n", "leakage: expected a number, got 'nan'"},
        {"leakage: 1.5\n", "f.yaml:3:10: leakage: 1.5 is out of range, expected 0 to 1"},
        {"nice: 2147483648\n", "nice: '2147483648' does not fit, expected -2147483648 to 2147483647"},
        {"model: [a]\n", "f.yaml:3:8: model: expected a single value, got a list"},
        {"devices: {a: {clock: 1 GHz}}\n", "f.yaml:3:14: devices.a.kind: required key is missing (what the device is)"},
        {"devices: {a: {kind: npv, clock: 1 GHz}}\n",
         "f.yaml:3:21: devices.a.kind: unknown kind 'npv', did you mean 'npu'? (known: npu, gpu)"},
        {"devices: {a: {kind: '', clock: 1 GHz}}\n", "devices.a.kind: unknown kind ''"},
        {"devices: {a: {kind: [npu], clock: 1 GHz}}\n", "devices.a.kind: expected a single value, got a list"},
        {"devices: {a: {kind: npu, rows: 8}}\n",
         "f.yaml:3:14: devices.a.clock: required key is missing (device clock)"},
        {"devices: {a: {kind: npu, clock: 1 GHz, launch: 1 cycles, rows: 8}}\n",
         "f.yaml:3:40: devices.a.launch: unknown key 'launch'"},
        {"devices: {a: {kind: npu, clock: 1 GHz, rows: 12}}\n", "f.yaml:3:46: devices.a.rows: must be a multiple of 8"},
        {"devices: {a: {kind: gpu, clock: 1 GHz, launch: 12, tile: [1]}}\n",
         "devices.a.launch: '12' has no unit, expected a cycle count (units: cycles, cycle)"},
        {"devices: {a: {kind: gpu, clock: 1 GHz, launch: 12 cycles, tile: [1, x]}}\n",
         "f.yaml:3:69: devices.a.tile.1: expected a whole number, got 'x'"},
        {"devices: {a: npu}\n", "f.yaml:3:14: devices.a: expected a map, got 'npu'"},
    };
    for (const Bad& bad : cases) {
        Errors errors;
        read(std::string(sample::kMachineText) + std::string(bad.text), errors);
        EXPECT_THAT(errors.problems(), ElementsAre(HasSubstr(std::string(bad.problem)))) << bad.text;
    }
}

TEST(YamlReader, EnumsAndMissingKeysOfTheDramAreReported) {
    const Bad cases[] = {
        {"name: a\n", "f.yaml:1:1: dram: required key is missing (main memory)"},
        {"name: a\ndram: {capacity: 8 GiB, t_rcd: 18 ns, rate: 1 GB/s, policy: opne}\n",
         "f.yaml:2:61: dram.policy: unknown value 'opne', did you mean 'open'? (known: open, closed, adaptive)"},
        {"name: a\ndram: {capacity: 8 GiB, t_rcd: 18 ns, rate: 1 GiB/s}\n",
         "dram.rate: '1 GiB/s': unknown unit of data rate 'GiB/s', did you mean 'GB/s'?"},
        {"name: a\ndram: {capacity: 512 MiB, t_rcd: 18 ns, rate: 1 GB/s}\n",
         "f.yaml:2:18: dram.capacity: 512 MiB is out of range, expected 1 GiB to 64 GiB"},
        {"name: a\ndram: {capacity: 8 GiB, t_rcd: 18 ns, rate: 1 GB/s, banks: 7}\n",
         "f.yaml:2:60: dram.banks: must divide the capacity"},
        {"", "f.yaml: the file is empty, expected a map"},
        {"# nothing but a comment\n", "f.yaml: the file is empty, expected a map"},
        {"- a\n- b\n", "f.yaml:1:1: expected a map, got a list"},
        {"just text\n", "f.yaml:1:1: expected a map, got 'just text'"},
    };
    for (const Bad& bad : cases) {
        Errors errors;
        read(std::string(bad.text), errors);
        EXPECT_THAT(errors.problems(), ElementsAre(HasSubstr(std::string(bad.problem)))) << bad.text;
    }
}

TEST(YamlReader, AllProblemsAreReportedTogether) {
    Errors errors;
    read(
        "nme: phone\n"
        "dram:\n"
        "  capacity: 8\n"
        "  bank: 16\n"
        "  rate: 1 GB/s\n"
        "  rate: 2 GB/s\n",
        errors);
    EXPECT_THAT(
        errors.problems(),
        ElementsAre("f.yaml:6:3: dram.rate: duplicate key, first written in line 5",
                    "f.yaml:1:1: name: required key is missing (name of the machine)",
                    "f.yaml:3:13: dram.capacity: '8' has no unit, expected a size (units: B, KiB, MiB, GiB, TiB)",
                    "f.yaml:3:3: dram.t_rcd: required key is missing (ACT to column command)",
                    HasSubstr("f.yaml:4:3: dram.bank: unknown key 'bank', did you mean 'banks'?"),
                    HasSubstr("f.yaml:1:1: nme: unknown key 'nme', did you mean 'name'?")));
}

TEST(YamlReader, RulesAcrossFieldsWaitUntilTheFieldsAreGood) {
    Errors errors;
    read("name: a\ndram: {capacity: 8 GiB, t_rcd: 18, rate: 1 GB/s, banks: 7}\n", errors);
    EXPECT_THAT(errors.problems(), ElementsAre(HasSubstr("dram.t_rcd: '18' has no unit")));
}

TEST(YamlReader, AKindSurvivesACopyOfItsConfig) {
    Errors errors;
    const auto machine =
        read(std::string(sample::kMachineText) + "devices: {a: {kind: npu, clock: 1 GHz, rows: 8}}\n", errors);
    Machine copy = machine;
    copy.devices.at("a").config = any_config("npu", sample::NpuConfig{.rows = 16, .mac_energy = 1_pJ});
    EXPECT_EQ(machine.devices.at("a").config.get<sample::NpuConfig>().rows, 8U);
    EXPECT_EQ(copy.devices.at("a").config.get<sample::NpuConfig>().rows, 16U);
    EXPECT_EQ(copy.devices.at("a").config.kind(), "npu");
    EXPECT_THROW(static_cast<void>(machine.devices.at("a").config.get<sample::GpuConfig>()), ModelError);
}

TEST(YamlReader, AFloodOfProblemsIsCut) {
    std::string text(sample::kMachineText);
    for (int i = 0; i < 50'000; ++i) {
        text += "x" + std::to_string(i) + ": 1\n";
    }
    Errors errors;
    read(text, errors);
    EXPECT_EQ(errors.problems().size(), 201U);
    EXPECT_EQ(errors.problems().back(), "more problems are not listed");
}

struct Twice {
    bool flag = false;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("flag", flag, {.doc = "once", .fallback = false});
        v.field("flag", flag, {.doc = "twice", .fallback = false});
    }
};

TEST(YamlReader, AParameterDeclaredTwiceIsAMistakeOfOurs) {
    Errors errors;
    const std::optional<Node> root = parse_yaml("{}", {"f.yaml", ""}, errors);
    EXPECT_THROW(read_config<Twice>(*root, errors), ModelError);
}

struct Limits {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::vector<sample::Cluster> clusters;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("low", low, {.doc = "lower"});
        v.field("high", high, {.doc = "upper", .fallback = 1});
        v.field("clusters", clusters, {.doc = "clusters", .optional = true});
    }
    void check(Errors& errors) const {
        errors.add("low", "is above high");
        errors.add("high", "is below low");
        errors.add("clusters.0.cores", "too many");
        errors.add("", "nothing fits: sorry");
    }
};

TEST(YamlReader, RulesPointAtTheKeyTheyName) {
    Errors errors;
    const std::optional<Node> root = parse_yaml("low: 3\nclusters: [{cores: 1}]\n", {"f.yaml", ""}, errors);
    read_config<Limits>(*root, errors);
    EXPECT_THAT(errors.problems(),
                ElementsAre("f.yaml:1:6: low: is above high", "f.yaml:1:1: high: is below low",
                            "f.yaml:2:20: clusters.0.cores: too many", "f.yaml:1:1: nothing fits: sorry"));
}

}  // namespace
}  // namespace handset
