// SPDX-License-Identifier: Apache-2.0
#include "sim/config/resolved_writer.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace handset {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Plain words that YAML readers take for something else than a string.
constexpr std::array<std::string_view, 10> kReserved{"null", "true", "false", "yes", "no", "on", "off", "y", "n", "~"};

bool is_plain(std::string_view text) {
    const auto letter = [](unsigned char c) { return std::isalpha(c) != 0 || c == '_'; };
    const auto inner = [&](unsigned char c) {
        return letter(c) || std::isdigit(c) != 0 || c == '.' || c == '/' || c == '-';
    };
    if (text.empty() || !letter(static_cast<unsigned char>(text.front())) ||
        !std::all_of(text.begin(), text.end(), inner)) {
        return false;
    }
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::find(kReserved.begin(), kReserved.end(), lower) == kReserved.end();
}

}  // namespace

std::string quote_yaml(std::string_view text) {
    if (is_plain(text)) {
        return std::string(text);
    }
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += "\\x";
            out += kHexDigits[byte >> 4U];
            out += kHexDigits[byte & 0xfU];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

void ResolvedWriter::variant(std::string_view key, AnyConfig& member, std::span<const ConfigKind> /*kinds*/,
                             std::string_view /*doc*/) {
    if (!member.empty()) {
        line(key, " " + quote_yaml(member.kind()), false);
        member.erased()->write(*this);
    }
}

void ResolvedWriter::line(std::string_view name, const std::string& value, bool is_default) {
    text_ += std::string(indent_, ' ') + quote_yaml(name) + ":" + value;
    const bool one_line = value.find('\n') == std::string::npos;
    text_ += is_default && one_line && options_.mark_defaults ? "  # default\n" : "\n";
}

std::string ResolvedWriter::path_text(const std::filesystem::path& path) const {
    if (options_.path_name && !path.empty()) {
        return options_.path_name(path);
    }
    if (path.empty() || options_.directory.empty()) {
        return path.generic_string();
    }
    return std::filesystem::proximate(path, options_.directory).generic_string();
}

std::string ResolvedWriter::item(const std::string& value, std::size_t indent) {
    const std::string dash = "\n" + std::string(indent, ' ') + "-";
    if (!value.starts_with('\n')) {
        return dash + value;
    }
    return dash + " " + value.substr(1 + indent + 2);
}

std::string config_hash(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    std::string out(16, '0');
    for (std::size_t i = out.size(); i-- > 0; hash >>= 4U) {
        out[i] = kHexDigits[hash & 0xfU];
    }
    return out;
}

}  // namespace handset
