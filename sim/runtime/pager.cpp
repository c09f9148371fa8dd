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
      arriving_(cache_.file_pages()),
      host_done_("page_fault_done", [this](OpId op) { host_done(op); }) {
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
        ready(std::nullopt);
        return;
    }
    Request& request =
        requests_.emplace_back(Request{.op = op.id, .pages = std::move(pages), .ready = std::move(ready)});
    request.record.name = "page_in." + op.name;
    request.record.kernel = "page_in";
    request.record.device = storage_.caps().name;
    request.record.layer = op.layer;
    request.record.start = simulated_now();
    serve();
}

/// Lets every request go on until it waits; a request that comes in meanwhile has its turn, too.
void Pager::serve() {
    if (serving_) {
        return;
    }
    serving_ = true;
    for (auto request = requests_.begin(); request != requests_.end();) {
        if (advance(*request)) {
            Request done = std::move(*request);
            request = requests_.erase(request);
            finish(std::move(done));
        } else {
            ++request;
        }
    }
    serving_ = false;
}

/// True when all pages are there; false: it waits for the host, for storage or for memory.
bool Pager::advance(Request& request) {
    while (request.next < request.pages.size()) {
        if (request.in_fault) {
            return false;
        }
        if (request.host_owed > Femtoseconds{}) {
            spend_host_time(request);
            return false;
        }
        for (Read& read : request.unsent) {
            queue_.push_back(std::move(read));
        }
        request.unsent.clear();
        start_read();
        const std::uint64_t page = request.pages[request.next];
        if (arriving_[page] > 0) {
            request.waited = true;
            return false;
        }
        if (request.touched) {
            request.touched = false;
            ++request.next;
        } else if (cache_.full() && !cache_.resident(page) && !pinned_.empty()) {
            request.waited = true;  // for an op that runs to release its pages
            return false;
        } else {
            touch(request, page);
        }
    }
    return true;
}

void Pager::spend_host_time(Request& request) {
    const Femtoseconds time = std::exchange(request.host_owed, {});
    counters_.fault_time += time;
    counters_.energy_faults += energy(host_power_, time);
    request.in_fault = true;
    host_done_.schedule(simulated_now() + time, request.op);
}

void Pager::host_done(OpId op) {
    const auto request =
        std::find_if(requests_.begin(), requests_.end(), [op](const Request& r) { return r.op == op; });
    ensure(request != requests_.end(), "the host handled a fault of nobody");
    request->in_fault = false;
    serve();
}

void Pager::touch(Request& request, std::uint64_t page) {
    const PageFaults faults = cache_.touch(page * page_size_, 1);
    cache_.pin(page);
    request.touched = true;
    provide_frames();
    counters_.hits += faults.hits;
    counters_.minor_faults += faults.minor_faults;
    counters_.major_faults += faults.major_faults;
    counters_.read_ahead_pages += faults.read_ahead_pages;
    counters_.evictions += faults.evictions;
    counters_.peak_resident.observe(Bytes{cache_.resident_pages() * page_size_});
    request.host_owed =
        faults.major_faults * cache_.config().major_fault_time + faults.minor_faults * cache_.config().minor_fault_time;
    for (const PageRead& read : faults.reads) {
        count_arrivals(read, 1);
        ++counters_.reads;
        counters_.page_bytes += Bytes{read.size};
        request.record.bytes_read += Bytes{read.size};
        request.record.bytes_written += Bytes{read.size};
        request.unsent.push_back({read, request.record.name});
    }
}

void Pager::finish(Request done) {
    pinned_.emplace(done.op, std::move(done.pages));
    if (!done.waited && done.record.bytes_read == Bytes{}) {
        done.ready(std::nullopt);
        return;
    }
    done.record.end = simulated_now();
    done.record.energy = std::exchange(unbooked_, {});
    done.ready(std::move(done.record));
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
    serve();
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

/// One tile: the bytes leave flash together and go to their frames, frames that adjoin as one store. A page that was
/// evicted before its turn has no frame: it may belong to a page that was read earlier.
TileProgram Pager::program_of(const PageRead& read) const {
    TileProgram program;
    program.kernel = copy_.name();
    program.local_bytes = Bytes{read.size};
    program.transfers.push_back({.operand = 0, .row_bytes = read.size, .row_stride = read.size, .offset = read.offset});
    for (std::uint64_t local = 0; local < read.size; local += page_size_) {
        const std::uint64_t page = (read.offset + local) / page_size_;
        if (!cache_.resident(page)) {
            continue;
        }
        const std::uint64_t bytes = std::min(page_size_, read.size - local);
        const Address address = frame_address(page);
        Transfer& last = program.transfers.back();
        if (last.operand == 1 && last.offset + last.row_bytes == address && last.local + last.row_bytes == local) {
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

void Pager::count_arrivals(const PageRead& read, int change) {
    for (std::uint64_t offset = read.offset; offset < read.offset + read.size; offset += page_size_) {
        arriving_[offset / page_size_] += change;
    }
}

void Pager::start_read() {
    if (reading_ || queue_.empty()) {
        return;
    }
    reading_ = true;
    TileProgram program = program_of(queue_.front().pages);
    if (filter_) {
        filter_(program);
    }
    read_op_.name = queue_.front().name;
    storage_.start({.op = &read_op_,
                    .kernel = &copy_,
                    .program = std::make_shared<const TileProgram>(std::move(program)),
                    .operand_base = {kFlashBase, 0},
                    .continues = false,
                    .pages = nullptr});
}

void Pager::read_done(Femtojoules energy) {
    ensure(reading_, "storage completed a read that the pager did not start");
    unbooked_ += energy;
    count_arrivals(queue_.front().pages, -1);
    queue_.pop_front();
    reading_ = false;
    start_read();
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
