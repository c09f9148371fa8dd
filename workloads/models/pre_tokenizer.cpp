// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/pre_tokenizer.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "sim/base/errors.h"
#include "sim/base/text.h"
#include "workloads/models/utf8.h"

namespace handset {

namespace {

using Text = std::span<const CodePoint>;
using Test = bool (*)(char32_t);

/// Length of a match at `at`, 0 for none.
using Rule = std::size_t (*)(Text text, std::size_t at);

bool is_symbol(char32_t c) {
    return !is_space(c) && !is_letter(c) && !is_number(c);
}
bool is_line_break(char32_t c) {
    return c == '\n' || c == '\r';
}

std::size_t run_end(Text text, std::size_t at, Test test) {
    while (at < text.size() && test(text[at].value)) {
        ++at;
    }
    return at;
}

char32_t lower(char32_t c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/// 's 't 're 've 'm 'll 'd
std::size_t contraction(Text text, std::size_t at, bool any_case) {
    static constexpr std::array<std::u32string_view, 7> kEndings{U"s", U"t", U"re", U"ve", U"m", U"ll", U"d"};
    if (text[at].value != '\'') {
        return 0;
    }
    for (const std::u32string_view ending : kEndings) {
        const auto matches = [&](std::size_t i) {
            const char32_t c = text[at + 1 + i].value;
            return (any_case ? lower(c) : c) == ending[i];
        };
        if (text.size() - at > ending.size() && matches(0) && matches(ending.size() - 1)) {
            return 1 + ending.size();
        }
    }
    return 0;
}

/// ` ?X+`
std::size_t spaced_run(Text text, std::size_t at, Test test) {
    const std::size_t begin = at + (text[at].value == ' ' ? 1 : 0);
    const std::size_t end = run_end(text, begin, test);
    return end > begin ? end - at : 0;
}

/// `\s+(?!\S)|\s+`: a run of spaces leaves its last one to the word that follows.
std::size_t spaces(Text text, std::size_t at) {
    const std::size_t length = run_end(text, at, is_space) - at;
    return at + length < text.size() && length > 1 ? length - 1 : length;
}

/// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::size_t gpt2_word(Text text, std::size_t at) {
    if (const std::size_t length = contraction(text, at, false)) {
        return length;
    }
    for (const Test test : {is_letter, is_number, is_symbol}) {
        if (const std::size_t length = spaced_run(text, at, test)) {
            return length;
        }
    }
    return spaces(text, at);
}

/// `[^\r\n\p{L}\p{N}]?\p{L}+`
std::size_t prefixed_letters(Text text, std::size_t at) {
    const char32_t first = text[at].value;
    const bool prefix = !is_line_break(first) && !is_letter(first) && !is_number(first);
    const std::size_t begin = at + (prefix ? 1 : 0);
    const std::size_t end = run_end(text, begin, is_letter);
    return end > begin ? end - at : 0;
}

/// `\s*[\r\n]+`: the longest run of spaces that ends in a line break.
std::size_t spaces_to_line_break(Text text, std::size_t at) {
    std::size_t end = run_end(text, at, is_space);
    while (end > at && !is_line_break(text[end - 1].value)) {
        --end;
    }
    return end - at;
}

/// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
std::size_t qwen2_word(Text text, std::size_t at) {
    if (const std::size_t length = contraction(text, at, true)) {
        return length;
    }
    if (const std::size_t length = prefixed_letters(text, at)) {
        return length;
    }
    if (is_number(text[at].value)) {
        return 1;
    }
    if (const std::size_t length = spaced_run(text, at, is_symbol)) {
        return run_end(text, at + length, is_line_break) - at;
    }
    if (const std::size_t length = spaces_to_line_break(text, at)) {
        return length;
    }
    return spaces(text, at);
}

/// [\p{P}\$\+<=>\^~\|]+
std::size_t default_punctuation(Text text, std::size_t at) {
    const Test test = [](char32_t c) {
        return is_punctuation(c) || std::u32string_view(U"$+<=>^~|").find(c) != std::u32string_view::npos;
    };
    return run_end(text, at, test) - at;
}

/// \p{N}+
std::size_t number_run(Text text, std::size_t at) {
    return run_end(text, at, is_number) - at;
}

/// [0-9][0-9][0-9]
std::size_t three_digits(Text text, std::size_t at) {
    const Test digit = [](char32_t c) { return c >= '0' && c <= '9'; };
    return text.size() - at >= 3 && run_end(text.subspan(at, 3), 0, digit) == 3 ? 3 : 0;
}

/// Cuts each part into matches and the gaps between them.
std::vector<Text> apply(Rule rule, const std::vector<Text>& parts) {
    std::vector<Text> out;
    for (const Text part : parts) {
        std::size_t gap = 0;
        std::size_t at = 0;
        while (at < part.size()) {
            const std::size_t length = rule(part, at);
            if (length == 0) {
                ++at;
                continue;
            }
            if (at > gap) {
                out.push_back(part.subspan(gap, at - gap));
            }
            out.push_back(part.subspan(at, length));
            at += length;
            gap = at;
        }
        if (part.size() > gap) {
            out.push_back(part.subspan(gap));
        }
    }
    return out;
}

template <Rule... kRules>
std::vector<std::string_view> cut(std::string_view text) {
    const std::vector<CodePoint> points = utf8_code_points(text);
    std::vector<Text> parts{points};
    ((parts = apply(kRules, parts)), ...);
    std::vector<std::string_view> words;
    words.reserve(parts.size());
    for (const Text part : parts) {
        const std::string_view last = part.back().bytes;
        const char* begin = part.front().bytes.data();
        words.emplace_back(begin, static_cast<std::size_t>(last.data() + last.size() - begin));
    }
    return words;
}

struct Scheme {
    std::string_view name;
    PreTokenizer cut;
};

constexpr std::array kSchemes{
    Scheme{"gpt-2", cut<gpt2_word>},
    Scheme{"qwen2", cut<qwen2_word>},
    Scheme{"default", cut<default_punctuation, gpt2_word, number_run, three_digits>},
};

}  // namespace

PreTokenizer find_pre_tokenizer(std::string_view name) {
    std::vector<std::string> known;
    for (const Scheme& scheme : kSchemes) {
        if (scheme.name == name) {
            return scheme.cut;
        }
        known.emplace_back(scheme.name);
    }
    throw ConfigError(unknown_name("pre-tokeniser", name, known));
}

}  // namespace handset
