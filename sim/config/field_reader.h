// SPDX-License-Identifier: Apache-2.0
// The visitor that fills a config struct from a YAML map. It reports everything that is wrong at once, each problem as
// "file:line:column: path: reason", and then asks the structs that were read well for their cross-field rules.
#pragma once

#include <optional>

#include "sim/config/reader_support.h"
#include "sim/config/scalar.h"

namespace handset {

namespace detail {

template <class T>
void read_value(const Node& node, const std::string& path, T& out, Errors& errors);

}  // namespace detail

class YamlReader {
  public:
    /// `node` must be a map and outlive the reader.
    YamlReader(const Node& node, std::string path, Errors& errors)
        : node_(node), path_(std::move(path)), errors_(errors) {}

    template <class T>
    void field(std::string_view name, T& member, const std::type_identity_t<FieldSpec<T>>& spec) {
        const Node* const node = take(name);
        if (node == nullptr) {
            read_absent(name, member, spec);
            return;
        }
        const std::size_t before = errors_.problems().size();
        detail::read_value(*node, detail::join_path(path_, name), member, errors_);
        if constexpr (requires { spec.min; }) {
            if (detail::unharmed(errors_, before)) {
                check_range(*node, name, member, spec);
            }
        }
    }

    void variant(std::string_view key, AnyConfig& member, std::span<const ConfigKind> kinds, std::string_view doc);

    /// To be called after the last field: reports the keys that no field asked for.
    void finish();

  private:
    const Node* take(std::string_view name);
    void missing(std::string_view name, std::string_view doc);

    template <class T>
    void read_absent(std::string_view name, T& member, const FieldSpec<T>& spec) {
        if constexpr (OptionalType<T>) {
            member.reset();
        } else if (spec.fallback) {
            member = *spec.fallback;
        } else {
            if constexpr (requires { spec.optional; }) {
                if (spec.optional) {
                    member = T{};
                    if constexpr (Structured<T>) {
                        detail::DefaultsVisitor defaults;
                        member.fields(defaults);
                    }
                    return;
                }
            }
            missing(name, spec.doc);
        }
    }

    template <class T>
    void check_range(const Node& node, std::string_view name, const T& member, const FieldSpec<T>& spec) {
        std::string reason;
        if constexpr (OptionalType<T>) {
            reason = range_reason(*member, spec.min, spec.max);
        } else {
            reason = range_reason(member, spec.min, spec.max);
        }
        if (!reason.empty()) {
            detail::report(errors_, node.location(), detail::join_path(path_, name), reason);
        }
    }

    const Node& node_;
    std::string path_;
    Errors& errors_;
    std::vector<std::string> known_;
    bool all_known_ = true;  ///< false when the kind, and with it the set of keys, is unknown
};

namespace detail {

template <Structured T>
void read_struct(const Node& node, const std::string& path, T& out, Errors& errors) {
    if (!expect_kind(node, Node::Kind::map, path, errors)) {
        return;
    }
    const std::size_t before = errors.problems().size();
    YamlReader reader(node, path, errors);
    out.fields(reader);
    reader.finish();
    if constexpr (Checked<T>) {
        if (unharmed(errors, before)) {
            Errors found;
            out.check(found);
            relay(found, node, path, errors);
        }
    }
}

template <class T>
void read_value(const Node& node, const std::string& path, T& out, Errors& errors) {
    if constexpr (Scalar<T>) {
        if (expect_kind(node, Node::Kind::scalar, path, errors)) {
            const std::string reason = parse_scalar(node.scalar, out);
            if (!reason.empty()) {
                report(errors, node.location(), path, reason);
            } else if constexpr (std::same_as<T, std::filesystem::path>) {
                out = resolve_path(node);
            }
        }
    } else if constexpr (OptionalType<T>) {
        read_value(node, path, out.emplace(), errors);
    } else if constexpr (ListType<T>) {
        out.clear();
        if (expect_kind(node, Node::Kind::list, path, errors)) {
            for (const Node& child : node.children) {
                typename T::value_type item{};
                read_value(child, join_path(path, std::to_string(out.size())), item, errors);
                out.push_back(std::move(item));
            }
        }
    } else if constexpr (NameMapType<T>) {
        out.clear();
        if (expect_kind(node, Node::Kind::map, path, errors)) {
            for (const Node& child : node.children) {
                read_value(child, join_path(path, child.key), out[child.key], errors);
            }
        }
    } else {
        static_assert(Structured<T>, "a parameter is a scalar, optional, vector, name map or a struct with fields()");
        read_struct(node, path, out, errors);
    }
}

}  // namespace detail

}  // namespace handset
