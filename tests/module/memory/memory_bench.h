// SPDX-License-Identifier: Apache-2.0
// What the memory module tests share: traffic sources, and a network, cache and DRAM wired as on a phone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <systemc>

#include "tests/module/memory/bench_parts.h"
#include "tests/module/memory/traffic_source.h"

namespace handset {

/// Sources -> network -> cache -> DRAM; the prefix keeps several systems of one test apart.
class MemorySystem {
  public:
    explicit MemorySystem(const std::string& prefix = "", bool data = false,
                          const DramConfig& dram_config = bench_dram(), const CacheConfig& cache_config = bench_cache(),
                          const NocConfig& noc_config = bench_noc())
        : prefix_(prefix) {
        const ComponentContext context{counters, nullptr, InitiatorId{0}, data};
        dram = make_dram((prefix + "dram").c_str(), context, dram_config);
        cache = make_cache((prefix + "slc").c_str(), context, cache_config);
        noc = make_noc((prefix + "noc").c_str(), context, noc_config);
        noc->downstream()->socket.bind(cache->attach("noc")->socket);
        cache->downstream()->socket.bind(dram->attach("slc")->socket);
    }

    /// On a port of the network, or of a cache above it.
    Source& add_source(const std::string& name, std::size_t initiator, Component* level = nullptr) {
        sources.push_back(std::make_unique<Source>((prefix_ + name).c_str(), initiator));
        sources.back()->link.socket.bind((level == nullptr ? noc.get() : level)->attach(name)->socket);
        return *sources.back();
    }
    /// Another cache between a source and the network.
    Component& add_cache(const std::string& name, const CacheConfig& config) {
        const ComponentContext context{counters, nullptr, InitiatorId{0}, false};
        upper.push_back(make_cache((prefix_ + name).c_str(), context, config));
        upper.back()->downstream()->socket.bind(noc->attach(name)->socket);
        return *upper.back();
    }
    [[nodiscard]] bool finished() const {
        bool all = true;
        for (const auto& source : sources) {
            all = all && source->finished();
        }
        return all;
    }
    Snapshot settle(Femtoseconds now) {
        dram->settle(now);
        cache->settle(now);
        noc->settle(now);
        return counters.snapshot();
    }
    [[nodiscard]] std::uint64_t value(const Snapshot& snapshot, const std::string& path) const {
        return counter_value(snapshot, prefix_ + path);
    }

    CounterRegistry counters;
    std::unique_ptr<Component> dram;
    std::unique_ptr<Component> cache;
    std::unique_ptr<Component> noc;
    std::vector<std::unique_ptr<Component>> upper;
    std::vector<std::unique_ptr<Source>> sources;

  private:
    std::string prefix_;
};

/// Runs until the events end (refreshes need none).
inline Femtoseconds run_all() {
    sc_core::sc_start();
    return simulated_now();
}

}  // namespace handset
