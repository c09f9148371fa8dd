// SPDX-License-Identifier: Apache-2.0
// Parameters of an LPDDR or DDR memory with its controller: geometry, address map, scheduling, low power. Timing and
// currents of the devices are nested.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "hw_models/dram/dram_power_config.h"
#include "hw_models/dram/dram_timing_config.h"
#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

inline constexpr std::uint32_t kMaxRanks = 4;

enum class BankHash : std::uint8_t { none, low_rows, all_rows };
enum class PagePolicy : std::uint8_t { open, closed, timeout };
enum class RefreshMode : std::uint8_t { off, all_bank, per_bank };
std::span<const std::pair<std::string_view, BankHash>> enum_names(BankHash /*type*/);
std::span<const std::pair<std::string_view, PagePolicy>> enum_names(PagePolicy /*type*/);
std::span<const std::pair<std::string_view, RefreshMode>> enum_names(RefreshMode /*type*/);

struct DramControllerConfig {
    std::uint32_t read_queue = 0;
    std::uint32_t write_queue = 0;
    std::uint32_t drain_high = 0;
    std::uint32_t drain_low = 0;
    Femtoseconds age_limit;
    PagePolicy page_policy = PagePolicy::open;
    Femtoseconds page_timeout;
    RefreshMode refresh = RefreshMode::all_bank;
    Femtoseconds power_down_after;
    Femtoseconds self_refresh_after;
    Femtoseconds t_request;
    Femtoseconds t_response;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("read_queue", read_queue, {.doc = "bursts of reads waiting per channel", .min = 1, .max = 4096});
        v.field("write_queue", write_queue, {.doc = "bursts of writes waiting per channel", .min = 1, .max = 4096});
        v.field("drain_high", drain_high,
                {.doc = "permille of the write queue above which writes go first", .max = 1000, .fallback = 800});
        v.field("drain_low", drain_low,
                {.doc = "permille of the write queue below which reads go first again", .max = 1000, .fallback = 200});
        v.field("age_limit", age_limit,
                {.doc = "a request that waited so long may close rows that others still hit",
                 .min = Femtoseconds{1'000'000},
                 .fallback = Femtoseconds{2'000'000'000}});
        v.field("page_policy", page_policy,
                {.doc = "open: rows stay open; closed: until nobody waits for them; timeout: for page_timeout",
                 .fallback = PagePolicy::open});
        v.field("page_timeout", page_timeout, {.doc = "of the timeout policy", .fallback = Femtoseconds{200'000'000}});
        v.field("refresh", refresh, {.doc = "how rows are refreshed", .fallback = RefreshMode::all_bank});
        v.field("power_down_after", power_down_after,
                {.doc = "idle time of a channel before power-down; 0: never", .fallback = Femtoseconds{}});
        v.field("self_refresh_after", self_refresh_after,
                {.doc = "idle time of a channel before self refresh; 0: never", .fallback = Femtoseconds{}});
        v.field("t_request", t_request, {.doc = "arrival of a request to its first command, unloaded"});
        v.field("t_response", t_response, {.doc = "last data beat to response"});
    }
    void check(Errors& errors) const;
};

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
    std::uint32_t beats_per_clock = 0;
    std::string address_map;
    BankHash bank_hash = BankHash::none;
    DramTimingConfig timing;
    DramControllerConfig controller;
    DramPowerConfig power;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("capacity", capacity, {.doc = "all channels and ranks together", .min = Bytes{1 << 20}});
        v.field("channels", channels, {.doc = "independent channels", .min = 1, .max = 64});
        v.field("channel_bits", channel_bits, {.doc = "data width of one channel", .min = 8, .max = 128});
        v.field("ranks", ranks, {.doc = "ranks per channel", .min = 1, .max = kMaxRanks, .fallback = 1});
        v.field("bank_groups", bank_groups, {.doc = "bank groups per rank", .min = 1, .max = 8, .fallback = 1});
        v.field("banks", banks, {.doc = "banks per rank, all groups together", .min = 1, .max = 64});
        v.field("row_bytes", row_bytes, {.doc = "page size of one bank", .min = Bytes{256}, .max = Bytes{65536}});
        v.field("burst_length", burst_length, {.doc = "beats per column command", .min = 2, .max = 64, .fallback = 16});
        v.field("data_rate", data_rate, {.doc = "beats per second and pin", .min = Hertz{100'000'000}});
        v.field("beats_per_clock", beats_per_clock,
                {.doc = "data beats per command clock CK: 2, or 8 with a data clock at 4:1", .min = 2, .max = 8});
        v.field("address_map", address_map,
                {.doc = "address bits from high to low: row, rank, bank, group, channel once, column in one or more "
                        "pieces, each but one of them NAME:BITS; below are the bytes of a burst"});
        v.field("bank_hash", bank_hash,
                {.doc = "bank and group XORed with the low bits of the row, or with all of them in turn",
                 .fallback = BankHash::none});
        v.field("timing", timing, {.doc = "of a device"});
        v.field("controller", controller, {.doc = "queues, scheduling, low power"});
        v.field("power", power, {.doc = "currents of a device and of the interface"});
    }

    void check(Errors& errors) const;

    [[nodiscard]] Bytes burst_bytes() const { return Bytes{std::uint64_t{channel_bits} / 8 * burst_length}; }
    /// The command clock CK.
    [[nodiscard]] Hertz clock() const { return data_rate / beats_per_clock; }
    [[nodiscard]] std::uint32_t bursts_per_row() const { return static_cast<std::uint32_t>(row_bytes / burst_bytes()); }
    /// Of all channels, refresh not deducted.
    [[nodiscard]] BytesPerSecond peak_rate() const {
        return BytesPerSecond{data_rate.count() * (channel_bits / 8) * channels};
    }
};

}  // namespace handset
