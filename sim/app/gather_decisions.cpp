// SPDX-License-Identifier: Apache-2.0
#include "sim/app/gather_decisions.h"

#include <algorithm>
#include <utility>

#include "sim/base/errors.h"

namespace handset {

GatherDecisions::GatherDecisions(Reader reader, const std::vector<GatherDecision>& replay, std::uint64_t seed)
    : reader_(std::move(reader)), generated_(seed) {
    for (const GatherDecision& decision : replay) {
        replay_.emplace(Key{decision.phase, decision.step, decision.tensor}, decision.rows);
    }
}

std::vector<std::uint32_t> GatherDecisions::find(const GatherQuestion& question, const Key& key) const {
    if (reader_) {
        std::vector<std::uint32_t> rows;
        for (std::uint64_t i = 0; i < question.count; ++i) {
            rows.push_back(reader_(question.address + i * sizeof(std::uint32_t)));
        }
        return rows;
    }
    if (replay_.empty()) {
        return generated_.pick(question.indices.name, question.phase, question.step,
                               static_cast<std::uint32_t>(question.count), static_cast<std::uint32_t>(question.rows));
    }
    const auto found = replay_.find(key);
    const bool fits = found != replay_.end() && found->second.size() == question.count &&
                      std::all_of(found->second.begin(), found->second.end(),
                                  [&question](std::uint32_t row) { return row < question.rows; });
    if (!fits) {
        throw ConfigError("--replay: the result holds no rows of '" + question.indices.name + "' in " +
                          std::string(question.phase) + " " + std::to_string(question.step));
    }
    return found->second;
}

std::vector<std::uint32_t> GatherDecisions::answer(const GatherQuestion& question) {
    const Key key{question.phase, question.step, question.indices.name};
    std::vector<std::uint32_t> rows = find(question, key);
    const auto [known, fresh] = known_.emplace(key, records_.size());
    if (fresh) {
        records_.push_back({std::string(question.phase), question.step, question.indices.name, rows});
    }
    return rows;
}

}  // namespace handset
