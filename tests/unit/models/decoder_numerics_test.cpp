// SPDX-License-Identifier: Apache-2.0
// Whole models in plain memory: every op of the load and step graphs is lowered and interpreted, without time. What the
// graphs' wiring or a weight's address got wrong shows as wrong tokens.
#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/unit/models/plain_memory.h"
#include "tests/unit/models/small_decoder.h"
#include "workloads/models/tokenizer.h"
#include "workloads/passes/quantise_weights.h"

namespace handset {
namespace {

using testing::PlainMemory;

std::vector<std::uint32_t> generate(const DecoderModel& model, const WeightImage& image,
                                    const std::vector<std::uint32_t>& prompt, std::uint32_t count,
                                    std::uint32_t chunk) {
    PlainMemory memory(image);
    memory.run(model.build_load_graph());
    std::vector<std::uint32_t> tokens = prompt;
    std::uint32_t position = 0;
    while (tokens.size() < prompt.size() + count) {
        StepInput input;
        const std::uint32_t take = std::min(chunk, static_cast<std::uint32_t>(tokens.size()) - position);
        input.tokens.assign(tokens.begin() + position, tokens.begin() + position + take);
        input.position = position;
        input.sample = position + take == tokens.size();
        memory.run(model.build_step(input));
        position += take;
        if (input.sample) {
            tokens.push_back(memory.token());
        }
    }
    return tokens;
}

TEST(DecoderNumerics, ChunksOfThePromptDoNotChangeTheTokens) {
    const ModelWeights weights = synthetic_weights(testing::small_decoder(), NumberFormat::q8_0, 3, 0, true);
    const DecoderModel model(testing::small_decoder(), weights.table,
                             {.activations = ActivationMode::q8_0, .kv = NumberFormat::fp16});
    const std::vector<std::uint32_t> prompt{1, 5, 9, 2, 33, 7, 7};
    const std::vector<std::uint32_t> whole = generate(model, weights.image, prompt, 12, 7);
    EXPECT_EQ(generate(model, weights.image, prompt, 12, 3), whole);
    EXPECT_EQ(generate(model, weights.image, prompt, 12, 1), whole);
}

TEST(DecoderNumerics, ACacheOfFixedLengthDoesNotChangeTheTokens) {
    const ModelWeights weights = synthetic_weights(testing::small_decoder(), NumberFormat::q8_0, 3, 0, true);
    StepFormats formats{.activations = ActivationMode::q8_0, .kv = NumberFormat::fp16};
    const DecoderModel growing(testing::small_decoder(), weights.table, formats);
    formats.static_kv = true;
    const DecoderModel fixed(testing::small_decoder(), weights.table, formats);
    const std::vector<std::uint32_t> prompt{1, 5, 9, 2, 33, 7, 7};
    const std::vector<std::uint32_t> expected = generate(growing, weights.image, prompt, 25, 7);  // fills all 32 places
    EXPECT_EQ(generate(fixed, weights.image, prompt, 25, 7), expected);
    EXPECT_EQ(generate(fixed, weights.image, prompt, 25, 3), expected);
}

std::string expected_story() {
    std::ifstream in(testing::shared_data("stories260K/expected_greedy_200.txt"), std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

TEST(DecoderNumerics, StoriesModelTellsTheReferenceStory) {
    const std::string path = testing::shared_data("stories260K/stories260K.bin");
    if (path.empty()) {
        GTEST_SKIP() << "shared test data is absent (set HANDSET_SHARED_DATA)";
    }
    auto file = std::make_shared<const ModelFile>(open_model(path, testing::shared_data("stories260K/tok512.bin")));
    const DecoderConfig config = decoder_config(*file);
    const ModelWeights weights = stored_weights(file, config, 1 << 16);
    const DecoderModel model(config, weights.table, {});
    const auto tokenizer = make_tokenizer(file->tokenizer);
    const std::vector<std::uint32_t> tokens = generate(model, weights.image, tokenizer->encode("", true), 200, 1);
    // "run stories260K.bin -t 0 -n 200": 200 forward passes from the beginning-of-sequence token, all printed after it.
    EXPECT_EQ(tokenizer->decode(tokens), expected_story());
}

}  // namespace
}  // namespace handset
