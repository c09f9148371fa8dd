// SPDX-License-Identifier: Apache-2.0
// Expressions over results of runs: + - * / ( ), numbers, mean, geomean, min, max and references such as
// k70.qwen.llm_npu.p1024.time_to_first_token, where a part may be *: then one value per matching run, and arithmetic
// goes element by element. Knows no runs: a lookup gives the values.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace handset {

class Expression {
  public:
    /// One value, or several when the reference has a wildcard.
    using Lookup = std::function<std::vector<double>(const std::string& reference)>;

    struct Term {
        enum class Kind { number, reference, negate, add, subtract, multiply, divide, call };
        Kind kind = Kind::number;
        double number = 0;
        std::string name;  ///< of a reference or function
        std::vector<Term> operands;
    };

    /// Throws ConfigError "'<text>': <reason> at column N".
    explicit Expression(std::string text);

    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::vector<std::string> references() const;
    /// Throws what the lookup throws, and ConfigError when lists of different lengths meet.
    [[nodiscard]] std::vector<double> evaluate(const Lookup& lookup) const;

  private:
    std::string text_;
    Term root_;
};

}  // namespace handset
