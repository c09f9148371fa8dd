// SPDX-License-Identifier: Apache-2.0
// A study file: published systems as changes of phones and workloads, the runs to make and the published figures that
// they are compared with.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/config/field.h"

namespace handset {

/// What is compared. absolute and ratio: value / published within the tolerance of 1; range: within [low, high],
/// widened by the tolerance; order: values ranked as the published ones, or falling when there are none; shape: values
/// divided by the first, each within the tolerance of the published ones divided by their first.
enum class FigureKind : std::uint8_t { absolute, ratio, range, order, shape };
enum class FigureExpectation : std::uint8_t { agrees, deviates };

std::span<const std::pair<std::string_view, FigureKind>> enum_names(FigureKind /*type*/);
std::span<const std::pair<std::string_view, FigureExpectation>> enum_names(FigureExpectation /*type*/);

/// A system or a case: changes on top of a phone and a workload.
struct ChangesConfig {
    std::string doc;
    std::map<std::string, std::string> soc;
    std::map<std::string, std::string> workload;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("doc", doc, {.doc = "what its structure is", .fallback = std::string()});
        v.field("soc", soc, {.doc = "changes of the phone, as of --set", .optional = true});
        v.field("workload", workload, {.doc = "changes of the workload", .optional = true});
    }
};

/// Every combination of the named ones; a list that is missing stands for all.
struct StudyRuns {
    std::vector<std::string> phones;
    std::vector<std::string> models;
    std::vector<std::string> systems;
    std::vector<std::string> cases;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("phones", phones, {.doc = "names of phones; none: all", .optional = true});
        v.field("models", models, {.doc = "names of models; none: all", .optional = true});
        v.field("systems", systems, {.doc = "names of systems; none: all", .optional = true});
        v.field("cases", cases, {.doc = "names of cases; none: all", .optional = true});
    }
};

struct FigureConfig {
    std::string id;
    std::vector<std::string> value;
    std::vector<double> published;
    std::string unit;
    std::string tolerance;
    FigureKind kind = FigureKind::absolute;
    FigureExpectation expect = FigureExpectation::agrees;
    std::string source;
    std::string note;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("id", id, {.doc = "name of the figure"});
        v.field("value", value,
                {.doc = "expression or list of expressions over phone.model.system.case.metric (summary or counter)"});
        v.field("published", published,
                {.doc = "the published value, [low, high] of a range, or list", .optional = true});
        v.field("unit", unit, {.doc = "of the value: s, J, B, token/s, 1", .fallback = std::string("1")});
        v.field("tolerance", tolerance, {.doc = "relative, such as 25 %", .fallback = std::string("25 %")});
        v.field("kind", kind, {.doc = "how it is compared"});
        v.field("expect", expect,
                {.doc = "deviates: a known miss, explained in the note", .fallback = FigureExpectation::agrees});
        v.field("source", source, {.doc = "where it is published"});
        v.field("note", note, {.doc = "why it deviates, how it was obtained", .fallback = std::string()});
    }
    void check(Errors& errors) const;

    /// 0.25 for "25 %"; none when it is not such a text.
    [[nodiscard]] std::optional<double> relative_tolerance() const;
};

struct StudyConfig {
    std::string name;
    std::string title;
    std::string source;
    std::string description;
    bool data = false;
    std::map<std::string, std::string> phones;  ///< files, from the folder of the study
    std::map<std::string, std::string> models;
    std::map<std::string, ChangesConfig> systems;
    std::map<std::string, ChangesConfig> cases;
    std::vector<StudyRuns> runs;
    std::vector<FigureConfig> figures;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("name", name, {.doc = "what results call this study"});
        v.field("title", title, {.doc = "one line for lists and headings"});
        v.field("source", source, {.doc = "what is reproduced"});
        v.field("description", description, {.doc = "what one should know to read it", .fallback = std::string()});
        v.field("data", data, {.doc = "true: runs compute real bytes", .fallback = false});
        v.field("phones", phones, {.doc = "name and phone file"});
        v.field("models", models, {.doc = "name and workload file"});
        v.field("systems", systems, {.doc = "published systems and baselines by name"});
        v.field("cases", cases, {.doc = "prompt lengths and the like by name"});
        v.field("runs", runs, {.doc = "which combinations run; a run is phone.model.system.case"});
        v.field("figures", figures, {.doc = "what is compared with what was published"});
    }
    void check(Errors& errors) const;
};

/// Throws ConfigError with all problems of the file.
StudyConfig load_study(const std::string& file);

/// One run of a study; `id` is phone.model.system.case.
struct StudyRun {
    std::string id;
    std::string phone;
    std::string model;
    std::string system;
    std::string scenario;  ///< the case
};
/// Each combination once, in the order of the file.
std::vector<StudyRun> runs_of(const StudyConfig& study);

/// Indices of the runs that the first four parts of a reference name, in order.
std::vector<std::size_t> matching_runs(const std::vector<StudyRun>& runs, const std::string& reference);

/// configs/studies/*.yaml below the working directory or beside the program, by name; empty when there are none.
std::map<std::string, std::string> known_studies();
/// For lists: the title alone, without judging the rest of the file.
std::string study_title(const std::string& file);

}  // namespace handset
