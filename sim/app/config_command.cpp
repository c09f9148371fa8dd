// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/app/cli.h"
#include "sim/app/inputs.h"
#include "sim/app/study_config.h"
#include "sim/app/sweep_config.h"
#include "sim/base/text.h"
#include "sim/config/reference_writer.h"
#include "sim/config/resolved_writer.h"
#include "sim/config/schema_writer.h"
#include "sim/config/yaml_reader.h"
#include "sim/results/tolerances.h"

namespace handset {

namespace {

struct SchemaOptions {
    std::string what = "soc";
    bool json = false;
};

/// What a file can be.
struct FileKind {
    std::string_view name;
    std::string_view title;
    TypeInfo (*type)();
    SchemaUse use = SchemaUse::whole;
};

constexpr std::array kFileKinds{
    FileKind{"soc", "Phone", &describe<SocConfig>},
    FileKind{"workload", "Workload", &describe<WorkloadConfig>},
    FileKind{"tolerances", "Tolerances", &describe<ToleranceConfig>},
    FileKind{"sweep", "Sweep", &describe<SweepConfig>, SchemaUse::shorthand},
    FileKind{"study", "Study", &describe<StudyConfig>, SchemaUse::shorthand},
};

std::vector<std::string> file_kind_names() {
    std::vector<std::string> names;
    names.reserve(kFileKinds.size());
    for (const FileKind& kind : kFileKinds) {
        names.emplace_back(kind.name);
    }
    return names;
}

/// "soc", or what stands at a path of it, "soc.components.cpu": such a file is included by others and need not be
/// whole.
int schema(const SchemaOptions& options) {
    const std::size_t dot = options.what.find('.');
    const std::string name = options.what.substr(0, dot);
    const auto* const kind =
        std::find_if(kFileKinds.begin(), kFileKinds.end(), [&](const FileKind& row) { return row.name == name; });
    if (kind == kFileKinds.end()) {
        throw ConfigError(unknown_name("kind of file", name, file_kind_names()));
    }
    const bool whole = dot == std::string::npos;
    const TypeInfo type = whole ? kind->type() : type_at(kind->type(), options.what.substr(dot + 1));
    const std::string title = whole ? std::string(kind->title) : options.what;
    std::cout << (options.json ? write_schema(type, "handset: " + title, whole ? kind->use : SchemaUse::part)
                               : write_reference(type, title));
    return kDone;
}

struct ResolveOptions {
    std::string file;
    std::vector<std::string> set;
};

/// A phone has components, a workload has a model.
bool is_workload(const std::string& file) {
    Errors errors;
    const std::optional<Node> root = load_yaml(file, errors);
    errors.throw_if_any();
    return root.has_value() && root->find("components") == nullptr && root->find("model") != nullptr;
}

int resolve(const ResolveOptions& options) {
    const Overrides overrides = sort_overrides(options.set);
    if (is_workload(options.file)) {
        if (!overrides.soc.empty()) {
            throw ConfigError(overrides.soc.front().typed + ": '" + options.file +
                              "' is a workload: paths start with 'workload.'");
        }
        WorkloadConfig workload = load_workload(options.file, overrides.workload);
        // The text may be saved anywhere, and paths in a file count from its folder.
        for (std::filesystem::path* path : {&workload.model.file, &workload.model.tokenizer}) {
            *path = path->empty() ? *path : std::filesystem::absolute(*path).lexically_normal();
        }
        std::cout << write_resolved(workload);
    } else {
        if (!overrides.workload.empty()) {
            throw ConfigError(overrides.workload.front().typed + ": '" + options.file + "' is a phone");
        }
        std::cout << write_resolved(load_soc(options.file, overrides.soc));
    }
    return kDone;
}

}  // namespace

void add_config(CLI::App& app, Action& action) {
    CLI::App* verb = app.add_subcommand("config", "what can be configured, and what a file amounts to");
    verb->require_subcommand(1);

    auto schema_options = std::make_shared<SchemaOptions>();
    CLI::App* schema_verb = verb->add_subcommand("schema", "all parameters with unit, default, range and meaning");
    schema_verb
        ->add_option("what", schema_options->what,
                     join(file_kind_names(), ", ") + "; or a part of it, such as soc.components.cpu")
        ->capture_default_str();
    schema_verb->add_flag("--json", schema_options->json, "as JSON Schema, for editors");
    schema_verb->footer("Example:\n  handset config schema workload --json > workload.schema.json");
    schema_verb->callback([schema_options, &action] { action = [schema_options] { return schema(*schema_options); }; });

    auto resolve_options = std::make_shared<ResolveOptions>();
    CLI::App* resolve_verb = verb->add_subcommand("resolve", "a file with its includes, overrides and defaults");
    resolve_verb->add_option("file", resolve_options->file, "phone or workload")->required();
    resolve_verb->add_option("--set", resolve_options->set, "change a parameter: PATH=VALUE")->allow_extra_args(false);
    resolve_verb->footer("Example:\n  handset config resolve configs/soc/phone_8gen3.yaml --set npu0.array.rows=64");
    resolve_verb->callback(
        [resolve_options, &action] { action = [resolve_options] { return resolve(*resolve_options); }; });
}

}  // namespace handset
