// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/gpt2_tokenizer.h"

#include "sim/base/errors.h"
#include "workloads/models/pair_merger.h"
#include "workloads/models/utf8.h"

namespace handset {

namespace {

/// Bytes that print as themselves in Latin-1; all others move to U+0100 and up, in order.
bool prints(std::uint32_t byte) {
    return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

}  // namespace

Gpt2Tokenizer::Gpt2Tokenizer(TokenizerData tokenizer)
    : Tokenizer(std::move(tokenizer)), pre_tokenizer_(find_pre_tokenizer(data().pre)) {
    char32_t next = 0x100;
    for (std::uint32_t byte = 0; byte < byte_to_text_.size(); ++byte) {
        const char32_t shown = prints(byte) ? static_cast<char32_t>(byte) : next++;
        byte_to_text_[byte] = utf8_bytes(shown);
        text_to_byte_.emplace(shown, static_cast<std::uint8_t>(byte));
    }
    ranks_.reserve(data().merges.size());
    for (std::uint32_t rank = 0; rank < data().merges.size(); ++rank) {
        const std::string& merge = data().merges[rank];
        if (merge.find(' ', 1) == std::string::npos) {
            throw ConfigError("tokenizer.ggml.merges: entry " + std::to_string(rank) + " is not two pieces");
        }
        ranks_.emplace(merge, rank);
    }
}

void Gpt2Tokenizer::encode_plain(std::string_view text, bool /*opens*/, std::vector<std::uint32_t>& ids) const {
    for (const std::string_view word : pre_tokenizer_(text)) {
        encode_word(word, ids);
    }
}

void Gpt2Tokenizer::encode_word(std::string_view word, std::vector<std::uint32_t>& ids) const {
    std::string shown;
    for (const char c : word) {
        shown += byte_to_text_[static_cast<std::uint8_t>(c)];
    }
    std::string key;
    const auto rank = [&](std::string_view left, std::string_view right) -> std::optional<std::int64_t> {
        key.assign(left).append(1, ' ').append(right);
        const auto found = ranks_.find(key);
        // The first merge of the list is the best: lower ranks are greater.
        return found == ranks_.end() ? std::nullopt : std::optional(-static_cast<std::int64_t>(found->second));
    };
    PairMerger<std::int64_t, decltype(rank)> merger(utf8_characters(shown), rank);
    for (const std::string_view symbol : merger.merge()) {
        if (const auto id = find(symbol)) {
            ids.push_back(*id);
            continue;
        }
        for (const std::string_view character : utf8_characters(symbol)) {
            const auto id = find(character);
            if (!id) {
                throw ConfigError("the vocabulary has no token for '" + std::string(character) + "'");
            }
            ids.push_back(*id);
        }
    }
}

std::string Gpt2Tokenizer::decode_plain(std::uint32_t id) const {
    std::string out;
    for (const CodePoint& point : utf8_code_points(data().pieces[id])) {
        const auto found = text_to_byte_.find(point.value);
        if (found != text_to_byte_.end()) {
            out += static_cast<char>(found->second);
        } else {
            out += point.bytes;
        }
    }
    return out;
}

}  // namespace handset
