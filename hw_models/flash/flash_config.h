// SPDX-License-Identifier: Apache-2.0
// Parameters of managed flash storage (UFS, eMMC): host interface, link, NAND array, staging buffer, energy.
#pragma once

#include <cstdint>

#include "hw_models/common/port_config.h"
#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

struct FlashConfig {
    Bytes capacity;
    std::uint32_t channels = 0;
    std::uint32_t dies = 0;
    std::uint32_t planes = 0;
    Bytes page;
    Femtoseconds t_read;
    BytesPerSecond bus_rate;
    std::uint32_t lanes = 0;
    BytesPerSecond lane_rate;
    std::uint32_t link_efficiency = 0;
    std::uint32_t queue_depth = 0;
    Femtoseconds t_issue;
    Femtoseconds t_firmware;
    Femtoseconds launch_time;
    Femtoseconds completion_time;
    Bytes staging;
    std::uint32_t buffers = 0;
    Femtojoules energy_page;
    Femtojoules energy_link_byte;
    PortConfig port;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("capacity", capacity, {.doc = "user bytes", .min = Bytes{1 << 20}});
        v.field("channels", channels, {.doc = "NAND buses of the controller", .min = 1, .max = 32});
        v.field("dies", dies, {.doc = "dies per channel", .min = 1, .max = 32});
        v.field("planes", planes, {.doc = "planes per die that read independently", .min = 1, .max = 16});
        v.field("page", page, {.doc = "bytes of one plane read", .min = Bytes{512}, .max = Bytes{65536}});
        v.field("t_read", t_read, {.doc = "array to page register"});
        v.field("bus_rate", bus_rate, {.doc = "of one channel", .min = BytesPerSecond{1'000'000}});
        v.field("lanes", lanes, {.doc = "link lanes towards the host", .min = 1, .max = 8});
        v.field("lane_rate", lane_rate, {.doc = "line rate of one lane", .min = BytesPerSecond{1'000'000}});
        v.field("link_efficiency", link_efficiency,
                {.doc = "payload per line byte in permille (line code, headers)", .min = 1, .max = 1000});
        v.field("queue_depth", queue_depth, {.doc = "commands in flight", .min = 1, .max = 1024, .fallback = 32});
        v.field("t_issue", t_issue, {.doc = "host and interface, per command, one at a time"});
        v.field("t_firmware", t_firmware, {.doc = "device controller, per command, overlapping"});
        v.field("launch_time", launch_time, {.doc = "driver call before the first command of a program"});
        v.field("completion_time", completion_time, {.doc = "interrupt and wake-up after the last one"});
        v.field("staging", staging, {.doc = "buffer between link and DRAM writes", .min = Bytes{65536}});
        v.field("buffers", buffers, {.doc = "programs split the staging buffer in so many", .min = 2, .max = 64});
        v.field("energy_page", energy_page, {.doc = "one plane read"});
        v.field("energy_link_byte", energy_link_byte, {.doc = "NAND bus, controller and link, per byte"});
        v.field("port", port, {.doc = "DMA towards DRAM"});
    }

    void check(Errors& errors) const {
        if (capacity.count() % page.count() != 0) {
            errors.add("capacity", "must be whole pages");
        }
        if (page.count() % 512 != 0) {
            errors.add("page", "must be whole sectors of 512 B");
        }
    }

    /// Payload bytes over all lanes.
    [[nodiscard]] BytesPerSecond link_rate() const { return lane_rate * lanes * link_efficiency / 1000; }
};

}  // namespace handset
