// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/gguf_tokenizer.h"

#include "sim/base/errors.h"

namespace handset {

namespace {

std::optional<std::uint32_t> token_id(const Metadata& metadata, const std::string& key, std::size_t vocab) {
    const auto value = metadata.integer(key);
    if (!value) {
        return std::nullopt;
    }
    if (*value >= vocab) {
        throw ConfigError("metadata key '" + key + "' is " + std::to_string(*value) + ", but the vocabulary has " +
                          std::to_string(vocab) + " tokens");
    }
    return static_cast<std::uint32_t>(*value);
}

void check_length(std::string_view key, std::size_t length, std::size_t vocab) {
    if (length != 0 && length != vocab) {
        throw ConfigError("metadata key '" + std::string(key) + "' has " + std::to_string(length) +
                          " elements, but the vocabulary has " + std::to_string(vocab) + " tokens");
    }
}

std::vector<TokenType> take_types(Metadata& metadata, std::size_t vocab) {
    constexpr std::string_view kKey = "tokenizer.ggml.token_type";
    const std::vector<std::int64_t> values = metadata.take_integers(kKey);
    check_length(kKey, values.size(), vocab);
    std::vector<TokenType> types(vocab, TokenType::normal);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] < 0 || values[i] > static_cast<std::int64_t>(TokenType::byte)) {
            throw ConfigError("metadata key '" + std::string(kKey) + "': token " + std::to_string(i) +
                              " has unknown type " + std::to_string(values[i]));
        }
        types[i] = static_cast<TokenType>(values[i]);
    }
    return types;
}

}  // namespace

TokenizerData take_tokenizer(Metadata& metadata) {
    TokenizerData data;
    data.model = metadata.text("tokenizer.ggml.model").value_or("");
    data.pre = metadata.text("tokenizer.ggml.pre").value_or("default");
    data.pieces = metadata.take_texts("tokenizer.ggml.tokens");
    const std::size_t vocab = data.pieces.size();
    const std::vector<double> scores = metadata.take_numbers("tokenizer.ggml.scores");
    check_length("tokenizer.ggml.scores", scores.size(), vocab);
    data.scores.reserve(scores.size());
    for (const double score : scores) {
        data.scores.push_back(static_cast<float>(score));
    }
    data.types = take_types(metadata, vocab);
    data.merges = metadata.take_texts("tokenizer.ggml.merges");
    data.bos = token_id(metadata, "tokenizer.ggml.bos_token_id", vocab);
    data.eos = token_id(metadata, "tokenizer.ggml.eos_token_id", vocab);
    data.unknown = token_id(metadata, "tokenizer.ggml.unknown_token_id", vocab);
    const bool sentencepiece = data.model == "llama";
    data.add_bos = metadata.boolean("tokenizer.ggml.add_bos_token").value_or(sentencepiece);
    data.add_space_prefix = metadata.boolean("tokenizer.ggml.add_space_prefix").value_or(sentencepiece);
    return data;
}

}  // namespace handset
