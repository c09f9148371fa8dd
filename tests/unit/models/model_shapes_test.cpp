// SPDX-License-Identifier: Apache-2.0
// The published models of configs/models: every file is a shape that loads, builds, and has the published size.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "sim/config/yaml_reader.h"
#include "tests/unit/models/small_decoder.h"
#include "workloads/models/decoder_tensors.h"

namespace handset {
namespace {

const std::filesystem::path kShapes = std::filesystem::path(HANDSET_SOURCE_DIR) / "configs" / "models";

/// Parameters in billions as the model cards give them; tied embeddings count once.
const std::map<std::string, double>& published_billions() {
    static const std::map<std::string, double> kBillions{
        {"qwen15_1b8", 1.84}, {"gemma_2b", 2.51},      {"phi2_2b7", 2.78},   {"llama2_7b", 6.74},  {"mistral_7b", 7.24},
        {"qwen25_1b5", 1.54}, {"llama32_1b", 1.24},    {"llama32_3b", 3.21}, {"llama31_8b", 8.03}, {"phi3_mini", 3.82},
        {"qwen3_1b7", 1.72},  {"tinyllama_1b1", 1.10}, {"qwen3_4b", 4.02}};
    return kBillions;
}

class PublishedModel : public ::testing::TestWithParam<std::string> {
  protected:
    [[nodiscard]] DecoderConfig config() const { return load_config<DecoderConfig>(kShapes / (GetParam() + ".yaml")); }
};

TEST_P(PublishedModel, HasThePublishedNumberOfParameters) {
    const auto published = published_billions().find(GetParam());
    ASSERT_NE(published, published_billions().end()) << "give the published size of " << GetParam();
    const double billions = static_cast<double>(parameter_count(config())) / 1e9;
    EXPECT_LT(std::fabs(billions / published->second - 1.0), 0.02) << billions << " billion parameters";
}

// One pass over a token multiplies every matrix of the layers and the head once; only the embedding of untied models is
// looked up instead, and vectors are no products.
TEST_P(PublishedModel, MultipliesEveryMatrixOncePerToken) {
    const DecoderConfig model = config();
    std::uint64_t matrices = 0;
    for (const DecoderTensor& tensor : decoder_tensors(model)) {
        const bool lookup = tensor.name == "token_embd.weight" && !model.tied_embeddings;
        matrices += tensor.role == WeightRole::matrix && !lookup ? tensor.shape.rows * tensor.shape.cols : 0;
    }
    EXPECT_EQ(macs_of_step(model, 1, 1, true).linear, Macs{matrices});
}

TEST_P(PublishedModel, BuildsAStep) {
    const DecoderModel model =
        testing::shape_model(config(), NumberFormat::int8, {.activations = ActivationMode::int8});
    StepInput input;
    input.tokens = {1, 2, 3};
    EXPECT_GT(model.build_step(input).op_count(), std::size_t{8} * model.config().layers);
}

std::vector<std::string> shape_files() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kShapes)) {
        if (entry.path().extension() == ".yaml") {
            names.push_back(entry.path().stem().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

INSTANTIATE_TEST_SUITE_P(Files, PublishedModel, ::testing::ValuesIn(shape_files()),
                         [](const auto& each) { return each.param; });

TEST(PublishedModels, NoPublishedModelIsMissing) {
    EXPECT_EQ(shape_files().size(), published_billions().size());
}

}  // namespace
}  // namespace handset
