// SPDX-License-Identifier: Apache-2.0
// Storage as a tile device: loads from the flash address space come from its medium over the UFS link, everything else
// (the stores into DRAM) goes through the memory port like any device's traffic.
#pragma once

#include <memory>

#include "hw_models/common/address_map.h"
#include "hw_models/common/tile_device.h"
#include "hw_models/flash/flash_config.h"
#include "hw_models/flash/flash_core.h"

namespace handset {

class FlashDevice final : public TileDevice {
  public:
    FlashDevice(const sc_core::sc_module_name& name, const ComponentContext& context, const FlashConfig& config);

    /// The bytes of the medium from address kFlashBase on; needed before the first read when data is on.
    void attach_image(std::shared_ptr<const Store> image) { image_ = std::move(image); }

  protected:
    void issue(const Burst& burst) override;

  private:
    struct Counters : CounterGroup {
        using CounterGroup::CounterGroup;
        EventCounter commands{*this, "commands", "read commands"};
        EventCounter pages_read{*this, "pages_read", "pages sensed by planes"};
        Counter<Bytes> flash_bytes_read{*this, "flash_bytes_read", "bytes read from the medium"};
        Counter<Femtojoules> energy_pages{*this, "energy_pages", "sensing pages"};
        Counter<Femtojoules> energy_link{*this, "energy_link", "NAND bus, controller and link"};
    };

    void finish(const Burst& burst);

    FlashCore core_;
    Counters medium_counters_;
    TimedQueue<Burst> medium_due_;
    std::shared_ptr<const Store> image_;
};

std::unique_ptr<Component> make_flash(const char* name, const ComponentContext& context, const FlashConfig& config);

}  // namespace handset
