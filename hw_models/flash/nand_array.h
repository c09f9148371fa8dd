// SPDX-License-Identifier: Apache-2.0
// Timing of a NAND array: planes sense and program, registers hold a page, channel buses move it. Every resource is
// booked when an operation is asked for; a later operation may fill a gap but never moves an earlier one. Transfers may
// be interrupted between ECC words, commands slip between them. A program or erase occupies its whole die until it
// ends: reads do not suspend it. Not modelled: cache programs, status polling, temperature and wear dependent times.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hw_models/flash/nand_config.h"
#include "hw_models/flash/nand_geometry.h"
#include "hw_models/flash/reservations.h"

namespace handset {

/// One operation with what the timing needs beside it; `done` is filled in: data of a read decoded, cells programmed or
/// erased.
struct NandStep {
    NandOp op;
    Bytes bytes;       ///< that leave the register (read); a program always moves a whole page
    bool slc = false;  ///< the block is used with one bit per cell
    Femtoseconds done;
};

/// Sums since construction.
struct NandActivity {
    std::uint64_t pages_read = 0;  ///< senses of a page, retries included
    std::uint64_t pages_programmed = 0;
    std::uint64_t blocks_erased = 0;
    std::uint64_t internal_pages = 0;
    Bytes bus_bytes;  ///< data and parity
};

class NandArray {
  public:
    /// `config` has passed check().
    explicit NandArray(const NandConfig& config);

    /// Books the steps from `now` on, in order, as far as they do not wait for each other's resources. Steps of one
    /// call with equal command, die and page number in different planes become one multi-plane operation: programs and
    /// erases always, reads when plane_reads says so. A time that was forgotten
    /// counts as the last one of forget().
    void run(Femtoseconds now, std::span<NandStep> steps);

    /// Runs the steps so that programs wait for the reads of their section, erases for the programs before them,
    /// programs for the erases before them; an erase ends a section. Reads wait for nothing. Returns the end of the
    /// last.
    Femtoseconds run_in_order(Femtoseconds now, std::span<NandStep> steps);

    /// When the die could start an operation that occupies it.
    [[nodiscard]] Femtoseconds die_free(const PageAddress& where) const;

    /// Nothing will be asked for before `now`.
    void forget(Femtoseconds now);

    [[nodiscard]] const NandActivity& activity() const { return activity_; }
    [[nodiscard]] const NandConfig& config() const { return config_; }

  private:
    static constexpr std::uint64_t kNoPage = UINT64_MAX;

    struct Plane {
        Reservations array;
        Reservations page_register;
        std::uint64_t last_page = kNoPage;  ///< block and page of the last read, in calling order
    };
    /// Times of a read that is being placed.
    struct Placement {
        Femtoseconds begin;
        Femtoseconds sensed;
        std::vector<Reservations::Interval> transfers;  ///< on the bus, of all pages
        std::vector<Femtoseconds> moved;                ///< of each page
    };
    using Group = std::vector<NandStep*>;

    Femtoseconds run_only(NandCommand command, Femtoseconds now, std::span<NandStep> steps);
    [[nodiscard]] std::size_t die_index(const PageAddress& where) const;
    [[nodiscard]] std::span<Plane> die_planes(const PageAddress& where);
    Plane& plane(const PageAddress& where) { return die_planes(where)[where.plane]; }
    [[nodiscard]] bool joins(const Group& group, const NandStep& step) const;
    [[nodiscard]] bool follows_in_cache(const Group& group);
    /// Planes whose array and register a read of this group occupies.
    [[nodiscard]] std::span<Plane> occupied_planes(const Group& group);
    void place(const Group& group, Femtoseconds from, bool cached, Placement& out);
    [[nodiscard]] Femtoseconds clash(const Group& group, bool cached, const Placement& placement);
    Femtoseconds read_once(const Group& group, Femtoseconds from);
    void read(const Group& group, Femtoseconds now);
    void program(const Group& group, Femtoseconds now);
    void erase(const Group& group, Femtoseconds now);
    /// Earliest time from which every plane of the die is free for `length`.
    [[nodiscard]] Femtoseconds find_die(const PageAddress& where, Femtoseconds from, Femtoseconds length);
    Femtoseconds occupy(const PageAddress& where, Femtoseconds from, Femtoseconds load, Femtoseconds burn);

    NandConfig config_;
    std::vector<Plane> planes_;  ///< plane within die within channel
    std::vector<Reservations> buses_;
    Placement placement_;
    Group group_;
    Femtoseconds horizon_;  ///< nothing is booked before
    NandActivity activity_;
};

}  // namespace handset
