// SPDX-License-Identifier: Apache-2.0
// IDD-style currents of one DRAM device (JEDEC names) by supply rail, and the energy of the interface. DramEnergy turns
// them into energy per command and power per state.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

struct DramRailConfig {
    Millivolts voltage;
    Microamperes idd0, idd2n, idd2p, idd3n, idd3p, idd4r, idd4w, idd5, idd6;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("voltage", voltage, {.doc = "of this supply", .min = Millivolts{100}, .max = Millivolts{5000}});
        v.field("idd0", idd0, {.doc = "ACT and PRE of one bank every t_rc"});
        v.field("idd2n", idd2n, {.doc = "standby, all banks closed"});
        v.field("idd2p", idd2p, {.doc = "power-down, all banks closed"});
        v.field("idd3n", idd3n, {.doc = "standby, a bank open"});
        v.field("idd3p", idd3p, {.doc = "power-down, a bank open"});
        v.field("idd4r", idd4r, {.doc = "gapless reads"});
        v.field("idd4w", idd4w, {.doc = "gapless writes"});
        v.field("idd5", idd5, {.doc = "during an all-bank refresh"});
        v.field("idd6", idd6, {.doc = "self refresh"});
    }

    void check(Errors& errors) const {
        for (const auto& [name, value, standby] : {std::tuple{"idd0", idd0, idd2n},
                                                   {"idd3n", idd3n, idd2n},
                                                   {"idd4r", idd4r, idd3n},
                                                   {"idd4w", idd4w, idd3n},
                                                   {"idd5", idd5, idd3n}}) {
            if (value < standby) {
                errors.add(name, "cannot be below the standby current it includes");
            }
        }
    }
};

struct DramPowerConfig {
    std::uint32_t devices = 0;
    Hertz idd4_rate;
    std::map<std::string, DramRailConfig> rails;
    Femtojoules io_read_byte, io_write_byte;
    Microwatts controller;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("devices", devices, {.doc = "devices that make up the width of one channel", .min = 1, .max = 16});
        v.field("idd4_rate", idd4_rate,
                {.doc = "data rate at which idd4r and idd4w were measured: a burst costs the same at any other; "
                        "0: data_rate",
                 .fallback = Hertz{}});
        v.field("rails", rails, {.doc = "supplies of one device by name (vdd1, vdd2h ...)"});
        v.field("io_read_byte", io_read_byte, {.doc = "pins and PHY of both sides, per byte read"});
        v.field("io_write_byte", io_write_byte, {.doc = "pins and PHY of both sides, per byte written"});
        v.field("controller", controller, {.doc = "controller and PHY of all channels, drawn always"});
    }
};

}  // namespace handset
