// SPDX-License-Identifier: Apache-2.0
// Parameters of the on-chip network between initiators and memory.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

struct NocPortConfig {
    Bytes width;
    Bytes outstanding;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("width", width, {.doc = "bytes per cycle, each direction", .min = Bytes{1}, .max = Bytes{1024}});
        v.field("outstanding", outstanding, {.doc = "bytes the port may have in flight", .min = Bytes{64}});
    }
};

struct NocConfig {
    Hertz clock;
    Bytes fabric_width;
    Bytes outstanding;
    Bytes packet;
    Femtoseconds request_latency;
    Femtoseconds response_latency;
    NocPortConfig port;
    std::map<std::string, NocPortConfig> ports;
    Femtojoules energy_per_byte;
    Microwatts idle_power;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("clock", clock, {.doc = "of ports and fabric", .min = Hertz{1'000'000}});
        v.field("fabric_width", fabric_width,
                {.doc = "bytes per cycle between fabric and memory, each direction", .min = Bytes{1}});
        v.field("outstanding", outstanding, {.doc = "bytes in flight of all ports together", .min = Bytes{64}});
        v.field("packet", packet,
                {.doc = "larger requests travel in aligned pieces of this size",
                 .min = Bytes{64},
                 .max = Bytes{65536},
                 .fallback = Bytes{4096}});
        v.field("request_latency", request_latency, {.doc = "initiator to memory, unloaded"});
        v.field("response_latency", response_latency, {.doc = "memory to initiator, unloaded"});
        v.field("port", port, {.doc = "every port that is not named in ports"});
        v.field("ports", ports, {.doc = "ports by the name of their initiator", .optional = true});
        v.field("energy_per_byte", energy_per_byte, {.doc = "wires and switches, either direction"});
        v.field("idle_power", idle_power, {.doc = "leakage and clock, drawn always"});
    }

    void check(Errors& errors) const {
        for (const auto& [name, p] : ports) {
            if (p.outstanding > outstanding) {
                errors.add("ports." + name + ".outstanding", "exceeds what all ports together may have in flight");
            }
        }
        if (packet > outstanding) {
            errors.add("packet", "exceeds what all ports together may have in flight");
        }
        if (port.outstanding > outstanding) {
            errors.add("port.outstanding", "exceeds what all ports together may have in flight");
        }
    }

    [[nodiscard]] const NocPortConfig& port_of(const std::string& initiator) const {
        const auto found = ports.find(initiator);
        return found == ports.end() ? port : found->second;
    }
    [[nodiscard]] BytesPerSecond rate(Bytes width) const { return BytesPerSecond{clock.count() * width.count()}; }
};

}  // namespace handset
