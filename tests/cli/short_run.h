// SPDX-License-Identifier: Apache-2.0
// The run that the tests of the command line start from, and a way to break its inputs.
#pragma once

#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace handset::test {

inline const std::string kPhone = "configs/soc/phone_8gen2.yaml";
inline const std::string kWorkload = "configs/workloads/tiny_story.yaml";
inline const std::string kModel = HANDSET_SOURCE_DIR "/configs/models/tiny_handset.gguf";

/// `run` of the small model for a few tokens, with more arguments behind.
std::vector<std::string> short_run(std::vector<std::string> more = {});

/// `text` with the one occurrence of `from` replaced; throws when there is none.
std::string replaced(std::string text, const std::string& from, const std::string& to);

}  // namespace handset::test
