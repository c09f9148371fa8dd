// SPDX-License-Identifier: Apache-2.0
// The key-value pairs of a model file. Numbers of all widths become one integer or one floating type.
// Source: GGUF v3 specification (ggml, docs/gguf.md).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace handset {

class Metadata {
  public:
    using Value = std::variant<std::uint64_t, std::int64_t, double, bool, std::string, std::vector<std::int64_t>,
                               std::vector<double>, std::vector<std::string>>;

    /// False when the key exists already.
    bool add(std::string key, Value value) { return values_.emplace(std::move(key), std::move(value)).second; }
    [[nodiscard]] bool has(std::string_view key) const { return values_.find(key) != values_.end(); }
    [[nodiscard]] const std::map<std::string, Value, std::less<>>& values() const { return values_; }

    // A missing key gives an empty optional; a key of another type throws ConfigError naming the key.
    [[nodiscard]] std::optional<std::uint64_t> integer(std::string_view key) const;
    [[nodiscard]] std::optional<double> number(std::string_view key) const;
    [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
    [[nodiscard]] std::optional<std::string> text(std::string_view key) const;

    /// Removes an array from the metadata and returns it; empty when missing. Vocabularies are large, so they move.
    std::vector<std::string> take_texts(std::string_view key);
    std::vector<double> take_numbers(std::string_view key);
    std::vector<std::int64_t> take_integers(std::string_view key);

  private:
    template <class T>
    [[nodiscard]] const T* get(std::string_view key, std::string_view type) const;
    template <class T>
    std::vector<T> take(std::string_view key, std::string_view type);

    std::map<std::string, Value, std::less<>> values_;
};

}  // namespace handset
