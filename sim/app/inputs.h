// SPDX-License-Identifier: Apache-2.0
// Loading of phone and workload files with the overrides of the command line.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/app/workload_config.h"
#include "sim/config/resolved_writer.h"
#include "sim/config/yaml_document.h"
#include "sim/soc/soc_config.h"

namespace handset {

struct Override {
    std::string assignment;                ///< full path in its file, and value
    std::string typed;                     ///< as on the command line, for messages
    std::filesystem::path directory = {};  ///< where relative paths in the value start
};

/// Overrides sorted by the file they belong to: "workload.max_tokens=8" changes the workload, everything else the
/// phone, where "npu0.array.rows=64" is short for "components.npu0.array.rows=64".
struct Overrides {
    std::vector<Override> soc;
    std::vector<Override> workload;
};
/// `origin` stands before each assignment in messages; relative paths in values start in `directory`.
Overrides sort_overrides(const std::vector<std::string>& assignments, const std::string& origin = "--set ",
                         const std::filesystem::path& directory = {});

struct Inputs {
    std::string soc_file;
    std::string workload_file;
    SocConfig soc;
    WorkloadConfig workload;

    /// Both configurations, complete, as one YAML text.
    [[nodiscard]] std::string resolved_yaml(const ResolvedOptions& options = {}) const;
};

/// Files with their overrides; throw ConfigError with every problem. A component that the phone lacks can be added only
/// as a whole map: "npu1={kind: npu, ...}".
SocConfig load_soc(const std::string& file, const std::vector<Override>& overrides);
WorkloadConfig load_workload(const std::string& file, const std::vector<Override>& overrides);

/// A YAML file as it was read; its problems are reported when it is used.
struct InputFile {
    explicit InputFile(std::string file);

    std::string name;
    Errors errors;
    std::optional<Node> root;
};

/// Phone and workload files read once, for many sets of overrides.
class InputFiles {
  public:
    /// Problems of the files are reported by load(). No workload when its name is empty.
    InputFiles(std::string soc_file, std::string workload_file);

    /// Throws ConfigError with every problem of both files.
    [[nodiscard]] Inputs load(const Overrides& overrides) const;

  private:
    InputFile soc_;
    std::optional<InputFile> workload_;
};

/// `policy` replaces the workload's unless it is empty. Throws ConfigError with every problem of both files.
Inputs load_inputs(const std::string& soc_file, const std::string& workload_file,
                   const std::vector<std::string>& assignments, const std::string& policy = {});

}  // namespace handset
