// SPDX-License-Identifier: Apache-2.0
// A sweep file: a phone and a workload, what is fixed, what is varied and how the points are chosen.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/app/axis_values.h"
#include "sim/config/field.h"
#include "sim/config/yaml_document.h"

namespace handset {

enum class SampleChoice : std::uint8_t { grid, random, latin_hypercube };
/// What of each run is kept beside its summary.
enum class KeepChoice : std::uint8_t { summary, counters };

std::span<const std::pair<std::string_view, AxisScale>> enum_names(AxisScale /*type*/);
std::span<const std::pair<std::string_view, SampleChoice>> enum_names(SampleChoice /*type*/);
std::span<const std::pair<std::string_view, KeepChoice>> enum_names(KeepChoice /*type*/);

/// One varied parameter: `values`, or from/to with `step` or `count`. With a sample, from/to alone has as many values
/// as there are points.
struct AxisRange {
    std::string path;
    std::vector<std::string> values;
    std::optional<std::string> from;
    std::optional<std::string> to;
    std::optional<std::string> step;
    std::optional<std::uint32_t> count;
    AxisScale scale = AxisScale::linear;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("path", path, {.doc = "the parameter, as of --set", .fallback = std::string()});
        v.field("values", values, {.doc = "its values, in this order", .optional = true});
        v.field("from", from, {.doc = "first value of a range"});
        v.field("to", to, {.doc = "last value of a range, kept when a step or the count meets it"});
        v.field("step", step, {.doc = "distance of the values of a range"});
        v.field("count", count, {.doc = "number of values of a range", .min = 1, .max = 1'000'000});
        v.field("scale", scale, {.doc = "spacing of a range with a count", .fallback = AxisScale::linear});
    }
};

/// One axis of the grid: a parameter, or several that change together.
struct AxisConfig {
    AxisRange range;
    std::vector<AxisRange> zip;

    template <class Visitor>
    void fields(Visitor& v) {
        range.fields(v);
        v.field(
            "zip", zip,
            {.doc = "parameters that change together, instead of a path: equally many values each", .optional = true});
    }
    void check(Errors& errors) const;
};

struct SampleConfig {
    SampleChoice method = SampleChoice::grid;
    std::uint32_t points = 0;
    std::uint64_t seed = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field(
            "method", method,
            {.doc = "grid: all combinations; random: some of them; latin_hypercube: as many points as asked for, that "
                    "use the values of every axis equally often",
             .fallback = SampleChoice::grid});
        v.field("points", points, {.doc = "how many, unless grid", .max = 1'000'000, .fallback = 0});
        v.field("seed", seed, {.doc = "of the choice", .fallback = 1});
    }
    void check(Errors& errors) const;
};

struct SweepConfig {
    std::string name;
    std::string description;
    std::string soc;       ///< as written: counted from the folder of the sweep file
    std::string workload;  ///< likewise
    std::optional<std::string> policy;
    std::map<std::string, std::string> set;
    std::vector<AxisConfig> axes;
    std::vector<std::string> when;
    SampleConfig sample;
    std::vector<std::string> metrics;
    KeepChoice keep = KeepChoice::summary;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("name", name, {.doc = "what results call this sweep"});
        v.field("description", description, {.doc = "what it is for", .fallback = std::string()});
        v.field("soc", soc, {.doc = "the phone file"});
        v.field("workload", workload, {.doc = "the workload file"});
        v.field("policy", policy, {.doc = "scheduling policy instead of the workload's"});
        v.field("set", set, {.doc = "fixed changes: a map of paths, or a list of PATH=VALUE", .optional = true});
        v.field("axes", axes, {.doc = "what is varied; the last axis changes fastest"});
        v.field("when", when, {.doc = "only points for which these comparisons of axes hold", .optional = true});
        v.field("sample", sample, {.doc = "which of the combinations run", .optional = true});
        v.field("metrics", metrics,
                {.doc = "columns of the table (names of the summary); empty: all", .optional = true});
        v.field("keep", keep, {.doc = "what is kept of each run", .fallback = KeepChoice::summary});
    }
    void check(Errors& errors) const;
};

/// Throws ConfigError with all problems of the file.
SweepConfig load_sweep(const std::string& file);

/// Makes values of any shape texts that --set takes: lists and maps in flow style, a map of changes flat ("a: {b: 1}"
/// becomes "a.b: 1"), a list of PATH=VALUE a map.
void make_text(Node& value);
void make_changes(Node& changes);

/// All values of one parameter, in order; `points` of a sample stand in for a missing count. Throws ConfigError.
std::vector<std::string> values_of(const AxisRange& range, std::uint32_t points);

}  // namespace handset
