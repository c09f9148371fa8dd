// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hw_models/catalog.h"
#include "sim/app/cli.h"
#include "sim/app/study_config.h"
#include "sim/ir/number_format.h"
#include "sim/sched/catalogue.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/models/decoder_config.h"

namespace handset {

namespace {

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

Rows models() {
    Rows rows;
    for (const auto& [name, architecture] : enum_names(DecoderArchitecture{})) {
        rows.emplace_back(name, "decoder, from a GGUF or llama2.c file or by shape");
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

Rows rows_of(const std::string& what) {
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
    return what == "kernels" ? kernels() : models();
}

int list(const std::string& what) {
    const Rows rows = rows_of(what);
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
    verb->footer("Example:\n  handset list policies");
    verb->callback([what, &action] { action = [what] { return list(*what); }; });
}

}  // namespace handset
