// SPDX-License-Identifier: Apache-2.0
// What every hardware model offers to the assembly: ports, an optional device face, counters, background energy.
#pragma once

#include <span>
#include <string>

#include <systemc>

#include "hw_models/common/store.h"
#include "sim/base/quantity.h"
#include "sim/engine/link.h"
#include "sim/stats/counters.h"
#include "sim/stats/timeline.h"

namespace handset {

class Device;

/// What a component needs from its surroundings; all references outlive it.
struct ComponentContext {
    CounterRegistry& counters;
    Timeline* timeline = nullptr;  ///< null: no tile-level tracing
    InitiatorId initiator;         ///< of this component's requests: by name order, not construction order
    bool data = false;             ///< bytes move
    /// Names of all components by their InitiatorId; empty: nobody is known by name.
    std::span<const std::string> initiators = {};
};

class Component : public sc_core::sc_module {
  public:
    explicit Component(const sc_core::sc_module_name& name) : sc_module(name) {}

    /// The face a dispatcher starts programs on; null for memories and interconnect.
    virtual Device* device() { return nullptr; }
    /// The port towards memory; null when the component is the end of a path.
    virtual LinkInitiator* downstream() { return nullptr; }
    /// A port for a new upstream component; null when nothing may be attached. Call before simulation starts.
    virtual LinkTarget* attach(const std::string& /*upstream*/) { return nullptr; }
    /// The bytes this component holds (DRAM, flash); null for others.
    virtual Store* store() { return nullptr; }
    /// Charges background energy up to `now`; called before counters are read. Times never fall.
    virtual void settle(Femtoseconds /*now*/) {}
    /// Drops what a cache holds, without time or traffic: the next program finds it empty. Call between programs.
    virtual void empty() {}
    /// One line for the watchdog's dump.
    [[nodiscard]] virtual std::string state_text() const { return {}; }
};

}  // namespace handset
