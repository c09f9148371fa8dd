// SPDX-License-Identifier: Apache-2.0
// Cuts text into the words that byte-level BPE never merges across. Each scheme is the regular expression of its model,
// matched by hand. Source: llama.cpp, src/llama-vocab.cpp (llm_tokenizer_bpe) and src/unicode.cpp.
#pragma once

#include <string_view>
#include <vector>

namespace handset {

using PreTokenizer = std::vector<std::string_view> (*)(std::string_view text);

/// By `tokenizer.ggml.pre`: "gpt-2", "qwen2", "default". Throws ConfigError that lists the known names.
PreTokenizer find_pre_tokenizer(std::string_view name);

}  // namespace handset
