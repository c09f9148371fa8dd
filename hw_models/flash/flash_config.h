// SPDX-License-Identifier: Apache-2.0
// Parameters of managed flash storage (UFS, eMMC, NVMe): NAND array, translation layer, controller, link, host side,
// and the staging buffer of the simulated device.
#pragma once

#include <cstdint>

#include "hw_models/common/port_config.h"
#include "hw_models/flash/controller_config.h"
#include "hw_models/flash/ftl_config.h"
#include "hw_models/flash/nand_config.h"

namespace handset {

struct FlashConfig {
    Bytes capacity;
    std::uint32_t filled = 1000;
    NandConfig nand;
    FtlConfig ftl;
    FlashControllerConfig controller;
    FlashLinkConfig link;
    FlashHostConfig host;
    FlashPowerConfig power;
    Femtoseconds launch_time;
    Femtoseconds completion_time;
    Bytes staging;
    std::uint32_t buffers = 0;
    PortConfig port;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("capacity", capacity,
                {.doc = "user bytes", .min = Bytes{1 << 20}, .max = Bytes{std::uint64_t{1} << 44}});
        v.field("filled", filled,
                {.doc = "permille of the capacity that holds data from the start", .max = 1000, .fallback = 1000});
        v.field("nand", nand, {.doc = "array"});
        v.field("ftl", ftl, {.doc = "translation layer", .optional = true});
        v.field("controller", controller, {.doc = "of the device"});
        v.field("link", link, {.doc = "between host and device"});
        v.field("host", host, {.doc = "software and host controller"});
        v.field("power", power, {.doc = "states", .optional = true});
        v.field("launch_time", launch_time, {.doc = "driver call before the first command of a program"});
        v.field("completion_time", completion_time, {.doc = "after the last command of a program"});
        v.field("staging", staging, {.doc = "buffer between link and DRAM writes", .min = Bytes{65536}});
        v.field("buffers", buffers, {.doc = "programs split the staging buffer in so many", .min = 2, .max = 64});
        v.field("port", port, {.doc = "DMA towards DRAM"});
    }

    void check(Errors& errors) const;

    /// Enough blocks for the capacity and the over-provisioning.
    [[nodiscard]] NandGeometry geometry() const;
    /// Pages the host sees.
    [[nodiscard]] std::uint64_t logical_pages() const { return capacity / nand.page; }
};

}  // namespace handset
