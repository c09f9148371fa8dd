// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/tokenizer.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "tests/unit/models/gguf_bytes.h"
#include "workloads/models/pre_tokenizer.h"

namespace handset {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Ids = std::vector<std::uint32_t>;

std::string read_all(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

std::vector<std::string> read_cases(const std::string& path) {
    constexpr std::string_view kSeparator = "\n__ggml_vocab_test__\n";
    const std::string text = read_all(path);
    std::vector<std::string> cases;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find(kSeparator, at), text.size());
        cases.push_back(text.substr(at, end - at));
        at = end + kSeparator.size();
    }
    return cases;
}

std::vector<Ids> read_ids(const std::string& path) {
    std::istringstream in(read_all(path));
    std::vector<Ids> out;
    std::string line;
    while (std::getline(in, line)) {
        std::istringstream words(line);
        Ids ids;
        std::uint32_t id = 0;
        while (words >> id) {
            ids.push_back(id);
        }
        out.push_back(ids);
    }
    return out;
}

class VocabularyVectors : public ::testing::TestWithParam<const char*> {};

TEST_P(VocabularyVectors, AllMatchLlamaCppAndDecodeBack) {
    const std::string path = testing::shared_data(GetParam());
    if (path.empty()) {
        GTEST_SKIP() << "shared test data is absent (set HANDSET_SHARED_DATA)";
    }
    const auto tokenizer = make_tokenizer(open_model(path).tokenizer);
    const std::vector<std::string> texts = read_cases(path + ".inp");
    const std::vector<Ids> expected = read_ids(path + ".out");
    ASSERT_EQ(texts.size(), expected.size());
    ASSERT_GT(texts.size(), 40U);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        EXPECT_EQ(tokenizer->encode(texts[i], false), expected[i]) << "case " << i << ": " << texts[i];
        EXPECT_EQ(tokenizer->decode(expected[i]), texts[i]) << "case " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(LlamaCpp, VocabularyVectors,
                         ::testing::Values("gguf/ggml-vocab-gpt-2.gguf", "gguf/ggml-vocab-phi-3.gguf"),
                         [](const auto& each) {
                             return std::string(each.param).find("gpt") != std::string::npos ? "Gpt2" : "Phi3";
                         });

TEST(Llama2cTokenizer, StoriesPromptMatchesRunC) {
    const std::string model = testing::shared_data("stories260K/stories260K.bin");
    if (model.empty()) {
        GTEST_SKIP() << "shared test data is absent (set HANDSET_SHARED_DATA)";
    }
    const auto tokenizer = make_tokenizer(open_model(model, testing::shared_data("stories260K/tok512.bin")).tokenizer);
    // run.c on the prompt "Once upon a time": bos, then the pieces below.
    EXPECT_THAT(tokenizer->encode("Once upon a time", true), ElementsAre(1, 403, 407, 261, 378));
    const std::string text = read_all(testing::shared_data("stories260K/expected_greedy_200.txt"));
    EXPECT_EQ(tokenizer->decode(tokenizer->encode(text, true)), text);
}

/// "<unk>", bos, eos, bytes 'x' and 0xC3, then pieces; "ab" beats "bc", "abc" exists.
TokenizerData small_spm() {
    TokenizerData data;
    data.model = "llama";
    data.pieces = {"<unk>", "<s>", "</s>", "<0x78>", "<0xC3>", "\xE2\x96\x81", "a", "b", "c", "ab", "bc", "abc", "<u>"};
    data.scores = {0, 0, 0, 0, 0, -9, -9, -9, -9, -1, -2, -3, 0};
    data.types.assign(data.pieces.size(), TokenType::normal);
    data.types[0] = TokenType::unknown;
    data.types[1] = data.types[2] = TokenType::control;
    data.types[3] = data.types[4] = TokenType::byte;
    data.types[12] = TokenType::user_defined;
    data.bos = 1;
    data.eos = 2;
    data.unknown = 0;
    data.add_space_prefix = true;
    return data;
}

TEST(SpmTokenizer, MergesTheBestScoreFirst) {
    const auto tokenizer = make_tokenizer(small_spm());
    EXPECT_THAT(tokenizer->encode("abc", false), ElementsAre(5, 11));
    EXPECT_THAT(tokenizer->encode("bcab", false), ElementsAre(5, 10, 9));
    EXPECT_THAT(tokenizer->encode("", true), ElementsAre(1)) << "no space is put before nothing";
}

TEST(SpmTokenizer, UnknownCharactersBecomeBytesOrUnknown) {
    const auto tokenizer = make_tokenizer(small_spm());
    // U+00E9 is C3 A9; only C3 has a byte token.
    EXPECT_THAT(tokenizer->encode("x\xC3\xA9", false), ElementsAre(5, 3, 4, 0));
    TokenizerData data = small_spm();
    data.unknown.reset();
    EXPECT_THROW((void)make_tokenizer(data)->encode("y", false), ConfigError);
}

TEST(SpmTokenizer, SpecialTokensCutTheText) {
    const auto tokenizer = make_tokenizer(small_spm());
    EXPECT_THAT(tokenizer->encode("ab<u>c", false), ElementsAre(5, 9, 12, 5, 8)) << "user-defined always";
    EXPECT_THAT(tokenizer->encode("a</s>", false, true), ElementsAre(5, 6, 2)) << "control when asked";
    EXPECT_EQ(tokenizer->encode("</s>", false).size(), 5U) << "else it is text: the space and four bytes";
}

TEST(SpmTokenizer, DecodingStreamsBytes) {
    const auto tokenizer = make_tokenizer(small_spm());
    EXPECT_EQ(tokenizer->decode(5, std::nullopt), "") << "the space that encoding added";
    EXPECT_EQ(tokenizer->decode(5, 1), "");
    EXPECT_EQ(tokenizer->decode(5, 6), " ");
    EXPECT_EQ(tokenizer->decode(4, 6), "\xC3") << "half a character";
    EXPECT_EQ(tokenizer->decode(2, 6), "") << "control tokens are silent";
    EXPECT_EQ(tokenizer->decode(12, 6), "<u>");
    EXPECT_THROW((void)tokenizer->decode(13, 6), ConfigError);
}

std::vector<std::string_view> cut(std::string_view scheme, std::string_view text) {
    return find_pre_tokenizer(scheme)(text);
}

TEST(PreTokenizer, Gpt2KeepsContractionsAndLeadingSpaces) {
    EXPECT_THAT(cut("gpt-2", "I'll go  home 12!"), ElementsAre("I", "'ll", " go", " ", " home", " 12", "!"));
    EXPECT_THAT(cut("gpt-2", "a'LL  "), ElementsAre("a", "'", "LL", "  ")) << "case matters; trailing spaces stay";
}

TEST(PreTokenizer, Qwen2SplitsDigitsAndIgnoresTheCaseOfContractions) {
    EXPECT_THAT(cut("qwen2", "I'LL pay 12"), ElementsAre("I", "'LL", " pay", " ", "1", "2"));
    EXPECT_THAT(cut("qwen2", "(x)\n\n  y"), ElementsAre("(x", ")\n\n", " ", " y"));
    EXPECT_THAT(cut("qwen2", " \n\ty"), ElementsAre(" \n", "\ty"));
}

TEST(PreTokenizer, DefaultCutsPunctuationAndDigitsByThree) {
    EXPECT_THAT(cut("default", "a 12345,x"), ElementsAre("a", " ", "123", "45", ",", "x"));
}

TEST(PreTokenizer, BytesThatAreNotUtf8AreKept) {
    EXPECT_THAT(cut("gpt-2", "a\xFF\xC3"), ElementsAre("a", "\xFF\xC3"));
}

TEST(MakeTokenizer, RejectsWhatItCannotBuild) {
    const auto message = [](TokenizerData data) -> std::string {
        try {
            (void)make_tokenizer(std::move(data));
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "accepted";
    };
    TokenizerData data = small_spm();
    data.model = "bert";
    EXPECT_EQ(message(data), "unknown tokenizer model 'bert' (known: llama, gpt2)");
    data.model = "";
    EXPECT_THAT(message(data), HasSubstr("has no tokenizer"));
    data = small_spm();
    data.scores.clear();
    EXPECT_THAT(message(data), HasSubstr("needs tokenizer.ggml.scores"));
    data = TokenizerData();
    data.model = "gpt2";
    EXPECT_EQ(message(data), "the tokenizer has no tokens");
    data.pieces = {"a"};
    data.pre = "qwen";
    EXPECT_THAT(message(data), HasSubstr("unknown pre-tokeniser 'qwen', did you mean 'qwen2'?"));
    data.pre = "gpt-2";
    data.merges = {"ab"};
    EXPECT_THAT(message(data), HasSubstr("entry 0 is not two pieces"));
}

}  // namespace
}  // namespace handset
