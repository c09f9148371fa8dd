// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/decoder_config.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"
#include "tests/unit/models/small_decoder.h"

namespace handset {
namespace {

using test::TemporaryDirectory;
using testing::entry_f32;
using testing::entry_text;
using testing::entry_u32;
using testing::gguf_of;
using testing::GgufFile;
using ::testing::HasSubstr;
using testing::small_decoder;

DecoderConfig config_of(const GgufFile& file) {
    const TemporaryDirectory dir;
    return decoder_config(read_gguf(dir.write("m.gguf", file.bytes())));
}

TEST(DecoderConfig, LlamaComesFromItsKeys) {
    const DecoderConfig config = config_of(gguf_of(small_decoder(), "llama"));
    EXPECT_EQ(config.architecture, DecoderArchitecture::llama);
    EXPECT_EQ(config.hidden, 64U);
    EXPECT_EQ(config.layers, 2U);
    EXPECT_EQ(config.kv_heads, 2U);
    EXPECT_EQ(config.head_size(), 16U) << "64 / 4";
    EXPECT_EQ(config.kv_width(), 32U);
    EXPECT_EQ(config.vocab, 40U) << "rows of the embedding";
    EXPECT_EQ(config.rope_pairing, RopePairing::interleaved);
    EXPECT_EQ(config.rope_base, 1e6);
    EXPECT_EQ(config.norm_eps, static_cast<double>(1e-6F));
    EXPECT_FALSE(config.qkv_bias);
    EXPECT_FALSE(config.tied_embeddings);
}

TEST(DecoderConfig, Qwen2HasBiasesAndHalfPairing) {
    DecoderConfig shape = small_decoder();
    shape.qkv_bias = true;
    shape.tied_embeddings = true;
    const DecoderConfig config = config_of(gguf_of(shape, "qwen2"));
    EXPECT_EQ(config.architecture, DecoderArchitecture::qwen2);
    EXPECT_EQ(config.rope_pairing, RopePairing::half);
    EXPECT_TRUE(config.qkv_bias);
    EXPECT_TRUE(config.tied_embeddings);
}

TEST(DecoderConfig, KeyLengthDecouplesHeadsFromTheHiddenSize) {
    DecoderConfig shape = small_decoder();
    shape.head_dim = 24;  // 4 * 24 = 96 queries wide
    GgufFile file = gguf_of(shape, "llama");
    file.entries.push_back(entry_u32("llama.attention.key_length", 24));
    file.entries.push_back(entry_u32("llama.attention.value_length", 24));
    EXPECT_EQ(config_of(file).q_width(), 96U);
}

TEST(DecoderConfig, RopeFactorsAndPartialRotationAreNoticed) {
    DecoderConfig shape = small_decoder();
    shape.rope_factors = true;
    shape.rope_dims = 8;
    GgufFile file = gguf_of(shape, "llama");
    file.entries.push_back(entry_u32("llama.rope.dimension_count", 8));
    const DecoderConfig config = config_of(file);
    EXPECT_TRUE(config.rope_factors);
    EXPECT_EQ(config.rotated(), 8U);
}

TEST(DecoderConfig, GemmaScalesItsEmbeddingAndGatesWithGelu) {
    DecoderConfig shape = small_decoder();
    shape.kv_heads = 1;
    shape.tied_embeddings = true;
    const DecoderConfig config = config_of(gguf_of(shape, "gemma"));
    EXPECT_TRUE(config.scaled_embedding);
    EXPECT_TRUE(config.tied_embeddings);
    EXPECT_EQ(config.activation, GateActivation::gelu);
    EXPECT_EQ(config.rope_pairing, RopePairing::half);
    EXPECT_EQ(config.kv_width(), 16U) << "one head for all queries";
}

TEST(DecoderConfig, Qwen3HasNormsOfItsHeads) {
    DecoderConfig shape = small_decoder();
    shape.qk_norm = true;
    const DecoderConfig config = config_of(gguf_of(shape, "qwen3"));
    EXPECT_TRUE(config.qk_norm);
    EXPECT_EQ(config.rope_pairing, RopePairing::half);
    EXPECT_FALSE(config.qkv_bias);
}

/// The layout of Phi-2 files: queries, keys and values in one matrix, one bias.
GgufFile phi2_file(const DecoderConfig& shape) {
    GgufFile file = gguf_of(shape, "phi2");
    const auto drop = [](const testing::GgufTensor& t) {
        return t.name.ends_with("attn_k.weight") || t.name.ends_with("attn_v.weight") ||
               t.name.ends_with("attn_k.bias") || t.name.ends_with("attn_v.bias");
    };
    file.tensors.erase(std::remove_if(file.tensors.begin(), file.tensors.end(), drop), file.tensors.end());
    for (testing::GgufTensor& tensor : file.tensors) {
        if (const std::size_t at = tensor.name.find("attn_q."); at != std::string::npos) {
            tensor.name.replace(at, 6, "attn_qkv");
            tensor.dims.back() = shape.q_width() + 2 * shape.kv_width();
        }
    }
    return file;
}

DecoderConfig phi2_shape() {
    DecoderConfig shape = small_decoder();
    shape.norm = NormKind::layer;
    shape.ffn_gated = false;
    shape.linear_bias = true;
    shape.parallel_block = true;
    return shape;
}

TEST(DecoderConfig, Phi2SplitsItsFusedProjections) {
    const TemporaryDirectory dir;
    GgufFile gguf = phi2_file(phi2_shape());
    gguf.entries[7] = entry_f32("phi2.attention.layer_norm_epsilon", 1e-5F);
    const ModelFile file = read_gguf(dir.write("m.gguf", gguf.bytes()));
    const DecoderConfig config = decoder_config(file);
    EXPECT_EQ(config.norm, NormKind::layer);
    EXPECT_EQ(config.norm_eps, static_cast<double>(1e-5F));
    EXPECT_TRUE(config.parallel_block);
    EXPECT_TRUE(config.linear_bias);
    EXPECT_FALSE(config.qkv_bias);
    EXPECT_FALSE(config.ffn_gated);
    EXPECT_EQ(config.activation, GateActivation::gelu);
    const auto tensor = [&](const std::string& name) {
        return *std::find_if(file.tensors.begin(), file.tensors.end(), [&](const auto& t) { return t.name == name; });
    };
    // 64 rows of queries, 32 of keys, 32 of values, 64 floats each; biases element by element.
    const std::uint64_t weight = tensor("blk.1.attn_q.weight").file_offset;
    EXPECT_EQ(tensor("blk.1.attn_q.weight").shape, (Shape{.rows = 64, .cols = 64}));
    EXPECT_EQ(tensor("blk.1.attn_k.weight").file_offset, weight + 64 * 256);
    EXPECT_EQ(tensor("blk.1.attn_v.weight").file_offset, weight + 96 * 256);
    EXPECT_EQ(tensor("blk.1.attn_v.weight").size, 32 * 256_B);
    const std::uint64_t bias = tensor("blk.1.attn_q.bias").file_offset;
    EXPECT_EQ(tensor("blk.1.attn_v.bias").file_offset, bias + 96 * 4);
    EXPECT_EQ(tensor("blk.1.attn_v.bias").shape, (Shape{.rows = 1, .cols = 32}));
}

TEST(DecoderConfig, FusedProjectionsThatDoNotDivideAreNotSplit) {
    GgufFile file = phi2_file(phi2_shape());
    for (testing::GgufTensor& tensor : file.tensors) {
        if (tensor.name == "blk.1.attn_qkv.weight") {
            tensor.dims.back() -= 4;  // 124 rows, not a multiple of 4 + 2 * 2 heads
        }
    }
    try {
        config_of(file);
        FAIL() << "accepted";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("blk.1.attn_q.weight: tensor is missing"));
        EXPECT_THAT(error.what(), HasSubstr("blk.1.attn_qkv.weight: tensor is not part of this architecture"));
    }
}

TEST(DecoderConfig, AWindowComesFromItsKey) {
    GgufFile file = gguf_of(small_decoder(), "llama");
    EXPECT_EQ(config_of(file).window, 0U);
    file.entries.push_back(entry_u32("llama.attention.sliding_window", 7));
    EXPECT_EQ(config_of(file).window, 7U);
}

std::string problems_of(const std::function<void(DecoderConfig&)>& change) {
    DecoderConfig config = small_decoder();
    change(config);
    Errors errors;
    config.check(errors);
    std::string all;
    for (const auto& problem : errors.problems()) {
        all += problem + "\n";
    }
    return all;
}

TEST(DecoderConfig, WiringsThatNobodyDefinedAreRejected) {
    EXPECT_EQ(problems_of([](DecoderConfig&) {}), "");
    EXPECT_THAT(problems_of([](DecoderConfig& c) {
                    c.qk_norm = true;
                    c.norm = NormKind::layer;
                }),
                HasSubstr("qk_norm: goes with norm: rms"));
    EXPECT_THAT(problems_of([](DecoderConfig& c) {
                    c.parallel_block = true;
                    c.post_norms = true;
                }),
                HasSubstr("post_norms: do not go with parallel_block"));
    EXPECT_THAT(problems_of([](DecoderConfig& c) {
                    c.qkv_bias = true;
                    c.linear_bias = true;
                }),
                HasSubstr("qkv_bias: is part of linear_bias"));
}

TEST(DecoderConfig, TheFirstKeyOfAWindowIsTheStartOfItsBlock) {
    DecoderConfig config = small_decoder();
    EXPECT_EQ(config.first_key(1000), 0U) << "no window";
    config.window = 40;
    EXPECT_EQ(config.first_key(39), 0U) << "token 39 sees 0 to 39";
    EXPECT_EQ(config.first_key(70), 0U) << "sees 31 and later, block 0";
    EXPECT_EQ(config.first_key(71), 32U) << "sees 32 and later";
    EXPECT_EQ(config.first_key(110), 64U);
}

TEST(DecoderConfig, StoriesModelIsALlama) {
    const std::string path = testing::shared_data("stories260K/stories260K.bin");
    if (path.empty()) {
        GTEST_SKIP() << "shared test data is absent (set HANDSET_SHARED_DATA)";
    }
    const DecoderConfig config = decoder_config(open_model(path, testing::shared_data("stories260K/tok512.bin")));
    EXPECT_EQ(config.layers, 5U);
    EXPECT_EQ(config.vocab, 512U);
    EXPECT_TRUE(config.tied_embeddings);
}

struct Broken {
    std::string name;
    std::string reason;
    std::function<void(GgufFile&)> damage;
};

void PrintTo(const Broken& broken, std::ostream* out) {
    *out << broken.name;
}

class BrokenDecoder : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenDecoder, IsRejectedWithTheReason) {
    GgufFile file = gguf_of(small_decoder(), "llama");
    GetParam().damage(file);
    try {
        config_of(file);
        FAIL() << "accepted";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("m.gguf: "));
        EXPECT_THAT(error.what(), HasSubstr(GetParam().reason));
    }
}

void replace(GgufFile& file, std::size_t entry, std::string value) {
    file.entries[entry] = std::move(value);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BrokenDecoder,
    ::testing::Values(
        Broken{"UnknownArchitecture", "unknown model architecture 'llamma', did you mean 'llama'?",
               [](GgufFile& f) { replace(f, 0, entry_text("general.architecture", "llamma")); }},
        Broken{"ArchitectureOfWrongType", "'general.architecture' is not a text",
               [](GgufFile& f) { replace(f, 0, entry_u32("general.architecture", 1)); }},
        Broken{"MissingKey", "llama.block_count: missing from the metadata",
               [](GgufFile& f) { f.entries.erase(f.entries.begin() + 2); }},
        Broken{"KeyOfWrongType", "'llama.embedding_length' is not an integer",
               [](GgufFile& f) { replace(f, 1, entry_f32("llama.embedding_length", 64.0F)); }},
        Broken{"ZeroHeads", "llama.attention.head_count: is 0, expected 1 to 4096",
               [](GgufFile& f) { replace(f, 3, entry_u32("llama.attention.head_count", 0)); }},
        Broken{"AbsurdHidden", "llama.embedding_length: is 4294967295",
               [](GgufFile& f) { replace(f, 1, entry_u32("llama.embedding_length", UINT32_MAX)); }},
        Broken{"MoreLayersThanTensors", "4000 layers need 36000 tensors, the file has 21",
               [](GgufFile& f) { replace(f, 2, entry_u32("llama.block_count", 4000)); }},
        Broken{"KvHeadsDoNotDivideHeads", "4 heads cannot share 3 key-value heads",
               [](GgufFile& f) { replace(f, 4, entry_u32("llama.attention.head_count_kv", 3)); }},
        Broken{"WrongHidden", "token_embd.weight: tensor is 40 x 64, the model needs 40 x 32",
               [](GgufFile& f) { replace(f, 1, entry_u32("llama.embedding_length", 32)); }},
        Broken{"MissingTensor", "blk.1.ffn_up.weight: tensor is missing",
               [](GgufFile& f) {
                   for (auto& tensor : f.tensors) {
                       if (tensor.name == "blk.1.ffn_up.weight") {
                           tensor.name = "blk.1.ffn_upp.weight";
                       }
                   }
               }},
        Broken{"UnknownTensor", "blk.1.ffn_upp.weight: tensor is not part of this architecture",
               [](GgufFile& f) {
                   for (auto& tensor : f.tensors) {
                       if (tensor.name == "blk.1.ffn_up.weight") {
                           tensor.name = "blk.1.ffn_upp.weight";
                       }
                   }
               }},
        Broken{"HalfPrecisionNorm", "output_norm.weight: tensor is fp16, fp32 expected",
               [](GgufFile& f) { f.tensors[f.tensors.size() - 2].type = 1; }},
        Broken{"ScaledRope", "llama.rope.scaling.type: 'yarn' is not supported",
               [](GgufFile& f) { f.entries.push_back(entry_text("llama.rope.scaling.type", "yarn")); }},
        Broken{"Experts", "llama.expert_count: is not supported",
               [](GgufFile& f) { f.entries.push_back(entry_u32("llama.expert_count", 8)); }},
        Broken{"OddRotation", "7 rotated elements, expected an even number up to 16",
               [](GgufFile& f) { f.entries.push_back(entry_u32("llama.rope.dimension_count", 7)); }},
        Broken{"NanEpsilon", "norm_eps: must be a number from 0 to 1",
               [](GgufFile& f) { replace(f, 7, entry_f32("llama.attention.layer_norm_rms_epsilon", std::nanf(""))); }},
        Broken{"InfiniteBase", "rope_base: must be a finite number",
               [](GgufFile& f) { replace(f, 8, entry_f32("llama.rope.freq_base", 1.0F / 0.0F)); }},
        Broken{"TokenizerLargerThanTheModel", "the tokenizer has 41 tokens, token_embd.weight has 40 rows",
               [](GgufFile& f) {
                   f.entries.push_back(
                       testing::entry_texts("tokenizer.ggml.tokens", std::vector<std::string>(41, "x")));
               }}),
    [](const auto& each) { return each.param.name; });

TEST(DecoderConfig, AllProblemsAreListedTogether) {
    GgufFile file = gguf_of(small_decoder(), "llama");
    file.tensors[3].name = "x";
    file.tensors[5].name = "y";
    try {
        config_of(file);
        FAIL();
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("x: tensor is not part"));
        EXPECT_THAT(error.what(), HasSubstr("y: tensor is not part"));
    }
}

/// Collects what `fields` declares, as the configuration reader would.
struct NameVisitor {
    std::vector<std::string> names;

    template <class T>
    struct Spec {
        std::string_view doc = {};
        std::optional<T> min = {};
        std::optional<T> max = {};
        std::optional<T> fallback = {};
    };
    template <class T>
    void field(std::string_view name, T& /*member*/, const std::type_identity_t<Spec<T>>& spec) {
        EXPECT_FALSE(spec.doc.empty());
        names.emplace_back(name);
    }
};

TEST(DecoderConfig, AShapeCanBeDescribedByItsFields) {
    DecoderConfig config;
    NameVisitor visitor;
    config.fields(visitor);
    EXPECT_THAT(visitor.names, ::testing::IsSupersetOf({"hidden", "layers", "kv_heads", "rope_pairing"}));
    Errors errors;
    config.check(errors);
    EXPECT_FALSE(errors.empty()) << "an empty shape is not a model";
}

}  // namespace
}  // namespace handset
