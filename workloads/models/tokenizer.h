// SPDX-License-Identifier: Apache-2.0
// Text to token ids and back, from the vocabulary of a model file. Follows llama.cpp (src/llama-vocab.cpp) for both
// families, so that ids equal those of real runs; llama2.c's tokenizer is the first family with other spaces.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "workloads/models/model_file.h"

namespace handset {

class Tokenizer {
  public:
    virtual ~Tokenizer() = default;
    Tokenizer(const Tokenizer&) = delete;
    Tokenizer& operator=(const Tokenizer&) = delete;

    /// `add_bos` puts the beginning-of-sequence token first, if the vocabulary has one. User-defined tokens are always
    /// recognised in the text; control tokens ("<|im_start|>") only with `parse_control`.
    [[nodiscard]] std::vector<std::uint32_t> encode(std::string_view text, bool add_bos,
                                                    bool parse_control = false) const;
    /// Bytes of one token in a stream, given the token before it (none: it opens the text). They may end inside a
    /// UTF-8 sequence that the next token completes. Control tokens give no bytes.
    [[nodiscard]] std::string decode(std::uint32_t id, std::optional<std::uint32_t> previous) const;
    [[nodiscard]] std::string decode(std::span<const std::uint32_t> ids) const;

    [[nodiscard]] std::optional<std::uint32_t> bos() const { return data_.bos; }
    [[nodiscard]] std::optional<std::uint32_t> eos() const { return data_.eos; }
    [[nodiscard]] bool add_bos() const { return data_.add_bos; }
    [[nodiscard]] std::uint32_t vocab_size() const { return static_cast<std::uint32_t>(data_.pieces.size()); }

  protected:
    explicit Tokenizer(TokenizerData data);

    [[nodiscard]] const TokenizerData& data() const { return data_; }
    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view piece) const;

  private:
    /// Appends the ids of text without special tokens; `opens` says that it starts the text or follows a special token.
    virtual void encode_plain(std::string_view text, bool opens, std::vector<std::uint32_t>& ids) const = 0;
    [[nodiscard]] virtual std::string decode_plain(std::uint32_t id) const = 0;
    /// First special token in the text at or after `from`: {position, id}; the longest one wins at equal position.
    [[nodiscard]] std::optional<std::pair<std::size_t, std::uint32_t>> next_special(std::string_view text,
                                                                                    std::size_t from,
                                                                                    bool parse_control) const;

    TokenizerData data_;
    std::unordered_map<std::string_view, std::uint32_t> ids_;  // looked up only, never iterated
    std::vector<std::uint32_t> special_;                       // longest piece first
};

/// Chooses by TokenizerData::model. Throws ConfigError that lists the known kinds, or says what the data lack.
std::unique_ptr<Tokenizer> make_tokenizer(TokenizerData data);

}  // namespace handset
