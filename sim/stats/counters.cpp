// SPDX-License-Identifier: Apache-2.0
#include "sim/stats/counters.h"

#include <algorithm>
#include <utility>

#include "sim/base/errors.h"

namespace handset {

std::string_view counter_kind_name(CounterKind kind) {
    switch (kind) {
        case CounterKind::sum:
            return "sum";
        case CounterKind::peak:
            return "peak";
        case CounterKind::level:
            return "level";
    }
    return "?";
}

CounterBase::CounterBase(CounterGroup& owner, std::string name, std::string doc, CounterKind kind,
                         std::string_view unit)
    : name_(std::move(name)), doc_(std::move(doc)), kind_(kind), unit_(unit) {
    for (const CounterBase* other : owner.counters_) {
        ensure(other->name() != name_, "counter '" + name_ + "' declared twice in " + owner.path());
    }
    owner.counters_.push_back(this);
}

Snapshot CounterRegistry::snapshot() const {
    Snapshot rows;
    for (const CounterGroup* group : groups_) {
        for (const CounterBase* counter : group->counters()) {
            rows.push_back(
                {group->path() + "." + counter->name(), std::string(counter->unit()), counter->kind(), counter->raw()});
        }
    }
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return rows;
}

std::uint64_t counter_value(const Snapshot& snapshot, std::string_view path) {
    const auto row = std::lower_bound(snapshot.begin(), snapshot.end(), path,
                                      [](const CounterValue& a, std::string_view key) { return a.path < key; });
    ensure(row != snapshot.end() && row->path == path, "no counter '" + std::string(path) + "'");
    return row->value;
}

std::uint64_t sum_of(const Snapshot& snapshot, std::string_view name) {
    std::uint64_t total = 0;
    for (const CounterValue& row : snapshot) {
        const std::size_t dot = row.path.rfind('.');
        if (std::string_view(row.path).substr(dot + 1) == name) {
            total += row.value;
        }
    }
    return total;
}

Snapshot difference(const Snapshot& after, const Snapshot& before) {
    ensure(after.size() == before.size(), "snapshots of different simulations");
    Snapshot rows = after;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        ensure(rows[i].path == before[i].path, "snapshots of different simulations");
        if (rows[i].kind == CounterKind::sum) {
            rows[i].value -= before[i].value;
        }
    }
    return rows;
}

}  // namespace handset
