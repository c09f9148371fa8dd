// SPDX-License-Identifier: Apache-2.0
// A small machine that uses every parameter type, for the tests of the config room.
#pragma once

#include <array>

#include "sim/config/typed_config.h"

namespace handset::sample {

enum class Policy : std::uint8_t { open, closed, adaptive };

inline std::span<const std::pair<std::string_view, Policy>> enum_names(Policy /*tag*/) {
    static constexpr std::array<std::pair<std::string_view, Policy>, 3> kNames{
        {{"open", Policy::open}, {"closed", Policy::closed}, {"adaptive", Policy::adaptive}}};
    return kNames;
}

struct Cluster {
    std::uint32_t cores = 0;
    Hertz clock;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("cores", cores, {.doc = "number of cores", .min = 1, .max = 16});
        v.field("clock", clock, {.doc = "core clock", .min = 1_MHz, .fallback = 2000_MHz});
    }
};

struct Refresh {
    Femtoseconds interval;
    bool per_bank = false;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("interval", interval, {.doc = "time between refreshes", .fallback = 3900_ns});
        v.field("per_bank", per_bank, {.doc = "refresh one bank at a time", .fallback = true});
    }
};

struct Dram {
    Bytes capacity;
    std::uint32_t banks = 0;
    Femtoseconds t_rcd;
    Policy policy = Policy::open;
    BytesPerSecond rate;
    Refresh refresh;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("capacity", capacity, {.doc = "total capacity", .min = 1_GiB, .max = 64_GiB});
        v.field("banks", banks, {.doc = "banks per rank", .fallback = 16});
        v.field("t_rcd", t_rcd, {.doc = "ACT to column command"});
        v.field("policy", policy, {.doc = "page policy", .fallback = Policy::open});
        v.field("rate", rate, {.doc = "peak data rate"});
        v.field("refresh", refresh, {.doc = "refresh", .optional = true});
    }
    void check(Errors& errors) const {
        if (banks == 0 || capacity.count() % banks != 0) {
            errors.add("banks", "must divide the capacity");
        }
    }
};

struct NpuConfig {
    std::uint32_t rows = 0;
    Femtojoules mac_energy;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("rows", rows, {.doc = "rows of the matrix array", .min = 1});
        v.field("mac_energy", mac_energy, {.doc = "energy of one MAC", .fallback = 450_fJ});
    }
    void check(Errors& errors) const {
        if (rows % 8 != 0) {
            errors.add("rows", "must be a multiple of 8");
        }
    }
};

struct GpuConfig {
    std::vector<std::uint32_t> tile;
    Cycles launch;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("tile", tile, {.doc = "tile edges", .fallback = std::vector<std::uint32_t>{16, 16}});
        v.field("launch", launch, {.doc = "cycles to launch"});
    }
};

inline std::span<const ConfigKind> device_kinds() {
    static constexpr std::array kKinds{ConfigKind{"npu", "matrix engine", &make_config<NpuConfig>},
                                       ConfigKind{"gpu", "shader cores", &make_config<GpuConfig>}};
    return kKinds;
}

struct DeviceSlot {
    AnyConfig config;
    Hertz clock;

    template <class Visitor>
    void fields(Visitor& v) {
        v.variant("kind", config, device_kinds(), "what the device is");
        v.field("clock", clock, {.doc = "device clock"});
    }
};

struct Machine {
    std::string name;
    Dram dram;
    std::vector<Cluster> clusters;
    std::map<std::string, DeviceSlot> devices;
    std::optional<Microwatts> budget;
    std::optional<Refresh> scrub;
    std::filesystem::path model;
    double leakage = 0;
    std::int32_t nice = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("name", name, {.doc = "name of the machine"});
        v.field("dram", dram, {.doc = "main memory"});
        v.field("clusters", clusters, {.doc = "CPU clusters", .optional = true});
        v.field("devices", devices, {.doc = "accelerators", .optional = true});
        v.field("budget", budget, {.doc = "power budget", .min = 1_mW});
        v.field("scrub", scrub, {.doc = "scrubbing"});
        v.field("model", model, {.doc = "model file", .fallback = "model.gguf"});
        v.field("leakage", leakage, {.doc = "leakage factor", .min = 0.0, .max = 1.0, .fallback = 0.25});
        v.field("nice", nice, {.doc = "priority", .fallback = -1});
    }
};

inline constexpr std::string_view kDramText = "dram: {capacity: 8 GiB, t_rcd: 18 ns, rate: 67.2 GB/s}\n";
inline constexpr std::string_view kMachineText =
    "name: phone\n"
    "dram: {capacity: 8 GiB, t_rcd: 18 ns, rate: 67.2 GB/s}\n";

}  // namespace handset::sample
