// SPDX-License-Identifier: Apache-2.0
// How a parameter is declared: a config struct lists its members once in `fields(Visitor&)`; reader, resolved dump,
// documentation and schema are visitors. Knows no parameter itself and needs no YAML.
//
//   v.field("capacity", capacity, {.doc = "total capacity", .min = 1_GiB});        required
//   v.field("banks", banks, {.doc = "banks per rank", .fallback = 16});            absent: 16
//   v.field("clusters", clusters, {.doc = "core clusters", .optional = true});     absent: empty / all defaults
//   v.field("bias", bias, {.doc = "..."});   std::optional<T> member               absent: std::nullopt
//
// `.fallback = {}` is an empty std::optional, hence "required": write `.optional = true` for empty containers. An
// absent optional struct has the value its default constructor and the fallbacks of its fields give; a struct that is
// missing or complete is a std::optional<Struct>. A struct may add `void check(Errors&) const` for rules across its
// fields. Config structs must not contain themselves.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

namespace detail {
template <class T>
struct IsQuantity : std::false_type {};
template <class Tag>
struct IsQuantity<Quantity<Tag>> : std::true_type {};

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

template <class T>
struct IsNameMap : std::false_type {};
template <class T>
struct IsNameMap<std::map<std::string, T>> : std::true_type {};
}  // namespace detail

template <class T>
concept QuantityType = detail::IsQuantity<T>::value;
template <class T>
concept WholeNumber = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;
/// Types that may have a range.
template <class T>
concept Ranged = WholeNumber<T> || std::same_as<T, double> || QuantityType<T>;
/// An enum whose names are found by `std::span<const std::pair<std::string_view, E>> enum_names(E)` beside it.
template <class E>
concept NamedEnum = std::is_enum_v<E> && requires(E e) {
    { enum_names(e) } -> std::convertible_to<std::span<const std::pair<std::string_view, E>>>;
};
template <class T>
concept Scalar = Ranged<T> || NamedEnum<T> || std::same_as<T, bool> || std::same_as<T, std::string> ||
    std::same_as<T, std::filesystem::path>;
template <class T>
concept OptionalType = detail::IsOptional<T>::value;
template <class T>
concept ListType = detail::IsVector<T>::value;
template <class T>
concept NameMapType = detail::IsNameMap<T>::value;

/// Structs, lists and maps.
template <class T>
struct FieldSpec {
    std::string_view doc = {};
    std::optional<T> fallback = {};
    bool optional = false;
};

template <Scalar T>
struct FieldSpec<T> {
    std::string_view doc = {};
    std::optional<T> fallback = {};
};

template <Ranged T>
struct FieldSpec<T> {
    std::string_view doc = {};
    std::optional<T> min = {};
    std::optional<T> max = {};
    std::optional<T> fallback = {};
};

/// Always optional; `optional` may be written for clarity.
template <class T>
struct FieldSpec<std::optional<T>> {
    std::string_view doc = {};
    bool optional = true;
};

template <Ranged T>
struct FieldSpec<std::optional<T>> {
    std::string_view doc = {};
    std::optional<T> min = {};
    std::optional<T> max = {};
    bool optional = true;
};

class AnyConfig;
struct ConfigKind;

/// What every visitor offers. `variant` reads the key `key` ("kind"), which selects one of `kinds`, and then visits the
/// fields of the selected config in the same map.
struct VisitorArchetype {
    template <class T>
    void field(std::string_view name, T& member, const std::type_identity_t<FieldSpec<T>>& spec);
    void variant(std::string_view key, AnyConfig& member, std::span<const ConfigKind> kinds, std::string_view doc);
};

/// A config struct.
template <class T>
concept Structured = std::is_class_v<T> && requires(T& value, VisitorArchetype& visitor) {
    value.fields(visitor);
};

template <class T>
concept Checked = requires(const T& value, Errors& errors) {
    value.check(errors);
};

}  // namespace handset
