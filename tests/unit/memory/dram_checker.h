// SPDX-License-Identifier: Apache-2.0
// Checks the recorded commands of one channel against JEDEC's rules, written as data and apart from the model:
// distances between commands, open rows, data and command bus, refresh cadence.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "hw_models/dram/dram_command.h"
#include "hw_models/dram/dram_config.h"

namespace handset {

/// What two commands must have in common for a rule to hold between them.
enum class DramScope : std::uint8_t { bank, group, rank, channel };

/// `to` starts at least `clocks` after the `nth` last `from` of its scope.
struct DramRule {
    std::string name;
    DramCommandKind from = DramCommandKind::activate;
    DramCommandKind to = DramCommandKind::activate;
    DramScope scope = DramScope::bank;
    std::uint64_t clocks = 0;
    std::uint32_t nth = 1;
};

class DramChecker {
  public:
    explicit DramChecker(const DramConfig& config);

    [[nodiscard]] const std::vector<DramRule>& rules() const { return rules_; }
    /// Every rule that `commands`, in any order, break; at most twenty of each kind.
    [[nodiscard]] std::vector<std::string> violations(std::vector<DramCommand> commands) const;
    /// The same for refreshes while the channel was never idle: each on time, or as late as an open row allows.
    [[nodiscard]] std::vector<std::string> refresh_violations(std::vector<DramCommand> commands, DramClock end) const;

  private:
    using Kind = DramCommandKind;

    [[nodiscard]] std::uint64_t in(Femtoseconds time) const;
    void add(const char* name, std::initializer_list<Kind> from, std::initializer_list<Kind> to, DramScope scope,
             std::uint64_t clocks, std::uint32_t nth = 1);
    void add_row_rules();
    void add_column_rules();
    void add_refresh_rules();
    [[nodiscard]] std::size_t key(const DramCommand& command, DramScope scope) const;
    void check_distances(const std::vector<DramCommand>& commands, std::vector<std::string>& found) const;
    void check_rows(const std::vector<DramCommand>& commands, std::vector<std::string>& found) const;
    void check_data_bus(const std::vector<DramCommand>& commands, std::vector<std::string>& found) const;
    void check_command_bus(const std::vector<DramCommand>& commands, std::vector<std::string>& found) const;

    DramConfig config_;
    std::uint64_t burst_ = 0;
    std::vector<DramRule> rules_;
};

}  // namespace handset
