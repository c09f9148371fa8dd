// SPDX-License-Identifier: Apache-2.0
// Timing of an LPDDR memory: bank states, column spacing, bus turnaround, activation window, all-bank refresh.
// Requests are served in arrival order per channel with bank preparation ahead of the data; bursts of one request are
// ordered round robin over bank groups. Not modelled: command bus, reordering between requests, power-down, rank
// switch.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "hw_models/dram/dram_config.h"
#include "sim/base/ids.h"

namespace handset {

/// Where one burst lies.
struct DramCoordinates {
    std::uint32_t channel = 0;
    std::uint32_t rank = 0;
    std::uint32_t bank = 0;  ///< group * banks per group + bank in group
    std::uint64_t row = 0;
    std::uint32_t column = 0;  ///< byte within the row

    friend auto operator<=>(const DramCoordinates&, const DramCoordinates&) = default;
};

/// What happened since it was last taken. Row results are per burst on the bus.
struct DramActivity {
    std::uint64_t row_hits = 0;
    std::uint64_t row_misses = 0;     ///< the bank was closed
    std::uint64_t row_conflicts = 0;  ///< another row was open
    std::uint64_t activations = 0;
    std::uint64_t refreshes = 0;
    Bytes bus_read;
    Bytes bus_written;
    Femtoseconds bus_time;
};

class DramCore {
  public:
    /// `config` has passed check().
    explicit DramCore(const DramConfig& config);

    /// Time of the last data beat (plus controller latency) of a request that arrives now. Calls come in time order.
    /// Throws ModelError outside the capacity.
    Femtoseconds schedule(Femtoseconds now, Address address, std::uint64_t size, bool write);
    /// Accounts for refreshes that fell due; does not change the timing of later requests.
    void advance(Femtoseconds now);
    [[nodiscard]] DramActivity take_activity();

    [[nodiscard]] DramCoordinates locate(Address address) const;
    [[nodiscard]] const DramConfig& config() const { return config_; }

  private:
    static constexpr std::uint64_t kClosed = UINT64_MAX;

    struct Bank {
        std::uint64_t row = kClosed;
        Femtoseconds column_ready;
        Femtoseconds precharge_ready;
        Femtoseconds activate_ready;
    };
    struct Rank {
        std::vector<Bank> banks;
        Femtoseconds next_activate;            ///< t_rrd
        std::array<Femtoseconds, 4> window{};  ///< the last four ACT plus t_faw, oldest at `oldest`
        std::uint32_t oldest = 0;
        Femtoseconds next_refresh;
    };
    struct Channel {
        std::vector<Rank> ranks;
        std::vector<Femtoseconds> group_ready;  ///< t_ccd_l
        Femtoseconds next_read;
        Femtoseconds next_write;
    };
    /// Consecutive bursts of one channel that share a row in each bank group they touch.
    struct Segment {
        std::uint32_t rank = 0;
        std::uint32_t bank_in_group = 0;
        std::uint64_t row = 0;
        std::uint64_t begin = 0;  ///< byte within the unit
        std::uint64_t end = 0;
    };

    [[nodiscard]] std::uint64_t local_bytes_below(std::uint32_t channel, Address address) const;
    [[nodiscard]] std::uint32_t fold(std::uint64_t row) const;
    [[nodiscard]] Segment segment_at(std::uint64_t local, std::uint64_t end) const;
    [[nodiscard]] std::uint32_t group_at(std::uint64_t local) const;
    Femtoseconds serve(Channel& channel, std::uint32_t group_base, const Segment& segment, Femtoseconds now,
                       bool write);
    Femtoseconds open_row(Rank& rank, Bank& bank, std::uint64_t row, Femtoseconds now);
    void refresh_until(Rank& rank, Femtoseconds time);
    void refresh(Rank& rank);

    DramConfig config_;
    Femtoseconds burst_time_;
    std::uint64_t burst_bytes_ = 0;
    std::uint32_t banks_per_group_ = 0;
    std::uint32_t groups_in_unit_ = 0;  ///< bank groups that consecutive bytes rotate over
    std::uint64_t unit_bytes_ = 0;      ///< one row in each of these groups
    std::vector<Channel> channels_;
    DramActivity activity_;
};

}  // namespace handset
