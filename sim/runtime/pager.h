// SPDX-License-Identifier: Apache-2.0
// Weights as a memory-mapped file: before an op starts, the pages it reads are faulted in, each missing window as a
// program of its own on the storage device that scatters flash bytes into DRAM frames, while the reader goes on until
// it needs a page that is still under way. While the op runs its pages are pinned, and its device finds them through
// the page table. So bytes move as in a load, frames of evicted pages are overwritten, and graphs, kernels and policies
// stay. Left out: ops that start on their first pages (their own time, small beside the paging, is not hidden), ops
// whose pages exceed the cache (OutOfMemory), several readers of one op, several reads in storage at once, and policies
// that foresee paging. Faults take host time and host energy; they delay the op, but occupy no core of another op.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hw_models/common/device.h"
#include "sim/engine/timed_queue.h"
#include "sim/ir/op_graph.h"
#include "sim/runtime/page_cache.h"
#include "sim/runtime/tensor_arena.h"
#include "sim/stats/counters.h"
#include "sim/stats/op_record.h"

namespace handset {

class Pager final : public PageTable {
  public:
    /// Gets what paging took as a record of the storage device, without phase, step and ready time; none when the op
    /// neither read nor waited. Its energy is that of all reads which ended since the last record.
    using Ready = std::function<void(const std::optional<OpRecord>&)>;

    /// `copy` moves the bytes of a load; `host_power` is that of the core that handles faults. Throws ConfigError when
    /// a window exceeds the storage's staging buffer.
    Pager(const PageCacheConfig& config, Bytes file_size, Device& storage, const Kernel& copy, TensorArena& arena,
          Microwatts host_power, CounterRegistry& counters);

    /// The tensor's bytes start at `offset` of the file.
    void map(const std::string& tensor, Address offset);
    /// The address under which devices know a mapped tensor; none: it is not mapped.
    [[nodiscard]] std::optional<Address> address_of(const std::string& tensor) const;

    /// Makes the mapped inputs of `op` resident and pins them, then calls `ready`: at once when there is no
    /// fault. Storage reads in the order of the faults of all ops. While other ops' pages leave
    /// no room it waits for their release; throws OutOfMemory when there is none to come.
    void page_in(const OpGraph& graph, const OpNode& op, Ready ready);
    /// Unpins them; ops that wait for memory go on.
    void release(OpId op);

    [[nodiscard]] const Device& storage() const { return storage_; }
    /// To be called when the storage device completes a program.
    void read_done(Femtojoules energy);

    [[nodiscard]] Run lookup(Address mapped, std::uint64_t bytes) const override;

    /// Test hook: changes programs before they start.
    void set_program_filter(std::function<void(TileProgram&)> filter) { filter_ = std::move(filter); }

  private:
    struct Counters : CounterGroup {
        using CounterGroup::CounterGroup;
        EventCounter hits{*this, "hits", "pages touched that were in the cache"};
        EventCounter minor_faults{*this, "minor_faults", "of them not mapped yet"};
        EventCounter major_faults{*this, "major_faults", "pages touched that had to be read"};
        EventCounter read_ahead_pages{*this, "read_ahead_pages", "pages read before they were touched"};
        EventCounter evictions{*this, "evictions", "pages dropped for others"};
        EventCounter reads{*this, "reads", "commands of adjacent pages"};
        Counter<Bytes> page_bytes{*this, "page_bytes", "read from storage into the cache"};
        PeakCounter<Bytes> peak_resident{*this, "peak_resident", "largest size of the cache"};
        Counter<Femtoseconds> fault_time{*this, "fault_time", "host time spent in faults"};
        Counter<Femtojoules> energy_faults{*this, "energy_faults", "host energy spent in faults"};
    };
    struct Read {
        PageRead pages;
        std::string name;
    };
    struct Request {
        OpId op;
        std::vector<std::uint64_t> pages;
        Ready ready;
        std::size_t next = 0;      ///< page to touch or to wait for
        bool touched = false;      ///< it has been
        bool in_fault = false;     ///< the host handles its last touch
        bool waited = false;       ///< for storage or memory, ever
        Femtoseconds host_owed{};  ///< by its last touch
        std::vector<Read> unsent{};
        OpRecord record{};
    };

    [[nodiscard]] std::vector<std::uint64_t> pages_of(const OpGraph& graph, const OpNode& op) const;
    void serve();
    bool advance(Request& request);
    void spend_host_time(Request& request);
    void host_done(OpId op);
    void touch(Request& request, std::uint64_t page);
    void finish(Request done);
    void start_read();
    void count_arrivals(const PageRead& read, int change);
    [[nodiscard]] TileProgram program_of(const PageRead& read) const;
    [[nodiscard]] Address frame_address(std::uint64_t page) const;
    void provide_frames();

    PageCache cache_;
    Device& storage_;
    const Kernel& copy_;
    TensorArena& arena_;
    Microwatts host_power_;
    Counters counters_;
    std::uint64_t page_size_;
    std::map<std::string, Address, std::less<>> mapped_;
    std::vector<Address> extents_;  // DRAM behind the frames, kExtentPages each
    std::list<Request> requests_;
    bool serving_ = false;
    std::deque<Read> queue_;     // of storage
    bool reading_ = false;       // the first one
    std::vector<int> arriving_;  // by page: reads decided and not done
    Femtojoules unbooked_;       // of reads, not in a record yet
    std::map<OpId, std::vector<std::uint64_t>> pinned_;
    OpNode read_op_;
    TimedQueue<OpId> host_done_;
    std::function<void(TileProgram&)> filter_;
};

}  // namespace handset
