// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/event_wheel.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "sim/engine/process_guard.h"

namespace handset {

namespace {

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

/// The heap keeps the largest on top: reverse.
bool EventWheel::later(const Entry& a, const Entry& b) {
    return a.when != b.when ? a.when > b.when : a.alarm->order_ > b.alarm->order_;
}

void EventWheel::remove(Alarm& alarm) {
    alarms_.erase(std::remove(alarms_.begin(), alarms_.end(), &alarm), alarms_.end());
    entries_.erase(
        std::remove_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.alarm == &alarm; }),
        entries_.end());
    std::make_heap(entries_.begin(), entries_.end(), later);
}

void EventWheel::start_of_simulation() {
    std::sort(alarms_.begin(), alarms_.end(),
              [](const Alarm* a, const Alarm* b) { return std::strcmp(a->name(), b->name()) < 0; });
    for (std::uint32_t i = 0; i < alarms_.size(); ++i) {
        alarms_[i]->order_ = i;
    }
    std::make_heap(entries_.begin(), entries_.end(), later);
}

void EventWheel::at(Femtoseconds when, Alarm& alarm) {
    entries_.push_back({when, &alarm});
    std::push_heap(entries_.begin(), entries_.end(), later);
    if (!turning_ && entries_.front().alarm == &alarm) {
        arm();
    }
}

void EventWheel::arm() {
    if (!entries_.empty()) {
        const Femtoseconds wait = saturating_sub(entries_.front().when, simulated_now());
        event_.notify(to_sc_time(wait));  // zero: one delta later; an earlier pending notification stays in force
    }
}

void EventWheel::turn() {
    guarded([this] {
        turning_ = true;
        const Femtoseconds now = simulated_now();
        while (!entries_.empty() && entries_.front().when <= now) {
            ring_round(now);
        }
        turning_ = false;
        arm();
    });
}

/// What is set to ring now while a round rings, rings in the next one.
void EventWheel::ring_round(Femtoseconds now) {
    round_.clear();
    while (!entries_.empty() && entries_.front().when <= now) {
        Alarm& alarm = *entries_.front().alarm;
        std::pop_heap(entries_.begin(), entries_.end(), later);
        entries_.pop_back();
        if (alarm.due_ <= now) {  // else: it has been set anew since
            alarm.due_ = Femtoseconds{UINT64_MAX};
            round_.push_back(&alarm);
        }
    }
    for (Alarm* alarm : round_) {
        alarm->ring_();
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
