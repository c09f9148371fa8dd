// SPDX-License-Identifier: Apache-2.0
// SentencePiece-style BPE: characters merge pairwise, highest score first, and what is left unknown becomes byte
// tokens. Spaces are U+2581 inside the vocabulary. Source: llama.cpp, llm_tokenizer_spm; llama2.c, run.c (same merges).
#pragma once

#include <array>

#include "workloads/models/tokenizer.h"

namespace handset {

class SpmTokenizer final : public Tokenizer {
  public:
    /// Throws ConfigError when the vocabulary has no scores.
    explicit SpmTokenizer(TokenizerData tokenizer);

  private:
    void encode_plain(std::string_view text, bool opens, std::vector<std::uint32_t>& ids) const override;
    [[nodiscard]] std::string decode_plain(std::uint32_t id) const override;
    void append_bytes(std::string_view symbol, std::vector<std::uint32_t>& ids) const;

    std::array<std::optional<std::uint32_t>, 256> byte_tokens_{};
};

}  // namespace handset
