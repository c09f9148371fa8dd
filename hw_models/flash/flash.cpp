// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/flash.h"

#include <string>
#include <utility>

#include "sim/base/errors.h"

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
    [[nodiscard]] TileTime tile_time(const Work& /*work*/, std::uint32_t /*lane*/) const override { return {}; }
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

/// What failed and the parameters that led to it.
std::string failure_text(const FlashRequest& request, FtlStatus status, const FtlConfig& config) {
    const FtlFaults& faults = config.faults;
    const auto rate = [](const char* name, std::uint32_t ppm) {
        return "ftl.faults." + std::string(name) + " = " + std::to_string(ppm);
    };
    std::string text = std::string(request.command == FlashCommand::write ? "write" : "read") + " of " +
                       std::to_string(request.size) + " B at flash address " + std::to_string(request.address);
    if (status == FtlStatus::uncorrectable) {
        return text + " failed: ECC gave up after " + std::to_string(faults.retry_steps) + " retries (" +
               rate("read_failure", faults.read_failure) + ", " + rate("retry_failure", faults.retry_failure) + ")";
    }
    return text + " refused: no spare block is left, the device is read-only (" +
           rate("program_failure", faults.program_failure) + ", " + rate("erase_failure", faults.erase_failure) + ", " +
           rate("factory_bad", faults.factory_bad) +
           ", ftl.over_provisioning = " + std::to_string(config.over_provisioning) + ")";
}

}  // namespace

FlashDevice::FlashDevice(const sc_core::sc_module_name& name, const ComponentContext& context,
                         const FlashConfig& config)
    : TileDevice(name, context, std::make_unique<StorageFront>(std::string(name), config), config.port),
      core_(config),
      medium_counters_(this->name()),
      medium_due_("medium_due", [this](const Burst& burst) { finish(burst); }) {
    context.counters.add(medium_counters_);
}

void FlashDevice::attach_image(std::shared_ptr<const Store> image) {
    bytes_ = std::make_unique<OverlayStore>(std::move(image), core_.config().capacity);
}

void FlashDevice::issue(const Burst& burst) {
    if (burst.address < kFlashBase) {
        TileDevice::issue(burst);
        return;
    }
    FlashRequest request;
    request.command = burst.write ? FlashCommand::write : FlashCommand::read;
    request.address = burst.address - kFlashBase;
    request.size = burst.size;
    const FlashDone done = core_.submit(simulated_now(), request);
    if (done.status != FtlStatus::ok) {
        throw ConfigError(std::string(name()) + ": " + failure_text(request, done.status, core_.config().ftl));
    }
    medium_due_.schedule(done.time, burst);
    medium_counters_.request(core_, burst.write, burst.size);
}

void FlashDevice::finish(const Burst& burst) {
    if (burst.data != nullptr) {
        ensure(bytes_ != nullptr, "flash used with data on before an image was attached");
        const Address address = burst.address - kFlashBase;
        if (burst.write) {
            bytes_->write(address, {burst.data, burst.size});
        } else {
            bytes_->read(address, {burst.data, burst.size});
        }
    }
    burst_done(burst);
}

void FlashDevice::settle(Femtoseconds now) {
    TileDevice::settle(now);
    medium_counters_.settle(core_, now);
}

std::unique_ptr<Component> make_flash(const char* name, const ComponentContext& context, const FlashConfig& config) {
    return std::make_unique<FlashDevice>(name, context, config);
}

}  // namespace handset
