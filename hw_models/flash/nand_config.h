// SPDX-License-Identifier: Apache-2.0
// Parameters of a NAND array: shape, cell times, what planes of a die may do at once, channel buses, ECC, energy.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "hw_models/flash/nand_geometry.h"
#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

/// Which page reads of one die overlap.
enum class PlaneReads : std::uint8_t {
    serial,       ///< one page at a time
    multi_plane,  ///< pages with equal page number in different planes, when asked for together
    independent,  ///< any page of any plane, at any time
};
std::span<const std::pair<std::string_view, PlaneReads>> enum_names(PlaneReads);

/// Which page may be sensed while the register of its plane still empties.
enum class CacheRead : std::uint8_t {
    none,
    sequential,  ///< the next page of the same block
    random,      ///< any page
};
std::span<const std::pair<std::string_view, CacheRead>> enum_names(CacheRead);

/// One way to use the cells.
struct CellTimes {
    std::vector<Femtoseconds> t_read;
    Femtoseconds t_program;
    Femtoseconds t_erase;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("t_read", t_read, {.doc = "array to page register, one value per page type (lower, middle, upper)"});
        v.field("t_program", t_program, {.doc = "one page per plane; one-shot programs divided by their pages"});
        v.field("t_erase", t_erase, {.doc = "one block per plane"});
    }

    void check(Errors& errors) const {
        if (t_read.empty() || t_read.size() > 4) {
            errors.add("t_read", "one to four page types");
        }
    }

    [[nodiscard]] Femtoseconds read_time(std::uint32_t page) const { return t_read[page % t_read.size()]; }
};

struct NandConfig {
    std::uint32_t channels = 0;
    std::uint32_t dies = 0;
    std::uint32_t planes = 0;
    std::uint32_t pages = 0;
    Bytes page;
    CellTimes cells;
    CellTimes slc;
    PlaneReads plane_reads = PlaneReads::serial;
    CacheRead cache_read = CacheRead::none;
    BytesPerSecond bus_rate;
    Femtoseconds t_command;
    Femtoseconds t_data_out;
    Bytes codeword;
    Bytes parity;
    Bytes least_read;
    Femtoseconds t_ecc;
    Femtojoules energy_read;
    Femtojoules energy_program;
    Femtojoules energy_erase;
    Femtojoules energy_bus_byte;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("channels", channels, {.doc = "NAND buses of the controller", .min = 1, .max = 32});
        v.field("dies", dies, {.doc = "per channel, each with its own chip enable", .min = 1, .max = 32});
        v.field("planes", planes, {.doc = "per die", .min = 1, .max = 16});
        v.field("pages", pages, {.doc = "per block", .min = 1, .max = 16384, .fallback = 1024});
        v.field("page", page, {.doc = "bytes of one page", .min = Bytes{512}, .max = Bytes{65536}});
        v.field("cells", cells, {.doc = "times of the main area"});
        v.field("slc", slc, {.doc = "times of blocks used with one bit per cell: the write booster"});
        v.field("plane_reads", plane_reads, {.doc = "which page reads of one die overlap"});
        v.field("cache_read", cache_read, {.doc = "which page is sensed while the register of its plane empties"});
        v.field("bus_rate", bus_rate, {.doc = "of one channel", .min = BytesPerSecond{1'000'000}});
        v.field("t_command", t_command, {.doc = "command and address cycles on the bus, per page"});
        v.field("t_data_out", t_data_out, {.doc = "bus turnaround before the data of a page"});
        v.field("codeword", codeword,
                {.doc = "data of one ECC word: transfers stop only between words", .min = Bytes{512}});
        v.field("parity", parity, {.doc = "check bytes that travel with each word"});
        v.field("least_read", least_read, {.doc = "data that leaves a register at least", .fallback = Bytes{}});
        v.field("t_ecc", t_ecc, {.doc = "decoding after a page's transfer, overlapping with other pages"});
        v.field("energy_read", energy_read, {.doc = "sensing one page"});
        v.field("energy_program", energy_program, {.doc = "programming one page"});
        v.field("energy_erase", energy_erase, {.doc = "erasing one block"});
        v.field("energy_bus_byte", energy_bus_byte, {.doc = "channel bus, both ends, per byte"});
    }

    void check(Errors& errors) const {
        if (page.count() % 512 != 0) {
            errors.add("page", "must be whole sectors of 512 B");
        }
        if (codeword.count() % 512 != 0 || codeword == Bytes{} || page.count() % codeword.count() != 0) {
            errors.add("codeword", "must be whole sectors of 512 B and divide the page");
        }
        if (least_read > page) {
            errors.add("least_read", "must not exceed the page");
        }
    }

    [[nodiscard]] std::uint32_t all_planes() const { return channels * dies * planes; }
    /// What crosses the bus for `bytes` of data: whole words with their parity.
    [[nodiscard]] Bytes on_bus(Bytes bytes) const { return (codeword + parity) * words(bytes); }
    [[nodiscard]] std::uint64_t words(Bytes bytes) const {
        return div_ceil(std::max(bytes, least_read).count(), codeword.count());
    }
};

}  // namespace handset
