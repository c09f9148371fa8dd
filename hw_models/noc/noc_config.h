// SPDX-License-Identifier: Apache-2.0
// Parameters of the on-chip network between initiators and memory.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

struct NocPortConfig {
    Bytes width;
    Bytes outstanding;
    std::optional<Hertz> clock;
    std::optional<Femtoseconds> request_latency;
    std::optional<Femtoseconds> response_latency;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("width", width, {.doc = "bytes per cycle, each direction", .min = Bytes{1}, .max = Bytes{1024}});
        v.field("outstanding", outstanding, {.doc = "bytes the port may have in flight", .min = Bytes{64}});
        v.field("clock", clock, {.doc = "of the port, where it differs from the network's", .min = Hertz{1'000'000}});
        v.field("request_latency", request_latency, {.doc = "initiator to memory, where it differs"});
        v.field("response_latency", response_latency, {.doc = "memory to initiator, where it differs"});
    }
};

struct NocConfig {
    Hertz clock;
    Bytes fabric_width;
    Bytes outstanding;
    Bytes packet;
    Femtoseconds request_latency;
    Femtoseconds response_latency;
    Femtoseconds promote_after;
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
        v.field(
            "promote_after", promote_after,
            {.doc = "a request that has waited so long for the network goes first whatever its priority; 0 ns: never",
             .fallback = Femtoseconds{1'000'000'000}});
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
    [[nodiscard]] BytesPerSecond fabric_rate() const { return BytesPerSecond{clock.count() * fabric_width.count()}; }
    [[nodiscard]] BytesPerSecond port_rate(const NocPortConfig& p) const {
        return BytesPerSecond{p.clock.value_or(clock).count() * p.width.count()};
    }
};

}  // namespace handset
