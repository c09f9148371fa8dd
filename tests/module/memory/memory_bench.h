// SPDX-License-Identifier: Apache-2.0
// What the memory module tests share: scripted and closed-loop traffic sources, and a network, cache and DRAM with
// round numbers, wired as on a phone.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <systemc>

#include "hw_models/cache/cache.h"
#include "hw_models/dram/dram.h"
#include "hw_models/noc/noc.h"
#include "sim/engine/link.h"
#include "sim/engine/run_control.h"
#include "sim/engine/timed_queue.h"
#include "sim/ir/tensor.h"

namespace handset {

inline constexpr auto kPassing = static_cast<std::uint8_t>(MemoryTag::weights);
inline constexpr auto kCached = static_cast<std::uint8_t>(MemoryTag::activations);

/// Four channels x16 at 6400 MT/s: 51.2 GB/s; a burst is 2.5 ns.
inline DramConfig bench_dram() {
    DramConfig c;
    c.capacity = 256_MiB;
    c.channels = 4;
    c.channel_bits = 16;
    c.ranks = 1;
    c.bank_groups = 4;
    c.banks = 16;
    c.row_bytes = 2_KiB;
    c.burst_length = 16;
    c.data_rate = 6400_MHz;
    c.channel_interleave = 256_B;
    c.group_interleave = 32_B;
    c.bank_hash = true;
    c.queue_depth = 64;
    c.t_controller = 20_ns;
    c.t_rcd = 18'750_ps;
    c.t_rp = 18'750_ps;
    c.t_ras = 42'500_ps;
    c.t_rc = 61'250_ps;
    c.t_rrd = 5_ns;
    c.t_faw = 20_ns;
    c.t_ccd_l = 5_ns;
    c.t_rtp = 10_ns;
    c.t_wr = 35_ns;
    c.t_wtr = 12'500_ps;
    c.t_rtw = 15_ns;
    c.read_latency = 21'250_ps;
    c.write_latency = 11'250_ps;
    c.t_refi = 3'906'250_ps;
    c.t_rfc = 210_ns;
    c.energy_activate = 1000_pJ;
    c.energy_read_byte = 20_pJ;
    c.energy_write_byte = 15_pJ;
    c.energy_io_byte = 10_pJ;
    c.energy_refresh = 16_nJ;
    c.background_power = 100_mW;
    return c;
}

inline CacheConfig bench_cache() {
    CacheConfig c;
    c.capacity = 256_KiB;
    c.ways = 4;
    c.line = 1_KiB;
    c.sector = 256_B;
    c.clock = 1000_MHz;
    c.width = 64_B;
    c.lookup_latency = 5_ns;
    c.data_latency = 7_ns;
    c.outstanding = 64_KiB;
    c.allocate = {{"activations", 4}};
    c.energy_lookup = 5_pJ;
    c.energy_per_byte = 2_pJ;
    c.idle_power = 20_mW;
    return c;
}

inline NocConfig bench_noc() {
    NocConfig c;
    c.clock = 1000_MHz;
    c.fabric_width = 128_B;
    c.outstanding = 32_KiB;
    c.packet = 4_KiB;
    c.request_latency = 10_ns;
    c.response_latency = 12_ns;
    c.port = {64_B, 16_KiB};
    c.energy_per_byte = 3_pJ;
    c.idle_power = 10_mW;
    return c;
}

inline Burst request(Address address, std::uint32_t size, bool write = false, std::uint8_t stream = kPassing) {
    Burst burst;
    burst.address = address;
    burst.size = size;
    burst.write = write;
    burst.stream = stream;
    return burst;
}

/// A port that issues at given times, or keeps a number of requests in flight.
class Source final : public sc_core::sc_module {
  public:
    Source(const sc_core::sc_module_name& name, std::size_t initiator)
        : sc_module(name),
          link("memory"),
          initiator_(initiator),
          due_("due", [this](const Burst& burst) { link.send(burst); }) {
        link.on_response([this](const Burst& burst) { arrived(burst); });
    }

    /// Issues one request; its completion time will be done[index], index counting from 0.
    void at(Femtoseconds when, Burst burst) {
        burst.initiator = InitiatorId{initiator_};
        burst.token = static_cast<std::uint32_t>(done.size());
        done.emplace_back();
        due_.schedule(when, burst);
    }
    /// Reads or writes `total` bytes from `base` on in requests of `size`, `window` bytes in flight.
    void stream(Address base, std::uint64_t total, std::uint32_t size, std::uint64_t window, bool write = false,
                std::uint8_t stream = kPassing, std::uint8_t priority = 0) {
        next_ = request(base, size, write, stream);
        next_.priority = priority;
        end_ = base + total;
        for (std::uint64_t i = 0; i < window && next_.address < end_; i += size) {
            issue_next(Femtoseconds{});
        }
    }

    [[nodiscard]] bool finished() const { return arrived_ == done.size() && next_.address >= end_; }
    [[nodiscard]] Femtoseconds last() const { return last_; }
    [[nodiscard]] double rate(std::uint64_t bytes) const { return static_cast<double>(bytes) / to_seconds(last_); }

    LinkInitiator link;
    std::vector<Femtoseconds> done;
    /// Called for every response.
    std::function<void(const Burst&)> on_arrival;

  private:
    void issue_next(Femtoseconds when) {
        const Burst burst = next_;
        next_.address += next_.size;
        at(when, burst);
    }
    void arrived(const Burst& burst) {
        done[burst.token] = simulated_now();
        last_ = simulated_now();
        ++arrived_;
        if (next_.address < end_) {
            issue_next(simulated_now());
        }
        if (on_arrival) {
            on_arrival(burst);
        }
    }

    std::size_t initiator_;
    TimedQueue<Burst> due_;
    Burst next_;
    Address end_ = 0;
    std::size_t arrived_ = 0;
    Femtoseconds last_;
};

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

    Source& add_source(const std::string& name, std::size_t initiator) {
        sources.push_back(std::make_unique<Source>((prefix_ + name).c_str(), initiator));
        sources.back()->link.socket.bind(noc->attach(name)->socket);
        return *sources.back();
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
