// SPDX-License-Identifier: Apache-2.0
// UTF-8 text as code points with their bytes. Bytes that are not UTF-8 stand alone as U+FFFD, so no input is lost.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace handset {

struct CodePoint {
    char32_t value = 0;
    std::string_view bytes;
};

std::vector<CodePoint> utf8_code_points(std::string_view text);
/// The bytes of each code point.
std::vector<std::string_view> utf8_characters(std::string_view text);
/// Bytes of a code point below U+0800.
std::string utf8_bytes(char32_t code_point);

// Classes as regular expressions have them: \p{L}, \p{N}, \p{P}, \s.
bool is_letter(char32_t code_point);
bool is_number(char32_t code_point);
bool is_punctuation(char32_t code_point);
bool is_space(char32_t code_point);

}  // namespace handset
