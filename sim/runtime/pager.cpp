// SPDX-License-Identifier: Apache-2.0
#include "sim/runtime/pager.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "hw_models/common/address_map.h"
#include "sim/base/errors.h"

namespace handset {

namespace {

/// DRAM is taken for so many frames at a time.
constexpr std::uint64_t kExtentPages = 64;

}  // namespace

Pager::Pager(const PageCacheConfig& config, Bytes file_size, Device& storage, const Kernel& copy, TensorArena& arena,
             Microwatts host_power, CounterRegistry& counters)
    : cache_(config, file_size),
      storage_(storage),
      copy_(copy),
      arena_(arena),
      host_power_(host_power),
      counters_("page_cache"),
      page_size_(config.page_size.count()),
      host_done_("page_fault_done", [this](int) { serve(); }) {
    counters.add(counters_);
    const Bytes window = std::max(config.read_ahead_max, config.page_size);
    if (window > storage.caps().local_bytes) {
        throw ConfigError("mmap.read_ahead_max of " + std::to_string(window.count()) +
                          " B exceeds the staging buffer of " + storage.caps().name + ", " +
                          std::to_string(storage.caps().local_bytes.count()) + " B");
    }
    TensorUse bytes;
    bytes.tag = MemoryTag::weights;
    read_op_.kernel = std::string(copy.name());
    read_op_.inputs = {bytes};
    read_op_.outputs = {bytes};
}

void Pager::map(const std::string& tensor, Address offset) {
    ensure(mapped_.emplace(tensor, offset).second, "'" + tensor + "' is mapped twice");
}

std::optional<Address> Pager::address_of(const std::string& tensor) const {
    const auto found = mapped_.find(tensor);
    return found == mapped_.end() ? std::nullopt : std::optional(kFlashBase + found->second);
}

/// In the order of the operands; of a gathered one only the rows that are read.
std::vector<std::uint64_t> Pager::pages_of(const OpGraph& graph, const OpNode& op) const {
    std::vector<std::uint64_t> pages;
    const auto add = [&pages, this](std::uint64_t offset, std::uint64_t size) {
        for (std::uint64_t page = offset / page_size_; page <= (offset + size - 1) / page_size_; ++page) {
            pages.push_back(page);
        }
    };
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        const TensorUse& use = op.inputs[i];
        const auto found = mapped_.find(graph.tensor(use.tensor).name);
        if (found == mapped_.end()) {
            continue;
        }
        const std::uint64_t begin = found->second + use.offset.count();
        if (i > 0 || op.gather.empty()) {
            add(begin, use.bytes().count());
            continue;
        }
        const std::uint64_t row = row_bytes(use.format, use.shape.cols).count();
        for (const std::uint32_t index : op.gather) {
            add(begin + index * row, row);
        }
    }
    return pages;
}

void Pager::page_in(const OpGraph& graph, const OpNode& op, Ready ready) {
    std::vector<std::uint64_t> pages = pages_of(graph, op);
    if (pages.empty()) {
        ready({});
        return;
    }
    Request& request = requests_.emplace_back(Request{op.id, std::move(pages), std::move(ready), 0, {}});
    request.record.name = "page_in." + op.name;
    request.record.kernel = "page_in";
    request.record.device = storage_.caps().name;
    request.record.layer = op.layer;
    if (!serving_ && requests_.size() == 1) {
        serve();
    }
}

void Pager::serve() {
    serving_ = true;
    while (!requests_.empty() && step()) {
    }
    serving_ = false;
}

/// The next thing to do for the first request; false: it takes time.
bool Pager::step() {
    if (host_owed_ > Femtoseconds{}) {
        const Femtoseconds time = std::exchange(host_owed_, {});
        counters_.fault_time += time;
        counters_.energy_faults += energy(host_power_, time);
        host_done_.schedule(simulated_now() + time, 0);
        return false;
    }
    if (!reads_.empty()) {
        start_read();
        return false;
    }
    const Request& request = requests_.front();
    if (request.next < request.pages.size()) {
        touch_next();
    } else {
        finish();
    }
    return true;
}

void Pager::touch_next() {
    Request& request = requests_.front();
    if (request.next == 0) {
        request.record.start = simulated_now();
    }
    const std::uint64_t page = request.pages[request.next++];
    const PageFaults faults = cache_.touch(page * page_size_, 1);
    cache_.pin(page);
    provide_frames();
    counters_.hits += faults.hits;
    counters_.minor_faults += faults.minor_faults;
    counters_.major_faults += faults.major_faults;
    counters_.read_ahead_pages += faults.read_ahead_pages;
    counters_.evictions += faults.evictions;
    counters_.peak_resident.observe(Bytes{cache_.resident_pages() * page_size_});
    host_owed_ +=
        faults.major_faults * cache_.config().major_fault_time + faults.minor_faults * cache_.config().minor_fault_time;
    reads_.assign(faults.reads.begin(), faults.reads.end());
}

void Pager::finish() {
    Request done = std::move(requests_.front());
    requests_.pop_front();
    done.record.end = simulated_now();
    pinned_.emplace(done.op, std::move(done.pages));
    done.ready(done.record);
}

void Pager::release(OpId op) {
    const auto held = pinned_.find(op);
    if (held == pinned_.end()) {
        return;
    }
    for (const std::uint64_t page : held->second) {
        cache_.unpin(page);
    }
    pinned_.erase(held);
}

/// Takes memory for frames that are used for the first time.
void Pager::provide_frames() {
    const std::uint64_t most = std::min(cache_.capacity_pages(), cache_.file_pages());
    while (extents_.size() * kExtentPages < cache_.resident_pages()) {
        const std::uint64_t pages = std::min(kExtentPages, most - extents_.size() * kExtentPages);
        extents_.push_back(
            arena_.allocate("page cache", Bytes{pages * page_size_}, MemoryTag::weights, simulated_now()));
    }
}

Address Pager::frame_address(std::uint64_t page) const {
    const std::uint32_t frame = cache_.frame(page);
    return extents_.at(frame / kExtentPages) + frame % kExtentPages * page_size_;
}

/// One tile: the bytes leave flash together and go to their frames, frames that adjoin as one store.
TileProgram Pager::program_of(const PageRead& read) const {
    TileProgram program;
    program.kernel = copy_.name();
    program.local_bytes = Bytes{read.size};
    program.transfers.push_back({.operand = 0, .row_bytes = read.size, .row_stride = read.size, .offset = read.offset});
    for (std::uint64_t local = 0; local < read.size; local += page_size_) {
        const std::uint64_t bytes = std::min(page_size_, read.size - local);
        const Address address = frame_address((read.offset + local) / page_size_);
        Transfer& last = program.transfers.back();
        if (last.operand == 1 && last.offset + last.row_bytes == address) {
            last.row_bytes += bytes;
            last.row_stride = last.row_bytes;
        } else {
            program.transfers.push_back(
                {.operand = 1, .row_bytes = bytes, .row_stride = bytes, .offset = address, .local = local});
        }
    }
    Tile tile;
    tile.loads = 1;
    tile.first_store = 1;
    tile.stores = static_cast<std::uint32_t>(program.transfers.size() - 1);
    program.tiles.push_back(tile);
    return program;
}

void Pager::start_read() {
    Request& request = requests_.front();
    const PageRead read = reads_.front();
    reads_.pop_front();
    ++counters_.reads;
    counters_.page_bytes += Bytes{read.size};
    request.record.bytes_read += Bytes{read.size};
    request.record.bytes_written += Bytes{read.size};
    TileProgram program = program_of(read);
    if (filter_) {
        filter_(program);
    }
    read_op_.name = request.record.name;
    storage_.start({.op = &read_op_,
                    .kernel = &copy_,
                    .program = std::make_shared<const TileProgram>(std::move(program)),
                    .operand_base = {kFlashBase, 0},
                    .continues = false,
                    .pages = nullptr});
}

void Pager::read_done(Femtojoules energy) {
    ensure(!requests_.empty(), "storage completed a read that nobody waits for");
    requests_.front().record.energy += energy;
    serve();
}

PageTable::Run Pager::lookup(Address mapped, std::uint64_t bytes) const {
    const std::uint64_t offset = mapped - kFlashBase;
    std::uint64_t page = offset / page_size_;
    ensure(cache_.pinned(page), "a device reads a mapped page that nobody paged in for it");
    Run run{frame_address(page) + offset % page_size_, page_size_ - offset % page_size_};
    while (run.bytes < bytes && ++page < cache_.file_pages() && cache_.pinned(page) &&
           frame_address(page) == run.address + run.bytes) {
        run.bytes += page_size_;
    }
    run.bytes = std::min(run.bytes, bytes);
    return run;
}

}  // namespace handset
