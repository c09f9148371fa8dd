// SPDX-License-Identifier: Apache-2.0
// Broken phone and workload files: exit code 2, file:line:column and the reason on stderr, nothing on stdout.
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/short_run.h"

namespace handset::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// In `expected`, "@" stands for the broken file and "[key]" for the line of the good phone that has this key first.
struct BadText {
    std::string name;
    std::string text;
    std::string expected;
};

void PrintTo(const BadText& test, std::ostream* out) {
    *out << test.name;
}

/// The line of the good phone on which `key` stands first.
std::string line_of(const std::string& key) {
    std::istringstream text(read_text(HANDSET_SOURCE_DIR "/" + kPhone));
    int number = 0;
    for (std::string line; std::getline(text, line);) {
        ++number;
        const std::size_t begin = line.find_first_not_of(' ');
        if (begin != std::string::npos && line.compare(begin, key.size() + 1, key + ":") == 0) {
            return std::to_string(number);
        }
    }
    return "no line with " + key;
}

void expect_refused(const Outcome& outcome, const std::string& expected, const std::string& file) {
    EXPECT_EQ(outcome.code, 2);
    std::string fragment = expected.find('@') == std::string::npos ? expected : replaced(expected, "@", file);
    const std::size_t open = expected.rfind("@:[", 0) == 0 ? fragment.find('[', file.size()) : std::string::npos;
    if (open != std::string::npos) {
        const std::size_t close = fragment.find(']', open);
        fragment.replace(open, close + 1 - open, line_of(fragment.substr(open + 1, close - open - 1)));
    }
    EXPECT_THAT(outcome.err, HasSubstr(fragment));
    EXPECT_THAT(outcome.err, Not(HasSubstr("internal error")));
    EXPECT_EQ(outcome.out, "");
}

/// A phone whose parts are found from anywhere.
std::string good_phone() {
    std::string text = read_text(HANDSET_SOURCE_DIR "/" + kPhone);
    while (text.find("../parts") != std::string::npos) {
        text = replaced(text, "../parts", HANDSET_SOURCE_DIR "/configs/parts");
    }
    return text;
}

/// The good phone with one thing changed.
std::string phone(const std::string& from, const std::string& to) {
    return replaced(good_phone(), from, to);
}

/// The good phone with one more key in its flash.
std::string flash(const std::string& keys) {
    return phone("ufs40.yaml}", "ufs40.yaml, " + keys + "}");
}

class BadPhone : public ::testing::TestWithParam<BadText> {};

TEST_P(BadPhone, IsRefusedWithItsPlace) {
    const TemporaryDirectory work;
    const std::string file = work.write("p.yaml", GetParam().text);
    expect_refused(handset({"check", "--soc", file}), GetParam().expected, file);
}

const std::vector<BadText> kPhones{
    {"Empty", "", "@: the file is empty, expected a map"},
    {"Text", "hello\n", "@:1:1: expected a map, got 'hello'"},
    {"List", "- a\n- b\n", "@:1:1: expected a map, got a list"},
    {"Tab", "name: x\n\tfoo: y\n", "@:2:1: not valid YAML: illegal tab"},
    {"OpenList", "name: [a, b\n", "@:2:1: not valid YAML: end of sequence flow not found"},
    {"DuplicateKey", "name: a\nname: b\n", "@:2:1: name: duplicate key, first written in line 1"},
    {"Binary", std::string("\x00\x01\x02", 3), "@:1:1: control character in the text"},
    {"Anchor", "a: &x [1]\nb: *x\n", "@:1:4: a: YAML anchors are not supported, use include"},
    {"UndefinedAlias", "a: *nope\n", "@:1:4: not valid YAML: the referenced anchor is not defined"},
    {"TwoDocuments", "name: a\n---\nname: b\n", "@:2:1: the file holds more than one YAML document"},
    {"ListAsKey", "? [a, b]\n: c\n", "@:1:3: a key must be a plain name"},
    {"DeepNesting", "a: " + std::string(300, '[') + std::string(300, ']') + "\n", "@:1:"},
    {"IncludesItself", "include: p.yaml\n", "@:1:10: include: '"},
    {"UnknownKind", phone("kind: dram", "kind: dramm"),
     "@:[dram]:17: components.dram.kind: unknown kind 'dramm', did you mean 'dram'?"},
    {"NoKind", phone("{kind: dram,", "{"), "@:[dram]:10: components.dram.kind: required key is missing"},
    {"RenamedComponent", phone("  noc:\n", "  nocx:\n"),
     "@:[gpu0]:34: components.gpu0.downstream: unknown component 'noc', did you mean 'nocx'?"},
    {"MissingInclude", phone("lpddr5x_7372", "lpddr5y"), "@:[dram]:"},
    {"IncludeOfMap", phone("include: " HANDSET_SOURCE_DIR "/configs/parts/lpddr5x_7372.yaml", "include: {a: b}"),
     "@:[dram]:32: components.dram.include: expected a file or a list of files, got a map"},
    {"IncludeOfFolder", phone(HANDSET_SOURCE_DIR "/configs/parts/lpddr5x_7372.yaml", "/tmp"),
     "@:[dram]:32: components.dram.include: '/tmp' is a directory, expected a file"},
    {"WrongUnit", phone("100 ns", "100 MHz"),
     "@:[time_per_evaluation]:24: host.time_per_evaluation: '100 MHz' is a frequency, expected a time"},
    {"NoUnit", phone("100 ns", "100"),
     "@:[time_per_evaluation]:24: host.time_per_evaluation: '100' has no unit, expected a time"},
    {"OutOfRange", phone("100 ns", "100 ms"),
     "@:[time_per_evaluation]:24: host.time_per_evaluation: 100 ms is out of range, expected at most 1 ms"},
    {"UnknownHost", phone("device: cpu0", "device: cpu1"),
     "@:[device]:11: host.device: 'cpu1' is not a component of kind 'cpu'"},
    {"HostOfOtherKind", phone("device: cpu0", "device: npu0"),
     "@:[device]:11: host.device: 'npu0' is not a component of kind 'cpu'"},
    {"MisspeltSection", phone("\nhost:", "\nhots:"), "@:[host]:1: hots: unknown key 'hots', did you mean 'host'?"},
    {"NoName", phone("name: phone_8gen2", "name: \"\""), "@:[name]:7: name: must not be empty"},
    {"ListForName", phone("name: phone_8gen2", "name: [x]"), "@:[name]:7: name: expected a single value, got a list"},
    {"ComponentName", phone("  l3: ", "  l3.x: "),
     "components.l3.x: a component's name is a letter followed by letters, digits and '_'"},
    {"EmptyComponent", phone("  power: {kind: power,", "  power:\n  more: {kind: power,"),
     "@:[power]:3: components.power: expected a map, got nothing"},
    {"TwoMemories",
     phone("  power:",
           "  dram2: {kind: dram, include: " HANDSET_SOURCE_DIR "/configs/parts/lpddr5x_7372.yaml}\n  power:"),
     "@:[cpu0]:3: components: a phone needs exactly one component of kind 'dram', found 2"},
    {"PortOfNobody", phone("      l3:   {", "      l4:   {"),
     "components.noc.ports: unknown component 'l4', did you mean 'l2'?"},
    {"PartitionOfNobody", phone("      gpu0: {first", "      gpu1: {first"),
     "components.slc.partitions: unknown component 'gpu1', did you mean 'gpu0'?"},
    {"TooFewPrivateCaches",
     phone("l2_sm8550.yaml}", "l2_sm8550.yaml, private_caches: [{lanes: 3, capacity: 256 KiB}]}"),
     "components.l2.private_caches: has caches for 3 cores, 'cpu0' uses 4"},
    {"PartitionBeyondWays", phone("npu0: {first: 13, ways: 11}", "npu0: {first: 14, ways: 11}"),
     "components.slc.partitions.npu0: must lie within the 24 ways"},
    {"NoFlash", phone("  ufs0:", "  #ufs0:"),
     "@:[cpu0]:3: components: a phone needs exactly one component of kind 'flash', found 0"},
    {"FlashPlaneRule", flash("nand: {plane_reads: all}"),
     "components.ufs0.nand.plane_reads: unknown value 'all' (known: serial, multi_plane, independent)"},
    {"FlashReadTimes", flash("nand: {cells: {t_read: []}}"),
     "components.ufs0.nand.cells.t_read: one to four page types"},
    {"FlashReadAhead", flash("controller: {read_ahead: 2 MiB}"),
     "components.ufs0.controller.read_ahead: must fit the read_buffer"},
    {"FlashWriteCache", flash("controller: {write_cache: 64 KiB}"),
     "components.ufs0.controller.write_cache: must hold a page of every plane, or be 0"},
    {"FlashSpareBlocks", flash("ftl: {over_provisioning: 1}"),
     "components.ufs0.ftl: over_provisioning: leaves too few spare pages"},
};

INSTANTIATE_TEST_SUITE_P(Cli, BadPhone, ::testing::ValuesIn(kPhones), [](const auto& test) { return test.param.name; });

TEST(BadPhoneFiles, AreNamed) {
    expect_refused(handset({"check", "--soc", "nowhere.yaml"}), "there is no file 'nowhere.yaml'", "");
    expect_refused(handset({"check", "--soc", "configs/soc"}), "'configs/soc' is a directory, expected a file", "");
    expect_refused(handset({"check", "--soc", "/dev/zero"}), "there is no file '/dev/zero'", "");
}

TEST(BadPhoneFiles, AllProblemsOfBothFilesAreReportedAtOnce) {
    const TemporaryDirectory work;
    const std::string soc = work.write("p.yaml", phone("100 ns", "100"));
    const std::string workload = work.write("w.yaml", "name: a\nmodel: {}\nmax_tokens: 0\n");
    const Outcome outcome = handset({"check", "--soc", soc, "--workload", workload});
    expect_refused(outcome, "@:[time_per_evaluation]:24: host.time_per_evaluation", soc);
    expect_refused(outcome, "@:3:13: max_tokens: 0 is out of range", workload);
    expect_refused(outcome, "@:2:8: model: give either 'file' or 'shape'", workload);
}

class BadWorkload : public ::testing::TestWithParam<BadText> {};

TEST_P(BadWorkload, IsRefusedWithItsPlace) {
    const TemporaryDirectory work;
    const std::string file = work.write("w.yaml", GetParam().text);
    expect_refused(handset({"check", "--soc", kPhone, "--workload", file}), GetParam().expected, file);
}

const std::string kStart = "name: a\nmodel: {file: " + kModel + "}\n";
const std::string kText = kStart + "prompt: hi\nmax_tokens: 3\n";

std::string shape(const std::string& from = "", const std::string& to = "") {
    const std::string good =
        "name: a\nprompt_tokens: 3\nmax_tokens: 3\nmodel:\n  shape: {hidden: 64, layers: 2, heads: 4, kv_heads: 2, "
        "ffn: 128, vocab: 100, context: 64, architecture: llama}\n";
    return replaced(good, from, to);
}

const std::vector<BadText> kWorkloads{
    {"NoModel", "name: a\nprompt: hi\nmax_tokens: 3\n", "@:1:1: model: required key is missing"},
    {"ModelOfNothing", "name: a\nmodel: {}\nprompt: hi\nmax_tokens: 3\n",
     "@:2:8: model: give either 'file' or 'shape'"},
    {"NoPrompt", kStart + "max_tokens: 3\n", "@:1:1: prompt: give either a prompt text or 'prompt_tokens'"},
    {"TwoPrompts", kText + "prompt_tokens: 3\n", "@:3:9: prompt: give either a prompt text or 'prompt_tokens'"},
    {"UnknownFormat", kText + "weights: int9\n", "@:5:10: weights: unknown value 'int9', did you mean 'int8'?"},
    {"UnknownPolicy", kText + "policy: npu_cpuu\n",
     "@:5:9: policy: unknown policy 'npu_cpuu', did you mean 'npu_cpu'?"},
    {"Maybe", kText + "stop_at_eos: maybe\n", "@:5:14: stop_at_eos: expected true or false, got 'maybe'"},
    {"ColdSampling", kText + "sampling: {temperature: 0}\n",
     "@:5:25: sampling.temperature: 0 is out of range, expected 0.01 to 100"},
    {"NotANumber", kText + "sampling: {temperature: .nan}\n",
     "@:5:25: sampling.temperature: expected a number, got '.nan'"},
    {"UnknownMethod", kText + "sampling: {method: greedi}\n",
     "@:5:20: sampling.method: unknown value 'greedi', did you mean 'greedy'?"},
    {"MissingModelFile", replaced(kText, kModel, "nowhere.gguf"), "@:2:15: model.file: there is no file '"},
    {"TokenizerForGguf", replaced(kText, kModel + "}", kModel + ", tokenizer: " + kModel + "}"),
     "a GGUF file brings its own tokenizer"},
    {"TextForShape", replaced(shape(), "prompt_tokens: 3", "prompt: hi"),
     "@:2:9: prompt: a model by shape has no tokenizer: use 'prompt_tokens'"},
    {"NoHeads", shape("heads: 4", "heads: 0"), "@:5:41: model.shape.heads: 0 is out of range, expected 1 to 4096"},
    {"UnevenHeads", shape("kv_heads: 2", "kv_heads: 3"),
     "@:5:54: model.shape.kv_heads: 4 heads cannot share 3 key-value heads"},
    {"HugeHidden", shape("hidden: 64", "hidden: 4000000000"),
     "@:5:19: model.shape.hidden: 4000000000 is out of range, expected 1 to 1048576"},
    {"UnknownArchitecture", shape("llama", "lama"),
     "model.shape.architecture: unknown value 'lama', did you mean 'llama'?"},
    {"OddBlocks", shape("ffn: 128", "ffn: 100") + "weights: q8_0\n",
     "rows of 100 elements cannot be stored as q8_0: not a multiple of 32"},
    {"TooLong", shape("max_tokens: 3", "max_tokens: 62"),
     "a: a prompt of 3 tokens and 62 generated ones do not fit a context of 64 tokens"},
    {"NoName", replaced(kText, "name: a", "name: ''"), "@:1:7: name: must not be empty"},
    {"MappedWithoutLimit", kText + "mmap: {}\n", "@:5:7: mmap.capacity: required key is missing"},
    {"MappedYes", kText + "mmap: yes\n", "@:5:7: mmap: expected a map, got 'yes'"},
    {"LimitWithoutUnit", kText + "mmap: {capacity: 4096}\n", "@:5:18: mmap.capacity: '4096' has no unit"},
    {"LimitOfNothing", kText + "mmap: {capacity: 0 B}\n", "@:5:18: mmap.capacity: 0 B is out of range"},
    {"BrokenPage", kText + "mmap: {capacity: 1 MiB, page_size: 12 KiB}\n",
     "@:5:36: mmap.page_size: must be a power of two"},
    {"LimitOfHalfPages", kText + "mmap: {capacity: 1000 KiB, page_size: 16 KiB}\n",
     "@:5:18: mmap.capacity: must be whole pages of 16384 B"},
    {"LimitOfThreeWindows", kText + "mmap: {capacity: 384 KiB}\n",
     "@:5:18: mmap.capacity: must hold at least four windows of read_ahead_max"},
    {"UnknownReadAhead", kText + "mmap: {capacity: 1 MiB, read_ahead: arround}\n",
     "@:5:37: mmap.read_ahead: unknown value 'arround', did you mean 'around'?"},
    {"HugeWindow", kText + "mmap: {capacity: 1 GiB, read_ahead_max: 2 MiB}\n",
     "@:5:41: mmap.read_ahead_max: 2 MiB is out of range, expected 4 KiB to 1 MiB"},
};

INSTANTIATE_TEST_SUITE_P(Cli, BadWorkload, ::testing::ValuesIn(kWorkloads),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace handset::test
