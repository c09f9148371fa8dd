// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hw_models/catalog.h"
#include "sim/app/cli.h"
#include "sim/app/study_config.h"
#include "sim/config/yaml_reader.h"
#include "sim/ir/number_format.h"
#include "sim/sched/catalogue.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/models/decoder_config.h"
#include "workloads/models/decoder_tensors.h"

namespace handset {

namespace {

/// Where the shapes of published models lie, seen from the root of the repository.
constexpr std::string_view kShapes = "configs/models";

using Rows = std::vector<std::pair<std::string, std::string>>;

template <class Entries>
Rows name_and_doc(const Entries& entries) {
    Rows rows;
    for (const auto& entry : entries) {
        rows.emplace_back(entry.name, entry.doc);
    }
    return rows;
}

Rows kernels() {
    Rows rows;
    for (const Kernel* kernel : kernel_catalogue()) {
        rows.emplace_back(kernel->name(), kernel->doc());
        for (const LoweringInfo& lowering : kernel->lowerings()) {
            rows.emplace_back("  " + std::string(lowering.name), "lowering: " + std::string(lowering.doc));
        }
    }
    return rows;
}

/// The YAML files of a folder by name. Throws ConfigError when there is no such folder; the default one may be absent.
std::vector<std::filesystem::path> shape_files(const std::string& folder) {
    std::error_code code;
    if (!std::filesystem::is_directory(folder, code)) {
        if (folder != kShapes) {
            throw ConfigError("there is no folder '" + folder + "'");
        }
        std::cerr << "no shapes: there is no folder '" << folder << "' here, name one with --shapes\n";
        return {};
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".yaml") {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

/// "2.51 B parameters; 18 layers of 2048, heads 8 on 1 of 256, ffn 16384, vocabulary 256000"
std::string shape_text(const DecoderConfig& shape) {
    constexpr double kBillion = 1e9;
    std::ostringstream text;
    text << std::fixed << std::setprecision(2) << static_cast<double>(parameter_count(shape)) / kBillion
         << " B parameters; " << shape.layers << " layers of " << shape.hidden << ", heads " << shape.heads << " on "
         << shape.kv_heads << " of " << shape.head_size() << ", ffn " << shape.ffn << ", vocabulary " << shape.vocab
         << (shape.tied_embeddings ? " (tied)" : "");
    if (shape.window != 0) {
        text << ", window " << shape.window;
    }
    return text.str();
}

Rows models(const std::string& folder) {
    Rows rows;
    for (const auto& [name, architecture] : enum_names(DecoderArchitecture{})) {
        rows.emplace_back(name, "architecture: decoder, from a GGUF or llama2.c file or by shape");
    }
    for (const std::filesystem::path& file : shape_files(folder)) {
        rows.emplace_back(file.generic_string(), shape_text(load_config<DecoderConfig>(file)));
    }
    return rows;
}

Rows studies() {
    Rows rows;
    for (const auto& [name, file] : known_studies()) {
        rows.emplace_back(name, study_title(file));
    }
    return rows;
}

Rows rows_of(const std::string& what, const std::string& folder) {
    if (what == "studies") {
        return studies();
    }
    if (what == "devices") {
        return name_and_doc(component_kinds());
    }
    if (what == "policies") {
        return name_and_doc(policy_catalogue());
    }
    if (what == "formats") {
        return name_and_doc(number_formats());
    }
    return what == "kernels" ? kernels() : models(folder);
}

int list(const std::string& what, const std::string& folder) {
    const Rows rows = rows_of(what, folder);
    std::size_t width = 0;
    for (const auto& [name, doc] : rows) {
        width = std::max(width, name.size());
    }
    for (const auto& [name, doc] : rows) {
        std::cout << name << std::string(width - name.size() + 2, ' ') << doc << "\n";
    }
    return kDone;
}

}  // namespace

void add_list(CLI::App& app, Action& action) {
    auto what = std::make_shared<std::string>();
    CLI::App* verb = app.add_subcommand("list", "what there is to choose from");
    verb->add_option("what", *what, "devices, policies, kernels, formats, models or studies")
        ->required()
        ->check(one_of({"devices", "policies", "kernels", "formats", "models", "studies"}));
    auto folder = std::make_shared<std::string>(kShapes);
    verb->add_option("--shapes", *folder, "folder with the shapes that 'models' lists")->capture_default_str();
    verb->footer("Example:\n  handset list policies");
    verb->callback([what, folder, &action] { action = [what, folder] { return list(*what, *folder); }; });
}

}  // namespace handset
