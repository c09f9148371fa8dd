// SPDX-License-Identifier: Apache-2.0
// The runs of one direction that wait in a channel, oldest first, and those in one bank also by bank: of these only the
// oldest, or the oldest that hits the open row, can get the next command. Which does and when is for the channel to
// say.
#pragma once

#include <cstdint>
#include <vector>

#include "hw_models/dram/dram_address_map.h"
#include "hw_models/dram/dram_clocks.h"
#include "hw_models/dram/dram_rank.h"

namespace handset {

/// A run that waits, in the slot that names it until it is removed.
struct DramQueueEntry {
    DramRun run;
    DramClock ready = 0;  ///< first command
    DramClock arrival = 0;
    std::uint64_t number = 0;  ///< in the order of arrival, given by the queue
    std::uint32_t request = 0;
    std::uint32_t bank = 0;  ///< the first of the run
    std::uint32_t turn = 0;  ///< clocks between its columns when they follow each other on the bus, else 0
};

class DramQueue {
  public:
    /// What the scheduler looks at of a run in one bank.
    struct BankRun {
        DramClock ready = 0;
        std::uint64_t number = 0;
        std::uint64_t row = 0;
        std::uint32_t slot = 0;
    };
    struct Bank {
        std::vector<BankRun> runs;  ///< oldest first
        BankRun hit;                ///< the oldest for the open row, if there is one
    };

    DramQueue(std::uint32_t ranks, std::uint32_t banks) : ranks_(ranks, Rank{0, 0, std::vector<Bank>(banks)}) {}

    [[nodiscard]] bool empty() const { return order_.empty(); }
    /// The slot of the oldest run; the queue is not empty.
    [[nodiscard]] std::uint32_t oldest() const { return order_.front(); }
    [[nodiscard]] const DramQueueEntry& operator[](std::uint32_t slot) const { return entries_[slot]; }
    [[nodiscard]] DramRun& run(std::uint32_t slot) { return entries_[slot].run; }
    /// Runs over several bank groups, oldest first.
    [[nodiscard]] const std::vector<std::uint32_t>& wide() const { return wide_; }
    /// Banks that runs in one bank wait for.
    [[nodiscard]] DramBanks waiting(std::uint32_t rank) const { return ranks_[rank].waiting; }
    /// Those of them whose open row is waited for; of closed banks it means nothing.
    [[nodiscard]] DramBanks hits(std::uint32_t rank) const { return ranks_[rank].hits; }
    [[nodiscard]] const Bank* banks(std::uint32_t rank) const { return ranks_[rank].banks.data(); }

    /// Takes a run, the last of the order; `hit`: it is in one bank and its row is open. Returns its slot.
    std::uint32_t push(const DramQueueEntry& entry, bool hit);
    void remove(std::uint32_t slot);
    /// `row` is the open one from now on. Returns how many runs in one bank wait for it.
    std::uint32_t open(std::uint32_t rank, std::uint32_t bank, std::uint64_t row);

  private:
    struct Rank {
        DramBanks waiting = 0;
        DramBanks hits = 0;
        std::vector<Bank> banks;
    };

    std::vector<DramQueueEntry> entries_;  ///< by slot
    std::vector<std::uint32_t> free_;      ///< slots
    std::vector<std::uint32_t> order_;     ///< slots of all runs, oldest first
    std::vector<std::uint32_t> wide_;
    std::vector<Rank> ranks_;
    std::uint64_t pushed_ = 0;
};

}  // namespace handset
