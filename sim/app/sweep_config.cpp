// SPDX-License-Identifier: Apache-2.0
#include "sim/app/sweep_config.h"

#include <algorithm>
#include <array>
#include <set>

#include "sim/base/errors.h"
#include "sim/base/text.h"
#include "sim/config/resolved_writer.h"
#include "sim/config/yaml_reader.h"

namespace handset {

namespace {

void check_range(const AxisRange& range, Errors& errors) {
    const auto fail = [&](const std::string& reason) { errors.add("path", "axis '" + range.path + "': " + reason); };
    const bool ends = range.from.has_value() && range.to.has_value();
    if (range.from.has_value() != range.to.has_value()) {
        fail("'from' and 'to' go together");
    } else if (range.values.empty() == !ends) {
        fail("give either values or from and to");
    } else if (!ends && (range.step || range.count)) {
        fail("'step' and 'count' belong to from and to");
    } else if (range.step && range.count) {
        fail("give either step or count");
    } else if (range.step && range.scale == AxisScale::log) {
        fail("a log scale goes with a count, not with a step");
    } else if (range.path.empty()) {
        fail("the path is missing");
    }
}

/// Plain where every reader takes it for the same text.
std::string flow_text(const Node& node) {
    std::vector<std::string> parts;
    switch (node.kind) {
        case Node::Kind::null:
            return "~";
        case Node::Kind::scalar:
            return quote_yaml(node.scalar);
        case Node::Kind::list:
            for (const Node& child : node.children) {
                parts.push_back(flow_text(child));
            }
            return "[" + join(parts, ", ") + "]";
        case Node::Kind::map:
            for (const Node& child : node.children) {
                parts.push_back(quote_yaml(child.key) + ": " + flow_text(child));
            }
            return "{" + join(parts, ", ") + "}";
    }
    return {};
}

void flatten(const Node& map, const std::string& prefix, Node& out) {
    for (const Node& child : map.children) {
        const std::string path = prefix.empty() ? child.key : prefix + "." + child.key;
        if (child.kind == Node::Kind::map && !child.children.empty()) {
            flatten(child, path, out);
            continue;
        }
        Node entry = child;
        entry.key = path;
        make_text(entry);
        out.children.push_back(std::move(entry));
    }
}

Node* child_of(Node& map, std::string_view key) {
    const auto found =
        std::find_if(map.children.begin(), map.children.end(), [&](const Node& child) { return child.key == key; });
    return map.kind == Node::Kind::map && found != map.children.end() ? &*found : nullptr;
}

void make_axis_texts(Node& axis) {
    if (Node* values = child_of(axis, "values"); values != nullptr && values->kind == Node::Kind::list) {
        for (Node& value : values->children) {
            make_text(value);
        }
    }
    if (Node* zip = child_of(axis, "zip"); zip != nullptr && zip->kind == Node::Kind::list) {
        for (Node& part : zip->children) {
            make_axis_texts(part);
        }
    }
}

}  // namespace

std::span<const std::pair<std::string_view, AxisScale>> enum_names(AxisScale /*type*/) {
    static constexpr std::array<std::pair<std::string_view, AxisScale>, 2> kNames{
        {{"linear", AxisScale::linear}, {"log", AxisScale::log}}};
    return kNames;
}

std::span<const std::pair<std::string_view, SampleChoice>> enum_names(SampleChoice /*type*/) {
    static constexpr std::array<std::pair<std::string_view, SampleChoice>, 3> kNames{
        {{"grid", SampleChoice::grid},
         {"random", SampleChoice::random},
         {"latin_hypercube", SampleChoice::latin_hypercube}}};
    return kNames;
}

std::span<const std::pair<std::string_view, KeepChoice>> enum_names(KeepChoice /*type*/) {
    static constexpr std::array<std::pair<std::string_view, KeepChoice>, 2> kNames{
        {{"summary", KeepChoice::summary}, {"counters", KeepChoice::counters}}};
    return kNames;
}

void make_text(Node& value) {
    if (value.kind == Node::Kind::scalar) {
        Errors ignored;
        const std::optional<Node> read = parse_yaml(value.scalar, {"value", {}}, ignored);
        if (!read || !ignored.empty() || read->kind != Node::Kind::scalar || read->scalar != value.scalar) {
            value.scalar = quote_yaml(value.scalar);
        }
        return;
    }
    if (value.kind == Node::Kind::list || value.kind == Node::Kind::map) {
        value.scalar = flow_text(value);
        value.children.clear();
        value.kind = Node::Kind::scalar;
    }
}

void make_changes(Node& changes) {
    if (changes.kind == Node::Kind::list) {
        for (Node& entry : changes.children) {
            const std::size_t equals = entry.scalar.find('=');
            if (entry.kind != Node::Kind::scalar || equals == std::string::npos) {
                return;  // the reader reports a list where it expects a map
            }
            entry.key = entry.scalar.substr(0, equals);
            entry.scalar.erase(0, equals + 1);
        }
        changes.kind = Node::Kind::map;
        return;
    }
    if (changes.kind == Node::Kind::map) {
        Node flat = changes;
        flat.children.clear();
        flatten(changes, "", flat);
        changes = std::move(flat);
    }
}

void AxisConfig::check(Errors& errors) const {
    if (zip.empty()) {
        check_range(range, errors);
        return;
    }
    if (!range.path.empty() || !range.values.empty() || range.from || range.to || range.step || range.count) {
        errors.add("zip", "an axis has either a path with values or a zip");
    }
    for (const AxisRange& part : zip) {
        check_range(part, errors);
    }
}

void SampleConfig::check(Errors& errors) const {
    if ((method == SampleChoice::grid) != (points == 0)) {
        errors.add("points", method == SampleChoice::grid ? "a grid has all its points, remove 'points'"
                                                          : "how many points? (at least 1)");
    }
}

void SweepConfig::check(Errors& errors) const {
    if (axes.empty()) {
        errors.add("axes", "there is nothing to vary");
    }
    std::set<std::string> paths;
    const auto once = [&](const AxisRange& range) {
        if (!range.path.empty() && !paths.insert(range.path).second) {
            errors.add("axes", "'" + range.path + "' is varied twice");
        }
        if (set.contains(range.path)) {
            errors.add("set", "'" + range.path + "' is an axis too");
        }
    };
    for (const AxisConfig& axis : axes) {
        once(axis.range);
        std::for_each(axis.zip.begin(), axis.zip.end(), once);
    }
    if (policy && (paths.contains("workload.policy") || set.contains("workload.policy"))) {
        errors.add("policy", "workload.policy is set elsewhere too");
    }
    for (const std::string& metric : metrics) {
        if (metric.empty() || metric.find(',') != std::string::npos) {
            errors.add("metrics", "'" + metric + "' is not the name of a metric");
        } else if (std::count(metrics.begin(), metrics.end(), metric) > 1) {
            errors.add("metrics", "'" + metric + "' is there twice");
        }
    }
}

SweepConfig load_sweep(const std::string& file) {
    Errors errors;
    std::optional<Node> root = load_yaml(file, errors);
    if (!root) {
        errors.throw_if_any();
    }
    if (Node* changes = child_of(*root, "set"); changes != nullptr) {
        make_changes(*changes);
    }
    if (Node* axes = child_of(*root, "axes"); axes != nullptr) {
        for (Node& axis : axes->children) {
            make_axis_texts(axis);
        }
    }
    SweepConfig config = read_config<SweepConfig>(*root, errors);
    errors.throw_if_any();
    return config;
}

std::vector<std::string> values_of(const AxisRange& range, std::uint32_t points) {
    try {
        if (!range.from) {
            return range.values;
        }
        if (range.step) {
            return stepped_values(*range.from, *range.to, *range.step);
        }
        const std::uint32_t count = range.count.value_or(points);
        if (count == 0) {
            throw ConfigError("from and to need a step or a count");
        }
        return spaced_values(*range.from, *range.to, count, range.scale);
    } catch (const ConfigError& error) {
        throw ConfigError("axis '" + range.path + "': " + error.what());
    }
}

}  // namespace handset
