// SPDX-License-Identifier: Apache-2.0
// Runs the built binary as a user would: another process, in the root of the repository, with its streams in files.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace handset::testing {

struct Outcome {
    int code = -1;  ///< exit code; 128 + signal when killed
    std::string out;
    std::string err;
};

enum class StandardOutput { file, closed, full_device };

struct ChildOptions {
    StandardOutput output = StandardOutput::file;
    std::optional<rlim_t> largest_file;
    std::optional<rlim_t> address_space;
    /// SIGKILL as soon as this returns true; asked all the time.
    std::function<bool()> kill_when;
};

/// The `handset` under test with these arguments.
Outcome handset(const std::vector<std::string>& arguments, const ChildOptions& options = {});

/// Any program, for checks of outputs.
Outcome run_program(const std::string& program, const std::vector<std::string>& arguments,
                    const ChildOptions& options = {});

std::string read_text(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, const std::string& text);

/// `text` with the one occurrence of `from` replaced; throws when there is none.
std::string replaced(std::string text, const std::string& from, const std::string& to);

/// A directory of its own that goes away.
class Workspace {
  public:
    Workspace();
    ~Workspace();
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

    [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }
    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
    /// Writes a file and returns its path.
    [[nodiscard]] std::string write(const std::string& name, const std::string& text) const;

  private:
    std::filesystem::path directory_;
};

inline const std::string kPhone = "configs/soc/phone_8gen2.yaml";
inline const std::string kWorkload = "configs/workloads/tiny_story.yaml";
inline const std::string kModel = HANDSET_SOURCE_DIR "/configs/models/tiny_handset.gguf";

/// `run` of the small model for a few tokens, with more arguments behind.
std::vector<std::string> short_run(std::vector<std::string> more = {});

}  // namespace handset::testing
