// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/nand_array.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace handset {

std::span<const std::pair<std::string_view, PlaneReads>> enum_names(PlaneReads /*type*/) {
    static constexpr std::array<std::pair<std::string_view, PlaneReads>, 3> kNames{
        {{"serial", PlaneReads::serial},
         {"multi_plane", PlaneReads::multi_plane},
         {"independent", PlaneReads::independent}}};
    return kNames;
}

std::span<const std::pair<std::string_view, CacheRead>> enum_names(CacheRead /*type*/) {
    static constexpr std::array<std::pair<std::string_view, CacheRead>, 3> kNames{
        {{"none", CacheRead::none}, {"sequential", CacheRead::sequential}, {"random", CacheRead::random}}};
    return kNames;
}

NandArray::NandArray(const NandConfig& config)
    : config_(config), planes_(config.all_planes()), buses_(config.channels) {}

std::size_t NandArray::die_index(const PageAddress& where) const {
    return std::size_t{where.channel} * config_.dies + where.die;
}

std::span<NandArray::Plane> NandArray::die_planes(const PageAddress& where) {
    return std::span(planes_).subspan(die_index(where) * config_.planes, config_.planes);
}

Femtoseconds NandArray::die_free(const PageAddress& where) const {
    Femtoseconds free;
    for (std::size_t i = 0; i < config_.planes; ++i) {
        const Plane& plane = planes_[die_index(where) * config_.planes + i];
        free = std::max({free, plane.array.end(), plane.page_register.end()});
    }
    return free;
}

void NandArray::forget(Femtoseconds now) {
    horizon_ = std::max(horizon_, now);
    for (Plane& plane : planes_) {
        plane.array.forget(now);
        plane.page_register.forget(now);
    }
    for (Reservations& bus : buses_) {
        bus.forget(now);
    }
}

bool NandArray::joins(const Group& group, const NandStep& step) const {
    const NandStep& first = *group.front();
    if (first.op.command == NandCommand::read && config_.plane_reads != PlaneReads::multi_plane) {
        return false;
    }
    const bool same_operation = step.op.command == first.op.command && step.slc == first.slc &&
                                step.op.where.page == first.op.where.page &&
                                die_index(step.op.where) == die_index(first.op.where);
    return same_operation && std::none_of(group.begin(), group.end(), [&step](const NandStep* other) {
               return other->op.where.plane == step.op.where.plane;
           });
}

void NandArray::run(Femtoseconds now, std::span<NandStep> steps) {
    now = std::max(now, horizon_);
    std::vector<bool> taken(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (taken[i]) {
            continue;
        }
        group_.assign(1, &steps[i]);
        for (std::size_t j = i + 1; j < steps.size() && group_.size() < config_.planes; ++j) {
            if (!taken[j] && joins(group_, steps[j])) {
                taken[j] = true;
                group_.push_back(&steps[j]);
            }
        }
        for (const NandStep* step : group_) {
            activity_.internal_pages += step->op.internal && step->op.command != NandCommand::erase ? 1 : 0;
        }
        switch (steps[i].op.command) {
            case NandCommand::read:
                read(group_, now);
                break;
            case NandCommand::program:
                program(group_, now);
                break;
            case NandCommand::erase:
                erase(group_, now);
                break;
        }
    }
}

/// Runs the steps of one command as one call; returns the end of the last, at least `now`.
Femtoseconds NandArray::run_only(NandCommand command, Femtoseconds now, std::span<NandStep> steps) {
    std::vector<NandStep> chosen;
    std::ranges::copy_if(steps, std::back_inserter(chosen),
                         [command](const NandStep& step) { return step.op.command == command; });
    run(now, chosen);
    Femtoseconds end = now;
    auto next = chosen.begin();
    for (NandStep& step : steps) {
        if (step.op.command == command) {
            step.done = (next++)->done;
            end = std::max(end, step.done);
        }
    }
    return end;
}

Femtoseconds NandArray::run_in_order(Femtoseconds now, std::span<NandStep> steps) {
    Femtoseconds reads = now;
    Femtoseconds programs = now;
    Femtoseconds erases = now;
    for (auto begin = steps.begin(); begin != steps.end();) {
        const auto is_erase = [](const NandStep& step) { return step.op.command == NandCommand::erase; };
        const auto erase = std::find_if(begin, steps.end(), is_erase);
        const auto end = std::find_if_not(erase, steps.end(), is_erase);
        const std::span<NandStep> moves(begin, erase);
        reads = std::max(reads, run_only(NandCommand::read, now, moves));
        programs = std::max(programs, run_only(NandCommand::program, std::max(reads, erases), moves));
        erases = std::max(erases, run_only(NandCommand::erase, programs, {erase, end}));
        begin = end;
    }
    return std::max({reads, programs, erases});
}

/// Whether every page of the group may be sensed while its register still empties: it was read last in its plane.
bool NandArray::follows_in_cache(const Group& group) {
    return config_.cache_read != CacheRead::none &&
           std::all_of(group.begin(), group.end(), [this](const NandStep* step) {
               const PageAddress& where = step->op.where;
               const std::uint64_t page = std::uint64_t{where.block} * config_.pages + where.page;
               const Plane& own = plane(where);
               const bool last_there = own.page_register.end() > own.array.end();
               const bool next = own.last_page != kNoPage && own.last_page + 1 == page && where.page != 0;
               return last_there && (next || config_.cache_read == CacheRead::random);
           });
}

std::span<NandArray::Plane> NandArray::occupied_planes(const Group& group) {
    const PageAddress& where = group.front()->op.where;
    const std::span<Plane> die = die_planes(where);
    return config_.plane_reads == PlaneReads::independent ? die.subspan(where.plane, 1) : die;
}

/// Command, sense and transfers of a read from `from` on, as far as the bus decides.
void NandArray::place(const Group& group, Femtoseconds from, bool cached, Placement& out) {
    const PageAddress& where = group.front()->op.where;
    const CellTimes& times = group.front()->slc ? config_.slc : config_.cells;
    out.begin = from;
    out.sensed = from + config_.t_command * group.size() + times.read_time(where.page);
    if (cached) {
        for (const NandStep* step : group) {
            out.sensed = std::max(out.sensed, plane(step->op.where).page_register.end());
        }
    }
    out.transfers.clear();
    out.moved.clear();
    // A command slips between transfers; what it takes of the bus is booked before its page's data.
    const Femtoseconds lead = config_.t_command + config_.t_data_out;
    const Femtoseconds word = duration(config_.codeword + config_.parity, config_.bus_rate);
    Femtoseconds ready = out.sensed - config_.t_command;
    for (const NandStep* step : group) {
        ready = buses_[where.channel].fit(ready, lead, word, config_.words(step->bytes), out.transfers);
        out.moved.push_back(ready);
    }
}

/// End of a booking that the placement runs into; 0 when it fits.
Femtoseconds NandArray::clash(const Group& group, bool cached, const Placement& placement) {
    Femtoseconds end;
    const Femtoseconds last = placement.moved.back();
    for (const Plane& other : occupied_planes(group)) {
        end = std::max(end, other.array.clash(placement.begin, cached ? placement.sensed : last));
        end = std::max(end, cached ? Femtoseconds{} : other.page_register.clash(placement.begin, last));
    }
    return end;
}

/// One pass of sensing and transferring; returns when the last page has left the bus.
Femtoseconds NandArray::read_once(const Group& group, Femtoseconds from) {
    const bool cached = follows_in_cache(group);
    place(group, from, cached, placement_);
    for (Femtoseconds end = clash(group, cached, placement_); end != Femtoseconds{};
         end = clash(group, cached, placement_)) {
        place(group, end, cached, placement_);
    }
    const PageAddress& where = group.front()->op.where;
    Reservations& bus = buses_[where.channel];
    for (Plane& other : occupied_planes(group)) {
        other.array.take(placement_.begin, placement_.sensed);
    }
    for (const Reservations::Interval& transfer : placement_.transfers) {
        bus.take(transfer.begin, transfer.end);
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
        const PageAddress& page = group[i]->op.where;
        Plane& own = plane(page);
        own.page_register.take(placement_.sensed, placement_.moved[i]);
        own.last_page = std::uint64_t{page.block} * config_.pages + page.page;
        group[i]->done = placement_.moved[i] + config_.t_ecc;
        activity_.bus_bytes += config_.on_bus(group[i]->bytes);
        ++activity_.pages_read;
    }
    return placement_.moved.back();
}

void NandArray::read(const Group& group, Femtoseconds now) {
    read_once(group, now);
    // A word that fails ECC is known after its decoding; the page is then sensed and moved again, alone.
    for (NandStep* step : group) {
        for (std::uint32_t i = 0; i < step->op.retries; ++i) {
            read_once({step}, step->done);
        }
    }
}

Femtoseconds NandArray::find_die(const PageAddress& where, Femtoseconds from, Femtoseconds length) {
    Femtoseconds begin = from;
    for (bool moved = true; moved;) {
        moved = false;
        for (const Plane& plane : die_planes(where)) {
            const Femtoseconds free = plane.page_register.find(plane.array.find(begin, length), length);
            moved = moved || free != begin;
            begin = free;
        }
    }
    return begin;
}

/// The bus for `load`, then the cells of the whole die for `burn`; returns the end.
Femtoseconds NandArray::occupy(const PageAddress& where, Femtoseconds from, Femtoseconds load, Femtoseconds burn) {
    Reservations& bus = buses_[where.channel];
    Femtoseconds begin = find_die(where, from, load + burn);
    for (Femtoseconds on_bus = bus.find(begin, load); on_bus != begin; on_bus = bus.find(begin, load)) {
        begin = find_die(where, on_bus, load + burn);
    }
    bus.take(begin, begin + load);
    for (Plane& plane : die_planes(where)) {
        plane.array.take(begin, begin + load + burn);
        plane.last_page = kNoPage;
    }
    return begin + load + burn;
}

void NandArray::program(const Group& group, Femtoseconds now) {
    const Bytes bytes = config_.on_bus(config_.page);
    const Femtoseconds load = (config_.t_command + duration(bytes, config_.bus_rate)) * group.size();
    const Femtoseconds burn = (group.front()->slc ? config_.slc : config_.cells).t_program;
    const Femtoseconds done = occupy(group.front()->op.where, now, load, burn);
    for (NandStep* step : group) {
        step->done = done;
        activity_.bus_bytes += bytes;
        ++activity_.pages_programmed;
    }
}

void NandArray::erase(const Group& group, Femtoseconds now) {
    const Femtoseconds burn = (group.front()->slc ? config_.slc : config_.cells).t_erase;
    const Femtoseconds done = occupy(group.front()->op.where, now, config_.t_command * group.size(), burn);
    for (NandStep* step : group) {
        step->done = done;
        ++activity_.blocks_erased;
    }
}

}  // namespace handset
