// SPDX-License-Identifier: Apache-2.0
#include "sim/config/yaml_document.h"

#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/sample_config.h"

namespace handset {
namespace {

using sample::Machine;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A directory of files that is gone after the test.
class YamlFiles : public testing::Test {
  protected:
    void SetUp() override {
        directory_ = std::filesystem::path(testing::TempDir()) / ("handset_config_" + std::to_string(getpid()));
        std::filesystem::create_directories(directory_);
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    std::filesystem::path write(const std::string& name, std::string_view text) {
        const std::filesystem::path file = directory_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
        return file;
    }

    /// The problems of loading `file`, without the directory of the test.
    std::string problems(const std::filesystem::path& file, const std::vector<std::string>& overrides = {}) {
        try {
            load_config<Machine>(file, overrides);
        } catch (const ConfigError& error) {
            std::string text = error.what();
            const std::string prefix = directory_.generic_string() + "/";
            for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
                text.erase(at, prefix.size());
            }
            return text;
        }
        return "";
    }

    std::filesystem::path directory_;
};

std::vector<std::string> parse_problems(const std::string& text) {
    Errors errors;
    parse_yaml(text, {"f.yaml", ""}, errors);
    return errors.problems();
}

TEST(YamlText, WhatIsNotStrictYamlIsRefusedWithItsPlace) {
    struct Bad {
        std::string_view text;
        std::string_view problem;
    };
    const Bad cases[] = {
        {"a: 1\nb:\n\tc: 2\n", "f.yaml:3:3: not valid YAML: illegal map value"},
        {"a: [1, 2\n", "f.yaml:2:1: not valid YAML: end of sequence flow not found"},
        {"a: {b: 1\n", "f.yaml:2:1: not valid YAML: end of map flow not found"},
        {"a: 1\n b: 2\n", "f.yaml:2:3: not valid YAML: illegal map value"},
        {"a: \"x\n", "f.yaml:2:1: not valid YAML: a quoted text is not closed"},
        {"a: 'x\n", "f.yaml:2:1: not valid YAML: a quoted text is not closed"},
        {"a: \"\\q\"\n", "f.yaml:1:7: not valid YAML: unknown escape character: q"},
        {"a: b: c\n", "f.yaml:1:5: not valid YAML: illegal map value"},
        {"a: ]\n", "f.yaml:1:4: not valid YAML: illegal flow end"},
        {"a: @x\n", "f.yaml:1:4: not valid YAML: unknown token"},
        {"%YAML 9.0\n---\na: 1\n", "not valid YAML: YAML major version too large"},
        {"a: 1\na: 2\n", "f.yaml:2:1: a: duplicate key, first written in line 1"},
        {"a: {b: {c: 1, d: 2, c: 3}}\n", "f.yaml:1:21: a.b.c: duplicate key, first written in line 1"},
        {"a:\n  - b: 1\n    b: 2\n", "f.yaml:3:5: a.0.b: duplicate key, first written in line 2"},
        {"a: 1\n\"a\": 2\n", "f.yaml:2:1: a: duplicate key"},
        {"a: &x 1\n", "f.yaml:1:4: a: YAML anchors are not supported, use include"},
        {"a: !!int 1\n", "f.yaml:1:4: a: YAML tags are not supported: 'tag:yaml.org,2002:int'"},
        {"a: !secret [1]\n", "f.yaml:1:4: a: YAML tags are not supported: '!secret'"},
        {"a: 1\n---\nb: 2\n", "the file holds more than one YAML document"},
        {"[a]: 1\n", "f.yaml:1:1: a key must be a plain name"},
        {"~: 1\n", "f.yaml:1:1: a key must be a plain name"},
        {"{a: 1}: 1\n", "f.yaml:1:1: a key must be a plain name"},
        {std::string_view("a: 1\nb: \0\n", 10), "f.yaml:2:4: control character in the text"},
        {"a: 1\nb: \x04 2\n", "f.yaml:2:4: control character in the text"},
    };
    for (const Bad& bad : cases) {
        EXPECT_THAT(parse_problems(std::string(bad.text)), ElementsAre(HasSubstr(std::string(bad.problem))))
            << bad.text;
    }
    EXPECT_THAT(parse_problems(std::string(300, 'k') + ": 1\n"),
                ElementsAre("f.yaml:1:1: a key of more than 256 characters"));
}

TEST(YamlText, AnAliasBombIsRefusedAtItsFirstAnchors) {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 10; ++i) {
        const std::string alias = "*a" + std::to_string(i - 1);
        text +=
            "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias + ", " + alias + ", " + alias + "]\n";
    }
    const std::vector<std::string> problems = parse_problems(text);
    ASSERT_EQ(problems.size(), 37U) << "10 anchors and 9 x 3 aliases";
    EXPECT_EQ(problems[0], "f.yaml:1:5: a0: YAML anchors are not supported, use include");
    EXPECT_EQ(problems[2], "f.yaml:2:10: a1.0: YAML aliases are not supported, use include");
}

TEST(YamlText, SizeDepthAndCountAreBounded) {
    EXPECT_THAT(parse_problems(std::string(100, '[') + std::string(100, ']')),
                ElementsAre("f.yaml:1:65: nested deeper than 64 levels"));
    EXPECT_THAT(parse_problems(std::string(100'000, '[')), testing::SizeIs(1));
    std::string deep;
    for (std::size_t i = 0; i < 100; ++i) {
        deep += std::string(i, ' ') + "a:\n";
    }
    EXPECT_THAT(parse_problems(deep), ElementsAre("f.yaml:65:65: nested deeper than 64 levels"));
    std::string many = "a: [";
    for (std::size_t i = 0; i < kMaxYamlNodes; ++i) {
        many += "1,\n";
    }
    EXPECT_THAT(parse_problems(many + "1]\n"), ElementsAre(HasSubstr("more than 200000 values")));
    EXPECT_THAT(parse_problems(std::string(kMaxYamlBytes + 1, ' ')), ElementsAre("f.yaml: larger than 16 MiB"));
    std::string anchors;
    for (int i = 0; i < 1000; ++i) {
        anchors += "a" + std::to_string(i) + ": &a 1\n";
    }
    EXPECT_THAT(parse_problems(anchors), testing::SizeIs(51));
}

TEST(YamlText, EveryWayToEndADocumentIsRead) {
    for (const char* text :
         {"a: 1", "a: 1\n", "a: 1\n...", "a: 1\n...\n", "---\na: 1\n...\n", "a: 1 # end", "a: 1\r\n", "a: 1\n\n\n",
          "\xef\xbb\xbf"
          "a: 1\n",
          "a: |-\n  1\n", "a: >-\n  1", "a: \"1\"", "{a: 1}", "{\n  a: 1\n}"}) {
        Errors errors;
        const std::optional<Node> root = parse_yaml(text, {"f.yaml", ""}, errors);
        EXPECT_THAT(errors.problems(), IsEmpty()) << text;
        ASSERT_TRUE(root && root->find("a") != nullptr) << text;
        EXPECT_EQ(root->find("a")->scalar, "1") << text;
    }
}

TEST(YamlText, ExactlyTheGreatestDepthIsRead) {
    EXPECT_THAT(parse_problems(std::string(kMaxYamlDepth, '[') + std::string(kMaxYamlDepth, ']')), IsEmpty());
}

TEST_F(YamlFiles, AFileThatDoesNotExistIsAnError) {
    EXPECT_EQ(problems(directory_ / "none.yaml"), "there is no file 'none.yaml'");
    EXPECT_THAT(problems(directory_), HasSubstr("is a directory, expected a file"));
}

TEST_F(YamlFiles, OwnKeysOverrideIncludedOnesAndMapsMerge) {
    write("parts/dram.yaml",
          "capacity: 8 GiB\nt_rcd: 18 ns\nrate: 67.2 GB/s\nrefresh: {interval: 2 us, per_bank: false}\n");
    write("parts/npu.yaml", "kind: npu\nrows: 64\nclock: 1 GHz\n");
    write("base.yaml",
          "name: base\nclusters: [{cores: 1}, {cores: 2}]\n"
          "devices:\n  npu0: {include: parts/npu.yaml}\n  npu1: {include: parts/npu.yaml}\n");
    const std::filesystem::path file =
        write("soc/phone.yaml",
              "dram:\n  t_rcd: 15 ns\n  include: ../parts/dram.yaml\n  refresh: {per_bank: true}\n"
              "include: ../base.yaml\n"
              "clusters: [{cores: 7}]\n"
              "devices: {npu1: {rows: 128}}\n");
    const auto machine = load_config<Machine>(file);
    EXPECT_EQ(machine.name, "base");
    EXPECT_EQ(machine.dram.t_rcd, 15_ns) << "own key, although written before the include";
    EXPECT_EQ(machine.dram.capacity, 8_GiB);
    EXPECT_EQ(machine.dram.refresh.interval, 2_us) << "maps merge";
    EXPECT_TRUE(machine.dram.refresh.per_bank);
    ASSERT_EQ(machine.clusters.size(), 1U) << "lists are replaced";
    EXPECT_EQ(machine.clusters[0].cores, 7U);
    EXPECT_EQ(machine.devices.at("npu0").config.get<sample::NpuConfig>().rows, 64U);
    EXPECT_EQ(machine.devices.at("npu1").config.get<sample::NpuConfig>().rows, 128U);
}

TEST_F(YamlFiles, LaterIncludesOverrideEarlierOnes) {
    write("a.yaml", "name: a\nnice: 1\n");
    write("b.yaml", "name: b\n");
    const auto machine =
        load_config<Machine>(write("f.yaml", "include: [a.yaml, b.yaml]\n" + std::string(sample::kDramText)));
    EXPECT_EQ(machine.name, "b");
    EXPECT_EQ(machine.nice, 1);
}

TEST_F(YamlFiles, MistakesAreReportedInTheFileThatMadeThem) {
    write("parts/dram.yaml", "capacity: 8 GiB\nt_rcd: 18\n");
    const std::filesystem::path file = write("f.yaml", "name: a\ndram:\n  include: parts/dram.yaml\n  bankz: 4\n");
    EXPECT_THAT(problems(file), HasSubstr("parts/dram.yaml:2:8: dram.t_rcd: '18' has no unit"));
    EXPECT_THAT(problems(file), HasSubstr("f.yaml:4:3: dram.bankz: unknown key 'bankz'"));
    EXPECT_THAT(problems(file), HasSubstr("f.yaml:3:3: dram.rate: required key is missing"))
        << "a merged map stands where it includes";
}

TEST_F(YamlFiles, PathsAreRelativeToTheFileTheyAreWrittenIn) {
    write("parts/model.yaml", "model: weights/a.gguf\n");
    const std::filesystem::path file =
        write("soc/f.yaml", "include: ../parts/model.yaml\n" + std::string(sample::kMachineText));
    EXPECT_EQ(load_config<Machine>(file).model, directory_ / "parts/weights/a.gguf");
    EXPECT_EQ(load_config<Machine>(file, std::vector<std::string>{"model=b.gguf"}).model, "b.gguf")
        << "of the command line: to the working directory";
    EXPECT_EQ(load_config<Machine>(file, std::vector<std::string>{"model=/b.gguf"}).model, "/b.gguf");
}

TEST_F(YamlFiles, BadIncludesAreErrors) {
    write("self.yaml", "name: a\ninclude: self.yaml\n");
    write("a.yaml", "devices: {x: {include: b.yaml}}\n");
    write("b.yaml", "include: ./sub/../a.yaml\n");
    write("list.yaml", "- 1\n");
    write("broken.yaml", "a: [1\n");
    std::filesystem::create_directories(directory_ / "sub");
    EXPECT_EQ(problems(directory_ / "self.yaml"), "self.yaml:2:10: include: 'self.yaml' includes itself");
    EXPECT_EQ(problems(directory_ / "a.yaml"), "b.yaml:1:10: include: './sub/../a.yaml' includes itself");
    EXPECT_EQ(
        problems(write("f.yaml", "devices:\n  x:\n    include: none.yaml\n  y: {include: [list.yaml, {a: 1}]}\n")),
        "f.yaml:3:14: devices.x.include: there is no file 'none.yaml'\n"
        "f.yaml:4:17: devices.y.include: 'list.yaml' does not hold a map\n"
        "f.yaml:4:28: devices.y.include: expected a file or a list of files, got a map");
    EXPECT_EQ(problems(write("g.yaml", "include: broken.yaml\n")),
              "broken.yaml:2:1: not valid YAML: end of sequence flow not found");
    EXPECT_EQ(problems(write("h.yaml", "include:\n")),
              "h.yaml:1:1: include: expected a file or a list of files, got nothing");
    EXPECT_THAT(problems(write("i.yaml", "include: /dev/zero\n")), HasSubstr("there is no file '/dev/zero'"));
}

TEST_F(YamlFiles, AnIncludeBombIsCut) {
    write("x0.yaml", "a: 1\n");
    for (int i = 1; i < 20; ++i) {
        const std::string name = "x" + std::to_string(i - 1) + ".yaml";
        write("x" + std::to_string(i) + ".yaml", "a: {include: " + name + "}\nb: {include: " + name + "}\n");
    }
    EXPECT_THAT(problems(directory_ / "x19.yaml"), HasSubstr("too many includes"));
}

TEST_F(YamlFiles, OverridesEditTheTreeBeforeItIsRead) {
    const std::filesystem::path file =
        write("f.yaml", std::string(sample::kMachineText) + "clusters: [{cores: 1}, {cores: 2}]\nscrub:\n");
    const std::vector<std::string> overrides{
        "clusters.1.cores=5",   "dram.refresh.per_bank=false", "devices.npu0={kind: npu, clock: 1 GHz, rows: 8}",
        "devices.npu0.rows=16", "scrub.interval=1 us",         "name=a=b"};
    const auto machine = load_config<Machine>(file, overrides);
    EXPECT_EQ(machine.clusters[0].cores, 1U);
    EXPECT_EQ(machine.clusters[1].cores, 5U);
    EXPECT_FALSE(machine.dram.refresh.per_bank);
    EXPECT_EQ(machine.devices.at("npu0").config.get<sample::NpuConfig>().rows, 16U);
    EXPECT_EQ(machine.scrub->interval, 1_us);
    EXPECT_EQ(machine.name, "a=b");
}

TEST_F(YamlFiles, AnOverrideMayIncludeAPart) {
    const std::filesystem::path part = write("npu.yaml", "kind: npu\nrows: 64\nclock: 1 GHz\n");
    const std::filesystem::path file = write("f.yaml", sample::kMachineText);
    const auto machine = load_config<Machine>(
        file, std::vector<std::string>{"devices.n={include: " + part.generic_string() + ", rows: 32}"});
    EXPECT_EQ(machine.devices.at("n").config.get<sample::NpuConfig>().rows, 32U);
    EXPECT_EQ(machine.devices.at("n").clock, 1000_MHz);
}

TEST_F(YamlFiles, BadOverridesAreReportedAsTheUserWroteThem) {
    const std::filesystem::path file =
        write("f.yaml", std::string(sample::kMachineText) + "clusters: [{cores: 1}, {cores: 2}]\n");
    struct Bad {
        std::string_view text;
        std::string_view problem;
    };
    const Bad cases[] = {
        {"dram.banks", "--set dram.banks: expected PATH=VALUE with a path such as npu0.array.rows"},
        {"=1", "--set =1: expected PATH=VALUE"},
        {"dram..banks=1", "--set dram..banks=1: expected PATH=VALUE"},
        {"dram.banks=many", "--set dram.banks=many: dram.banks: expected a whole number, got 'many'"},
        {"dram.banks=", "--set dram.banks=: dram.banks: expected a single value, got nothing"},
        {"dram.bank=1", "--set dram.bank=1: dram.bank: unknown key 'bank', did you mean 'banks'?"},
        {"drum.banks=1", "--set drum.banks=1: drum: unknown key 'drum', did you mean 'dram'?"},
        {"dram.banks.x=1", "--set dram.banks.x=1: dram.banks: expected a single value, got a map"},
        {"name.x=1", "--set name.x=1: name: is a single value, not a map or list"},
        {"clusters.2.cores=1", "--set clusters.2.cores=1: clusters: is a list of 2, '2' is not one of its indices"},
        {"clusters.x.cores=1", "--set clusters.x.cores=1: clusters: is a list of 2, 'x' is not one of its indices"},
        {"clusters=[{cores: 99}]", "--set clusters=[{cores: 99}]: clusters.0.cores: 99 is out of range"},
        {"clusters=[", "a bracket is not closed"},
        {"include=a.yaml", "--set include=a.yaml: a path cannot name an include"},
        {"devices.a={include: none.yaml}", "include: there is no file 'none.yaml'"},
        {"name=&x 1", "YAML anchors are not supported"},
    };
    for (const Bad& bad : cases) {
        EXPECT_THAT(problems(file, {std::string(bad.text)}), HasSubstr(std::string(bad.problem))) << bad.text;
    }
}

TEST_F(YamlFiles, ProblemsOfFileAndCommandLineAreReportedTogether) {
    const std::filesystem::path file =
        write("f.yaml", "name: a\nname: b\ndram: {capacity: 8, t_rcd: 1 ns, rate: 1 GB/s}\n");
    EXPECT_EQ(problems(file, {"nice=high"}),
              "f.yaml:2:1: name: duplicate key, first written in line 1\n"
              "f.yaml:3:18: dram.capacity: '8' has no unit, expected a size (units: B, KiB, MiB, GiB, TiB)\n"
              "--set nice=high: nice: expected a whole number, got 'high'");
}

}  // namespace
}  // namespace handset
