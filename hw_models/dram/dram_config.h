// SPDX-License-Identifier: Apache-2.0
// Parameters of an LPDDR memory: geometry, timing (JEDEC names, command to command, as times), energy per event.
#pragma once

#include <bit>
#include <cstdint>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

struct DramConfig {
    Bytes capacity;
    std::uint32_t channels = 0;
    std::uint32_t channel_bits = 0;
    std::uint32_t ranks = 0;
    std::uint32_t bank_groups = 0;
    std::uint32_t banks = 0;
    Bytes row_bytes;
    std::uint32_t burst_length = 0;
    Hertz data_rate;
    Bytes channel_interleave;
    Bytes group_interleave;
    bool bank_hash = false;
    std::uint32_t queue_depth = 0;
    Femtoseconds t_controller;
    Femtoseconds t_rcd, t_rp, t_ras, t_rc, t_rrd, t_faw, t_ccd_l, t_rtp, t_wr, t_wtr, t_rtw;
    Femtoseconds read_latency, write_latency;
    Femtoseconds t_refi, t_rfc;
    Femtojoules energy_activate, energy_read_byte, energy_write_byte, energy_io_byte, energy_refresh;
    Microwatts background_power;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("capacity", capacity, {.doc = "all channels and ranks together", .min = Bytes{1 << 20}});
        v.field("channels", channels, {.doc = "independent channels", .min = 1, .max = 64});
        v.field("channel_bits", channel_bits, {.doc = "data width of one channel", .min = 8, .max = 128});
        v.field("ranks", ranks, {.doc = "ranks per channel", .min = 1, .max = 4, .fallback = 1});
        v.field("bank_groups", bank_groups, {.doc = "bank groups per rank", .min = 1, .max = 8, .fallback = 1});
        v.field("banks", banks, {.doc = "banks per rank, all groups together", .min = 1, .max = 64});
        v.field("row_bytes", row_bytes, {.doc = "page size of one bank", .min = Bytes{256}, .max = Bytes{65536}});
        v.field("burst_length", burst_length, {.doc = "beats per column command", .min = 2, .max = 64, .fallback = 16});
        v.field("data_rate", data_rate, {.doc = "beats per second and pin", .min = Hertz{100'000'000}});
        v.field("channel_interleave", channel_interleave,
                {.doc = "consecutive bytes in one channel", .min = Bytes{32}, .fallback = Bytes{256}});
        v.field("group_interleave", group_interleave,
                {.doc = "consecutive bytes of a channel in one bank group; row_bytes: a row is contiguous",
                 .min = Bytes{16}});
        v.field("bank_hash", bank_hash,
                {.doc = "bank within its group is XORed with all bits of the row", .fallback = true});
        v.field("queue_depth", queue_depth, {.doc = "requests in service", .min = 1, .max = 4096, .fallback = 64});
        v.field("t_controller", t_controller, {.doc = "controller and PHY, request and response side together"});
        v.field("t_rcd", t_rcd, {.doc = "ACT to column command"});
        v.field("t_rp", t_rp, {.doc = "PRE to ACT"});
        v.field("t_ras", t_ras, {.doc = "ACT to PRE"});
        v.field("t_rc", t_rc, {.doc = "ACT to ACT of one bank"});
        v.field("t_rrd", t_rrd, {.doc = "ACT to ACT of one rank"});
        v.field("t_faw", t_faw, {.doc = "window that holds at most four ACT of one rank"});
        v.field("t_ccd_l", t_ccd_l, {.doc = "column to column in one bank group; between groups it is one burst"});
        v.field("t_rtp", t_rtp, {.doc = "RD to PRE"});
        v.field("t_wr", t_wr, {.doc = "end of write data to PRE"});
        v.field("t_wtr", t_wtr, {.doc = "end of write data to RD"});
        v.field("t_rtw", t_rtw, {.doc = "RD to WR"});
        v.field("read_latency", read_latency, {.doc = "RD to first data"});
        v.field("write_latency", write_latency, {.doc = "WR to first data"});
        v.field("t_refi", t_refi,
                {.doc = "average interval of all-bank refreshes of one rank", .min = Femtoseconds{100'000'000}});
        v.field("t_rfc", t_rfc, {.doc = "duration of an all-bank refresh"});
        v.field("energy_activate", energy_activate, {.doc = "one ACT with its PRE"});
        v.field("energy_read_byte", energy_read_byte, {.doc = "array and data path, per byte on the bus"});
        v.field("energy_write_byte", energy_write_byte, {.doc = "array and data path, per byte on the bus"});
        v.field("energy_io_byte", energy_io_byte, {.doc = "pins and PHY of both sides, per byte on the bus"});
        v.field("energy_refresh", energy_refresh, {.doc = "one all-bank refresh of one rank of one channel"});
        v.field("background_power", background_power, {.doc = "standby of all dies and the controller"});
    }

    void check(Errors& errors) const;

    [[nodiscard]] Bytes burst_bytes() const { return Bytes{std::uint64_t{channel_bits} / 8 * burst_length}; }
    [[nodiscard]] Femtoseconds burst_time() const { return duration(Cycles{burst_length}, data_rate); }
    /// Of all channels, refresh not deducted.
    [[nodiscard]] BytesPerSecond peak_rate() const {
        return BytesPerSecond{data_rate.count() * (channel_bits / 8) * channels};
    }
};

}  // namespace handset
