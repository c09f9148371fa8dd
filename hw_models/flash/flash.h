// SPDX-License-Identifier: Apache-2.0
// Storage as a tile device: loads from and stores to the flash address space use its medium over the link, everything
// else (DRAM) goes through the memory port like any device's traffic. Written bytes lie over the attached image.
#pragma once

#include <memory>

#include "hw_models/common/address_map.h"
#include "hw_models/common/tile_device.h"
#include "hw_models/flash/flash_config.h"
#include "hw_models/flash/flash_core.h"
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
    struct Counters : CounterGroup {
        using CounterGroup::CounterGroup;
        EventCounter commands{*this, "commands", "commands of the host"};
        EventCounter pages_read{*this, "pages_read", "pages sensed by planes"};
        EventCounter pages_programmed{*this, "pages_programmed", "pages programmed by planes"};
        EventCounter blocks_erased{*this, "blocks_erased", "blocks erased"};
        EventCounter internal_pages{*this, "internal_pages", "pages of map and garbage collection among them"};
        EventCounter lost_pages{*this, "lost_pages", "reads that ECC gave up"};
        Counter<Bytes> flash_bytes_read{*this, "flash_bytes_read", "bytes read from the medium"};
        Counter<Bytes> flash_bytes_written{*this, "flash_bytes_written", "bytes written to the medium"};
        Counter<Bytes> ahead_bytes{*this, "ahead_bytes", "bytes read that were in the controller already"};
        Counter<Bytes> bus_bytes{*this, "bus_bytes", "bytes on the NAND buses"};
        Counter<Femtoseconds> awake_time{*this, "awake_time", "device not asleep"};
        Counter<Femtojoules> energy_pages{*this, "energy_pages", "sensing pages"};
        Counter<Femtojoules> energy_program{*this, "energy_program", "programming pages"};
        Counter<Femtojoules> energy_erase{*this, "energy_erase", "erasing blocks"};
        Counter<Femtojoules> energy_bus{*this, "energy_bus", "NAND buses"};
        Counter<Femtojoules> energy_link{*this, "energy_link", "controller and link"};
        Counter<Femtojoules> energy_awake{*this, "energy_awake", "power while awake"};
        Counter<Femtojoules> energy_asleep{*this, "energy_asleep", "power while asleep"};
    };

    void finish(const Burst& burst);
    void count();

    FlashCore core_;
    Counters medium_counters_;
    TimedQueue<Burst> medium_due_;
    std::unique_ptr<OverlayStore> bytes_;
    Femtoseconds settled_;
    Femtoseconds awake_;  ///< until settled_
};

std::unique_ptr<Component> make_flash(const char* name, const ComponentContext& context, const FlashConfig& config);

}  // namespace handset
