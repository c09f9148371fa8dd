// SPDX-License-Identifier: Apache-2.0
#include "sim/config/describe.h"

#include <algorithm>

#include "sim/base/text.h"

namespace handset {

namespace {

template <class Named>
const Named* find_named(const std::vector<Named>& rows, std::string_view name) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const Named& row) { return row.name == name; });
    return found == rows.end() ? nullptr : &*found;
}

/// One kind only, so that its fields can be named.
std::optional<TypeInfo> kind_of(const TypeInfo& type, std::string_view name) {
    const KindInfo* const kind = find_named(type.kinds, name);
    if (kind == nullptr) {
        return std::nullopt;
    }
    TypeInfo one = type;
    one.kinds = {*kind};
    return one;
}

std::optional<TypeInfo> field_of(const TypeInfo& type, std::string_view name) {
    if (const FieldInfo* const field = find_named(type.fields, name)) {
        return field->type;
    }
    const FieldInfo* const field = type.kinds.size() == 1 ? find_named(type.kinds.front().fields, name) : nullptr;
    return field == nullptr ? std::nullopt : std::optional(field->type);
}

std::vector<std::string> names_in(const TypeInfo& type) {
    std::vector<std::string> names;
    for (const FieldInfo& field : type.fields) {
        names.push_back(field.name);
    }
    for (const KindInfo& kind : type.kinds) {
        if (type.kinds.size() > 1) {
            names.push_back(kind.name);
        }
        for (const FieldInfo& field : type.kinds.size() == 1 ? kind.fields : std::vector<FieldInfo>{}) {
            names.push_back(field.name);
        }
    }
    return names;
}

}  // namespace

TypeInfo type_at(const TypeInfo& root, std::string_view path) {
    TypeInfo type = root;
    for (const std::string& name : split(path, '.')) {
        if (!type.element.empty()) {
            TypeInfo element = type.element.front();
            type = std::move(element);
            if (type.kinds.size() <= 1) {
                continue;
            }
        }
        std::optional<TypeInfo> next = type.kinds.size() > 1 ? kind_of(type, name) : std::nullopt;
        next = next ? next : field_of(type, name);
        if (!next) {
            throw ConfigError(unknown_name("parameter", name, names_in(type)));
        }
        type = std::move(*next);
    }
    return type;
}

void Describer::variant(std::string_view key, AnyConfig& /*member*/, std::span<const ConfigKind> kinds,
                        std::string_view doc) {
    info_.kind_key = key;
    info_.kind_doc = doc;
    for (const ConfigKind& kind : kinds) {
        Describer describer;
        kind.make()->describe(describer);
        info_.kinds.push_back({std::string(kind.name), std::string(kind.doc), std::move(describer.info_.fields)});
    }
}

}  // namespace handset
