// SPDX-License-Identifier: Apache-2.0
#include "sim/results/tolerances.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "sim/config/scalar.h"
#include "sim/config/yaml_reader.h"

namespace handset {

namespace {

constexpr std::string_view kSummary = "summary.";
constexpr std::string_view kTokens = "tokens";
constexpr std::uint64_t kOne = 1'000'000'000;  ///< 100 % in parts per billion

constexpr std::array kShares{Unit{"ppb", 1}, Unit{"ppm", 1'000}, Unit{"%", 10'000'000}};
constexpr UnitFamily kShareFamily{"share", "ppb", kShares};

/// Metrics and tokens are matched only by patterns that begin like them.
bool names_special(std::string_view pattern, std::string_view path) {
    for (const std::string_view special : {kSummary, kTokens}) {
        if (path.rfind(special, 0) == 0) {
            return pattern.rfind(special, 0) == 0;
        }
    }
    return true;
}

bool matches(const ToleranceRule& rule, std::string_view path) {
    return names_special(rule.path, path) && matches_pattern(rule.path, path);
}

/// The units in which a counter or metric of this unit is written, with the value of the family's base in it.
struct Written {
    std::string_view unit;
    const UnitFamily& family;
    double base;
};

std::optional<Written> written(std::string_view unit) {
    const std::array<Written, 9> table{{{"fs", unit_family(unit::Time{}), 1},
                                        {"fJ", unit_family(unit::Energy{}), 1},
                                        {"B", unit_family(unit::Size{}), 1},
                                        {"MAC", unit_family(unit::Mac{}), 1},
                                        {"cycle", unit_family(unit::Cycle{}), 1},
                                        {"s", unit_family(unit::Time{}), 1e-15},
                                        {"J", unit_family(unit::Energy{}), 1e-15},
                                        {"W", unit_family(unit::Power{}), 1e-6},
                                        {"B/s", unit_family(unit::Rate{}), 1}}};
    const auto* const found =
        std::find_if(table.begin(), table.end(), [&](const Written& row) { return row.unit == unit; });
    return found == table.end() ? std::nullopt : std::optional<Written>(*found);
}

[[noreturn]] void fail_at(const ToleranceRule& rule, const std::string& reason, std::string_view path) {
    Errors errors;
    errors.add(rule.where, "absolute", reason + ", as '" + rule.path + "' matches " + std::string(path));
    errors.throw_if_any();
    fail_invariant("an error was added");
}

std::uint64_t parse_in(const ToleranceRule& rule, const UnitFamily& family, std::string_view path) {
    std::uint64_t count = 0;
    const std::string reason = parse_quantity(*rule.absolute, family, count);
    if (!reason.empty()) {
        fail_at(rule, reason, path);
    }
    return count;
}

/// "0.5 token/s" for units that have no family: the number, when the unit is that one.
double parse_plain(const ToleranceRule& rule, std::string_view unit, std::string_view path) {
    const std::string_view text = *rule.absolute;
    const std::size_t blank = text.find(' ');
    double amount = 0;
    const bool number = parse_double(text.substr(0, blank), amount).empty();
    if (!number || blank == std::string_view::npos || text.substr(text.find_first_not_of(' ', blank)) != unit) {
        fail_at(rule, "'" + std::string(text) + "' is no amount in " + std::string(unit), path);
    }
    return amount;
}

Band band_of(const ToleranceRule& rule) {
    Band band;
    if (rule.relative) {
        band.kind = Band::Kind::relative;
        band.share = *rule.relative;
        band.text = print_scalar(*rule.relative);
    } else if (rule.absolute) {
        band.kind = Band::Kind::absolute;
        band.text = *rule.absolute;
    } else if (rule.ignore) {
        band.kind = Band::Kind::ignore;
        band.text = "ignored";
    }
    return band;
}

}  // namespace

const UnitFamily& unit_family(ShareUnit /*tag*/) {
    return kShareFamily;
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;  // the last star takes one character more
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

void ToleranceRule::check(Errors& errors) const {
    const int bands = static_cast<int>(relative.has_value()) + static_cast<int>(absolute.has_value()) +
                      static_cast<int>(ignore) + static_cast<int>(exact);
    if (path.empty()) {
        errors.add("path", "is empty");
    }
    if (bands != 1) {
        errors.add(bands == 0 ? "" : "path", "expected one of relative, absolute, ignore: true and exact: true");
    }
    if (absolute) {
        const std::size_t number = absolute->find_first_not_of("0123456789.");
        if (number == 0 || number == std::string::npos) {
            errors.add("absolute", "'" + *absolute + "' is no amount with a unit, such as 10 us or 4 events");
        }
    }
    if (path == kTokens && !ignore && !exact) {
        errors.add("path", "tokens are equal or not: expected ignore: true or exact: true");
    }
}

bool Band::holds(std::uint64_t base, std::uint64_t now) const {
    const std::uint64_t change = now > base ? now - base : base - now;
    switch (kind) {
        case Kind::relative:
            return Wide{change} * kOne <= Wide{base} * share.count();
        case Kind::absolute:
            return change <= count;
        case Kind::ignore:
            return true;
        case Kind::exact:
            break;
    }
    return change == 0;
}

bool Band::holds(double base, double now) const {
    const double change = std::abs(now - base);
    switch (kind) {
        case Kind::relative:
            return change <= std::abs(base) * (static_cast<double>(share.count()) / static_cast<double>(kOne));
        case Kind::absolute:
            return change <= amount;
        case Kind::ignore:
            return true;
        case Kind::exact:
            break;
    }
    return now == base || (std::isnan(now) && std::isnan(base));
}

const ToleranceRule* Tolerances::last_match(std::string_view path) const {
    const auto found =
        std::find_if(rules_.rbegin(), rules_.rend(), [&](const ToleranceRule& rule) { return matches(rule, path); });
    return found == rules_.rend() ? nullptr : &*found;
}

Band Tolerances::for_counter(std::string_view path, std::string_view unit) const {
    const ToleranceRule* const rule = last_match(path);
    Band band = rule == nullptr ? Band{} : band_of(*rule);
    if (band.kind == Band::Kind::absolute) {
        const std::optional<Written> known = written(unit);
        band.count = parse_in(*rule, known ? known->family : unit_family(unit::Event{}), path);
    }
    return band;
}

std::optional<Band> Tolerances::for_metric(std::string_view name, std::string_view unit) const {
    const std::string path = std::string(kSummary) + std::string(name);
    const ToleranceRule* const rule = last_match(path);
    if (rule == nullptr) {
        return std::nullopt;
    }
    Band band = band_of(*rule);
    if (band.kind == Band::Kind::absolute) {
        if (const std::optional<Written> known = written(unit)) {
            band.amount = static_cast<double>(parse_in(*rule, known->family, path)) * known->base;
        } else if (unit == "1") {
            band.amount = static_cast<double>(parse_in(*rule, kShareFamily, path)) / static_cast<double>(kOne);
        } else {
            band.amount = parse_plain(*rule, unit, path);
        }
    }
    return band;
}

bool Tolerances::ignores_tokens() const {
    const ToleranceRule* const rule = last_match(kTokens);
    return rule != nullptr && rule->ignore;
}

std::vector<std::string> Tolerances::idle_rules(const std::vector<std::string>& paths) const {
    std::vector<std::string> out;
    for (const ToleranceRule& rule : rules_) {
        if (std::none_of(paths.begin(), paths.end(), [&](const std::string& path) { return matches(rule, path); })) {
            out.push_back(rule.where.text() + ": '" + rule.path + "' matches nothing");
        }
    }
    return out;
}

Tolerances load_tolerances(const std::string& file) {
    Errors errors;
    const std::optional<Node> root = load_yaml(file, errors);
    if (!root) {
        errors.throw_if_any();
    }
    ToleranceConfig config = read_config<ToleranceConfig>(*root, errors);
    errors.throw_if_any();
    const Node* const rules = root->find("rules");
    for (std::size_t i = 0; i < config.rules.size(); ++i) {
        const Node& rule = rules->children.at(i);
        const Node* const amount = rule.find("absolute");
        config.rules[i].where = amount == nullptr ? rule.location() : amount->location();
    }
    return Tolerances(std::move(config.rules));
}

}  // namespace handset
