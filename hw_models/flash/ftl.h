// SPDX-License-Identifier: Apache-2.0
// Flash translation layer of a managed NAND device: page map, allocation striped over channels, dies and planes,
// garbage collection, wear levelling, bad blocks, recovery after power loss. Decides which array operations happen, not
// how long they take. Not modelled: sub-page mapping, write buffering (the caller's), SLC regions, data.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "hw_models/flash/ftl_blocks.h"
#include "hw_models/flash/ftl_config.h"
#include "hw_models/flash/ftl_map.h"
#include "hw_models/flash/ftl_map_cache.h"
#include "hw_models/flash/ftl_medium.h"
#include "hw_models/flash/ftl_random.h"

namespace handset {

enum class FtlStatus : std::uint8_t {
    ok,
    unmapped,       ///< read of a page that was never written or is trimmed: nothing to sense
    uncorrectable,  ///< ECC failed after the last retry
    read_only,      ///< no spare blocks left: the write did not happen, everything acknowledged stays readable
};

/// What happened since construction.
struct FtlActivity {
    std::uint64_t host_pages_read = 0;
    std::uint64_t host_pages_written = 0;
    std::uint64_t pages_programmed = 0;  ///< all attempts: host, moves, map, failures
    std::uint64_t pages_moved = 0;       ///< by collection, wear levelling and evacuation of bad blocks
    std::uint64_t erases = 0;            ///< of blocks, all attempts
    std::uint64_t map_reads = 0;
    std::uint64_t map_writes = 0;
    std::uint64_t read_retries = 0;
    std::uint64_t uncorrectable = 0;
    std::uint64_t bad_blocks = 0;  ///< grown, without the factory's
    std::uint64_t wear_moves = 0;  ///< superblocks moved only to level wear

    friend bool operator==(const FtlActivity&, const FtlActivity&) = default;
};

class Ftl {
  public:
    /// A factory-new device. `config` has passed check() and check_geometry().
    Ftl(const NandGeometry& geometry, const FtlConfig& config);
    /// What a controller finds at power-on: the newest readable copy of every page counts, open superblocks are filled
    /// further. A trim is a hint: until its old copies are erased a trimmed page may come back with any of them.
    Ftl(const FtlConfig& config, FtlMedium medium);

    /// Pages the host sees. Logical pages beyond them are ModelErrors in every call.
    [[nodiscard]] std::uint64_t logical_pages() const { return logical_pages_; }

    /// Content that lies there from the start, striped over all planes, without memory per page. Only before the first
    /// change; ModelError when a page is mapped already or superblocks run out (every call begins a new one).
    void preload(std::uint64_t first, std::uint64_t count);

    /// The calls below append array operations in the order in which they must start: an internal program stores what
    /// the read before it sensed, an erase waits for the programs before it. The status is that of the host's page.
    FtlStatus read(std::uint64_t logical_page, std::vector<NandOp>& ops);
    /// A whole page. Throws PowerLoss when a cut was ordered.
    FtlStatus write(std::uint64_t logical_page, std::vector<NandOp>& ops);
    void trim(std::uint64_t logical_page);
    /// Where a logical page lies.
    [[nodiscard]] std::optional<PageAddress> locate(std::uint64_t logical_page) const;
    [[nodiscard]] bool read_only() const { return read_only_; }  ///< every further write is refused
    [[nodiscard]] const FtlActivity& activity() const { return activity_; }
    [[nodiscard]] const FtlBlocks& blocks() const { return blocks_; }
    /// What survives a power loss.
    [[nodiscard]] const FtlMedium& medium() const { return medium_; }
    void cut_power_after(std::uint64_t steps) { medium_.cut_power_after(steps); }

  private:
    /// A superblock being filled. Two: what collection found alive does not mix with what the host writes now.
    struct Stream {
        std::optional<std::uint32_t> block = {};
        std::uint32_t offset = 0;  ///< next page of the superblock
    };
    /// Valid pages on the move: all of a superblock, which is then erased, or those of one bad block.
    struct Job {
        std::uint32_t block = 0;
        std::optional<std::uint32_t> bad_plane = {};
        std::uint32_t offset = 0;
        std::uint64_t pace = 1;  ///< moves per write of the host that free as many pages as it takes
    };

    std::uint32_t checked(std::uint64_t logical_page) const;
    [[nodiscard]] std::uint32_t map_page(std::uint32_t logical) const;
    void load(std::uint32_t first, std::uint32_t count);

    // Map and its cache (ftl.cpp).
    void use_map(std::uint32_t logical, std::vector<NandOp>& ops);
    void change_map(std::uint32_t logical);
    void flush_map(std::vector<NandOp>& ops);
    void remap(std::uint32_t logical, std::uint32_t page);
    void unmap(std::uint32_t logical);
    [[nodiscard]] bool holds(std::uint32_t page) const;

    // Array operations (ftl_place.cpp).
    bool sense(std::uint32_t page, bool internal, std::vector<NandOp>& ops);
    bool place(std::uint32_t logical, Stream& stream, bool internal, bool damaged, std::vector<NandOp>& ops);
    std::optional<std::uint32_t> next_page(Stream& stream, std::vector<NandOp>& ops);
    std::optional<std::uint32_t> fill(Stream& stream);
    bool open(Stream& stream);
    [[nodiscard]] std::uint64_t room(const Stream& stream) const;
    /// Free superblocks that only moved pages may open: one holds any victim, one makes up for torn and failed pages.
    static constexpr std::uint32_t kReserve = 2;

    // Collection (ftl_collect.cpp).
    void collect(std::vector<NandOp>& ops);
    bool reclaim(std::vector<NandOp>& ops);
    std::optional<Job> background_job();
    std::optional<Job> victim();
    [[nodiscard]] std::uint64_t moves_per_write() const;
    bool advance(std::uint64_t moves, std::vector<NandOp>& ops);
    bool move(std::uint32_t page, std::vector<NandOp>& ops);
    void finish(std::vector<NandOp>& ops);
    void erase(std::uint32_t block, std::vector<NandOp>& ops);

    // Power-on (ftl_recover.cpp).
    void scan();
    void adopt(std::uint32_t page);
    void resume(std::uint32_t block);
    [[nodiscard]] std::optional<std::uint32_t> append_offset(std::uint32_t block) const;

    FtlConfig config_;
    FtlMedium medium_;
    std::uint64_t logical_pages_;
    std::uint32_t map_entries_;  ///< logical pages per page of the map
    FtlMap map_;                 ///< of the host's pages, then of the map's own
    FtlMapCache map_cache_;
    FtlBlocks blocks_;
    Stream host_;
    Stream moved_;
    std::optional<Job> job_;
    std::set<std::pair<std::uint32_t, std::uint32_t>> evacuate_;  ///< grown bad blocks (superblock, plane) with data
    bool wear_due_ = false;  ///< a collection has finished since wear was last looked at
    bool read_only_ = false;
    std::uint64_t sequence_ = 1;  ///< of the next change
    FtlDice read_dice_;
    FtlDice program_dice_;
    FtlDice erase_dice_;
    FtlDice victim_dice_;
    FtlActivity activity_;
};

}  // namespace handset
