// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <functional>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/models/gguf_bytes.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/models/model_file.h"

namespace handset {
namespace {

using test::TemporaryDirectory;
using testing::ByteWriter;
using testing::GgufFile;
using ::testing::HasSubstr;
using testing::small_gguf;

TEST(Gguf, ReadsTensorsMetadataAndTokenizer) {
    const TemporaryDirectory dir;
    const std::string bytes = small_gguf().bytes();
    const ModelFile model = read_gguf(dir.write("a.gguf", bytes));
    ASSERT_EQ(model.tensors.size(), 2U);
    EXPECT_EQ(model.tensors[0].name, "w");
    EXPECT_EQ(model.tensors[0].shape, (Shape{.rows = 3, .cols = 64}));
    EXPECT_EQ(model.tensors[0].format, NumberFormat::q8_0);
    EXPECT_EQ(model.tensors[0].size, 204_B);
    EXPECT_EQ(model.tensors[1].shape, (Shape{.rows = 1, .cols = 5})) << "one-dimensional tensors are one row";
    EXPECT_EQ(model.tensors[1].file_offset, bytes.size() - 20) << "the last 5 floats of the file";
    EXPECT_EQ(model.metadata.text("general.architecture"), "llama");
    EXPECT_EQ(model.metadata.integer("llama.block_count"), 2U);
    EXPECT_EQ(model.metadata.number("llama.rope.freq_base"), 10000.0);
    EXPECT_EQ(model.metadata.integer("absent"), std::nullopt);
    EXPECT_EQ(model.tokenizer.pieces, (std::vector<std::string>{"<unk>", "a", "b"}));
    EXPECT_EQ(model.tokenizer.types[0], TokenType::unknown);
    EXPECT_EQ(model.tokenizer.scores[2], -2.0F);
    EXPECT_EQ(model.tokenizer.bos, 1U);
    EXPECT_EQ(model.file.bytes().size(), bytes.size());
}

TEST(Gguf, HigherRanksFoldIntoRows) {
    const TemporaryDirectory dir;
    GgufFile file;
    file.tensors = {{.name = "conv", .dims = {4, 3, 2}, .type = 1, .offset = 0}};
    file.data_bytes = 48;
    EXPECT_EQ(read_gguf(dir.write("a.gguf", file.bytes())).tensors[0].shape, (Shape{.rows = 6, .cols = 4}));
}

TEST(Gguf, AlignmentComesFromTheFile) {
    const TemporaryDirectory dir;
    GgufFile file;
    file.entries = {testing::entry_u32("general.alignment", 256)};
    file.tensors = {{.name = "a", .dims = {1}, .type = 0, .offset = 256}};
    file.alignment = 256;
    file.data_bytes = 260;
    EXPECT_EQ(read_gguf(dir.write("a.gguf", file.bytes())).tensors[0].file_offset, 512U);
}

struct StoredType {
    std::string name;
    std::uint32_t type;  ///< ggml's number
    NumberFormat format;
    std::string row;  ///< 32 elements as ggml stores them
    std::vector<float> values;
};

void PrintTo(const StoredType& stored, std::ostream* out) {
    *out << stored.name;
}

std::vector<float> ramp(float scale, int first) {
    std::vector<float> values;
    for (int i = 0; i < 32; ++i) {
        values.push_back(scale * static_cast<float>(first + i));
    }
    return values;
}

/// 16-bit words 1, -2, 1, -2, ...: sign, exponent and no mantissa, so that their high byte is all there is.
std::string alternating(std::uint16_t one, std::uint16_t minus_two) {
    ByteWriter out;
    for (int i = 0; i < 16; ++i) {
        out.put(one).put(minus_two);
    }
    return out.bytes();
}

std::vector<float> one_and_minus_two() {
    std::vector<float> values(32, 1.0F);
    for (std::size_t i = 1; i < values.size(); i += 2) {
        values[i] = -2.0F;
    }
    return values;
}

std::string floats(const std::vector<float>& values) {
    ByteWriter out;
    for (const float value : values) {
        out.put(value);
    }
    return out.bytes();
}

/// Scale 0.5 (fp16 0x3800) and codes -16 to 15.
std::string q8_group() {
    ByteWriter out;
    out.put(std::uint16_t{0x3800});
    for (int i = -16; i < 16; ++i) {
        out.put(static_cast<std::int8_t>(i));
    }
    return out.bytes();
}

/// Scale 2 (fp16 0x4000); byte i holds code i of element i in its low half and code 15 - i of element 16 + i above it.
std::string q4_group() {
    ByteWriter out;
    out.put(std::uint16_t{0x4000});
    for (int i = 0; i < 16; ++i) {
        out.put(static_cast<std::uint8_t>(i + (15 - i) * 16));
    }
    return out.bytes();
}

/// Codes stand for code - 8: -16, -14, ..., 14 up and down again.
std::vector<float> up_and_down() {
    std::vector<float> values = ramp(2.0F, -8);
    std::copy_n(values.rend() - 16, 16, values.begin() + 16);
    return values;
}

const std::vector<StoredType> kStoredTypes{
    {"F32", 0, NumberFormat::fp32, floats(ramp(0.1F, -7)), ramp(0.1F, -7)},
    {"F16", 1, NumberFormat::fp16, alternating(0x3C00, 0xC000), one_and_minus_two()},
    {"Q4_0", 2, NumberFormat::q4_0, q4_group(), up_and_down()},
    {"Q8_0", 8, NumberFormat::q8_0, q8_group(), ramp(0.5F, -16)},
    {"BF16", 30, NumberFormat::bf16, alternating(0x3F80, 0xC000), one_and_minus_two()},
};

class GgufType : public ::testing::TestWithParam<StoredType> {};

TEST_P(GgufType, IsReadWithItsSizeAndValues) {
    const StoredType& stored = GetParam();
    const TemporaryDirectory dir;
    GgufFile file;
    // Bytes per row of 32 elements: 128, 64, 18, 34, 64. Two rows, and a second tensor behind them at the next 32.
    const std::uint64_t size = 2 * stored.row.size();
    const std::uint64_t next = (size + 31) / 32 * 32;
    file.tensors = {{.name = "w", .dims = {32, 2}, .type = stored.type, .offset = 0},
                    {.name = "last", .dims = {32}, .type = stored.type, .offset = next}};
    file.data_bytes = next + stored.row.size();
    std::string bytes = file.bytes();
    bytes.replace(bytes.size() - stored.row.size(), stored.row.size(), stored.row);

    const ModelFile model = read_gguf(dir.write("a.gguf", bytes));
    ASSERT_EQ(model.tensors.size(), 2U);
    EXPECT_EQ(model.tensors[0].format, stored.format);
    EXPECT_EQ(model.tensors[0].shape, (Shape{.rows = 2, .cols = 32}));
    EXPECT_EQ(model.tensors[0].size.count(), size);
    EXPECT_EQ(model.tensors[1].file_offset, bytes.size() - stored.row.size());
    std::vector<float> values(32);
    decode_row(model.tensors[1].format,
               model.file.bytes().subspan(model.tensors[1].file_offset, model.tensors[1].size.count()), values);
    EXPECT_EQ(values, stored.values);
}

INSTANTIATE_TEST_SUITE_P(Types, GgufType, ::testing::ValuesIn(kStoredTypes),
                         [](const auto& each) { return each.param.name; });

struct Broken {
    std::string name;
    std::string reason;  ///< expected in the message
    std::function<void(GgufFile&)> damage;
};

void PrintTo(const Broken& broken, std::ostream* out) {
    *out << broken.name;
}

std::string entry_with(std::uint32_t type, const std::string& value) {
    return ByteWriter().text("k").put(type).raw(value).bytes();
}
std::string array_of(std::uint32_t type, std::uint64_t length) {
    return entry_with(9, ByteWriter().put(type).put(length).bytes());
}

constexpr std::uint64_t kHuge = std::uint64_t{1} << 60;

const std::vector<Broken> kBroken{
    {"WrongMagic", "byte offset 0: not a GGUF file", [](GgufFile& f) { f.magic = "GGML"; }},
    {"Version2", "byte offset 4: GGUF version 2 is not supported", [](GgufFile& f) { f.version = 2; }},
    {"BigEndianVersion", "GGUF version 50331648", [](GgufFile& f) { f.version = 0x03000000; }},
    {"HugeEntryCount", "metadata entries: file ends", [](GgufFile& f) { f.extra_entries = kHuge; }},
    {"AllOnesEntryCount", "metadata entries: file ends",
     [](GgufFile& f) { f.extra_entries = ~std::uint64_t{0} - f.entries.size(); }},
    {"HugeTensorCount", "tensor descriptions: file ends", [](GgufFile& f) { f.extra_tensors = kHuge; }},
    {"HugeKeyLength", "metadata key: file ends",
     [](GgufFile& f) { f.entries.push_back(ByteWriter().put(kHuge).zeros(64).bytes()); }},
    {"HugeTextLength", "metadata text: file ends",
     [](GgufFile& f) { f.entries.push_back(entry_with(8, ByteWriter().put(kHuge).bytes())); }},
    {"HugeArrayOfBytes", "array of 1152921504606846976 elements: file ends",
     [](GgufFile& f) { f.entries.push_back(array_of(0, kHuge)); }},
    {"ArrayWhoseSizeOverflows", "array of 4611686018427387904 elements: file ends",
     [](GgufFile& f) { f.entries.push_back(array_of(6, std::uint64_t{1} << 62)); }},
    {"HugeArrayOfTexts", "elements: file ends", [](GgufFile& f) { f.entries.push_back(array_of(8, kHuge)); }},
    {"NestedArray", "arrays inside arrays", [](GgufFile& f) { f.entries.push_back(array_of(9, 1)); }},
    {"UnknownValueType", "unknown metadata value type 13",
     [](GgufFile& f) { f.entries.push_back(entry_with(13, "")); }},
    {"UnknownElementType", "unknown array element type 77", [](GgufFile& f) { f.entries.push_back(array_of(77, 1)); }},
    {"BooleanOf2", "neither 0 nor 1", [](GgufFile& f) { f.entries.push_back(entry_with(7, "\x02")); }},
    {"EmptyKey", "empty metadata key", [](GgufFile& f) { f.entries.push_back(testing::entry_u32("", 1)); }},
    {"DuplicateKey", "metadata key 'llama.block_count' appears twice",
     [](GgufFile& f) { f.entries.push_back(testing::entry_u32("llama.block_count", 3)); }},
    {"DuplicateTensor", "tensor 'w' appears twice", [](GgufFile& f) { f.tensors[1].name = "w"; }},
    {"EmptyTensorName", "empty tensor name", [](GgufFile& f) { f.tensors[1].name = ""; }},
    {"NoDimensions", "has 0 dimensions", [](GgufFile& f) { f.tensors[0].dims = {}; }},
    {"FiveDimensions", "has 5 dimensions",
     [](GgufFile& f) {
         f.tensors[0].dims = {32, 1, 1, 1, 1};
     }},
    {"ZeroDimension", "tensor 'w' has a dimension of 0",
     [](GgufFile& f) {
         f.tensors[0].dims = {64, 0};
     }},
    {"DimensionsOverflow", "more elements than the file has room for",
     [](GgufFile& f) {
         f.tensors[0].dims = {std::uint64_t{1} << 33, std::uint64_t{1} << 33};
     }},
    {"DimensionOfAllOnes", "more elements than the file", [](GgufFile& f) { f.tensors[0].dims = {~std::uint64_t{0}}; }},
    {"RowNotInBlocks", "rows of 48 elements cannot be stored as q8_0",
     [](GgufFile& f) {
         f.tensors[0].dims = {48, 2};
     }},
    {"UnsupportedType", "tensor 'w': ggml type Q4_K is not supported", [](GgufFile& f) { f.tensors[0].type = 12; }},
    {"UnknownType", "tensor 'w': unknown ggml type 99", [](GgufFile& f) { f.tensors[0].type = 99; }},
    {"MisalignedOffset", "data offset 225 is not a multiple of 32", [](GgufFile& f) { f.tensors[1].offset = 225; }},
    {"OffsetBeyondEnd", "20 bytes of data lie beyond the end", [](GgufFile& f) { f.tensors[1].offset = 256; }},
    {"OffsetOverflows", "beyond the end", [](GgufFile& f) { f.tensors[1].offset = ~std::uint64_t{0} - 31; }},
    {"Overlap", "tensor 'norm' overlaps tensor 'w'", [](GgufFile& f) { f.tensors[1].offset = 192; }},
    {"AlignmentNotAPowerOfTwo", "general.alignment is 24",
     [](GgufFile& f) { f.entries.push_back(testing::entry_u32("general.alignment", 24)); }},
    {"AlignmentZero", "general.alignment is 0",
     [](GgufFile& f) { f.entries.push_back(testing::entry_u32("general.alignment", 0)); }},
    {"AlignmentOfWrongType", "'general.alignment' is not an integer",
     [](GgufFile& f) { f.entries.push_back(testing::entry_text("general.alignment", "32")); }},
    {"TooFewScores", "'tokenizer.ggml.scores' has 2 elements, but the vocabulary has 3",
     [](GgufFile& f) {
         f.entries[6] = testing::entry_floats("tokenizer.ggml.scores", {0.0F, 1.0F});
     }},
    {"UnknownTokenType", "token 1 has unknown type 9",
     [](GgufFile& f) {
         f.entries[7] = testing::entry_ints("tokenizer.ggml.token_type", {2, 9, 1});
     }},
    {"BosOutsideVocabulary", "'tokenizer.ggml.bos_token_id' is 3, but the vocabulary has 3",
     [](GgufFile& f) { f.entries[8] = testing::entry_u32("tokenizer.ggml.bos_token_id", 3); }},
    {"TokensOfWrongType", "'tokenizer.ggml.tokens' is not an array of texts",
     [](GgufFile& f) { f.entries[5] = testing::entry_u32("tokenizer.ggml.tokens", 3); }},
};

class BrokenGguf : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenGguf, IsRejectedWithFileAndReason) {
    const TemporaryDirectory dir;
    GgufFile file = small_gguf();
    GetParam().damage(file);
    const std::string path = dir.write("bad.gguf", file.bytes());
    try {
        read_gguf(path);
        FAIL() << "accepted";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr(path + ": "));
        EXPECT_THAT(error.what(), HasSubstr(GetParam().reason));
    }
}

INSTANTIATE_TEST_SUITE_P(Cases, BrokenGguf, ::testing::ValuesIn(kBroken),
                         [](const auto& each) { return each.param.name; });

TEST(Gguf, EveryTruncationIsRejected) {
    const TemporaryDirectory dir;
    const std::string bytes = small_gguf().bytes();
    const std::string path = dir.write("cut.gguf", bytes);
    for (std::size_t length = bytes.size(); length-- > 0;) {
        std::filesystem::resize_file(path, length);
        try {
            read_gguf(path);
            FAIL() << "a prefix of " << length << " bytes was accepted";
        } catch (const ConfigError& error) {
            EXPECT_THAT(error.what(), HasSubstr(path + ": byte offset "));
        }
    }
}

TEST(Gguf, FlippedBytesParseOrAreRejectedButNeverCrash) {
    const TemporaryDirectory dir;
    const std::string good = small_gguf().bytes();
    std::mt19937 random(20240607);  // NOLINT(cert-msc51-cpp): the seed is fixed so that a failure repeats
    std::size_t rejected = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string bytes = good;
        const std::size_t flips = 1 + random() % 8;
        for (std::size_t i = 0; i < flips; ++i) {
            bytes[random() % bytes.size()] = static_cast<char>(random() & 0xFF);
        }
        const std::string path = dir.write("flip.gguf", bytes);
        try {
            const ModelFile model = read_gguf(path);
            for (const ModelTensor& tensor : model.tensors) {
                ASSERT_LE(tensor.file_offset + tensor.size.count(), bytes.size());
            }
        } catch (const ConfigError&) {
            ++rejected;
        }
    }
    EXPECT_GT(rejected, 750U) << "most damage must be noticed";
}

TEST(Gguf, MissingFilesAndDirectoriesAreNamed) {
    const TemporaryDirectory dir;
    EXPECT_THROW(read_gguf(dir.file("absent.gguf")), ConfigError);
    try {
        read_gguf(dir.file(""));
        FAIL();
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("not a regular file"));
    }
}

TEST(Gguf, RealVocabularyFilesAreRead) {
    const std::string path = testing::shared_data("gguf/ggml-vocab-gpt-2.gguf");
    if (path.empty()) {
        GTEST_SKIP() << "shared test data is absent (set HANDSET_SHARED_DATA)";
    }
    const ModelFile model = open_model(path);
    EXPECT_EQ(model.tokenizer.pieces.size(), 50257U);
    EXPECT_EQ(model.tokenizer.merges.size(), 50000U);
    EXPECT_EQ(model.tokenizer.pre, "gpt-2");
    EXPECT_EQ(model.tokenizer.eos, 50256U);
}

TEST(OpenModel, MagicDecidesBeforeTheExtension) {
    const TemporaryDirectory dir;
    EXPECT_EQ(open_model(dir.write("model.bin", small_gguf().bytes())).tensors.size(), 2U);
}

TEST(OpenModel, UnknownFormatsListTheKnownOnes) {
    const TemporaryDirectory dir;
    try {
        open_model(dir.write("model.onnx", "whatever"));
        FAIL();
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("unknown model file format; known: GGUF (.gguf), llama2.c (.bin)"));
    }
}

TEST(OpenModel, GgufBringsItsOwnTokenizer) {
    const TemporaryDirectory dir;
    try {
        open_model(dir.write("m.gguf", small_gguf().bytes()), "tok.bin");
        FAIL();
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("brings its own tokenizer, 'tok.bin' must not be given"));
    }
}

}  // namespace
}  // namespace handset
