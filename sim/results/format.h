// SPDX-License-Identifier: Apache-2.0
// Numbers and tables for people: four significant digits, scaled units, columns as wide as needed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace handset {

/// A number and its scaled unit.
struct Scaled {
    std::string number;
    std::string unit;

    [[nodiscard]] std::string text() const { return unit.empty() ? number : number + " " + unit; }
};

/// SI prefixes from f to T: (0.0123, "s") -> 12.30 ms. A rate such as "token/s" or a bare count ("1") is not scaled.
Scaled scale_si(double value, std::string_view unit);
/// Binary prefixes: 1536 -> 1.500 KiB; whole bytes below 1 KiB.
Scaled scale_bytes(double bytes);
/// Chooses by unit: s, J, W, B, fs, fJ, MAC ... "1" is printed as a percentage.
Scaled scale(double value, std::string_view unit);

/// 1234567 -> "1,234,567".
std::string grouped(std::uint64_t value);
/// 0.1234 -> "12.3 %".
std::string percent(double ratio);

/// Lines of aligned columns, two blanks apart, without trailing blanks.
class TextTable {
  public:
    /// One character per column: 'l' left, 'r' right, 'q' quantity: right, with the units below each other as well.
    explicit TextTable(std::string alignment) : alignment_(std::move(alignment)) {}

    /// As many cells as columns; missing ones are empty.
    void row(std::vector<std::string> cells);
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    /// Every line starts with `indent` blanks and ends with a newline.
    [[nodiscard]] std::string text(std::size_t indent = 0) const;

  private:
    std::string alignment_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace handset
