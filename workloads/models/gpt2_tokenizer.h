// SPDX-License-Identifier: Apache-2.0
// Byte-level BPE: words are cut by a pre-tokeniser, their bytes become printable characters, and pairs merge in the
// order of the model's merge list. Source: GPT-2 encoder.py; llama.cpp, llm_tokenizer_bpe.
#pragma once

#include <array>

#include "workloads/models/pre_tokenizer.h"
#include "workloads/models/tokenizer.h"

namespace handset {

class Gpt2Tokenizer final : public Tokenizer {
  public:
    /// Throws ConfigError on a merge without a space, or an unknown pre-tokeniser.
    explicit Gpt2Tokenizer(TokenizerData tokenizer);

  private:
    void encode_plain(std::string_view text, bool opens, std::vector<std::uint32_t>& ids) const override;
    [[nodiscard]] std::string decode_plain(std::uint32_t id) const override;
    void encode_word(std::string_view word, std::vector<std::uint32_t>& ids) const;

    PreTokenizer pre_tokenizer_;
    std::unordered_map<std::string_view, std::uint32_t> ranks_;  // "left right" as in the file; looked up only
    std::array<std::string, 256> byte_to_text_;
    std::unordered_map<char32_t, std::uint8_t> text_to_byte_;  // looked up only
};

}  // namespace handset
