// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/tokenizer.h"

#include <algorithm>
#include <array>

#include "sim/base/errors.h"
#include "sim/base/text.h"
#include "workloads/models/gpt2_tokenizer.h"
#include "workloads/models/spm_tokenizer.h"

namespace handset {

Tokenizer::Tokenizer(TokenizerData data) : data_(std::move(data)) {
    if (data_.pieces.empty()) {
        throw ConfigError("the tokenizer has no tokens");
    }
    data_.types.resize(data_.pieces.size(), TokenType::normal);
    ids_.reserve(data_.pieces.size());
    for (std::uint32_t id = 0; id < vocab_size(); ++id) {
        const std::string& piece = data_.pieces[id];
        ids_.emplace(piece, id);
        const TokenType type = data_.types[id];
        if (!piece.empty() && (type == TokenType::control || type == TokenType::user_defined)) {
            special_.push_back(id);
        }
    }
    std::stable_sort(special_.begin(), special_.end(), [this](std::uint32_t a, std::uint32_t b) {
        return data_.pieces[a].size() > data_.pieces[b].size();
    });
}

std::optional<std::uint32_t> Tokenizer::find(std::string_view piece) const {
    const auto found = ids_.find(piece);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::pair<std::size_t, std::uint32_t>> Tokenizer::next_special(std::string_view text, std::size_t from,
                                                                             bool parse_control) const {
    std::optional<std::pair<std::size_t, std::uint32_t>> best;
    for (const std::uint32_t id : special_) {
        if (data_.types[id] == TokenType::control && !parse_control) {
            continue;
        }
        const std::size_t at = text.find(data_.pieces[id], from);
        if (at != std::string_view::npos && (!best || at < best->first)) {
            best = {at, id};
        }
    }
    return best;
}

std::vector<std::uint32_t> Tokenizer::encode(std::string_view text, bool add_bos, bool parse_control) const {
    std::vector<std::uint32_t> ids;
    if (add_bos && data_.bos) {
        ids.push_back(*data_.bos);
    }
    bool opens = true;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto special = next_special(text, at, parse_control);
        const std::size_t end = special ? special->first : text.size();
        if (end > at) {
            encode_plain(text.substr(at, end - at), opens, ids);
            opens = false;
        }
        at = end;
        if (special) {
            ids.push_back(special->second);
            opens = true;
            at += data_.pieces[special->second].size();
        }
    }
    return ids;
}

std::string Tokenizer::decode(std::uint32_t id, std::optional<std::uint32_t> previous) const {
    if (id >= vocab_size()) {
        throw ConfigError("token " + std::to_string(id) + " is outside the vocabulary of " +
                          std::to_string(vocab_size()));
    }
    const TokenType type = data_.types[id];
    if (type == TokenType::control || type == TokenType::unknown) {
        return {};
    }
    std::string bytes = type == TokenType::user_defined ? data_.pieces[id] : decode_plain(id);
    const bool opens = !previous || previous == data_.bos;
    if (opens && data_.add_space_prefix && bytes.starts_with(' ')) {
        bytes.erase(0, 1);  // the space that encoding had put there
    }
    return bytes;
}

std::string Tokenizer::decode(std::span<const std::uint32_t> ids) const {
    std::string text;
    std::optional<std::uint32_t> previous;
    for (const std::uint32_t id : ids) {
        text += decode(id, previous);
        previous = id;
    }
    return text;
}

namespace {

struct Family {
    std::string_view name;
    std::unique_ptr<Tokenizer> (*make)(TokenizerData data);
};

constexpr std::array kFamilies{
    Family{"llama",
           [](TokenizerData d) -> std::unique_ptr<Tokenizer> { return std::make_unique<SpmTokenizer>(std::move(d)); }},
    Family{"gpt2",
           [](TokenizerData d) -> std::unique_ptr<Tokenizer> { return std::make_unique<Gpt2Tokenizer>(std::move(d)); }},
};

}  // namespace

std::unique_ptr<Tokenizer> make_tokenizer(TokenizerData data) {
    if (data.model.empty()) {
        throw ConfigError("the model file has no tokenizer (tokenizer.ggml.model is missing)");
    }
    std::vector<std::string> known;
    for (const Family& family : kFamilies) {
        if (family.name == data.model) {
            return family.make(std::move(data));
        }
        known.emplace_back(family.name);
    }
    throw ConfigError(unknown_name("tokenizer model", data.model, known));
}

}  // namespace handset
