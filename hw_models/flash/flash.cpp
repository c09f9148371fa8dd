// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/flash.h"

#include <string>
#include <utility>

namespace handset {

namespace {

/// Storage computes nothing: its tiles only carry bytes from loads to stores.
class StorageFront final : public ComputeCore {
  public:
    StorageFront(const std::string& name, const FlashConfig& config)
        : launch_time_(config.launch_time), completion_time_(config.completion_time) {
        caps_.name = name;
        caps_.kind = DeviceKind::storage;
        caps_.local_bytes = config.staging;
        caps_.buffers = config.buffers;
    }
    [[nodiscard]] const DeviceCaps& caps() const override { return caps_; }
    [[nodiscard]] Femtoseconds tile_time(const Work& /*work*/, std::uint32_t /*lane*/) const override { return {}; }
    [[nodiscard]] Femtojoules tile_energy(const Work& /*work*/, std::uint32_t /*lane*/) const override { return {}; }
    [[nodiscard]] Femtoseconds launch_time(const TileProgram& /*program*/, bool /*continues*/) const override {
        return launch_time_;
    }
    [[nodiscard]] Femtoseconds completion_time(const TileProgram& /*program*/) const override {
        return completion_time_;
    }
    [[nodiscard]] Microwatts lane_power(std::uint32_t /*lane*/) const override { return {}; }

  private:
    DeviceCaps caps_;
    Femtoseconds launch_time_;
    Femtoseconds completion_time_;
};

}  // namespace

FlashDevice::FlashDevice(const sc_core::sc_module_name& name, const ComponentContext& context,
                         const FlashConfig& config)
    : TileDevice(name, context, std::make_unique<StorageFront>(std::string(name), config), config.port),
      core_(config),
      medium_counters_(this->name()),
      medium_due_("medium_due", [this](const Burst& burst) { finish(burst); }) {
    context.counters.add(medium_counters_);
}

void FlashDevice::issue(const Burst& burst) {
    if (burst.address < kFlashBase) {
        TileDevice::issue(burst);
        return;
    }
    ensure(!burst.write, "flash is read-only");
    const std::uint64_t pages_before = core_.pages_read();
    medium_due_.schedule(core_.read(simulated_now(), burst.address - kFlashBase, burst.size), burst);
    const FlashConfig& config = core_.config();
    const std::uint64_t pages = core_.pages_read() - pages_before;
    ++medium_counters_.commands;
    medium_counters_.pages_read += pages;
    medium_counters_.flash_bytes_read += Bytes{burst.size};
    medium_counters_.energy_pages += pages * config.energy_page;
    medium_counters_.energy_link += burst.size * config.energy_link_byte;
}

void FlashDevice::finish(const Burst& burst) {
    if (burst.data != nullptr) {
        ensure(image_ != nullptr, "flash read with data on before an image was attached");
        image_->read(burst.address - kFlashBase, {burst.data, burst.size});
    }
    burst_done(burst);
}

std::unique_ptr<Component> make_flash(const char* name, const ComponentContext& context, const FlashConfig& config) {
    return std::make_unique<FlashDevice>(name, context, config);
}

}  // namespace handset
