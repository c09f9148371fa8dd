// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sim/config/schema_writer.h"
#include "tests/unit/config/sample_config.h"

namespace handset {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;

Json schema() {
    return Json::parse(write_schema<sample::Machine>("machine"));
}

TEST(SchemaWriter, DescribesTypesRangesAndDefaults) {
    const Json root = schema();
    EXPECT_EQ(root["$schema"], "https://json-schema.org/draft/2020-12/schema");
    EXPECT_EQ(root["title"], "machine");
    EXPECT_EQ(root["additionalProperties"], false);
    EXPECT_EQ(root["anyOf"][0]["required"], Json({"name", "dram"}));
    const Json& dram = root["properties"]["dram"]["properties"];
    EXPECT_EQ(dram["capacity"]["pattern"], "^[0-9]+([.][0-9]+)?[ \\t]*(B|KiB|MiB|GiB|TiB)$");
    EXPECT_EQ(dram["capacity"]["description"], "total capacity, at least 1 GiB, at most 64 GiB");
    EXPECT_EQ(dram["banks"]["default"], 16);
    EXPECT_EQ(dram["policy"]["enum"], Json({"open", "closed", "adaptive"}));
    EXPECT_EQ(dram["refresh"]["properties"]["per_bank"]["default"], true);
    const Json& cores = root["properties"]["clusters"]["items"]["properties"]["cores"];
    EXPECT_EQ(cores["minimum"], 1);
    EXPECT_EQ(cores["maximum"], 16);
    const Json& kinds = root["properties"]["devices"]["additionalProperties"]["anyOf"];
    EXPECT_EQ(kinds[0]["properties"]["kind"]["const"], "npu");
    EXPECT_EQ(kinds[1]["properties"]["kind"]["const"], "gpu");
    EXPECT_TRUE(kinds[1]["properties"].contains("clock")) << "common to all kinds";
    EXPECT_FALSE(kinds[1]["properties"].contains("rows"));
}

TEST(SchemaWriter, PartOfAConfigRequiresNothing) {
    const TypeInfo machine = describe<sample::Machine>();
    const Json gpu = Json::parse(write_schema(type_at(machine, "devices.gpu"), "a gpu", SchemaUse::part));
    ASSERT_EQ(gpu["anyOf"].size(), 1U);
    EXPECT_EQ(gpu["anyOf"][0]["properties"]["kind"]["const"], "gpu");
    EXPECT_TRUE(gpu["anyOf"][0]["properties"].contains("clock"));
    EXPECT_FALSE(gpu["anyOf"][0].contains("anyOf")) << "a part may leave keys to the file that includes it";
    EXPECT_EQ(type_at(machine, "devices.gpu.clock").kind, TypeInfo::Kind::quantity);
    EXPECT_EQ(type_at(machine, "clusters.0.cores").kind, TypeInfo::Kind::integer);
}

/// Lists and maps of text, as sweeps have them.
struct Changes {
    std::vector<std::string> values;
    std::vector<double> published;
    std::map<std::string, std::string> set;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("values", values, {.doc = "any"});
        v.field("published", published, {.doc = "numbers"});
        v.field("set", set, {.doc = "changes"});
    }
};

TEST(SchemaWriter, ShorthandTakesOneForAListAndAnythingForText) {
    const Json root = Json::parse(write_schema(describe<Changes>(), "changes", SchemaUse::shorthand))["properties"];
    EXPECT_EQ(root["values"]["type"], Json({"array", "string", "number", "boolean"}));
    EXPECT_FALSE(root["values"].contains("items"));
    EXPECT_EQ(root["published"]["anyOf"][0]["items"]["type"], "number");
    EXPECT_EQ(root["published"]["anyOf"][1]["type"], "number");
    EXPECT_EQ(root["set"]["type"], Json({"object", "array"}));
    const Json strict = Json::parse(write_schema(describe<Changes>(), "changes"))["properties"];
    EXPECT_EQ(strict["published"]["type"], "array");
    EXPECT_EQ(strict["set"]["type"], "object");
}

std::string path_error(std::string_view path) {
    try {
        (void)type_at(describe<sample::Machine>(), path);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "found";
}

TEST(SchemaWriter, UnknownPartIsAnErrorWithTheKnownNames) {
    EXPECT_THAT(path_error("dram.bank"), testing::StartsWith("unknown parameter 'bank', did you mean 'banks'?"));
    EXPECT_THAT(path_error("devices.cpu"), testing::HasSubstr("npu, gpu"));
    EXPECT_THAT(path_error("devices.gpu.rows"), testing::HasSubstr("unknown parameter 'rows'"));
    EXPECT_THAT(path_error("name.x"), testing::HasSubstr("unknown parameter 'x'"));
    EXPECT_THAT(path_error(""), testing::HasSubstr("unknown parameter ''"));
}

/// Whether the reference implementation accepts the document.
bool accepts(const std::string& document) {
    const std::filesystem::path base =
        std::filesystem::path(testing::TempDir()) / ("handset_schema_" + std::to_string(getpid()));
    const std::string schema_file = base.string() + "_schema.json";
    const std::string document_file = base.string() + "_document.json";
    std::ofstream(schema_file) << write_schema<sample::Machine>("machine");
    std::ofstream(document_file) << document;
    const std::string command =
        "/usr/bin/python3 -W ignore -m jsonschema -i " + document_file + " " + schema_file + " >/dev/null 2>&1";
    const int status = std::system(command.c_str());
    std::filesystem::remove(schema_file);
    std::filesystem::remove(document_file);
    return status == 0;
}

TEST(SchemaWriter, AValidatorTellsGoodDocumentsFromBadOnes) {
    if (std::system("/usr/bin/python3 -c 'import jsonschema' >/dev/null 2>&1") != 0) {
        GTEST_SKIP() << "python3-jsonschema is not installed";
    }
    const std::string dram = R"("dram":{"capacity":"8 GiB","t_rcd":"18 ns","rate":"67.2 GB/s"})";
    const std::string npu = R"("kind":"npu","clock":"1 GHz","rows":64)";
    for (const std::string& good : std::vector<std::string>{
             R"({"name":"a",)" + dram + "}",
             R"({"include":"base.yaml"})",
             R"({"name":"a",)" + dram + R"(,"clusters":[{"cores":4}],"devices":{"n":{)" + npu + "}}}",
             R"({"name":"a",)" + dram + R"(,"devices":{"include":["a.yaml"],"n":{"kind":"npu","include":"npu.yaml"}}})",
         }) {
        EXPECT_TRUE(accepts(good)) << good;
    }
    for (const std::string& bad : std::vector<std::string>{
             "[]",
             R"({"name":"a"})",
             R"({"name":"a","typo":1,)" + dram + "}",
             R"({"name":"a","dram":{"capacity":8,"t_rcd":"18 ns","rate":"67.2 GB/s"}})",
             R"({"name":"a","dram":{"capacity":"8 ns","t_rcd":"18 ns","rate":"67.2 GB/s"}})",
             R"({"name":"a",)" + dram + R"(,"clusters":[{"cores":17}]})",
             R"({"name":"a",)" + dram + R"(,"devices":{"n":{"kind":"npx","clock":"1 GHz"}}})",
             R"({"name":"a",)" + dram + R"(,"devices":{"n":{"launch":"1 cycles",)" + npu + "}}}",
         }) {
        EXPECT_FALSE(accepts(bad)) << bad;
    }
}

}  // namespace
}  // namespace handset
