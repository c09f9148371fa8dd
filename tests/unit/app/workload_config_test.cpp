// SPDX-License-Identifier: Apache-2.0
#include "sim/app/workload_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/models/small_decoder.h"

namespace handset {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

WorkloadConfig good_workload() {
    WorkloadConfig workload;
    workload.name = "test";
    workload.model.shape = testing::small_decoder();
    workload.prompt_tokens = 3;
    workload.max_tokens = 2;
    workload.policy = "heft";
    return workload;
}

std::vector<std::string> problems(const WorkloadConfig& workload) {
    Errors errors;
    workload.check(errors);
    return errors.problems();
}

std::vector<std::string> problems(const ModelChoice& model) {
    Errors errors;
    model.check(errors);
    return errors.problems();
}

TEST(WorkloadConfig, GoodOneHasNoProblems) {
    EXPECT_THAT(problems(good_workload()), IsEmpty());
    EXPECT_THAT(problems(good_workload().model), IsEmpty());
}

TEST(WorkloadConfig, OutliersGoWithInt8OfOneScale) {
    WorkloadConfig workload = good_workload();
    workload.outliers = OutlierConfig{};
    EXPECT_THAT(problems(workload),
                ElementsAre("outliers: go with 'activations: int8' and 'activation_scale: tensor'"));
    workload.activations = ActivationMode::int8;
    workload.activation_scale = ActivationScale::tensor;
    EXPECT_THAT(problems(workload), IsEmpty());
    workload.mmap = PageCacheConfig{};
    workload.outliers->mmap = PageCacheConfig{};
    EXPECT_THAT(problems(workload), ElementsAre("outliers.mmap: all weights are mapped already"));
}

TEST(WorkloadConfig, OutliersArePlantedInFilesOnly) {
    WorkloadConfig workload = good_workload();
    workload.plant_outliers = PlantConfig{};
    EXPECT_THAT(problems(workload), ElementsAre("plant_outliers: goes with a model file"));
}

TEST(WorkloadConfig, NeedsAName) {
    WorkloadConfig workload = good_workload();
    workload.name.clear();
    EXPECT_THAT(problems(workload), ElementsAre("name: must not be empty"));
}

TEST(WorkloadConfig, NeedsExactlyOnePrompt) {
    WorkloadConfig workload = good_workload();
    workload.prompt_tokens = 0;
    EXPECT_THAT(problems(workload), ElementsAre("prompt: give either a prompt text or 'prompt_tokens'"));
    workload.model.shape.reset();
    workload.prompt = "hi";
    EXPECT_THAT(problems(workload), IsEmpty());
    workload.prompt_tokens = 3;
    EXPECT_THAT(problems(workload), ElementsAre("prompt: give either a prompt text or 'prompt_tokens'"));
}

TEST(WorkloadConfig, ModelByShapeTakesNoText) {
    WorkloadConfig workload = good_workload();
    workload.prompt_tokens = 0;
    workload.prompt = "hi";
    EXPECT_THAT(problems(workload), ElementsAre("prompt: a model by shape has no tokenizer: use 'prompt_tokens'"));
}

WorkloadConfig with_requests() {
    WorkloadConfig workload = good_workload();
    workload.prompt_tokens = 0;
    workload.max_tokens.reset();
    RequestConfig request;
    request.prompt_tokens = 3;
    request.output_tokens = 2;
    workload.requests.emplace().list = {request, request};
    return workload;
}

TEST(WorkloadConfig, NeedsALimitOfTokens) {
    WorkloadConfig workload = good_workload();
    workload.max_tokens.reset();
    EXPECT_THAT(problems(workload), ElementsAre("max_tokens: is missing"));
}

TEST(WorkloadConfig, RequestsStandInPlaceOfAPrompt) {
    WorkloadConfig workload = with_requests();
    EXPECT_THAT(problems(workload), IsEmpty());
    workload.prompt_tokens = 3;
    workload.max_tokens = 3;
    EXPECT_THAT(
        problems(workload),
        ElementsAre("prompt_tokens: goes without 'requests', whose entries have prompts and lengths of their own",
                    "max_tokens: goes without 'requests', whose entries have prompts and lengths of their own"));
}

TEST(WorkloadConfig, TextOfARequestNeedsATokenizer) {
    WorkloadConfig workload = with_requests();
    workload.requests->list[1].prompt = "hi";
    EXPECT_THAT(problems(workload),
                ElementsAre("requests.list.1.prompt: a model by shape has no tokenizer: use 'prompt_tokens'"));
}

TEST(WorkloadConfig, MappedWeightsAreNeverWarm) {
    WorkloadConfig workload = good_workload();
    workload.start = StartState::warm;
    EXPECT_THAT(problems(workload), IsEmpty());
    workload.mmap.emplace();
    EXPECT_THAT(problems(workload),
                ElementsAre("start: warm weights lie in DRAM, those of 'mmap' are paged in: give one of the two"));
}

std::vector<std::string> problems(const RequestsConfig& requests) {
    Errors errors;
    requests.check(errors);
    return errors.problems();
}

TEST(RequestsConfig, IsAListOrAFile) {
    RequestsConfig requests;
    EXPECT_THAT(problems(requests), ElementsAre("give either 'list' or 'file'"));
    requests = *with_requests().requests;
    EXPECT_THAT(problems(requests), IsEmpty());
    requests.limit = 3;
    EXPECT_THAT(problems(requests), ElementsAre("'from', 'limit' and 'scale_arrivals' go with 'file'"));
    requests.file = "/nowhere.csv";
    EXPECT_THAT(problems(requests),
                ElementsAre("give either 'list' or 'file'", "file: there is no file '/nowhere.csv'"));
}

TEST(RequestsConfig, ListIsInTheOrderOfArrival) {
    RequestsConfig requests = *with_requests().requests;
    requests.list.push_back(requests.list[0]);
    requests.list[0].arrival = 2_s;
    requests.list[2].arrival = 1_s;  // the one between has none
    EXPECT_THAT(problems(requests), ElementsAre("list.2.arrival: the request arrives before one above it"));
    requests.list[2].arrival = 2_s;
    EXPECT_THAT(problems(requests), IsEmpty());
}

TEST(WorkloadConfig, PolicyMustBeKnown) {
    WorkloadConfig workload = good_workload();
    workload.policy = "hefty";
    EXPECT_THAT(problems(workload),
                ElementsAre(::testing::StartsWith("policy: unknown policy 'hefty', did you mean 'heft'? (known: ")));
}

TEST(WorkloadConfig, LoweringsMustBeKnownNames) {
    WorkloadConfig workload = good_workload();
    workload.lowerings = {{"attention", {{"cpu", "auto"}, {"gpu", "unfused"}, {"npu", "fused"}}}};
    EXPECT_THAT(problems(workload), IsEmpty());
    workload.lowerings = {{"attention", {{"gpu", "unfussed"}, {"tpu", "fused"}}}, {"attntion", {{"gpu", "fused"}}}};
    const std::vector<std::string> found = problems(workload);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_THAT(found[0], ::testing::StartsWith("lowerings.attention.gpu: unknown lowering of attention 'unfussed'"));
    EXPECT_THAT(found[0], ::testing::HasSubstr("unfused"));
    EXPECT_THAT(found[1], ::testing::StartsWith("lowerings.attention.tpu: unknown device kind 'tpu'"));
    EXPECT_THAT(found[1], ::testing::HasSubstr("cpu, gpu, npu"));
    EXPECT_THAT(found[2], ::testing::StartsWith("lowerings.attntion: unknown kernel with lowerings 'attntion'"));
    EXPECT_THAT(found[2], ::testing::HasSubstr("attention"));
}

TEST(ModelChoice, IsEitherAFileOrAShape) {
    ModelChoice model;
    EXPECT_THAT(problems(model), ElementsAre("give either 'file' or 'shape'"));
    model.file = HANDSET_SOURCE_DIR "/configs/models/tiny_handset.gguf";
    EXPECT_THAT(problems(model), IsEmpty());
    model.shape = testing::small_decoder();
    EXPECT_THAT(problems(model), ElementsAre("give either 'file' or 'shape'"));
}

TEST(ModelChoice, FilesMustExist) {
    ModelChoice model;
    model.file = "/nowhere/a.bin";
    model.tokenizer = "/nowhere/t.bin";
    EXPECT_THAT(problems(model),
                ElementsAre("file: there is no file '/nowhere/a.bin'", "tokenizer: there is no file '/nowhere/t.bin'"));
}

TEST(ModelChoice, TokenizerGoesWithAFile) {
    ModelChoice model;
    model.shape = testing::small_decoder();
    model.tokenizer = HANDSET_SOURCE_DIR "/configs/models/tiny_handset.gguf";
    EXPECT_THAT(problems(model), ElementsAre("tokenizer: goes with a model file"));
}

}  // namespace
}  // namespace handset
