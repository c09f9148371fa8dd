// SPDX-License-Identifier: Apache-2.0
// Storage as a tile device: loads from and stores to the flash address space use its medium over the link, everything
// else (DRAM) goes through the memory port like any device's traffic. Written bytes lie over the attached image. A
// request that the medium cannot serve ends the simulation (ConfigError): no operating system is there to handle it.
#pragma once

#include <memory>

#include "hw_models/common/address_map.h"
#include "hw_models/common/tile_device.h"
#include "hw_models/flash/flash_config.h"
#include "hw_models/flash/flash_core.h"
#include "hw_models/flash/flash_counters.h"
#include "hw_models/flash/overlay_store.h"

namespace handset {

class FlashDevice final : public TileDevice {
  public:
    FlashDevice(const sc_core::sc_module_name& name, const ComponentContext& context, const FlashConfig& config);

    /// The bytes of the medium from address kFlashBase on; needed before the first use when data is on.
    void attach_image(std::shared_ptr<const Store> image);
    void settle(Femtoseconds now) override;

  protected:
    void issue(const Burst& burst) override;

  private:
    void finish(const Burst& burst);

    FlashCore core_;
    FlashCounters medium_counters_;
    TimedQueue<Burst> medium_due_;
    std::unique_ptr<OverlayStore> bytes_;
};

std::unique_ptr<Component> make_flash(const char* name, const ComponentContext& context, const FlashConfig& config);

}  // namespace handset
