// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/models/gguf_bytes.h"
#include "workloads/models/model_file.h"

namespace handset {
namespace {

using test::TemporaryDirectory;
using testing::ByteWriter;
using ::testing::HasSubstr;

struct Header {
    std::int32_t hidden = 8;
    std::int32_t ffn = 6;
    std::int32_t layers = 2;
    std::int32_t heads = 4;
    std::int32_t kv_heads = 2;
    std::int32_t vocab = 5;
    std::int32_t context = 3;
};

// Floats of the tied model: embedding 5*8 = 40; per layer norms 2*8, wq and wo 2*8*8, wk and wv 2*4*8, ffn 3*6*8
// = 16 + 128 + 64 + 144 = 352, two layers 704; final norm 8; RoPE tables 3*2 = 6. Sum 758.
constexpr std::size_t kTiedFloats = 758;

std::string checkpoint(const Header& h, std::size_t floats) {
    return ByteWriter()
        .put(h.hidden)
        .put(h.ffn)
        .put(h.layers)
        .put(h.heads)
        .put(h.kv_heads)
        .put(h.vocab)
        .put(h.context)
        .zeros(floats * 4)
        .bytes();
}

const ModelTensor& find(const ModelFile& model, const std::string& name) {
    for (const ModelTensor& tensor : model.tensors) {
        if (tensor.name == name) {
            return tensor;
        }
    }
    throw std::runtime_error("no tensor " + name);
}

TEST(Llama2c, TensorsLieWhereRunCReadsThem) {
    const TemporaryDirectory dir;
    const ModelFile model = read_llama2c(dir.write("m.bin", checkpoint({}, kTiedFloats)), "");
    EXPECT_EQ(model.tensors.size(), 2U + 2 * 9);
    EXPECT_EQ(find(model, "token_embd.weight").file_offset, 28U);
    EXPECT_EQ(find(model, "blk.1.attn_norm.weight").file_offset, 28U + 4 * (40 + 8));
    EXPECT_EQ(find(model, "blk.0.attn_k.weight").shape, (Shape{.rows = 4, .cols = 8}));
    EXPECT_EQ(find(model, "blk.0.ffn_down.weight").shape, (Shape{.rows = 8, .cols = 6}));
    EXPECT_EQ(find(model, "output_norm.weight").file_offset, 28U + 4 * (40 + 704));
    EXPECT_EQ(model.metadata.integer("llama.attention.head_count_kv"), 2U);
}

TEST(Llama2c, NegativeVocabularyMeansAClassifierOfItsOwn) {
    const TemporaryDirectory dir;
    const ModelFile model = read_llama2c(dir.write("m.bin", checkpoint({.vocab = -5}, kTiedFloats + 40)), "");
    EXPECT_EQ(find(model, "output.weight").file_offset, 28U + 4 * kTiedFloats) << "after the RoPE tables";
    EXPECT_EQ(find(model, "output.weight").shape, (Shape{.rows = 5, .cols = 8}));
}

struct Broken {
    std::string name;
    Header header;
    std::size_t floats;
    std::string reason;
};

void PrintTo(const Broken& broken, std::ostream* out) {
    *out << broken.name;
}

class BrokenLlama2c : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenLlama2c, IsRejectedWithFileAndReason) {
    const TemporaryDirectory dir;
    const std::string path = dir.write("m.bin", checkpoint(GetParam().header, GetParam().floats));
    try {
        read_llama2c(path, "");
        FAIL() << "accepted";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr(path + ": byte offset "));
        EXPECT_THAT(error.what(), HasSubstr(GetParam().reason));
    }
}

constexpr std::int32_t kMost = INT32_MAX;

INSTANTIATE_TEST_SUITE_P(
    Cases, BrokenLlama2c,
    ::testing::Values(
        Broken{"OneFloatShort", {}, kTiedFloats - 1, "asks for 3032 bytes of weights, the file has 3028"},
        Broken{"OneFloatTooMany", {}, kTiedFloats + 1, "asks for 3032 bytes of weights, the file has 3036"},
        Broken{"ZeroHidden", {.hidden = 0}, kTiedFloats, "byte offset 0: hidden size is 0"},
        Broken{"NegativeLayers", {.layers = -1}, kTiedFloats, "byte offset 8: layer count is -1"},
        Broken{"ZeroHeads", {.heads = 0}, kTiedFloats, "head count is 0"},
        Broken{"ZeroVocabulary", {.vocab = 0}, kTiedFloats, "byte offset 20: vocabulary size is 0"},
        Broken{"MostNegativeVocabulary", {.vocab = INT32_MIN}, kTiedFloats, "vocabulary size is -2147483648"},
        Broken{"HeadsDoNotDivideHidden", {.heads = 3}, kTiedFloats, "hidden size 8 does not divide into 3 heads"},
        Broken{"OddHeadSize", {.heads = 8}, kTiedFloats, "8 heads of even size"},
        Broken{"KvHeadsDoNotDivideHeads", {.kv_heads = 3}, kTiedFloats, "4 heads cannot share 3 key-value heads"},
        Broken{"SizesOverflow",
               {.hidden = kMost - 1, .ffn = kMost, .layers = kMost, .heads = 1, .kv_heads = 1, .vocab = kMost},
               kTiedFloats,
               "asks for more than 2^64 bytes"},
        Broken{"ManyLayers", {.layers = kMost}, kTiedFloats, "bytes of weights, the file has 3032"}),
    [](const auto& each) { return each.param.name; });

TEST(Llama2c, EveryTruncationIsRejected) {
    const TemporaryDirectory dir;
    const std::string bytes = checkpoint({}, kTiedFloats);
    const std::string path = dir.write("cut.bin", bytes);
    for (std::size_t length = bytes.size(); length-- > 0;) {
        std::filesystem::resize_file(path, length);
        EXPECT_THROW(read_llama2c(path, ""), ConfigError) << length;
    }
}

TEST(Llama2c, RandomHeadersParseOrAreRejectedButNeverCrash) {
    const TemporaryDirectory dir;
    const std::string good = checkpoint({}, kTiedFloats);
    std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the seed is fixed so that a failure repeats
    for (int round = 0; round < 1000; ++round) {
        std::string bytes = good;
        bytes[random() % 28] = static_cast<char>(random() & 0xFF);
        try {
            read_llama2c(dir.write("flip.bin", bytes), "");
        } catch (const ConfigError&) {
            continue;
        }
    }
}

std::string tokenizer_bytes(int pieces) {
    ByteWriter out;
    out.put(std::int32_t{4});
    for (int i = 0; i < pieces; ++i) {
        out.put(float{0}).put(std::int32_t{2}).raw(" x");
    }
    return out.bytes();
}

TEST(Llama2c, BrokenTokenizersAreRejected) {
    const TemporaryDirectory dir;
    Header header{.vocab = 300};
    const std::string model = dir.write("m.bin", checkpoint(header, kTiedFloats + 295 * 8));
    const auto message = [&](const std::string& bytes) -> std::string {
        try {
            read_llama2c(model, dir.write("tok.bin", bytes));
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "accepted";
    };
    EXPECT_EQ(message(tokenizer_bytes(300)), "accepted");
    EXPECT_THAT(message(tokenizer_bytes(299)), HasSubstr("score: file ends"));
    EXPECT_THAT(message(tokenizer_bytes(301)), HasSubstr("has 300 tokens, the tokenizer file has more"));
    EXPECT_THAT(message(tokenizer_bytes(10)), HasSubstr("300 pieces: file ends"));
    std::string negative = tokenizer_bytes(300);
    negative[11] = '\xFF';  // the sign of the first length
    EXPECT_THAT(message(negative), HasSubstr("byte offset 8: piece 0 has a negative length"));
    std::string huge = tokenizer_bytes(300);
    huge[11] = '\x7F';
    EXPECT_THAT(message(huge), HasSubstr("piece: file ends"));
}

TEST(Llama2c, StoriesModelIsRead) {
    const std::string path = testing::shared_data("stories260K/stories260K.bin");
    if (path.empty()) {
        GTEST_SKIP() << "shared test data is absent (set HANDSET_SHARED_DATA)";
    }
    const ModelFile model = open_model(path, testing::shared_data("stories260K/tok512.bin"));
    EXPECT_EQ(find(model, "token_embd.weight").shape, (Shape{.rows = 512, .cols = 64}));
    EXPECT_EQ(model.tensors.size(), 2U + 5 * 9) << "tied: no output.weight";
    EXPECT_EQ(model.tokenizer.pieces.at(261),
              "\xE2\x96\x81"
              "a");
}

}  // namespace
}  // namespace handset
