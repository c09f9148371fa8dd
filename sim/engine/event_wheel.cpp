// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/event_wheel.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "sim/engine/process_guard.h"

namespace handset {

namespace {

constexpr std::uint32_t kWord = 64;

EventWheel* find_wheel(const std::vector<sc_core::sc_object*>& objects) {
    for (sc_core::sc_object* object : objects) {
        if (auto* wheel = dynamic_cast<EventWheel*>(object); wheel != nullptr) {
            return wheel;
        }
        if (EventWheel* wheel = find_wheel(object->get_child_objects()); wheel != nullptr) {
            return wheel;
        }
    }
    return nullptr;
}

}  // namespace

EventWheel::EventWheel(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_METHOD(turn);
    sensitive << event_;
    dont_initialize();
}

std::shared_ptr<EventWheel> EventWheel::of_simulation() {
    EventWheel* wheel = find_wheel(sc_core::sc_get_top_level_objects());
    return wheel != nullptr ? wheel->shared_from_this() : std::make_shared<EventWheel>("event_wheel");
}

void EventWheel::add(Alarm& alarm) {
    alarm.order_ = static_cast<std::uint32_t>(alarms_.size());
    alarms_.push_back(&alarm);
    due_.push_back(kNever);
    first_.resize(div_ceil<std::size_t>(alarms_.size(), kWord));
}

void EventWheel::remove(Alarm& alarm) {
    due_.erase(due_.begin() + alarm.order_);
    alarms_.erase(alarms_.begin() + alarm.order_);
    for (std::uint32_t i = alarm.order_; i < alarms_.size(); ++i) {
        alarms_[i]->order_ = i;
    }
    first_.resize(div_ceil<std::size_t>(alarms_.size(), kWord));
    find_next();
}

void EventWheel::start_of_simulation() {
    std::sort(alarms_.begin(), alarms_.end(),
              [](const Alarm* a, const Alarm* b) { return std::strcmp(a->name(), b->name()) < 0; });
    std::vector<Femtoseconds> due;
    for (std::uint32_t i = 0; i < alarms_.size(); ++i) {
        due.push_back(due_[alarms_[i]->order_]);
        alarms_[i]->order_ = i;
    }
    due_ = std::move(due);
    find_next();
}

/// The alarm rings at `when`, no later than any other.
void EventWheel::bring_forward(std::uint32_t order, Femtoseconds when) {
    const bool earlier = when < next_;
    if (earlier) {
        next_ = when;
        std::fill(first_.begin(), first_.end(), 0);
    }
    first_[order / kWord] |= std::uint64_t{1} << order % kWord;
    if (earlier && !turning_) {
        arm();
    }
}

void EventWheel::find_next() {
    next_ = kNever;
    for (const Femtoseconds due : due_) {
        next_ = std::min(next_, due);
    }
    for (std::size_t word = 0; word < first_.size(); ++word) {
        std::uint64_t bits = 0;
        const std::size_t count = std::min<std::size_t>(due_.size() - word * kWord, kWord);
        for (std::size_t i = 0; i < count; ++i) {
            bits |= std::uint64_t{due_[word * kWord + i] == next_} << i;
        }
        first_[word] = bits;
    }
}

void EventWheel::arm() {
    if (next_ != kNever) {
        const Femtoseconds wait = saturating_sub(next_, simulated_now());
        event_.notify(to_sc_time(wait));  // zero: one delta later; an earlier pending notification stays in force
    }
}

void EventWheel::turn() {
    guarded([this] {
        turning_ = true;
        const Femtoseconds now = simulated_now();
        while (next_ <= now) {
            ring_round();
        }
        turning_ = false;
        arm();
    });
}

/// What is set to ring now while a round rings, rings in the next one.
void EventWheel::ring_round() {
    round_.swap(first_);
    first_.assign(round_.size(), 0);
    for (std::size_t word = 0; word < round_.size(); ++word) {
        for (std::uint64_t rest = round_[word]; rest != 0; rest &= rest - 1) {
            due_[word * kWord + static_cast<std::size_t>(std::countr_zero(rest))] = kNever;
        }
    }
    for (std::size_t word = 0; word < round_.size(); ++word) {
        for (std::uint64_t rest = round_[word]; rest != 0; rest &= rest - 1) {
            alarms_[word * kWord + static_cast<std::size_t>(std::countr_zero(rest))]->ring_();
        }
    }
    if (std::all_of(first_.begin(), first_.end(), [](std::uint64_t word) { return word == 0; })) {
        find_next();
    }
}

Alarm::Alarm(const char* name, std::function<void()> ring)
    : sc_object(name), ring_(std::move(ring)), wheel_(EventWheel::of_simulation()) {
    wheel_->add(*this);
}

Alarm::~Alarm() {
    wheel_->remove(*this);
}

}  // namespace handset
