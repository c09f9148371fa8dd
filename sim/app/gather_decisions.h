// SPDX-License-Identifier: Apache-2.0
// Answers which rows an op reads: with data on as simulated memory holds them, with data off as an earlier run found
// them, else by a stated distribution. Remembers the answers for such a replay.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "sim/results/run_result.h"
#include "sim/runtime/gather_source.h"
#include "workloads/traces/outlier_channels.h"

namespace handset {

class GatherDecisions {
  public:
    /// Four bytes of simulated memory; empty with data off.
    using Reader = std::function<std::uint32_t(Address)>;
    GatherDecisions(Reader reader, const std::vector<GatherDecision>& replay, std::uint64_t seed);

    /// Throws ConfigError when a replay does not know the tensor, or knows other rows than the op can read.
    std::vector<std::uint32_t> answer(const GatherQuestion& question);
    /// In the order of the first questions.
    [[nodiscard]] const std::vector<GatherDecision>& records() const { return records_; }

  private:
    using Key = std::tuple<std::string, std::uint32_t, std::string>;  // phase, step, tensor

    [[nodiscard]] std::vector<std::uint32_t> find(const GatherQuestion& question, const Key& key) const;

    Reader reader_;
    std::map<Key, std::vector<std::uint32_t>> replay_;
    OutlierChannels generated_;
    std::map<Key, std::size_t> known_;  // place among the records
    std::vector<GatherDecision> records_;
};

}  // namespace handset
