// SPDX-License-Identifier: Apache-2.0
// A model as it lies in its file: metadata, tokenizer, and where each tensor's bytes are. Nothing is decoded here.
// Files are treated as hostile: every error is a ConfigError "path: byte offset N: reason", found before anything that
// the file's counts ask for is allocated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/ir/tensor.h"
#include "workloads/models/mapped_file.h"
#include "workloads/models/metadata.h"

namespace handset {

struct ModelTensor {
    std::string name;
    Shape shape;  ///< rows x columns; one-dimensional tensors have one row, higher ranks fold into rows
    NumberFormat format = NumberFormat::fp32;
    std::uint64_t file_offset = 0;
    Bytes size;
};

/// Values as in `tokenizer.ggml.token_type`.
enum class TokenType : std::uint8_t { undefined, normal, unknown, control, user_defined, unused, byte };

/// What a tokenizer is built from. `model` is "llama" (SentencePiece) or "gpt2" (byte-level BPE), empty: none in the
/// file.
struct TokenizerData {
    std::string model;
    std::string pre;  ///< pre-tokeniser of byte-level BPE: "gpt-2", "qwen2", "default"
    std::vector<std::string> pieces;
    std::vector<float> scores;     ///< one per piece, or none
    std::vector<TokenType> types;  ///< one per piece
    std::vector<std::string> merges;
    std::optional<std::uint32_t> bos;
    std::optional<std::uint32_t> eos;
    std::optional<std::uint32_t> unknown;
    bool add_bos = false;           ///< whether the model expects prompts to start with `bos`
    bool add_space_prefix = false;  ///< whether text is tokenised as if a space stood before it
};

struct ModelFile {
    std::string path;
    MappedFile file;
    Metadata metadata;  ///< GGUF keys; readers of other formats translate to the same keys
    std::vector<ModelTensor> tensors;
    TokenizerData tokenizer;
};

/// GGUF version 3, little-endian; F32, F16, BF16, Q8_0 and Q4_0 tensors.
ModelFile read_gguf(const std::string& path);

/// llama2.c checkpoint (version 0: seven int32, then fp32 weights) and its tokenizer file (empty path: no tokenizer).
ModelFile read_llama2c(const std::string& path, const std::string& tokenizer_path);

/// Chooses the reader by the file's magic bytes, then by its extension. `tokenizer_path` is for formats that keep the
/// tokenizer apart; naming one for a format that brings its own is an error.
ModelFile open_model(const std::string& path, const std::string& tokenizer_path = {});

}  // namespace handset
