// SPDX-License-Identifier: Apache-2.0
#include "sim/app/study_config.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <functional>
#include <set>
#include <system_error>

#include "sim/app/study_expression.h"
#include "sim/app/sweep_config.h"
#include "sim/base/errors.h"
#include "sim/base/text.h"
#include "sim/config/yaml_reader.h"

namespace handset {

namespace {

template <class Value>
std::vector<std::string> names_of(const std::map<std::string, Value>& map) {
    std::vector<std::string> names;
    names.reserve(map.size());
    for (const auto& [name, value] : map) {
        names.push_back(name);
    }
    return names;
}

/// Names are parts of references.
bool is_plain_name(const std::string& name) {
    return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
           std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

template <class Value>
void check_names(const std::string& key, const std::map<std::string, Value>& map, Errors& errors) {
    if (map.empty()) {
        errors.add(key, "there are none");
    }
    for (const auto& [name, value] : map) {
        if (!is_plain_name(name)) {
            errors.add(key, "'" + name + "' is not a name of letters, digits and '_' that starts with a letter");
        }
    }
}

template <class Value>
void check_listed(const std::string& what, const std::vector<std::string>& listed,
                  const std::map<std::string, Value>& known, Errors& errors) {
    for (const std::string& name : listed) {
        if (!known.contains(name)) {
            errors.add("runs", unknown_name(what, name, names_of(known)));
        }
    }
}

template <class Value>
std::vector<std::string> chosen(const std::vector<std::string>& listed, const std::map<std::string, Value>& known) {
    return listed.empty() ? names_of(known) : listed;
}

bool part_fits(std::string_view pattern, std::string_view part) {
    return pattern == "*" || pattern == part;
}

/// A reference is four parts of a run, which may be wildcards, and a metric.
void check_references(const FigureConfig& figure, const std::vector<StudyRun>& runs, Errors& errors) {
    const auto fail = [&](const std::string& reason) { errors.add("figures", "'" + figure.id + "': " + reason); };
    for (const std::string& text : figure.value) {
        try {
            for (const std::string& reference : Expression(text).references()) {
                const std::vector<std::string> parts = split(reference, '.');
                if (parts.size() < 5) {
                    fail("'" + reference + "' is not phone.model.system.case.metric");
                    continue;
                }
                if (matching_runs(runs, reference).empty()) {
                    std::vector<std::string> known;
                    known.reserve(runs.size());
                    for (const StudyRun& run : runs) {
                        known.push_back(run.id);
                    }
                    const std::vector<std::string> id(parts.begin(), parts.begin() + 4);
                    fail(unknown_name("run", join(id, "."), known));
                }
            }
        } catch (const ConfigError& error) {
            fail(error.what());
        }
    }
}

void make_list(Node& map, std::string_view key) {
    for (Node& child : map.children) {
        if (child.key == key && child.kind == Node::Kind::scalar) {
            Node element = child;
            element.key.clear();
            child.kind = Node::Kind::list;
            child.scalar.clear();
            child.children = {std::move(element)};
        }
    }
}

/// Calls `change` with every entry of the map or list `key` of the root.
void for_entries(Node& root, std::string_view key, const std::function<void(Node&)>& change) {
    for (Node& section : root.children) {
        if (section.key == key) {
            std::for_each(section.children.begin(), section.children.end(), change);
        }
    }
}

void make_readable(Node& root) {
    for (const char* section : {"systems", "cases"}) {
        for_entries(root, section, [](Node& entry) {
            for (Node& child : entry.children) {
                if (child.key == "soc" || child.key == "workload") {
                    make_changes(child);
                }
            }
        });
    }
    for_entries(root, "figures", [](Node& figure) {
        make_list(figure, "value");
        make_list(figure, "published");
    });
}

}  // namespace

std::span<const std::pair<std::string_view, FigureKind>> enum_names(FigureKind /*type*/) {
    static constexpr std::array<std::pair<std::string_view, FigureKind>, 5> kNames{{{"absolute", FigureKind::absolute},
                                                                                    {"ratio", FigureKind::ratio},
                                                                                    {"range", FigureKind::range},
                                                                                    {"order", FigureKind::order},
                                                                                    {"shape", FigureKind::shape}}};
    return kNames;
}

std::span<const std::pair<std::string_view, FigureExpectation>> enum_names(FigureExpectation /*type*/) {
    static constexpr std::array<std::pair<std::string_view, FigureExpectation>, 2> kNames{
        {{"agrees", FigureExpectation::agrees}, {"deviates", FigureExpectation::deviates}}};
    return kNames;
}

std::optional<double> FigureConfig::relative_tolerance() const {
    std::string number = tolerance;
    const bool in_percent = number.ends_with('%');
    if (in_percent) {
        number.pop_back();
    }
    number.erase(number.find_last_not_of(' ') + 1);
    double percent = 0;
    if (!in_percent || !parse_double(number, percent).empty() || percent < 0) {
        return std::nullopt;
    }
    return percent / 100;
}

void FigureConfig::check(Errors& errors) const {
    const auto count = [&](std::size_t expected, const char* what) {
        if (published.size() != expected) {
            errors.add("published", std::string(what) + ", got " + std::to_string(published.size()));
        }
    };
    if (!relative_tolerance()) {
        errors.add("tolerance", "'" + tolerance + "' is not a percentage such as '25 %'");
    }
    if (value.empty()) {
        errors.add("value", "there is no expression");
    }
    if (expect == FigureExpectation::deviates && note.empty()) {
        errors.add("note", "a figure that is expected to deviate says why");
    }
    switch (kind) {
        case FigureKind::absolute:
        case FigureKind::ratio:
            count(1, "expected one value");
            break;
        case FigureKind::range:
            count(2, "expected [low, high]");
            break;
        case FigureKind::shape:
            if (published.size() < 2) {
                errors.add("published", "a shape has at least two values");
            }
            break;
        case FigureKind::order:
            break;
    }
    if (kind != FigureKind::order &&
        std::any_of(published.begin(), published.end(), [](double one) { return one <= 0; })) {
        errors.add("published", "values must be positive");
    }
}

void StudyConfig::check(Errors& errors) const {
    if (!is_plain_name(name)) {
        errors.add("name", "'" + name + "' cannot name result files: letters, digits and '_', a letter first");
    }
    check_names("phones", phones, errors);
    check_names("models", models, errors);
    check_names("systems", systems, errors);
    check_names("cases", cases, errors);
    for (const StudyRuns& block : runs) {
        check_listed("phone", block.phones, phones, errors);
        check_listed("model", block.models, models, errors);
        check_listed("system", block.systems, systems, errors);
        check_listed("case", block.cases, cases, errors);
    }
    if (runs.empty()) {
        errors.add("runs", "there is nothing to run");
    }
    if (!errors.empty()) {
        return;
    }
    const std::vector<StudyRun> all = runs_of(*this);
    std::set<std::string> ids;
    for (const FigureConfig& figure : figures) {
        if (!ids.insert(figure.id).second) {
            errors.add("figures", "'" + figure.id + "' is there twice");
        }
        check_references(figure, all, errors);
    }
}

StudyConfig load_study(const std::string& file) {
    Errors errors;
    std::optional<Node> root = load_yaml(file, errors);
    if (!root) {
        errors.throw_if_any();
    }
    make_readable(*root);
    StudyConfig config = read_config<StudyConfig>(*root, errors);
    errors.throw_if_any();
    return config;
}

std::vector<StudyRun> runs_of(const StudyConfig& study) {
    std::vector<StudyRun> runs;
    std::set<std::string> seen;
    for (const StudyRuns& block : study.runs) {
        for (const std::string& phone : chosen(block.phones, study.phones)) {
            for (const std::string& model : chosen(block.models, study.models)) {
                for (const std::string& system : chosen(block.systems, study.systems)) {
                    for (const std::string& scenario : chosen(block.cases, study.cases)) {
                        std::string id = join(std::array{phone, model, system, scenario}, ".");
                        if (seen.insert(id).second) {
                            runs.push_back({std::move(id), phone, model, system, scenario});
                        }
                    }
                }
            }
        }
    }
    return runs;
}

std::vector<std::size_t> matching_runs(const std::vector<StudyRun>& runs, const std::string& reference) {
    const std::vector<std::string> parts = split(reference, '.');
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < runs.size() && parts.size() >= 5; ++i) {
        if (part_fits(parts[0], runs[i].phone) && part_fits(parts[1], runs[i].model) &&
            part_fits(parts[2], runs[i].system) && part_fits(parts[3], runs[i].scenario)) {
            found.push_back(i);
        }
    }
    return found;
}

std::string study_title(const std::string& file) {
    Errors ignored;
    const std::optional<Node> root = load_yaml(file, ignored);
    const Node* title = root ? root->find("title") : nullptr;
    return title == nullptr ? "(" + file + " has no title)" : title->scalar;
}

std::map<std::string, std::string> known_studies() {
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    std::vector<std::filesystem::path> roots{"."};
    for (std::filesystem::path at = program.parent_path(); at != at.parent_path(); at = at.parent_path()) {
        roots.push_back(at);
    }
    std::map<std::string, std::string> studies;
    for (const std::filesystem::path& root : roots) {
        const std::filesystem::path folder = root / "configs" / "studies";
        for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
            if (entry.path().extension() == ".yaml") {
                studies.emplace(entry.path().stem().string(), entry.path().lexically_normal().generic_string());
            }
        }
        if (!studies.empty()) {
            return studies;
        }
    }
    return studies;
}

}  // namespace handset
