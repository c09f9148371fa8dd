// SPDX-License-Identifier: Apache-2.0
#include "sim/runtime/tensor_arena.h"

#include <algorithm>
#include <utility>

#include "hw_models/common/device.h"
#include "sim/base/errors.h"

namespace handset {

namespace {

constexpr std::size_t kReportedHolders = 8;

Bytes page_aligned(Bytes size) {
    return Bytes{div_ceil(size.count(), kPageSize.count()) * kPageSize.count()};
}

std::string readable(Bytes size) {
    const bool small = size.count() < (1U << 20);
    const std::uint64_t tenths = size.count() * 10 / (small ? 1U << 10 : 1U << 20);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + (small ? " KiB" : " MiB");
}

}  // namespace

TensorArena::TensorArena(Bytes capacity, CounterRegistry& counters) : capacity_(capacity), counters_("memory") {
    counters.add(counters_);
    holes_.emplace(0, capacity);
    for (std::size_t tag = 0; tag < kMemoryTags; ++tag) {
        series_.emplace_back(std::string(memory_tag_name(static_cast<MemoryTag>(tag))), "B");
    }
}

Address TensorArena::allocate(const std::string& name, Bytes size, MemoryTag tag, Femtoseconds now) {
    ensure(size > Bytes{}, "'" + name + "' has no bytes");
    const Bytes needed = page_aligned(size);
    const auto hole = std::find_if(holes_.begin(), holes_.end(), [&](const auto& h) { return h.second >= needed; });
    if (hole == holes_.end()) {
        fail(name, size);
    }
    const auto [address, room] = *hole;
    holes_.erase(hole);
    if (room > needed) {
        holes_.emplace(address + needed.count(), room - needed);
    }
    blocks_.emplace(address, Block{name, size, tag});
    in_use_ += size;
    reach_ = std::max(reach_, Bytes{address} + needed);
    by_tag_[static_cast<std::size_t>(tag)] += size;
    ++counters_.allocations;
    account(tag, now);
    return address;
}

void TensorArena::release(Address address, Femtoseconds now) {
    const auto block = blocks_.find(address);
    ensure(block != blocks_.end(), "released memory that was not allocated");
    const MemoryTag tag = block->second.tag;
    in_use_ -= block->second.size;
    by_tag_[static_cast<std::size_t>(tag)] -= block->second.size;
    Address begin = address;
    Bytes size = page_aligned(block->second.size);
    blocks_.erase(block);
    auto next = holes_.lower_bound(begin);
    if (next != holes_.end() && begin + size.count() == next->first) {
        size += next->second;
        next = holes_.erase(next);
    }
    if (next != holes_.begin()) {
        const auto previous = std::prev(next);
        if (previous->first + previous->second.count() == begin) {
            begin = previous->first;
            size += previous->second;
            holes_.erase(previous);
        }
    }
    holes_.emplace(begin, size);
    account(tag, now);
}

void TensorArena::account(MemoryTag tag, Femtoseconds now) {
    const Bytes now_used = in_use(tag);
    series_[static_cast<std::size_t>(tag)].record(now, now_used.count());
    counters_.peak_total.observe(in_use_);
    switch (tag) {
        case MemoryTag::weights:
            counters_.peak_weights.observe(now_used);
            break;
        case MemoryTag::kv:
            counters_.peak_kv.observe(now_used);
            break;
        case MemoryTag::activations:
            counters_.peak_activations.observe(now_used);
            break;
        case MemoryTag::graphs:
            counters_.peak_graphs.observe(now_used);
            break;
        case MemoryTag::scratch:
            counters_.peak_scratch.observe(now_used);
            break;
    }
}

void TensorArena::fail(const std::string& name, Bytes size) const {
    std::string message = "simulated DRAM is full: '" + name + "' needs " + readable(size) + ", " + readable(in_use_) +
                          " of " + readable(capacity_) + " are in use (";
    for (std::size_t tag = 0; tag < kMemoryTags; ++tag) {
        message += (tag > 0 ? ", " : "") + std::string(memory_tag_name(static_cast<MemoryTag>(tag))) + " " +
                   readable(by_tag_[tag]);
    }
    message += "). Largest holders:";
    std::vector<const Block*> holders;
    for (const auto& [address, block] : blocks_) {
        holders.push_back(&block);
    }
    std::stable_sort(holders.begin(), holders.end(), [](const Block* a, const Block* b) { return a->size > b->size; });
    holders.resize(std::min(holders.size(), kReportedHolders));
    for (const Block* block : holders) {
        message += "\n  " + readable(block->size) + "  " + block->name;
    }
    throw OutOfMemory(message);
}

}  // namespace handset
