// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/config/reference_writer.h"
#include "tests/unit/config/sample_config.h"

namespace handset {
namespace {

using sample::Machine;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Machine read(const std::string& text) {
    Errors errors;
    const std::optional<Node> root = parse_yaml(text, {"f.yaml", ""}, errors);
    EXPECT_THAT(errors.problems(), ElementsAre());
    auto machine = read_config<Machine>(*root, errors);
    EXPECT_THAT(errors.problems(), ElementsAre());
    return machine;
}

const std::string kFull =
    "name: 'phone: \"one\" # \\ \u00e9'\n"
    "dram: {capacity: 8192 MiB, banks: 8, t_rcd: 18000 ps, rate: 67200 MB/s, refresh: {per_bank: false}}\n"
    "clusters:\n"
    "  - cores: 4\n"
    "  - {cores: 1, clock: 3.3 GHz}\n"
    "devices:\n"
    "  npu0: {kind: npu, clock: 1 GHz, rows: 64}\n"
    "  'gpu: 0': {kind: gpu, clock: 900 MHz, launch: 12 cycles}\n"
    "budget: 4 W\n"
    "leakage: 0.1\n"
    "nice: 7\n";

TEST(ResolvedWriter, WritesEveryValueWithItsUnitInDeclarationOrder) {
    EXPECT_EQ(write_resolved(read(kFull)),
              "name: \"phone: \\\"one\\\" # \\\\ \u00e9\"\n"
              "dram:\n"
              "  capacity: 8 GiB\n"
              "  banks: 8\n"
              "  t_rcd: 18 ns\n"
              "  policy: open  # default\n"
              "  rate: 67.2 GB/s\n"
              "  refresh:\n"
              "    interval: 3.9 us  # default\n"
              "    per_bank: false\n"
              "clusters:\n"
              "  - cores: 4\n"
              "    clock: 2 GHz  # default\n"
              "  - cores: 1\n"
              "    clock: 3.3 GHz\n"
              "devices:\n"
              "  \"gpu: 0\":\n"
              "    kind: gpu\n"
              "    tile: [16, 16]  # default\n"
              "    launch: 12 cycles\n"
              "    clock: 900 MHz\n"
              "  npu0:\n"
              "    kind: npu\n"
              "    rows: 64\n"
              "    mac_energy: 450 fJ  # default\n"
              "    clock: 1 GHz\n"
              "budget: 4 W\n"
              "model: model.gguf  # default\n"
              "leakage: 0.1\n"
              "nice: 7\n");
}

TEST(ResolvedWriter, ItsTextReadsBackAsTheSameConfig) {
    for (const std::string& text : {kFull, std::string(sample::kMachineText)}) {
        const std::string resolved = write_resolved(read(text));
        EXPECT_EQ(write_resolved(read(resolved)), resolved);
    }
}

TEST(ResolvedWriter, EmptyContainersAreWrittenAndMarksCanBeLeftOut) {
    const std::string text = write_resolved(read(std::string(sample::kMachineText)), {.mark_defaults = false});
    EXPECT_THAT(text, HasSubstr("clusters: []\ndevices: {}\nmodel: model.gguf\n"));
    EXPECT_THAT(text, Not(HasSubstr("#")));
    EXPECT_THAT(text, Not(HasSubstr("budget")));
}

TEST(ResolvedWriter, PathsAreWrittenRelativeToWhereTheTextIsStored) {
    Machine machine = read(std::string(sample::kMachineText) + "model: /data/models/a.gguf\n");
    EXPECT_THAT(write_resolved(machine), HasSubstr("model: \"/data/models/a.gguf\"\n"));
    EXPECT_THAT(write_resolved(machine, {.directory = "/data/runs"}), HasSubstr("model: \"../models/a.gguf\"\n"));
}

TEST(ResolvedWriter, StringsThatYamlWouldTakeForSomethingElseAreQuoted) {
    for (const char* name : {"",     "null", "True", "no",   "~",     "12",   "1.5",
                             "a: b", "a #b", " a",   "a ",   "- a",   "[a]",  "{a}",
                             "*a",   "&a",   "!a",   "a\nb", "\ttab", "\x7f", "a\\b",
                             "\"",   "'",    "%a",   "@a",   "`a",    "0x10", "plain_name-1.2/x"}) {
        Machine machine = read(std::string(sample::kMachineText));
        machine.name = name;
        machine.devices[name] = {any_config("npu", sample::NpuConfig{.rows = 8, .mac_energy = 1_fJ}), 1_MHz};
        const Machine again = read(write_resolved(machine));
        EXPECT_EQ(again.name, name);
        EXPECT_TRUE(again.devices.contains(name)) << name;
    }
    EXPECT_EQ(quote_yaml("plain_name-1.2/x"), "plain_name-1.2/x");
}

struct Grids {
    std::vector<std::vector<std::uint32_t>> tiles;
    std::vector<std::map<std::string, bool>> flags;
    std::map<std::string, std::vector<Bytes>> sizes;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("tiles", tiles, {.doc = "tiles"});
        v.field("flags", flags, {.doc = "flags"});
        v.field("sizes", sizes, {.doc = "sizes", .fallback = {{{"l2", {1_MiB}}}}});
    }
};

TEST(ResolvedWriter, ContainersNest) {
    Errors errors;
    const std::string text =
        "tiles:\n"
        "  - [1, 2]\n"
        "  - []\n"
        "flags:\n"
        "  - a: true\n"
        "    b: false\n"
        "  - {}\n"
        "sizes:\n"
        "  l2: [1 MiB]\n";
    const auto grids = read_config<Grids>(*parse_yaml(text, {"f.yaml", ""}, errors), errors);
    EXPECT_THAT(errors.problems(), ElementsAre());
    EXPECT_EQ(write_resolved(grids), text);
}

TEST(ConfigHash, IsFnv1aOfTheText) {
    // Reference values of the FNV-1a definition: offset basis, "a", "foobar".
    EXPECT_EQ(config_hash(""), "cbf29ce484222325");
    EXPECT_EQ(config_hash("a"), "af63dc4c8601ec8c");
    EXPECT_EQ(config_hash("foobar"), "85944171f73967e8");
}

struct BadDefault {
    Bytes size;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("size", size, {.doc = "size", .min = 1_KiB, .fallback = 1_B});
    }
};

TEST(ReferenceWriter, ADefaultOutsideItsOwnRangeIsAMistakeOfOurs) {
    EXPECT_THROW(write_reference<BadDefault>("Bad"), ModelError);
}

TEST(ReferenceWriter, ListsEveryParameterWithUnitDefaultRangeAndMeaning) {
    const std::string text = write_reference<Machine>("Machine");
    for (const char* line :
         {"## Machine\n\n| Key | Type | Default | Range | Meaning |\n|---|---|---|---|---|\n",
          "| `name` | text | required |  | name of the machine |\n",
          "| `dram` | map | required |  | main memory |\n",
          "| `dram.capacity` | size (B, KiB, MiB, GiB, TiB) | required | 1 GiB to 64 GiB | total capacity |\n",
          "| `dram.banks` | integer | `16` |  | banks per rank |\n",
          "| `dram.policy` | `open`, `closed`, `adaptive` | `open` |  | page policy |\n",
          "| `dram.refresh` | map | optional |  | refresh |\n",
          "| `dram.refresh.per_bank` | `true`, `false` | `true` |  | refresh one bank at a time |\n",
          "| `clusters` | list of map | optional |  | CPU clusters |\n",
          "| `clusters.N.cores` | integer | required | 1 to 16 | number of cores |\n",
          "| `clusters.N.clock` | frequency (Hz, kHz, MHz, GHz) | `2 GHz` | at least 1 MHz | core clock |\n",
          "| `devices` | map of name to map | optional |  | accelerators |\n",
          "| `devices.NAME.clock` | frequency (Hz, kHz, MHz, GHz) | required |  | device clock |\n",
          "| `devices.NAME.kind` | `npu`, `gpu` | required |  | what the device is |\n",
          "| `budget` | power (uW, mW, W) | optional | at least 1 mW | power budget |\n",
          "| `model` | file | `model.gguf` |  | model file |\n",
          "| `leakage` | number | `0.25` | 0 to 1 | leakage factor |\n",
          "\n### `devices.NAME` with `kind: npu`\n\nmatrix engine\n\n| Key |",
          "| `devices.NAME.rows` | integer | required | at least 1 | rows of the matrix array |\n",
          "| `devices.NAME.mac_energy` | energy (fJ, pJ, nJ, uJ, mJ, J) | `450 fJ` |  | energy of one MAC |\n",
          "| `devices.NAME.tile` | list of integer | `[16, 16]` |  | tile edges |\n"}) {
        EXPECT_THAT(text, HasSubstr(line));
    }
}

}  // namespace
}  // namespace handset
