// SPDX-License-Identifier: Apache-2.0
// Tags of one sectored, set-associative, write-back array with LRU, and the occupancy of its data port. Holds no bytes.
// Sectors become valid when they are requested; who waits for the fill is the shell's business.
#pragma once

#include <cstdint>
#include <vector>

#include "hw_models/cache/cache_config.h"
#include "sim/base/ids.h"

namespace handset {

struct CacheRange {
    Address address = 0;
    std::uint64_t size = 0;
    std::uint8_t stream = 0;  ///< of bytes written back: MemoryTag of their last writer

    friend bool operator==(const CacheRange&, const CacheRange&) = default;
};

/// What one request does; ranges are ascending and coalesced.
struct CacheOutcome {
    std::uint64_t hit_bytes = 0;         ///< of the request, served or absorbed here
    std::uint64_t filled_bytes = 0;      ///< brought into the array by `below`
    std::uint64_t lines = 0;             ///< tags looked up
    std::vector<CacheRange> below;       ///< reads: what to fetch; writes: what to forward
    std::vector<CacheRange> writebacks;  ///< dirty sectors of evicted lines
};

class CacheCore {
  public:
    /// One array of `capacity` bytes; `config` has passed check().
    CacheCore(const CacheConfig& config, Bytes capacity);

    /// A read. With a `way_mask` missing sectors are fetched whole and installed in one of these ways; without, exactly
    /// the missing bytes are fetched. The outcome is valid until the next call.
    const CacheOutcome& read(Address address, std::uint64_t size, std::uint64_t way_mask);
    /// A write. With a `way_mask` whole sectors stay here (dirty), parts of absent sectors are forwarded; without,
    /// everything is forwarded and present sectors are updated.
    const CacheOutcome& write(Address address, std::uint64_t size, std::uint64_t way_mask, std::uint8_t stream = 0);
    /// Another array reads (or, with `invalidate`, writes) these bytes. Returns what must go below first: sectors that
    /// are dirty here, unless they are overwritten as a whole. Valid until the next call.
    const std::vector<CacheRange>& snoop(Address address, std::uint64_t size, bool invalidate);

    /// End of a transfer of `size` bytes on the data port whose first byte is ready at `start`.
    Femtoseconds transfer(Femtoseconds start, std::uint64_t size);

    /// All lines become empty; dirty ones are not written back.
    void clear();

    [[nodiscard]] const CacheConfig& config() const { return config_; }

  private:
    struct Line {
        std::uint64_t used = 0;  ///< 0: empty
        std::uint64_t valid = 0;
        std::uint64_t dirty = 0;
        std::uint8_t stream = 0;  ///< of the last write
    };
    /// The part of a request within one line: sectors touched, and touched completely.
    struct Part {
        std::uint64_t line = 0;
        Address begin = 0;
        Address end = 0;
        std::uint64_t touched = 0;
        std::uint64_t whole = 0;
    };

    [[nodiscard]] Part part_at(Address address, Address end) const;
    [[nodiscard]] std::uint64_t bytes_in(const Part& part, std::uint64_t sectors) const;
    Line* peek(std::uint64_t line);
    Line* find(std::uint64_t line);
    Line& allocate(std::uint64_t line, std::uint64_t way_mask);
    void append(std::vector<CacheRange>& ranges, std::uint64_t line, std::uint64_t sectors,
                std::uint8_t stream = 0) const;
    void append_clipped(std::vector<CacheRange>& ranges, const Part& part, std::uint64_t sectors) const;
    void reset();

    CacheConfig config_;
    BytesPerSecond rate_;
    std::uint32_t line_shift_ = 0;
    std::uint32_t sector_shift_ = 0;
    std::uint64_t sets_ = 0;
    std::vector<std::uint64_t> tags_;  ///< set after set; apart from the rest because a search reads only these
    std::vector<Line> lines_;
    std::uint64_t use_ = 0;
    Femtoseconds port_free_;
    CacheOutcome outcome_;
};

}  // namespace handset
