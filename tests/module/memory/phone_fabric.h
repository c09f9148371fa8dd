// SPDX-License-Identifier: Apache-2.0
// Network, caches and DRAM of a committed phone, with streaming sources in place of its processors: each sends requests
// of the size and with the bytes in flight of the processor's port.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hw_models/catalog.h"
#include "hw_models/cpu/cpu_config.h"
#include "hw_models/gpu/gpu_config.h"
#include "hw_models/npu/npu_config.h"
#include "sim/config/yaml_reader.h"
#include "sim/soc/soc_config.h"
#include "tests/module/memory/traffic_source.h"

namespace handset {

class PhoneFabric {
  public:
    static constexpr std::uint64_t kBytes = 12 << 20;   ///< of every processor; divides into the lanes of all phones
    static constexpr std::uint64_t kPhase = 100 << 10;  ///< parts of cores do not start at the same place of a bank

    /// `overrides` are those of the command line.
    PhoneFabric(const std::string& prefix, const std::string& phone, const std::vector<std::string>& overrides = {})
        : prefix_(prefix),
          config_(load_config<SocConfig>(std::filesystem::path(HANDSET_SOURCE_DIR) / "configs/soc" / (phone + ".yaml"),
                                         overrides)) {
        for (const auto& [name, slot] : config_.components) {
            names_.push_back(name);
        }
        for (const auto& [name, slot] : config_.components) {
            const std::string& kind = slot.config.kind();
            if (kind == "noc" || kind == "cache" || kind == "dram") {
                const ComponentContext context{counters, nullptr, id(name), false, names_};
                levels_[name] = make_component(slot.config, prefix_ + name, context);
            }
        }
        for (const auto& [name, level] : levels_) {
            if (const std::string& below = config_.components.at(name).downstream; !below.empty()) {
                level->downstream()->socket.bind(levels_.at(below)->attach(name)->socket);
            }
        }
    }

    /// Weights as processor `name` streams them: one sequential stream, or one for each core. `window` bytes in flight
    /// in place of those of its port.
    void stream(const std::string& name, std::uint64_t window = 0) { stream_lanes(name, window, kAllLanes); }
    /// The same from one core alone.
    void stream_core(const std::string& name, std::size_t lane) { stream_lanes(name, 0, lane); }
    /// Bytes that a core may have in flight.
    [[nodiscard]] Bytes window_of_core(const std::string& name, std::size_t lane) const {
        const CpuConfig& cpu = config_.components.at(name).config.get<CpuConfig>();
        return cpu.in_flight(cpu.used_cores().at(lane));
    }

    /// GB/s of all sources together while all of them stream; the first tenth does not count.
    [[nodiscard]] double rate() const {
        Femtoseconds end = sources.front()->last();
        for (const auto& source : sources) {
            end = std::min(end, source->last());
        }
        const Femtoseconds begin{end.count() / 10};
        double bytes = 0;
        for (const auto& source : sources) {
            const auto within = [&](Femtoseconds t) { return t > begin && t <= end; };
            bytes += static_cast<double>(std::count_if(source->done.begin(), source->done.end(), within)) *
                     static_cast<double>(source->bytes());
        }
        return bytes / to_seconds(end - begin) / 1e9;
    }

    /// Brings counters up to date.
    void settle() {
        for (const auto& [name, level] : levels_) {
            level->settle(simulated_now());
        }
    }

    CounterRegistry counters;
    std::vector<std::unique_ptr<Source>> sources;

  private:
    static constexpr std::size_t kAllLanes = SIZE_MAX;

    void stream_lanes(const std::string& name, std::uint64_t window, std::size_t only) {
        const ComponentSlot& slot = config_.components.at(name);
        const auto* cpu = slot.config.get_if<CpuConfig>();
        const auto* gpu = slot.config.get_if<GpuConfig>();
        const PortConfig& port = cpu != nullptr   ? cpu->port
                                 : gpu != nullptr ? gpu->port
                                                  : slot.config.get<NpuConfig>().port;
        const std::size_t lanes = cpu == nullptr ? 1 : cpu->lanes();
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            if (only != kAllLanes && lane != only) {
                continue;
            }
            const std::string port_name = name + (cpu == nullptr ? "" : "_core" + std::to_string(lane));
            sources.push_back(std::make_unique<Source>((prefix_ + port_name).c_str(), id(name).value(), lane));
            Source& source = *sources.back();
            source.link.socket.bind(levels_.at(slot.downstream)->attach(cpu == nullptr ? name : port_name)->socket);
            const Bytes own = cpu == nullptr ? port.lane_outstanding : window_of_core(name, lane);
            const Address base = (std::uint64_t{id(name).value()} << 30) + lane * (kBytes / lanes + kPhase);
            source.stream(base, kBytes / lanes, static_cast<std::uint32_t>(port.burst.count()),
                          window == 0 ? own.count() : window, false, kPassing,
                          static_cast<std::uint8_t>(port.priority));
        }
    }

    [[nodiscard]] InitiatorId id(const std::string& name) const {
        return InitiatorId{static_cast<std::size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin())};
    }

    std::string prefix_;
    SocConfig config_;
    std::vector<std::string> names_;
    std::map<std::string, std::unique_ptr<Component>> levels_;
};

/// Mean time from issue to answer.
inline double mean_latency(const Source& source) {
    double sum = 0;
    for (std::size_t i = 0; i < source.done.size(); ++i) {
        sum += to_seconds(source.done[i] - source.issued[i]);
    }
    return sum / static_cast<double>(source.done.size());
}

}  // namespace handset
