// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/weight_table.h"

#include "sim/base/errors.h"

namespace handset {

void WeightTable::add(Weight weight) {
    ensure(index_.emplace(weight.name, weights_.size()).second, "weight '" + weight.name + "' added twice");
    weights_.push_back(std::move(weight));
}

const Weight* WeightTable::find(std::string_view name) const {
    const auto found = index_.find(std::string(name));
    return found == index_.end() ? nullptr : &weights_[found->second];
}

const Weight& WeightTable::at(std::string_view name) const {
    const Weight* weight = find(name);
    ensure(weight != nullptr, "the model has no weight '" + std::string(name) + "'");
    return *weight;
}

Bytes WeightTable::size() const {
    Bytes total;
    for (const Weight& weight : weights_) {
        total += weight.size();
    }
    return total;
}

}  // namespace handset
