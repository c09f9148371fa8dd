// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/metadata.h"

#include "sim/base/errors.h"

namespace handset {

template <class T>
const T* Metadata::get(std::string_view key, std::string_view type) const {
    const auto found = values_.find(key);
    if (found == values_.end()) {
        return nullptr;
    }
    const T* value = std::get_if<T>(&found->second);
    if (value == nullptr) {
        throw ConfigError("metadata key '" + std::string(key) + "' is not " + std::string(type));
    }
    return value;
}

template <class T>
std::vector<T> Metadata::take(std::string_view key, std::string_view type) {
    if (get<std::vector<T>>(key, type) == nullptr) {
        return {};
    }
    const auto found = values_.find(key);
    std::vector<T> taken = std::move(std::get<std::vector<T>>(found->second));
    values_.erase(found);
    return taken;
}

std::optional<std::uint64_t> Metadata::integer(std::string_view key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) {
        return std::nullopt;
    }
    // Writers disagree about signedness of counts and ids; a negative one is an error either way.
    if (const auto* value = std::get_if<std::int64_t>(&found->second)) {
        if (*value < 0) {
            throw ConfigError("metadata key '" + std::string(key) + "' is negative");
        }
        return static_cast<std::uint64_t>(*value);
    }
    return *get<std::uint64_t>(key, "an integer");
}

std::optional<double> Metadata::number(std::string_view key) const {
    const auto* value = get<double>(key, "a floating-point number");
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<bool> Metadata::boolean(std::string_view key) const {
    const auto* value = get<bool>(key, "a boolean");
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::string> Metadata::text(std::string_view key) const {
    const auto* value = get<std::string>(key, "a text");
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::vector<std::string> Metadata::take_texts(std::string_view key) {
    return take<std::string>(key, "an array of texts");
}
std::vector<double> Metadata::take_numbers(std::string_view key) {
    return take<double>(key, "an array of floating-point numbers");
}
std::vector<std::int64_t> Metadata::take_integers(std::string_view key) {
    return take<std::int64_t>(key, "an array of integers");
}

}  // namespace handset
