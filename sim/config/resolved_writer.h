// SPDX-License-Identifier: Apache-2.0
// The visitor that writes a config back as YAML: every parameter with its unit, in declaration order, so that equal
// configs give equal text and the text reads back as the same config. Values equal to their default are marked.
#pragma once

#include <functional>

#include "sim/config/erased_config.h"
#include "sim/config/field.h"
#include "sim/config/scalar.h"

namespace handset {

/// A scalar as YAML: quoted unless every YAML reader takes the plain text for the same string.
std::string quote_yaml(std::string_view text);

struct ResolvedOptions {
    /// Paths are written relative to this directory (where the text will be stored); empty: as they are, that is
    /// absolute or relative to the working directory.
    std::filesystem::path directory = {};
    bool mark_defaults = true;
    /// Writes something else for a path that is not empty, such as a hash of the file.
    std::function<std::string(const std::filesystem::path&)> path_name = {};
};

class ResolvedWriter {
  public:
    explicit ResolvedWriter(ResolvedOptions options, std::size_t indent = 0)
        : options_(std::move(options)), indent_(indent) {}

    template <class T>
    void field(std::string_view name, T& member, const std::type_identity_t<FieldSpec<T>>& spec) {
        if constexpr (OptionalType<T>) {
            if (member) {
                line(name, block(*member), false);
            }
        } else {
            const std::string text = block(member);
            line(name, text, spec.fallback && text == block(*spec.fallback));
        }
    }

    void variant(std::string_view key, AnyConfig& member, std::span<const ConfigKind> kinds, std::string_view doc);

    [[nodiscard]] const std::string& text() const { return text_; }

    /// What follows "name:": " value" or the indented lines of a struct, list or map.
    template <class T>
    [[nodiscard]] std::string block(const T& value) const;

  private:
    void line(std::string_view name, const std::string& value, bool is_default);
    [[nodiscard]] std::string path_text(const std::filesystem::path& path) const;
    /// Sets "- " in front of the lines of a list item that is itself indented.
    static std::string item(const std::string& value, std::size_t indent);

    ResolvedOptions options_;
    std::size_t indent_;
    std::string text_;
};

template <class T>
std::string ResolvedWriter::block(const T& value) const {
    constexpr std::size_t kStep = 2;
    if constexpr (std::same_as<T, std::filesystem::path>) {
        return " " + quote_yaml(path_text(value));
    } else if constexpr (std::same_as<T, std::string>) {
        return " " + quote_yaml(value);
    } else if constexpr (Scalar<T>) {
        return " " + print_scalar(value);
    } else if constexpr (ListType<T>) {
        std::string out;
        const ResolvedWriter nested(options_, indent_ + kStep);
        for (const typename T::value_type& element : value) {
            if constexpr (Scalar<typename T::value_type>) {
                out += (out.empty() ? "" : ",") + nested.block(element);
            } else {
                out += item(nested.block(element), indent_ + kStep);
            }
        }
        if constexpr (Scalar<typename T::value_type>) {
            return " [" + (out.empty() ? "" : out.substr(1)) + "]";
        }
        return out.empty() ? " []" : out;
    } else {
        ResolvedWriter nested(options_, indent_ + kStep);
        if constexpr (NameMapType<T>) {
            for (const auto& [name, element] : value) {
                nested.line(name, nested.block(element), false);
            }
        } else {
            // fields() serves reading visitors too and hence is not const; this visitor changes nothing.
            const_cast<T&>(value).fields(nested);
        }
        return nested.text_.empty() ? " {}" : "\n" + nested.text_.substr(0, nested.text_.size() - 1);
    }
}

/// The whole config as YAML text.
template <Structured Config>
std::string write_resolved(const Config& config, const ResolvedOptions& options = {}) {
    ResolvedWriter writer(options);
    const_cast<Config&>(config).fields(writer);
    return writer.text();
}

/// Stable 64-bit FNV-1a of a text, as 16 hexadecimal digits: names a resolved configuration.
std::string config_hash(std::string_view text);

}  // namespace handset
