// SPDX-License-Identifier: Apache-2.0
#include "sim/results/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "sim/results/format.h"

namespace handset {
namespace {

double relative_change(std::uint64_t base, std::uint64_t now) {
    if (base == 0) {
        return now == 0 ? 0 : std::numeric_limits<double>::infinity();
    }
    const double size = static_cast<double>(now > base ? now - base : base - now) / static_cast<double>(base);
    return now > base ? size : -size;
}

void compare_counter(const CounterValue& base, const CounterValue& now, Comparison& out) {
    ++out.components[component_of(base.path)];
    if (base.unit != now.unit || base.kind != now.kind) {
        out.missing.push_back(base);
        out.added.push_back(now);
    } else if (base.value == now.value) {
        ++out.equal;
    } else {
        out.changed.push_back({base.path, base.unit, base.value, now.value, relative_change(base.value, now.value)});
    }
}

void compare_counters(const Snapshot& base, const Snapshot& now, Comparison& out) {
    auto left = base.begin();
    auto right = now.begin();
    while (left != base.end() || right != now.end()) {
        if (right == now.end() || (left != base.end() && left->path < right->path)) {
            ++out.components[component_of(left->path)];
            out.missing.push_back(*left++);
        } else if (left == base.end() || right->path < left->path) {
            ++out.components[component_of(right->path)];
            out.added.push_back(*right++);
        } else {
            compare_counter(*left++, *right++, out);
        }
    }
    std::stable_sort(out.changed.begin(), out.changed.end(), [](const Difference& a, const Difference& b) {
        return std::abs(a.relative) > std::abs(b.relative);
    });
}

void compare_attributes(const RunResult& base, const RunResult& now, Comparison& out) {
    for (const auto& [name, value] : base.attributes) {
        if (attribute(now, name) != value) {
            out.attributes.push_back({name, value, std::string(attribute(now, name))});
        }
    }
    for (const auto& [name, value] : now.attributes) {
        const bool known = std::any_of(base.attributes.begin(), base.attributes.end(),
                                       [&name = name](const auto& entry) { return entry.first == name; });
        if (!known) {
            out.attributes.push_back({name, "", value});
        }
    }
}

/// "+8.1 %", "-0.0000123 %", "from 0": small changes must not round to nothing, an exact comparison found them.
std::string change_text(double relative) {
    if (std::isinf(relative)) {
        return "from 0";
    }
    const double value = relative * 100;
    return std::abs(value) >= 0.005 ? fmt::format("{:+.2f} %", value) : fmt::format("{:+.2g} %", value);
}

/// Components in the order of their first, that is largest, difference.
std::vector<std::string> ranked_components(const Comparison& comparison) {
    std::vector<std::string> names;
    for (const Difference& difference : comparison.changed) {
        std::string name = component_of(difference.path);
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            names.push_back(std::move(name));
        }
    }
    return names;
}

std::string changed_text(const Comparison& comparison, const std::string& component) {
    TextTable table("lrqr");
    table.row({"counter", "base", "now", "change"});
    for (const Difference& difference : comparison.changed) {
        if (component_of(difference.path) == component) {
            table.row({difference.path, grouped(difference.base), grouped(difference.now) + " " + difference.unit,
                       change_text(difference.relative)});
        }
    }
    return table.text(2);
}

std::string rows_text(const Snapshot& rows) {
    TextTable table("lq");
    for (const CounterValue& row : rows) {
        table.row({row.path, grouped(row.value) + " " + row.unit});
    }
    return table.text(2);
}

std::string token_text(std::size_t position) {
    return fmt::format("generated tokens differ from position {} on\n", position);
}

std::string xml_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                // XML 1.0 has no control characters, not even escaped ones.
                out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
        }
    }
    return out;
}

struct TestCase {
    std::string name;
    std::string message;  ///< empty when passed
    std::string details;
    std::string output;
};

Snapshot of_component(const Snapshot& rows, const std::string& component) {
    Snapshot out;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(out),
                 [&](const CounterValue& row) { return component_of(row.path) == component; });
    return out;
}

TestCase component_case(const Comparison& comparison, const std::string& component) {
    const auto changed = std::count_if(comparison.changed.begin(), comparison.changed.end(),
                                       [&](const auto& row) { return component_of(row.path) == component; });
    const Snapshot missing = of_component(comparison.missing, component);
    const Snapshot added = of_component(comparison.added, component);
    TestCase test{component, "", "", ""};
    if (changed > 0 || !missing.empty()) {
        test.message = fmt::format("{} changed, {} missing", changed, missing.size());
        test.details = changed > 0 ? changed_text(comparison, component) : "";
        test.details += missing.empty() ? "" : "missing\n" + rows_text(missing);
    }
    test.output = added.empty() ? "" : "new\n" + rows_text(added);
    return test;
}

std::string xml_of(const TestCase& test) {
    std::string out = fmt::format(R"(    <testcase classname="handset.compare" name="{}")", xml_escaped(test.name));
    if (test.message.empty() && test.output.empty()) {
        return out + "/>\n";
    }
    out += ">\n";
    if (!test.message.empty()) {
        out += fmt::format("      <failure message=\"{}\">{}</failure>\n", xml_escaped(test.message),
                           xml_escaped(test.details));
    }
    if (!test.output.empty()) {
        out += fmt::format("      <system-out>{}</system-out>\n", xml_escaped(test.output));
    }
    return out + "    </testcase>\n";
}

}  // namespace

std::string component_of(std::string_view counter_path) {
    return std::string(counter_path.substr(0, counter_path.find('.')));
}

Comparison compare(const RunResult& base, const RunResult& now) {
    Comparison out;
    compare_counters(base.counters, now.counters, out);
    compare_attributes(base, now, out);
    if (base.tokens != now.tokens) {
        const auto ends = std::mismatch(base.tokens.begin(), base.tokens.end(), now.tokens.begin(), now.tokens.end());
        out.first_other_token = static_cast<std::size_t>(ends.first - base.tokens.begin());
    }
    return out;
}

std::string comparison_text(const Comparison& comparison) {
    std::string out = fmt::format("{}: {} counters equal, {} changed, {} missing, {} new\n",
                                  comparison.passed() ? "same" : "DIFFERENT", comparison.equal,
                                  comparison.changed.size(), comparison.missing.size(), comparison.added.size());
    if (comparison.first_other_token) {
        out += token_text(*comparison.first_other_token);
    }
    TextTable attributes("lll");
    for (const AttributeDifference& difference : comparison.attributes) {
        attributes.row({difference.name, difference.base.empty() ? "(none)" : difference.base,
                        "-> " + (difference.now.empty() ? "(none)" : difference.now)});
    }
    out += attributes.empty() ? "" : "\ninputs that differ\n" + attributes.text(2);
    for (const std::string& component : ranked_components(comparison)) {
        out += "\n" + component + "\n" + changed_text(comparison, component);
    }
    out += comparison.missing.empty() ? "" : "\nmissing (in the baseline only)\n" + rows_text(comparison.missing);
    out += comparison.added.empty() ? "" : "\nnew (not in the baseline)\n" + rows_text(comparison.added);
    return out;
}

std::string comparison_junit(const Comparison& comparison) {
    std::vector<TestCase> tests;
    for (const auto& [component, count] : comparison.components) {
        tests.push_back(component_case(comparison, component));
    }
    TestCase tokens{"generated tokens", "", "", ""};
    if (comparison.first_other_token) {
        tokens.message = token_text(*comparison.first_other_token);
        tokens.message.pop_back();
    }
    tests.push_back(tokens);
    const auto failures =
        std::count_if(tests.begin(), tests.end(), [](const TestCase& test) { return !test.message.empty(); });
    const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\"", tests.size(), failures);
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out += fmt::format("<testsuites {}>\n  <testsuite name=\"handset compare\" {}>\n", counts, counts);
    for (const TestCase& test : tests) {
        out += xml_of(test);
    }
    return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace handset
