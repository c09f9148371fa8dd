// SPDX-License-Identifier: Apache-2.0
// What outlier channels do to whole models under int8 with one scale per tensor, and what shadow execution wins back:
// perplexity of a story in plain memory.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include <gtest/gtest.h>

#include "tests/unit/models/plain_memory.h"
#include "workloads/models/prompt_score.h"
#include "workloads/models/tokenizer.h"
#include "workloads/passes/outliers.h"
#include "workloads/passes/plant_outliers.h"
#include "workloads/passes/quantise_weights.h"

namespace handset {
namespace {

using testing::PlainMemory;

// Each in the words of its model: the first from scripts/train_model/corpus.py, the second as stories260K begins.
constexpr const char* kTinyStory =
    "Once upon a time, a clever boy named Tom lived in a small house in a green valley. He liked to sit by the river. "
    "One "
    "evening, Tom wanted to visit his grandmother Rosa in the barn. He left the library and walked for an hour. But "
    "soon "
    "the fog came, and Tom lost the way. Tom sat down and thought. Then he remembered the lamp in his bag, and the "
    "lamp "
    "made the road bright. At last Tom came to the barn, and Rosa was waiting there. From that day on, Tom and Rosa "
    "were "
    "the best of friends. Question: Who was in the barn? Answer: Rosa was in the barn.";
constexpr const char* kLongStory =
    "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a "
    "big, red ball. She wanted to play with it, but it was too high. Lily asked her mom for help. Her mom gave her the "
    "ball and Lily was very happy.";

constexpr std::uint32_t kChannels = 4;

enum class Method { fp32, plain, shadow, pruned, lost, group4 };

/// A model with outliers, and what it says of the story.
class Subject {
  public:
    Subject(const std::string& file, const std::string& tokenizer, const char* text, double factor) {
        auto model = std::make_shared<ModelFile>(open_model(file, tokenizer));
        config_ = decoder_config(*model);
        const std::unique_ptr<Tokenizer> words = make_tokenizer(model->tokenizer);
        prompt_ = words->encode(text, words->add_bos());
        config_.context = static_cast<std::uint32_t>(prompt_.size()) + 1;
        source_ = std::make_unique<ModelWeights>(
            plant_outliers(stored_weights(model, config_, 0), {kChannels, factor, 3}, true));
    }

    [[nodiscard]] double perplexity(Method method) const { return score(method).perplexity(); }
    /// Of the logits: |x - fp32| / |fp32|.
    [[nodiscard]] double error(Method method) const {
        const std::vector<float> exact = logits(Method::fp32);
        const std::vector<float> got = logits(method);
        double difference = 0.0;
        double size = 0.0;
        for (std::size_t i = 0; i < exact.size(); ++i) {
            const double want = static_cast<double>(exact[i]);
            difference += (static_cast<double>(got[i]) - want) * (static_cast<double>(got[i]) - want);
            size += want * want;
        }
        return std::sqrt(difference / size);
    }

  private:
    [[nodiscard]] PromptScore score(Method method) const {
        const std::vector<float> all = logits(method);
        PromptScore score(prompt_);
        for (std::size_t at = 0; at < all.size(); at += config_.vocab) {
            score.add(std::span(all).subspan(at, config_.vocab));
        }
        return score;
    }

    [[nodiscard]] std::vector<float> logits(Method method) const {
        ModelWeights weights = *source_;
        StepFormats formats;
        if (method == Method::fp32) {
            weights = convert_weights(weights, {WeightFormat::fp32, WeightScale::channel, {}}, true);
        } else if (method == Method::group4) {
            const auto fits = [](const Weight& weight) { return weight.shape.cols % 32 == 0; };
            weights = convert_weights(weights, {WeightFormat::q4_0, WeightScale::channel, fits}, true);
            formats.activations = ActivationMode::q8_0;
        } else {
            weights = convert_weights(weights, {WeightFormat::int8, WeightScale::channel, {}}, true);
            formats.activations = ActivationMode::int8;
            formats.activation_scale = ActivationScale::tensor;
            formats.outliers = handling(method);
            add_shadows(weights, *source_, formats.outliers.kept, true);
        }
        const DecoderModel model(config_, weights.table, formats);
        PlainMemory memory(weights.image);
        memory.run(model.build_load_graph());
        StepInput input;
        input.tokens = prompt_;
        input.score = true;
        memory.run(model.build_step(input));
        return memory.floats(std::string(DecoderModel::kPromptLogitsTensor));
    }

    [[nodiscard]] OutlierHandling handling(Method method) const {
        if (method == Method::plain) {
            return {};
        }
        const double pruned = method == Method::shadow ? 0.0 : (method == Method::pruned ? 0.85 : 1.0);
        return {kChannels, kept_layers(config_.layers, pruned), false};
    }

    DecoderConfig config_;
    std::vector<std::uint32_t> prompt_;
    std::unique_ptr<ModelWeights> source_;
};

/// Losses are logarithms of perplexities beside that of fp32. With outliers of 64 times their channel's magnitude, few
/// steps of a common scale are left for all others.
void expect_order(const Subject& subject) {
    const double exact = std::log(subject.perplexity(Method::fp32));
    const auto loss = [&](Method method) { return std::log(subject.perplexity(method)) - exact; };
    const double plain = loss(Method::plain);
    const double shadow = loss(Method::shadow);
    EXPECT_GE(shadow, 0.0);
    EXPECT_LT(shadow, plain / 50);
    EXPECT_LT(loss(Method::pruned), plain / 5);
    ::testing::Test::RecordProperty("fp32", std::to_string(std::exp(exact)));
    ::testing::Test::RecordProperty("w8a8", std::to_string(std::exp(exact + plain)));
    ::testing::Test::RecordProperty("shadow", std::to_string(std::exp(exact + shadow)));
    ::testing::Test::RecordProperty("pruned", std::to_string(subject.perplexity(Method::pruned)));
    ::testing::Test::RecordProperty("q4_0", std::to_string(subject.perplexity(Method::group4)));
    EXPECT_LT(subject.error(Method::shadow), subject.error(Method::pruned));
    EXPECT_LT(subject.error(Method::pruned), subject.error(Method::lost));
    EXPECT_LT(subject.error(Method::lost), subject.error(Method::plain));
}

TEST(OutlierNumerics, ShadowExecutionWinsBackWhatOneScaleLosesTheTinyModel) {
    expect_order(Subject(std::string(HANDSET_SOURCE_DIR) + "/configs/models/tiny_handset.gguf", "", kTinyStory, 64.0));
}

TEST(OutlierNumerics, ShadowExecutionWinsBackWhatOneScaleLosesStories260K) {
    const char* folder = std::getenv("HANDSET_SHARED_DATA");
    const std::string stories =
        (folder != nullptr ? std::string(folder) : HANDSET_SOURCE_DIR "/../shared/data") + "/stories260K/";
    if (!std::filesystem::exists(stories + "stories260K.bin")) {
        GTEST_SKIP() << "no " << stories;
    }
    expect_order(Subject(stories + "stories260K.bin", stories + "tok512.bin", kLongStory, 64.0));
}

}  // namespace
}  // namespace handset
