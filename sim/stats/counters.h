// SPDX-License-Identifier: Apache-2.0
// Typed counters: one member line in a nested Counters struct; the unit follows from the type. The hot path is an
// integer addition. Ratios and averages are left to readers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/quantity.h"

namespace handset {

/// Sums only grow; peaks keep the largest value seen; a level is the current value (may fall).
enum class CounterKind : std::uint8_t { sum, peak, level };

std::string_view counter_kind_name(CounterKind kind);

class CounterGroup;

/// The untyped part that a snapshot reads.
class CounterBase {
  public:
    CounterBase(CounterGroup& owner, std::string name, std::string doc, CounterKind kind, std::string_view unit);
    CounterBase(const CounterBase&) = delete;
    CounterBase& operator=(const CounterBase&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& doc() const { return doc_; }
    [[nodiscard]] CounterKind kind() const { return kind_; }
    [[nodiscard]] std::string_view unit() const { return unit_; }
    [[nodiscard]] std::uint64_t raw() const { return raw_; }

  protected:
    ~CounterBase() = default;
    std::uint64_t raw_ = 0;  // NOLINT(misc-non-private-member-variables-in-classes): the typed counters add to it

  private:
    std::string name_;
    std::string doc_;
    CounterKind kind_;
    std::string_view unit_;
};

template <class Q>
class Counter final : public CounterBase {
  public:
    Counter(CounterGroup& owner, std::string name, std::string doc)
        : CounterBase(owner, std::move(name), std::move(doc), CounterKind::sum, Q::unit()) {}
    Counter& operator+=(Q amount) {
        raw_ = (Q{raw_} + amount).count();
        return *this;
    }
    [[nodiscard]] Q value() const { return Q{raw_}; }
};

/// Number of events.
class EventCounter final : public CounterBase {
  public:
    EventCounter(CounterGroup& owner, std::string name, std::string doc)
        : CounterBase(owner, std::move(name), std::move(doc), CounterKind::sum, Events::unit()) {}
    EventCounter& operator++() {
        ++raw_;
        return *this;
    }
    EventCounter& operator+=(std::uint64_t amount) {
        raw_ += amount;
        return *this;
    }
    [[nodiscard]] std::uint64_t value() const { return raw_; }
};

template <class Q>
class PeakCounter final : public CounterBase {
  public:
    PeakCounter(CounterGroup& owner, std::string name, std::string doc)
        : CounterBase(owner, std::move(name), std::move(doc), CounterKind::peak, Q::unit()) {}
    void observe(Q value) { raw_ = value.count() > raw_ ? value.count() : raw_; }
    [[nodiscard]] Q value() const { return Q{raw_}; }
};

template <class Q>
class LevelCounter final : public CounterBase {
  public:
    LevelCounter(CounterGroup& owner, std::string name, std::string doc)
        : CounterBase(owner, std::move(name), std::move(doc), CounterKind::level, Q::unit()) {}
    void set(Q value) { raw_ = value.count(); }
    [[nodiscard]] Q value() const { return Q{raw_}; }
};

/// One row of a snapshot.
struct CounterValue {
    std::string path;  ///< "npu0.bytes_read"
    std::string unit;
    CounterKind kind = CounterKind::sum;
    std::uint64_t value = 0;

    friend bool operator==(const CounterValue&, const CounterValue&) = default;
};

/// Sorted by path.
using Snapshot = std::vector<CounterValue>;

/// Base of every nested Counters struct. Counters register in declaration order; names are unique in a group.
class CounterGroup {
  public:
    explicit CounterGroup(std::string path) : path_(std::move(path)) {}
    CounterGroup(const CounterGroup&) = delete;
    CounterGroup& operator=(const CounterGroup&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const std::vector<const CounterBase*>& counters() const { return counters_; }

  protected:
    ~CounterGroup() = default;

  private:
    friend class CounterBase;
    std::string path_;
    std::vector<const CounterBase*> counters_;
};

/// All groups of one simulation; groups must outlive it.
class CounterRegistry {
  public:
    void add(const CounterGroup& group) { groups_.push_back(&group); }
    [[nodiscard]] Snapshot snapshot() const;
    [[nodiscard]] const std::vector<const CounterGroup*>& groups() const { return groups_; }

  private:
    std::vector<const CounterGroup*> groups_;
};

/// The value at `path`; throws ModelError when there is none.
std::uint64_t counter_value(const Snapshot& snapshot, std::string_view path);
/// Sum of all counters whose last path component is `name`.
std::uint64_t sum_of(const Snapshot& snapshot, std::string_view name);

/// Per-counter difference `after - before` of sums; peaks and levels keep the later value. Same paths required.
Snapshot difference(const Snapshot& after, const Snapshot& before);

}  // namespace handset
