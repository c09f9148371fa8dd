// SPDX-License-Identifier: Apache-2.0
// Simulated DRAM as a heap: first fit, page-aligned, tagged, with high-water marks. Running out is a result with a
// report of the largest holders.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/quantity.h"
#include "sim/ir/tensor.h"
#include "sim/stats/counters.h"
#include "sim/stats/time_series.h"

namespace handset {

class TensorArena {
  public:
    TensorArena(Bytes capacity, CounterRegistry& counters);

    /// Throws OutOfMemory naming the request, what is in use by tag and the largest holders.
    Address allocate(const std::string& name, Bytes size, MemoryTag tag, Femtoseconds now);
    /// `address` must come from allocate().
    void release(Address address, Femtoseconds now);

    [[nodiscard]] Bytes capacity() const { return capacity_; }
    [[nodiscard]] Bytes in_use() const { return in_use_; }
    [[nodiscard]] Bytes in_use(MemoryTag tag) const { return by_tag_[static_cast<std::size_t>(tag)]; }
    /// End of the highest tensor there ever was. Holes below have been used: the heap grows from zero up.
    [[nodiscard]] Bytes reach() const { return reach_; }
    /// Footprint over time, one series per MemoryTag, in bytes.
    [[nodiscard]] const std::vector<TimeSeries>& series() const { return series_; }

  private:
    struct Counters : CounterGroup {
        using CounterGroup::CounterGroup;
        PeakCounter<Bytes> peak_total{*this, "peak_total", "largest footprint"};
        PeakCounter<Bytes> peak_weights{*this, "peak_weights", "largest footprint of weights"};
        PeakCounter<Bytes> peak_kv{*this, "peak_kv", "largest footprint of the KV cache"};
        PeakCounter<Bytes> peak_activations{*this, "peak_activations", "largest footprint of activations"};
        PeakCounter<Bytes> peak_graphs{*this, "peak_graphs", "largest footprint of prepared graphs"};
        PeakCounter<Bytes> peak_scratch{*this, "peak_scratch", "largest footprint of scratch"};
        EventCounter allocations{*this, "allocations", "tensors placed"};
    };
    struct Block {
        std::string name;
        Bytes size;
        MemoryTag tag = MemoryTag::scratch;
    };

    void account(MemoryTag tag, Femtoseconds now);
    [[noreturn]] void fail(const std::string& name, Bytes size) const;

    Bytes capacity_;
    Counters counters_;
    std::map<Address, Block> blocks_;
    std::map<Address, Bytes> holes_;
    Bytes in_use_;
    Bytes reach_;
    std::array<Bytes, kMemoryTags> by_tag_{};
    std::vector<TimeSeries> series_;
};

}  // namespace handset
