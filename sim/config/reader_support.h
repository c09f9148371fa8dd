// SPDX-License-Identifier: Apache-2.0
// What YamlReader needs besides the types it reads: reporting with limits, and the values of absent structs.
#pragma once

#include "sim/config/erased_config.h"
#include "sim/config/field.h"
#include "sim/config/yaml_document.h"

namespace handset::detail {

/// True when nothing was reported since there were `before` problems; never once the list is full.
bool unharmed(const Errors& errors, std::size_t before);
void report(Errors& errors, const SourceLocation& where, const std::string& path, const std::string& reason);
std::string join_path(const std::string& path, std::string_view name);
bool expect_kind(const Node& node, Node::Kind kind, const std::string& path, Errors& errors);
/// Adds what a check() found below `node`: a problem path that names a key gets that key's location.
void relay(const Errors& found, const Node& node, const std::string& path, Errors& errors);
/// The path a user wrote, relative to the file in which it stands.
std::filesystem::path resolve_path(const Node& node);

/// Gives the fields of an absent optional struct their fallbacks.
struct DefaultsVisitor {
    template <class T>
    void field(std::string_view /*name*/, T& member, const std::type_identity_t<FieldSpec<T>>& spec) {
        if constexpr (requires { spec.fallback; }) {
            if (spec.fallback) {
                member = *spec.fallback;
            } else if constexpr (Structured<T>) {
                member.fields(*this);
            }
        }
    }
    void variant(std::string_view /*key*/, AnyConfig& /*member*/, std::span<const ConfigKind> /*kinds*/,
                 std::string_view /*doc*/) {}
};

}  // namespace handset::detail
