// SPDX-License-Identifier: Apache-2.0
#include "sim/app/study_expression.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "sim/base/errors.h"
#include "sim/base/text.h"

namespace handset {

namespace {

using Term = Expression::Term;
using Values = std::vector<double>;

constexpr int kMaxDepth = 64;
constexpr std::array<std::string_view, 4> kFunctions{"mean", "geomean", "min", "max"};

bool is_name(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Term parse() {
        Term term = sum();
        if (!at_end()) {
            fail("unexpected '" + std::string(1, text_[at_]) + "'");
        }
        return term;
    }

  private:
    [[noreturn]] void fail(const std::string& reason) const {
        throw ConfigError("'" + std::string(text_) + "': " + reason + " at column " + std::to_string(at_ + 1));
    }

    bool at_end() {
        while (at_ < text_.size() && text_[at_] == ' ') {
            ++at_;
        }
        return at_ == text_.size();
    }

    bool take(char c) {
        if (at_end() || text_[at_] != c) {
            return false;
        }
        ++at_;
        return true;
    }

    Term sum() {
        Term left = product();
        while (true) {
            const bool add = take('+');
            if (!add && !take('-')) {
                return left;
            }
            Term right = product();
            left = {add ? Term::Kind::add : Term::Kind::subtract, 0, {}, {std::move(left), std::move(right)}};
        }
    }

    Term product() {
        Term left = factor();
        while (true) {
            const bool multiply = take('*');
            if (!multiply && !take('/')) {
                return left;
            }
            Term right = factor();
            left = {multiply ? Term::Kind::multiply : Term::Kind::divide, 0, {}, {std::move(left), std::move(right)}};
        }
    }

    Term factor() {
        if (++depth_ > kMaxDepth) {
            fail("nested too deeply");
        }
        Term term = primary();
        --depth_;
        return term;
    }

    Term primary() {
        if (take('-')) {
            return {Term::Kind::negate, 0, {}, {factor()}};
        }
        if (take('(')) {
            Term inner = sum();
            expect_close();
            return inner;
        }
        if (at_end()) {
            fail("expected a value");
        }
        const char first = text_[at_];
        if (std::isdigit(static_cast<unsigned char>(first)) != 0 || first == '.') {
            return number();
        }
        if (!is_name(first) && first != '*') {
            fail("expected a value, got '" + std::string(1, first) + "'");
        }
        return name();
    }

    void expect_close() {
        if (!take(')')) {
            fail("expected ')'");
        }
    }

    Term number() {
        double value = 0;
        const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
        if (error != std::errc{}) {
            fail("not a number");
        }
        at_ = static_cast<std::size_t>(end - text_.data());
        return {Term::Kind::number, value, {}, {}};
    }

    /// A reference has dots, a function has an opening bracket.
    Term name() {
        const std::size_t begin = at_;
        bool more = true;
        while (more) {
            if (at_ < text_.size() && text_[at_] == '*') {
                ++at_;
            } else {
                const std::size_t part = at_;
                while (at_ < text_.size() && is_name(text_[at_])) {
                    ++at_;
                }
                if (part == at_) {
                    fail("a name is incomplete");
                }
            }
            more = at_ < text_.size() && text_[at_] == '.';
            at_ += more ? 1 : 0;
        }
        const std::string word(text_.substr(begin, at_ - begin));
        return take('(') ? call(word) : Term{Term::Kind::reference, 0, word, {}};
    }

    Term call(const std::string& function) {
        if (std::find(kFunctions.begin(), kFunctions.end(), function) == kFunctions.end()) {
            fail(unknown_name("function", function, std::vector<std::string>(kFunctions.begin(), kFunctions.end())));
        }
        Term term{Term::Kind::call, 0, function, {}};
        do {
            term.operands.push_back(sum());
        } while (take(','));
        expect_close();
        return term;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

double combine(Term::Kind kind, double a, double b) {
    switch (kind) {
        case Term::Kind::add:
            return a + b;
        case Term::Kind::subtract:
            return a - b;
        case Term::Kind::multiply:
            return a * b;
        default:
            return a / b;
    }
}

double reduce(const std::string& function, const Values& values) {
    if (values.empty()) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    // A missing value must not vanish in a comparison.
    if (std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); })) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    if (function == "min") {
        return *std::min_element(values.begin(), values.end());
    }
    if (function == "max") {
        return *std::max_element(values.begin(), values.end());
    }
    const auto count = static_cast<double>(values.size());
    if (function == "mean") {
        return std::accumulate(values.begin(), values.end(), 0.0) / count;
    }
    const double logs =
        std::accumulate(values.begin(), values.end(), 0.0, [](double sum, double v) { return sum + std::log(v); });
    return std::exp(logs / count);
}

class Evaluator {
  public:
    Evaluator(const Expression::Lookup& lookup, const std::string& text) : lookup_(lookup), text_(text) {}

    [[nodiscard]] Values value_of(const Term& term) const {
        switch (term.kind) {
            case Term::Kind::number:
                return {term.number};
            case Term::Kind::reference:
                return lookup_(term.name);
            case Term::Kind::negate: {
                Values values = value_of(term.operands.front());
                std::transform(values.begin(), values.end(), values.begin(), std::negate<>());
                return values;
            }
            case Term::Kind::call: {
                Values all;
                for (const Term& operand : term.operands) {
                    const Values values = value_of(operand);
                    all.insert(all.end(), values.begin(), values.end());
                }
                return {reduce(term.name, all)};
            }
            default:
                return binary(term);
        }
    }

  private:
    [[nodiscard]] Values binary(const Term& term) const {
        const Values left = value_of(term.operands[0]);
        const Values right = value_of(term.operands[1]);
        if (left.size() != right.size() && left.size() != 1 && right.size() != 1) {
            throw ConfigError("'" + text_ + "': lists of " + std::to_string(left.size()) + " and " +
                              std::to_string(right.size()) + " values cannot be combined");
        }
        Values out(std::max(left.size(), right.size()));
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = combine(term.kind, left[left.size() == 1 ? 0 : i], right[right.size() == 1 ? 0 : i]);
        }
        return out;
    }

    const Expression::Lookup& lookup_;
    const std::string& text_;
};

void collect(const Term& term, std::vector<std::string>& names) {
    if (term.kind == Term::Kind::reference) {
        names.push_back(term.name);
    }
    for (const Term& operand : term.operands) {
        collect(operand, names);
    }
}

}  // namespace

Expression::Expression(std::string text) : text_(std::move(text)), root_(Parser(text_).parse()) {}

std::vector<std::string> Expression::references() const {
    std::vector<std::string> names;
    collect(root_, names);
    return names;
}

std::vector<double> Expression::evaluate(const Lookup& lookup) const {
    return Evaluator(lookup, text_).value_of(root_);
}

}  // namespace handset
