// SPDX-License-Identifier: Apache-2.0
// Attributes and order as in the schema that Jenkins publishes (junit-10.xsd), which GitLab and GitHub's reporters read
// too. No time stamp and no host name: equal comparisons give equal files.
#include <algorithm>

#include <fmt/format.h>

#include "sim/results/comparison_report.h"

namespace handset {
namespace {

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

std::string titled(const char* title, const std::string& table) {
    return table.empty() ? "" : title + table;
}

TestCase component_case(const Comparison& comparison, const std::string& component) {
    const std::vector<Difference> changed = of_component(comparison.changed, component);
    const Snapshot missing = of_component(comparison.missing, component);
    TestCase test{component, "", "", ""};
    if (!changed.empty() || !missing.empty()) {
        test.message = fmt::format("{} changed, {} missing", changed.size(), missing.size());
        test.details = changed_table(changed) + titled("missing\n", counter_table(missing));
    }
    test.output = titled("new\n", counter_table(of_component(comparison.added, component))) +
                  titled("inside their tolerance\n", changed_table(of_component(comparison.tolerated, component)));
    return test;
}

TestCase summary_case(const Comparison& comparison) {
    TestCase test{"summary", "", "", ""};
    if (comparison.metrics_outside() > 0) {
        test.message = fmt::format("{} metrics outside their tolerance", comparison.metrics_outside());
        test.details = metric_table(comparison.summary);
    } else {
        test.output = metric_table(comparison.summary);
    }
    return test;
}

std::string xml_of(const TestCase& test) {
    std::string out = fmt::format(R"(    <testcase classname="handset.compare" name="{}")", xml_escaped(test.name));
    if (test.message.empty() && test.output.empty()) {
        return out + "/>\n";
    }
    out += ">\n";
    if (!test.message.empty()) {
        out += fmt::format("      <failure message=\"{}\" type=\"difference\">{}</failure>\n",
                           xml_escaped(test.message), xml_escaped(test.details));
    }
    if (!test.output.empty()) {
        out += fmt::format("      <system-out>{}</system-out>\n", xml_escaped(test.output));
    }
    return out + "    </testcase>\n";
}

}  // namespace

std::string comparison_junit(const Comparison& comparison) {
    std::vector<TestCase> tests;
    for (const auto& [component, count] : comparison.components) {
        tests.push_back(component_case(comparison, component));
    }
    tests.push_back(summary_case(comparison));
    tests.push_back({"generated tokens", token_text(comparison), "", ""});
    const auto failures =
        std::count_if(tests.begin(), tests.end(), [](const TestCase& test) { return !test.message.empty(); });
    const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\"", tests.size(), failures);
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out += fmt::format("<testsuites {}>\n  <testsuite name=\"handset compare\" {}>\n", counts, counts);
    for (const TestCase& test : tests) {
        out += xml_of(test);
    }
    return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace handset
