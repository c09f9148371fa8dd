// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/spm_tokenizer.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "sim/base/errors.h"
#include "workloads/models/pair_merger.h"
#include "workloads/models/utf8.h"

namespace handset {

namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581
constexpr std::size_t kBytePieceLength = 6;          // "<0xAB>"

std::optional<std::uint8_t> byte_of(std::string_view piece) {
    if (piece.size() != kBytePieceLength || !piece.starts_with("<0x") || piece.back() != '>') {
        return std::nullopt;
    }
    std::uint8_t value = 0;
    const char* begin = piece.data() + 3;
    const auto [end, error] = std::from_chars(begin, begin + 2, value, 16);
    return error == std::errc() && end == begin + 2 ? std::optional(value) : std::nullopt;
}

std::string escape_spaces(std::string_view text, bool prefix) {
    std::string out(prefix ? kSpace : std::string_view());
    for (const char c : text) {
        if (c == ' ') {
            out += kSpace;
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

SpmTokenizer::SpmTokenizer(TokenizerData tokenizer) : Tokenizer(std::move(tokenizer)) {
    if (data().scores.size() != data().pieces.size()) {
        throw ConfigError("a tokenizer of model 'llama' needs tokenizer.ggml.scores");
    }
    for (std::uint32_t id = 0; id < vocab_size(); ++id) {
        if (data().types[id] == TokenType::byte) {
            if (const auto byte = byte_of(data().pieces[id])) {
                byte_tokens_[*byte] = id;
            }
        }
    }
}

void SpmTokenizer::append_bytes(std::string_view symbol, std::vector<std::uint32_t>& ids) const {
    for (const char c : symbol) {
        const auto token = byte_tokens_[static_cast<std::uint8_t>(c)];
        const auto fallback = token ? token : data().unknown;
        if (!fallback) {
            throw ConfigError("the vocabulary has no token for byte " + std::to_string(static_cast<std::uint8_t>(c)) +
                              " and no unknown token");
        }
        ids.push_back(*fallback);
    }
}

void SpmTokenizer::encode_plain(std::string_view text, bool opens, std::vector<std::uint32_t>& ids) const {
    const std::string escaped = escape_spaces(text, opens && data().add_space_prefix);
    // The merged text is contiguous, so the pair is one view.
    const auto rank = [this](std::string_view left, std::string_view right) -> std::optional<float> {
        const auto id = find({left.data(), left.size() + right.size()});
        return id ? std::optional(data().scores[*id]) : std::nullopt;
    };
    PairMerger<float, decltype(rank)> merger(utf8_characters(escaped), rank);
    for (const std::string_view symbol : merger.merge()) {
        if (const auto id = find(symbol)) {
            ids.push_back(*id);
        } else {
            append_bytes(symbol, ids);
        }
    }
}

std::string SpmTokenizer::decode_plain(std::uint32_t id) const {
    const std::string& piece = data().pieces[id];
    if (data().types[id] == TokenType::byte) {
        if (const auto byte = byte_of(piece)) {
            return {static_cast<char>(*byte)};
        }
    }
    std::string out;
    std::size_t at = 0;
    while (at < piece.size()) {
        const std::size_t space = std::min(piece.find(kSpace, at), piece.size());
        out += piece.substr(at, space - at);
        if (space < piece.size()) {
            out += ' ';
        }
        at = space + kSpace.size();
    }
    return out;
}

}  // namespace handset
