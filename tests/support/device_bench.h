// SPDX-License-Identifier: Apache-2.0
// One device on one test memory, and hand-made programs for it: each tile loads a block, adds one to every byte and
// stores the result. Works for every component that has a Device face.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hw_models/common/component.h"
#include "hw_models/common/device.h"
#include "sim/ir/kernel.h"
#include "tests/support/test_memory.h"

namespace handset {

/// local[1] = local[0] + 1 over region[0] bytes.
class AddOneKernel final : public Kernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "add_one"; }
    [[nodiscard]] std::string_view doc() const override { return "adds one to every byte"; }
    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override;
    [[nodiscard]] bool supports(const OpNode& /*op*/, const DeviceCaps& /*caps*/) const override { return true; }
    [[nodiscard]] TileProgram lower(const OpNode& op, const DeviceCaps& caps) const override;
    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override;
};

/// Appends a tile that takes `size` bytes at `offset` of operand `from`, adds one and writes them at the same offset of
/// operand `to`; input and result share the slot of the local store that starts at `slot`.
Tile& add_tile(TileProgram& program, std::uint32_t from, std::uint32_t to, std::uint64_t offset, std::uint64_t size,
               std::uint64_t slot);

/// Operand i lies at i * kOperandStride in the memory.
inline constexpr std::uint64_t kOperandStride = 1 << 16;

class DeviceBench {
  public:
    using Maker = std::function<std::unique_ptr<Component>(const char*, const ComponentContext&)>;
    struct Run {
        Femtoseconds completed;  ///< time from start to completion
        ProgramUsage usage;
    };

    DeviceBench(const char* name, const Maker& make, Femtoseconds latency, BytesPerSecond bandwidth, bool data = true);

    /// Runs one program to its end, starting at the current simulated time.
    Run run(const TileProgram& program, bool continues = false);
    /// The value of one of the device's counters.
    [[nodiscard]] std::uint64_t counter(const std::string& name) const;
    /// Bytes of operand `operand`, for set-up and inspection.
    [[nodiscard]] std::span<std::byte> operand(std::uint32_t operand);
    Device& device() { return *component_->device(); }
    Component& component() { return *component_; }

    CounterRegistry counters;
    Timeline timeline;
    TestMemory memory;
    OpNode op;                                                          ///< two inputs, one output
    std::vector<Address> bases{0, kOperandStride, 2 * kOperandStride};  ///< of the operands
    const PageTable* pages = nullptr;
    Bytes first_touched;  ///< of the next programs

  private:
    std::string name_;
    AddOneKernel kernel_;
    std::unique_ptr<Component> component_;
    std::vector<Run> finished_;
};

}  // namespace handset
