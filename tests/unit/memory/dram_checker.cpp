// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/memory/dram_checker.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

namespace handset {

namespace {

constexpr std::size_t kMost = 20;
constexpr std::array<const char*, 10> kNames{"ACT",  "RD",  "WR",    "PRE", "PRE(auto)",
                                             "PREA", "REF", "REFpb", "PDX", "SRX"};

std::string text(const DramCommand& c) {
    return std::string(kNames.at(static_cast<std::size_t>(c.kind))) + " rank " + std::to_string(c.rank) + " bank " +
           std::to_string(c.bank) + " row " + std::to_string(c.row) + " at " + std::to_string(c.at);
}

void note(std::vector<std::string>& found, std::size_t before, const std::string& message) {
    if (found.size() - before < kMost) {
        found.push_back(message);
    }
}

bool names_a_bank(DramCommandKind kind) {
    return kind < DramCommandKind::precharge_all || kind == DramCommandKind::refresh_bank;
}

bool is_column(DramCommandKind kind) {
    return kind == DramCommandKind::read || kind == DramCommandKind::write;
}

void sort_by_time(std::vector<DramCommand>& commands) {
    std::stable_sort(commands.begin(), commands.end(),
                     [](const DramCommand& a, const DramCommand& b) { return a.at < b.at; });
}

}  // namespace

DramChecker::DramChecker(const DramConfig& config)
    : config_(config), burst_(config.burst_length / config.beats_per_clock) {
    add_row_rules();
    add_column_rules();
    add_refresh_rules();
}

/// JEDEC: a time may be missed by 2.6 % of a clock.
std::uint64_t DramChecker::in(Femtoseconds time) const {
    const double clocks = static_cast<double>(time.count()) * 1e-15 * static_cast<double>(config_.clock().count());
    return static_cast<std::uint64_t>(std::max(0.0, std::ceil(clocks - 0.026)));
}

void DramChecker::add(const char* name, std::initializer_list<Kind> from, std::initializer_list<Kind> to,
                      DramScope scope, std::uint64_t clocks, std::uint32_t nth) {
    for (const Kind a : from) {
        for (const Kind b : to) {
            rules_.push_back({name, a, b, scope, clocks, nth});
        }
    }
}

void DramChecker::add_row_rules() {
    const DramTimingConfig& t = config_.timing;
    const auto closing = {Kind::precharge, Kind::auto_precharge};
    add("t_rcd", {Kind::activate}, {Kind::read, Kind::write}, DramScope::bank, in(t.t_rcd));
    add("t_ras", {Kind::activate}, closing, DramScope::bank, in(t.t_ras));
    add("t_ras", {Kind::activate}, {Kind::precharge_all}, DramScope::rank, in(t.t_ras));
    add("t_rc", {Kind::activate}, {Kind::activate}, DramScope::bank, in(t.t_rc));
    add("t_rp", closing, {Kind::activate, Kind::refresh_bank}, DramScope::bank, in(t.t_rp));
    add("t_rp", closing, {Kind::refresh}, DramScope::rank, in(t.t_rp));
    add("t_rp_all", {Kind::precharge_all}, {Kind::activate, Kind::refresh}, DramScope::rank, in(t.t_rp_all));
    add("t_rrd", {Kind::activate}, {Kind::activate}, DramScope::rank, in(t.t_rrd));
    add("t_rrd", {Kind::activate}, {Kind::refresh_bank}, DramScope::rank, in(t.t_rrd));
    add("t_rrd_l", {Kind::activate}, {Kind::activate}, DramScope::group, in(t.t_rrd_l));
    add("t_faw", {Kind::activate}, {Kind::activate}, DramScope::rank, in(t.t_faw), 4);
    add("n_ppd", {Kind::precharge}, {Kind::precharge}, DramScope::channel, t.n_ppd);
}

void DramChecker::add_column_rules() {
    const DramTimingConfig& t = config_.timing;
    const auto closing = {Kind::precharge, Kind::auto_precharge};
    add("t_rtp", {Kind::read}, closing, DramScope::bank, in(t.t_rtp));
    add("t_rtp", {Kind::read}, {Kind::precharge_all}, DramScope::rank, in(t.t_rtp));
    const std::uint64_t write_end = in(t.write_latency) + burst_;
    add("t_wr", {Kind::write}, closing, DramScope::bank, write_end + in(t.t_wr));
    add("t_wr", {Kind::write}, {Kind::precharge_all}, DramScope::rank, write_end + in(t.t_wr));
    add("t_wtr", {Kind::write}, {Kind::read}, DramScope::rank, write_end + in(t.t_wtr));
    add("t_wtr_l", {Kind::write}, {Kind::read}, DramScope::group, write_end + in(t.t_wtr_l));
    for (const Kind kind : {Kind::read, Kind::write}) {
        add("t_ccd_l", {kind}, {kind}, DramScope::group, t.n_ccd_l);
        add("t_ccd_s", {kind}, {kind}, DramScope::channel, burst_);
    }
    add("t_rtw", {Kind::read}, {Kind::write}, DramScope::rank,
        in(t.read_latency) + burst_ + t.n_turnaround - in(t.write_latency));
}

void DramChecker::add_refresh_rules() {
    const DramTimingConfig& t = config_.timing;
    add("t_rfc", {Kind::refresh}, {Kind::activate, Kind::refresh}, DramScope::rank, in(t.t_rfc));
    add("t_rfc_bank", {Kind::refresh_bank}, {Kind::activate, Kind::refresh_bank}, DramScope::bank, in(t.t_rfc_bank));
    add("t_pbr_act", {Kind::refresh_bank}, {Kind::activate}, DramScope::rank, in(t.t_pbr_act));
    const auto all = {Kind::activate, Kind::read, Kind::write, Kind::precharge};
    add("t_xp", {Kind::power_down_exit}, all, DramScope::rank, in(t.t_xp));
    add("t_xsr", {Kind::self_refresh_exit}, all, DramScope::rank, in(t.t_xsr));
}

std::size_t DramChecker::key(const DramCommand& command, DramScope scope) const {
    const std::uint32_t bank = command.rank * config_.banks + command.bank;
    switch (scope) {
        case DramScope::bank:
            return bank;
        case DramScope::group:
            return bank / (config_.banks / config_.bank_groups);
        case DramScope::rank:
            return command.rank;
        case DramScope::channel:
            break;
    }
    return 0;
}

std::vector<std::string> DramChecker::violations(std::vector<DramCommand> commands) const {
    sort_by_time(commands);
    std::vector<std::string> found;
    check_distances(commands, found);
    check_rows(commands, found);
    check_data_bus(commands, found);
    check_command_bus(commands, found);
    return found;
}

void DramChecker::check_distances(const std::vector<DramCommand>& commands, std::vector<std::string>& found) const {
    const std::size_t before = found.size();
    std::map<std::tuple<DramScope, std::size_t, Kind>, std::vector<DramCommand>> history;
    for (const DramCommand& command : commands) {
        for (const DramRule& rule : rules_) {
            if (rule.to != command.kind) {
                continue;
            }
            const auto past = history.find({rule.scope, key(command, rule.scope), rule.from});
            if (past == history.end() || past->second.size() < rule.nth) {
                continue;
            }
            const DramCommand& earlier = past->second[past->second.size() - rule.nth];
            if (command.at < earlier.at + rule.clocks) {
                note(found, before,
                     rule.name + " " + std::to_string(rule.clocks) + ": " + text(earlier) + ", " + text(command));
            }
        }
        for (const DramScope scope : {DramScope::bank, DramScope::group, DramScope::rank, DramScope::channel}) {
            if (names_a_bank(command.kind) || scope >= DramScope::rank) {
                history[{scope, key(command, scope), command.kind}].push_back(command);
            }
        }
    }
}

void DramChecker::check_rows(const std::vector<DramCommand>& commands, std::vector<std::string>& found) const {
    const std::size_t before = found.size();
    std::vector<std::optional<std::uint64_t>> rows(std::size_t{config_.ranks} * config_.banks);
    const auto any_open = [&](std::uint32_t rank) {
        const auto first = rows.begin() + rank * config_.banks;
        return std::any_of(first, first + config_.banks, [](const auto& row) { return row.has_value(); });
    };
    for (const DramCommand& command : commands) {
        auto& row = rows[key(command, DramScope::bank)];
        bool right = true;
        switch (command.kind) {
            case Kind::activate:
                right = !row.has_value();
                row = command.row;
                break;
            case Kind::read:
            case Kind::write:
                right = row == command.row;
                break;
            case Kind::precharge:
            case Kind::auto_precharge:
                right = row.has_value();
                row.reset();
                break;
            case Kind::precharge_all:
                right = any_open(command.rank);
                std::fill_n(rows.begin() + command.rank * config_.banks, config_.banks, std::nullopt);
                break;
            case Kind::refresh:
            case Kind::self_refresh_exit:
                right = !any_open(command.rank);
                break;
            case Kind::refresh_bank:
                right = !row.has_value();
                break;
            case Kind::power_down_exit:
                break;
        }
        if (!right) {
            note(found, before, "row state: " + text(command));
        }
    }
}

void DramChecker::check_data_bus(const std::vector<DramCommand>& commands, std::vector<std::string>& found) const {
    const std::size_t before = found.size();
    std::vector<std::pair<DramClock, DramCommand>> data;
    for (const DramCommand& command : commands) {
        if (is_column(command.kind)) {
            const bool read = command.kind == Kind::read;
            data.emplace_back(command.at + in(read ? config_.timing.read_latency : config_.timing.write_latency),
                              command);
        }
    }
    std::stable_sort(data.begin(), data.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 1; i < data.size(); ++i) {
        const auto& [start, first] = data[i - 1];
        const auto& [next, second] = data[i];
        const std::uint64_t turn =
            first.kind == Kind::read && second.kind == Kind::write ? config_.timing.n_turnaround : 0;
        const std::uint64_t change = first.rank != second.rank ? config_.timing.n_rank_switch : 0;
        if (next < start + burst_ + turn + change) {
            note(found, before, "data bus: " + text(first) + ", " + text(second));
        }
    }
}

/// Columns lie where they are; a row command takes its clocks, from its first on, where columns leave them free.
void DramChecker::check_command_bus(const std::vector<DramCommand>& commands, std::vector<std::string>& found) const {
    const std::size_t before = found.size();
    std::map<DramClock, DramCommand> used;
    const auto take = [&](DramClock clock, const DramCommand& command) {
        const auto [place, is_new] = used.emplace(clock, command);
        if (!is_new) {
            note(found, before, "command bus: " + text(place->second) + ", " + text(command));
        }
        return is_new;
    };
    for (const DramCommand& command : commands) {
        for (std::uint32_t i = 0; is_column(command.kind) && i < config_.timing.n_column; ++i) {
            take(command.at + i, command);
        }
    }
    for (const DramCommand& command : commands) {
        if (command.kind != Kind::activate && command.kind != Kind::precharge) {
            continue;
        }
        std::uint32_t left = command.kind == Kind::activate ? config_.timing.n_activate : config_.timing.n_precharge;
        take(command.at, command);
        for (DramClock clock = command.at + 1; left > 1; ++clock) {
            const auto place = used.find(clock);
            if (place == used.end() || !is_column(place->second.kind)) {
                take(clock, command);
                --left;
            }
        }
    }
}

std::vector<std::string> DramChecker::refresh_violations(std::vector<DramCommand> commands, DramClock end) const {
    sort_by_time(commands);
    std::vector<std::string> found;
    const bool by_bank = config_.controller.refresh == RefreshMode::per_bank;
    const std::uint64_t interval = in(config_.timing.t_refi) / (by_bank ? config_.banks : 1);
    // A refresh waits for what was begun before: a row cycle, and columns over the rows of all groups.
    const std::uint64_t columns =
        std::uint64_t{config_.bursts_per_row()} * config_.bank_groups * config_.timing.n_ccd_l;
    const DramTimingConfig& t = config_.timing;
    const std::uint64_t slack = in(t.t_rc + t.write_latency + t.t_wr + t.t_rp_all + t.t_rfc) + columns;
    for (std::uint32_t rank = 0; rank < config_.ranks; ++rank) {
        std::uint64_t count = 0;
        std::vector<DramCommand> refreshes;
        for (const DramCommand& command : commands) {
            if (command.rank == rank && command.kind == (by_bank ? Kind::refresh_bank : Kind::refresh)) {
                refreshes.push_back(command);
            }
        }
        const DramClock first = interval * (rank + 1) / config_.ranks;
        for (DramClock due = first; due + slack < end; due += interval, ++count) {
            const auto fits = [&](const DramCommand& c) {
                return c.at >= due && c.at <= due + slack && (!by_bank || c.bank == count % config_.banks);
            };
            if (std::none_of(refreshes.begin(), refreshes.end(), fits)) {
                note(found, 0, "refresh: none for rank " + std::to_string(rank) + " at " + std::to_string(due));
            }
        }
        const auto in_time = static_cast<std::uint64_t>(std::count_if(
            refreshes.begin(), refreshes.end(), [end](const DramCommand& command) { return command.at < end; }));
        if (refreshes.size() < count || in_time > (end - first) / interval + 1) {
            note(found, 0, "refresh: " + std::to_string(refreshes.size()) + " of rank " + std::to_string(rank));
        }
    }
    return found;
}

}  // namespace handset
