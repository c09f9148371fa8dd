// SPDX-License-Identifier: Apache-2.0
// A device that takes a fixed time for every program and remembers what it was asked, and a kernel for it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "hw_models/common/device.h"
#include "sim/engine/run_control.h"
#include "sim/engine/timed_queue.h"

namespace handset::testing {

inline constexpr Femtoseconds kProgram = 10_us;

/// Output shaped like the input; runs everywhere but on storage.
class PlainKernel final : public Kernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "plain"; }
    [[nodiscard]] std::string_view doc() const override { return "for tests"; }
    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override { return {op.inputs.front().shape}; }
    [[nodiscard]] bool supports(const OpNode& /*op*/, const DeviceCaps& caps) const override {
        return caps.kind != DeviceKind::storage;
    }
    [[nodiscard]] TileProgram lower(const OpNode& /*op*/, const DeviceCaps& /*caps*/) const override { return {}; }
    void compute(const OpNode& /*op*/, const Tile& /*tile*/, std::span<std::byte> /*local*/) const override {}
};

/// Remembers what it was asked to do.
class FixedDevice final : public Device {
  public:
    FixedDevice(const std::string& name, DeviceKind kind)
        : due_((name + "_due").c_str(), [this](OpId op) {
              idle_ = true;
              completion_(op, {.energy = 5_pJ, .call = 1_us, .matrix = 2_us, .vector = 3_us, .transfer = 4_us});
          }) {
        caps_.name = name;
        caps_.kind = kind;
        caps_.local_bytes = 1_MiB;
    }
    [[nodiscard]] const DeviceCaps& caps() const override { return caps_; }
    [[nodiscard]] bool idle() const override { return idle_; }
    [[nodiscard]] Femtoseconds estimate(const TileProgram& /*program*/, bool /*continues*/) const override {
        return kProgram;
    }
    [[nodiscard]] Preparation preparation(const TileProgram& /*program*/, Bytes /*weight_bytes*/) const override {
        return {};
    }
    void prepare(OpId op, Femtoseconds time) override {
        idle_ = false;
        due_.schedule(simulated_now() + time, op);
    }
    void start(Launch launch) override {
        started.push_back(simulated_now());
        continued.push_back(launch.continues);
        resumed.push_back(launch.resumes);
        bases.push_back(launch.operand_base);
        touched.push_back(launch.first_touched);
        prepare(launch.op->id, kProgram);
    }
    void on_complete(Completion completion) override { completion_ = std::move(completion); }

    std::vector<Femtoseconds> started;
    std::vector<bool> continued;
    std::vector<bool> resumed;
    std::vector<std::vector<Address>> bases;
    std::vector<Bytes> touched;

  private:
    DeviceCaps caps_;
    bool idle_ = true;
    Completion completion_;
    TimedQueue<OpId> due_;
};

}  // namespace handset::testing
