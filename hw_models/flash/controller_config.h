// SPDX-License-Identifier: Apache-2.0
// Parameters around the NAND array: the host's command queue, the link, the controller's firmware and buffers, power
// states.
#pragma once

#include <cstdint>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

/// One queue under one lock: commands are issued one at a time, by whichever core.
struct FlashHostConfig {
    std::uint32_t queue_depth = 0;
    Hertz clock;
    Cycles issue_cycles;
    Femtoseconds t_issue;
    Femtoseconds t_handover;
    Femtoseconds t_completion;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("queue_depth", queue_depth, {.doc = "commands in flight", .min = 1, .max = 65536, .fallback = 32});
        v.field("clock", clock,
                {.doc = "of the issuing core, unless a request says otherwise", .min = Hertz{1'000'000}});
        v.field("issue_cycles", issue_cycles,
                {.doc = "of the issuing core, per command: system call, block layer, driver"});
        v.field("t_issue", t_issue, {.doc = "doorbell and host controller, per command, at any core clock"});
        v.field("t_handover", t_handover, {.doc = "added when another core had the queue and a command was waiting"});
        v.field("t_completion", t_completion, {.doc = "response, interrupt and wake-up; overlaps other commands"});
    }
};

struct FlashLinkConfig {
    std::uint32_t lanes = 0;
    std::uint32_t gear = 1;
    BytesPerSecond lane_rate;
    std::uint32_t line_code = 0;
    std::uint32_t efficiency = 0;
    Femtoseconds t_command;
    Femtojoules energy_byte;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("lanes", lanes, {.doc = "per direction", .min = 1, .max = 16});
        v.field("gear", gear, {.doc = "each gear doubles lane_rate", .min = 1, .max = 8, .fallback = 1});
        v.field("lane_rate", lane_rate,
                {.doc = "line rate of one lane in gear 1",
                 .min = BytesPerSecond{1'000'000},
                 .max = BytesPerSecond{100'000'000'000}});
        v.field("line_code", line_code,
                {.doc = "data bits per line bit in permille: 800 for 8b/10b", .min = 1, .max = 1000});
        v.field("efficiency", efficiency,
                {.doc = "payload per data byte in permille: headers, credits", .min = 1, .max = 1000});
        v.field("t_command", t_command, {.doc = "a command's way to the device"});
        v.field("energy_byte", energy_byte, {.doc = "controller and link, per byte"});
    }

    /// Payload bytes of one direction over all lanes.
    [[nodiscard]] BytesPerSecond rate() const {
        return BytesPerSecond{static_cast<std::uint64_t>(Wide{lane_rate.count()} * lanes * (1U << (gear - 1)) *
                                                         line_code * efficiency / 1'000'000)};
    }
};

struct FlashControllerConfig {
    std::uint32_t cores = 1;
    Femtoseconds t_command;
    Femtoseconds t_unit;
    Bytes read_buffer;
    Bytes read_ahead;
    std::uint32_t streams = 4;
    Bytes write_cache;
    Bytes booster;
    Femtoseconds t_idle;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("cores", cores, {.doc = "firmware cores, a command each", .min = 1, .max = 16, .fallback = 1});
        v.field("t_command", t_command, {.doc = "firmware per command"});
        v.field("t_unit", t_unit,
                {.doc = "firmware per started 4 KiB of a read that continues no stream: look up and schedule"});
        v.field("read_buffer", read_buffer, {.doc = "RAM for pages read ahead", .fallback = Bytes{}});
        v.field("read_ahead", read_ahead,
                {.doc = "read beyond a command that continues a stream", .fallback = Bytes{}});
        v.field("streams", streams, {.doc = "sequential streams told apart", .min = 1, .max = 64, .fallback = 4});
        v.field("write_cache", write_cache,
                {.doc = "volatile RAM for writes; 0: complete when programmed", .fallback = Bytes{}});
        v.field("booster", booster,
                {.doc = "written with one bit per cell before the rest is, 0: none", .fallback = Bytes{}});
        v.field("t_idle", t_idle, {.doc = "without a command until the booster is emptied"});
    }

    void check(Errors& errors) const {
        if (read_ahead > read_buffer) {
            errors.add("read_ahead", "must fit the read_buffer");
        }
    }
};

/// What the controller draws beside the energy of its operations.
struct FlashPowerConfig {
    Microwatts awake;
    Microwatts asleep;
    Femtoseconds t_sleep;
    Femtoseconds t_wake;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("awake", awake, {.doc = "from a command until t_sleep after its end"});
        v.field("asleep", asleep, {.doc = "otherwise"});
        v.field("t_sleep", t_sleep, {.doc = "without a command until sleep, 0: never sleeps"});
        v.field("t_wake", t_wake, {.doc = "added to the first command"});
    }

    void check(Errors& errors) const {
        if (asleep > awake) {
            errors.add("asleep", "must not draw more than awake");
        }
    }
};

}  // namespace handset
