// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/utf8.h"

#include <utf8proc.h>

#include "sim/base/errors.h"

namespace handset {

namespace {

constexpr char32_t kReplacement = 0xFFFD;

utf8proc_category_t category(char32_t code_point) {
    return utf8proc_category(static_cast<utf8proc_int32_t>(code_point));
}

}  // namespace

std::vector<CodePoint> utf8_code_points(std::string_view text) {
    std::vector<CodePoint> out;
    out.reserve(text.size());
    std::size_t at = 0;
    while (at < text.size()) {
        utf8proc_int32_t value = 0;
        const auto* begin = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at;
        const utf8proc_ssize_t length =
            utf8proc_iterate(begin, static_cast<utf8proc_ssize_t>(text.size() - at), &value);
        const std::size_t bytes = length > 0 ? static_cast<std::size_t>(length) : 1;
        out.push_back(
            {.value = length > 0 ? static_cast<char32_t>(value) : kReplacement, .bytes = text.substr(at, bytes)});
        at += bytes;
    }
    return out;
}

std::vector<std::string_view> utf8_characters(std::string_view text) {
    std::vector<std::string_view> out;
    out.reserve(text.size());
    for (const CodePoint& point : utf8_code_points(text)) {
        out.push_back(point.bytes);
    }
    return out;
}

std::string utf8_bytes(char32_t code_point) {
    ensure(code_point < 0x800, "code point needs more than two bytes");
    if (code_point < 0x80) {
        return {static_cast<char>(code_point)};
    }
    return {static_cast<char>(0xC0 | (code_point >> 6)), static_cast<char>(0x80 | (code_point & 0x3F))};
}

bool is_letter(char32_t code_point) {
    const utf8proc_category_t c = category(code_point);
    return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

bool is_number(char32_t code_point) {
    const utf8proc_category_t c = category(code_point);
    return c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO;
}

bool is_punctuation(char32_t code_point) {
    const utf8proc_category_t c = category(code_point);
    return c >= UTF8PROC_CATEGORY_PC && c <= UTF8PROC_CATEGORY_PO;
}

bool is_space(char32_t code_point) {
    const utf8proc_category_t c = category(code_point);
    const bool separator = c >= UTF8PROC_CATEGORY_ZS && c <= UTF8PROC_CATEGORY_ZP;
    return separator || (code_point >= 9 && code_point <= 13) || code_point == 0x85;
}

}  // namespace handset
