// SPDX-License-Identifier: Apache-2.0
// The tokenizer part of GGUF metadata (`tokenizer.ggml.*`), checked for consistency.
#pragma once

#include "workloads/models/model_file.h"

namespace handset {

/// Moves the vocabulary out of the metadata. Throws ConfigError on lists that do not fit together.
TokenizerData take_tokenizer(Metadata& metadata);

}  // namespace handset
