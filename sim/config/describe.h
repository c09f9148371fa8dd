// SPDX-License-Identifier: Apache-2.0
// The visitor that turns a config struct into a description of its parameters, which the parameter reference and the
// JSON schema are written from. Needs no YAML.
#pragma once

#include "sim/config/resolved_writer.h"

namespace handset {

struct FieldInfo;
struct KindInfo;

struct TypeInfo {
    enum class Kind : std::uint8_t {
        boolean,
        integer,
        number,
        text,
        path,
        quantity,
        enumeration,
        list,
        map,
        structure
    };

    Kind kind = Kind::text;
    const UnitFamily* units = nullptr;  ///< of quantities
    std::vector<std::string> names;     ///< of enumerations
    std::vector<TypeInfo> element;      ///< of lists and maps: one
    std::vector<FieldInfo> fields;      ///< of structures
    std::string kind_key;               ///< of structures with a variant: the key that selects one of `kinds`
    std::string kind_doc;
    std::vector<KindInfo> kinds;
};

struct FieldInfo {
    std::string name;
    std::string doc;
    TypeInfo type;
    bool required = true;
    std::string fallback;  ///< YAML text of the default, empty when absence is the default
    std::string min;
    std::string max;
};

struct KindInfo {
    std::string name;
    std::string doc;
    std::vector<FieldInfo> fields;  ///< beside those of the structure
};

class Describer {
  public:
    template <class T>
    void field(std::string_view name, T& member, const std::type_identity_t<FieldSpec<T>>& spec);
    void variant(std::string_view key, AnyConfig& member, std::span<const ConfigKind> kinds, std::string_view doc);

    [[nodiscard]] TypeInfo take() { return std::move(info_); }

  private:
    TypeInfo info_;
};

/// The type at a dotted path: names of fields, and below a map of kinds the name of one ("components.cpu.clusters");
/// any name stands for the elements of other maps and lists. Throws ConfigError that lists the known names.
TypeInfo type_at(const TypeInfo& root, std::string_view path);

/// Of a type, by visiting a default-constructed value.
template <class T>
TypeInfo describe() {
    using Kind = TypeInfo::Kind;
    TypeInfo info;
    if constexpr (OptionalType<T>) {
        return describe<typename T::value_type>();
    } else if constexpr (std::same_as<T, bool>) {
        info.kind = Kind::boolean;
    } else if constexpr (WholeNumber<T>) {
        info.kind = Kind::integer;
    } else if constexpr (std::same_as<T, double>) {
        info.kind = Kind::number;
    } else if constexpr (QuantityType<T>) {
        info.kind = Kind::quantity;
        info.units = &unit_family_of(T{});
    } else if constexpr (NamedEnum<T>) {
        info.kind = Kind::enumeration;
        for (const auto& [name, value] : enum_names(T{})) {
            info.names.emplace_back(name);
        }
    } else if constexpr (Scalar<T>) {
        info.kind = std::same_as<T, std::string> ? Kind::text : Kind::path;
    } else if constexpr (ListType<T>) {
        info.kind = Kind::list;
        info.element.push_back(describe<typename T::value_type>());
    } else if constexpr (NameMapType<T>) {
        info.kind = Kind::map;
        info.element.push_back(describe<typename T::mapped_type>());
    } else {
        T value{};
        Describer describer;
        value.fields(describer);
        info = describer.take();
        info.kind = Kind::structure;
    }
    return info;
}

template <class T>
void Describer::field(std::string_view name, T& /*member*/, const std::type_identity_t<FieldSpec<T>>& spec) {
    FieldInfo& info = info_.fields.emplace_back();
    info.name = name;
    info.doc = spec.doc;
    info.type = describe<T>();
    if constexpr (OptionalType<T>) {
        info.required = false;
    } else if (spec.fallback) {
        info.required = false;
        info.fallback = ResolvedWriter({}).block(*spec.fallback);
        info.fallback.erase(0, 1);
    }
    if constexpr (!OptionalType<T> && requires { spec.optional; }) {
        info.required = info.required && !spec.optional;
    }
    if constexpr (requires { spec.min; }) {
        info.min = spec.min ? print_scalar(*spec.min) : "";
        info.max = spec.max ? print_scalar(*spec.max) : "";
        if constexpr (!OptionalType<T>) {
            // The resolved text of an untouched config must read back.
            ensure(!spec.fallback || range_reason(*spec.fallback, spec.min, spec.max).empty(),
                   "the default of '" + info.name + "' is outside its own range");
        }
    }
}

}  // namespace handset
