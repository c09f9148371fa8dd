// SPDX-License-Identifier: Apache-2.0
// Assembles a phone: builds every component of a SocConfig, binds its links, and offers what a run needs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hw_models/common/component.h"
#include "hw_models/common/device.h"
#include "hw_models/power/power.h"
#include "sim/soc/soc_config.h"
#include "sim/stats/counters.h"
#include "sim/stats/timeline.h"

namespace handset {

struct MemorySizes {
    Bytes dram;
    Bytes flash;
};
/// Of a phone that SocConfig::check() accepts.
MemorySizes memory_sizes(const SocConfig& config);

/// Stands in for a component, with its name, its place in the arbitration and its port; built by the caller.
struct Replacement {
    std::string name;
    std::function<std::unique_ptr<Component>(const char* name, const ComponentContext&)> make;
};

class Soc {
  public:
    /// `timeline` may be null. Elaborates SystemC modules: once per process. Throws ConfigError for parts that do not
    /// fit together. `replacement` may be empty.
    Soc(const SocConfig& config, bool data, Timeline* timeline, const Replacement& replacement = {});

    /// Devices in name order.
    [[nodiscard]] const std::vector<Device*>& devices() const { return devices_; }
    [[nodiscard]] Component& component(const std::string& name) { return *components_.at(name); }
    [[nodiscard]] CounterRegistry& counters() { return counters_; }
    /// The bytes of the simulated DRAM; only with data on.
    [[nodiscard]] Store& dram();
    /// What lies in flash from its first byte; needed with data on.
    void attach_flash_image(std::shared_ptr<const Store> image);
    [[nodiscard]] PowerMonitor& power() { return *power_; }

    /// Caches drop what they hold, as if long ago. Call between programs.
    void empty_caches();
    /// Charges background energy up to `now` and returns all counters.
    Snapshot settle(Femtoseconds now);
    /// One line per component, for the watchdog.
    [[nodiscard]] std::string state_text() const;

  private:
    CounterRegistry counters_;
    std::vector<std::string> initiators_;  ///< component names by InitiatorId
    std::map<std::string, std::unique_ptr<Component>> components_;
    std::vector<Device*> devices_;
    Component* dram_ = nullptr;
    Component* flash_ = nullptr;
    PowerMonitor* power_ = nullptr;
};

}  // namespace handset
