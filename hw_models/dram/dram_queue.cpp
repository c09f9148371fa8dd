// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_queue.h"

#include <algorithm>

namespace handset {

std::uint32_t DramQueue::push(const DramQueueEntry& entry, bool hit) {
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(entries_.size()));
        entries_.emplace_back();
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    entries_[slot] = entry;
    entries_[slot].number = pushed_++;
    order_.push_back(slot);
    if (entry.run.groups > 1) {
        wide_.push_back(slot);
        return slot;
    }
    Rank& rank = ranks_[entry.run.rank];
    Bank& bank = rank.banks[entry.bank];
    const DramBanks bit = DramBanks{1} << entry.bank;
    bank.runs.push_back({entry.ready, entries_[slot].number, entry.run.row, slot});
    rank.waiting |= bit;
    if (hit && (rank.hits & bit) == 0) {
        rank.hits |= bit;
        bank.hit = bank.runs.back();
    }
    return slot;
}

void DramQueue::remove(std::uint32_t slot) {
    const DramQueueEntry& entry = entries_[slot];
    free_.push_back(slot);
    order_.erase(std::find(order_.begin(), order_.end(), slot));
    if (entry.run.groups > 1) {
        wide_.erase(std::find(wide_.begin(), wide_.end(), slot));
        return;
    }
    Rank& rank = ranks_[entry.run.rank];
    std::vector<BankRun>& runs = rank.banks[entry.bank].runs;
    runs.erase(std::find_if(runs.begin(), runs.end(), [slot](const BankRun& run) { return run.slot == slot; }));
    rank.waiting &= ~(DramBanks{runs.empty()} << entry.bank);
    open(entry.run.rank, entry.bank, entry.run.row);  // it leaves while its row is open
}

std::uint32_t DramQueue::open(std::uint32_t rank_index, std::uint32_t bank_index, std::uint64_t row) {
    Rank& rank = ranks_[rank_index];
    Bank& bank = rank.banks[bank_index];
    std::uint32_t hits = 0;
    for (auto run = bank.runs.rbegin(); run != bank.runs.rend(); ++run) {
        if (run->row == row) {
            bank.hit = *run;
            ++hits;
        }
    }
    const DramBanks bit = DramBanks{1} << bank_index;
    rank.hits = hits > 0 ? rank.hits | bit : rank.hits & ~bit;
    return hits;
}

}  // namespace handset
