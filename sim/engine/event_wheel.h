// SPDX-License-Identifier: Apache-2.0
// All timed work of one simulation in one process: what is due at one moment runs in rounds, each in the order of
// names. So no result depends on the order in which modules were made or SystemC runs processes, and a moment costs
// one event however many parts of the model it concerns.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <systemc>

#include "sim/base/quantity.h"

namespace handset {

inline sc_core::sc_time to_sc_time(Femtoseconds time) {
    return sc_core::sc_time::from_value(time.count());  // the resolution is 1 fs
}
inline Femtoseconds simulated_now() {
    return Femtoseconds{sc_core::sc_get_curr_simcontext()->time_stamp().value()};  // sc_time_stamp(), inline
}

class Alarm;

/// Lives as long as the alarms of its simulation.
class EventWheel final : public sc_core::sc_module, public std::enable_shared_from_this<EventWheel> {
  public:
    SC_HAS_PROCESS(EventWheel);
    explicit EventWheel(const sc_core::sc_module_name& name);

    /// The wheel of the current simulation; made with the first alarm, before the simulation starts.
    static std::shared_ptr<EventWheel> of_simulation();

    void add(Alarm& alarm);
    void remove(Alarm& alarm);
    /// Rings the alarm `order` at `when`, unless it is set to ring earlier; in the next round when that is now.
    void set(std::uint32_t order, Femtoseconds when) {
        if (when < due_[order]) {
            due_[order] = when;
            if (when <= next_) {
                bring_forward(order, when);
            }
        }
    }

  private:
    /// One bit per alarm.
    using Alarms = std::vector<std::uint64_t>;
    static constexpr Femtoseconds kNever{UINT64_MAX};

    void start_of_simulation() override;
    void bring_forward(std::uint32_t order, Femtoseconds when);
    void find_next();
    void turn();
    void ring_round();
    void arm();

    std::vector<Alarm*> alarms_;     ///< by order
    std::vector<Femtoseconds> due_;  ///< of each alarm; they are few: a search costs less than a heap
    Femtoseconds next_ = kNever;     ///< the earliest of `due_`
    Alarms first_;                   ///< those due then
    Alarms round_;
    bool turning_ = false;
    sc_core::sc_event event_{"due"};
};

/// Calls its owner at a time.
class Alarm final : public sc_core::sc_object {
  public:
    Alarm(const char* name, std::function<void()> ring);
    ~Alarm() override;
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    /// Rings at `when`, which must not lie in the past, unless it is set to ring earlier.
    void set(Femtoseconds when) { wheel_->set(order_, when); }

  private:
    friend class EventWheel;

    std::function<void()> ring_;
    std::uint32_t order_ = 0;  ///< among the alarms of the simulation, by name once it runs
    std::shared_ptr<EventWheel> wheel_;
};

}  // namespace handset
