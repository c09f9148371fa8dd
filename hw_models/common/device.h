// SPDX-License-Identifier: Apache-2.0
// The face a dispatcher sees of NPU, CPU, GPU and storage: it answers questions and runs programs, it decides nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/quantity.h"
#include "sim/ir/device_caps.h"
#include "sim/ir/kernel.h"

namespace handset {

/// In which the operating system hands out memory.
inline constexpr Bytes kPageSize{4096};

/// Where the bytes of a memory-mapped file lie in DRAM while an op runs. Mapped bytes have the addresses of the file in
/// flash.
class PageTable {
  public:
    struct Run {
        Address address = 0;
        std::uint64_t bytes = 0;  ///< that follow one another from there
    };

    virtual ~PageTable() = default;
    /// At least one byte, as many of `bytes` as lie together. Throws ModelError for a page that may be evicted.
    [[nodiscard]] virtual Run lookup(Address mapped, std::uint64_t bytes) const = 0;
};

/// One program bound to one op: what start() needs. Pointers outlive the run of the op.
struct Launch {
    const OpNode* op = nullptr;
    const Kernel* kernel = nullptr;
    std::shared_ptr<const TileProgram> program;
    std::vector<Address> operand_base;  ///< inputs, outputs, then the scratch of a program that has any
    bool continues = false;             ///< all predecessors ran on this device: no call from the host is needed
    bool resumes = false;               ///< an earlier op of its graph ran on this device, in the same session
    const PageTable* pages = nullptr;   ///< translates operands in flash; null: they are read from there
    Bytes first_touched{};              ///< of outputs and scratch: memory that nothing has used before in this run
};

/// What it takes to build a static graph of some ops ahead of time.
struct Preparation {
    Femtoseconds time;
    Bytes memory;  ///< kept as long as the graph is cached
};

/// What a program cost its device. Times are of the lane that computed longest and overlap each other, but for `call`.
struct ProgramUsage {
    Femtojoules energy;     ///< without memory and interconnect
    Femtoseconds call;      ///< launch, completion, and the overheads of the lane's tiles
    Femtoseconds matrix;    ///< matrix unit busy
    Femtoseconds vector;    ///< vector unit busy
    Femtoseconds transfer;  ///< loads or stores under way
};

class Device {
  public:
    using Completion = std::function<void(OpId, const ProgramUsage&)>;

    virtual ~Device() = default;
    [[nodiscard]] virtual const DeviceCaps& caps() const = 0;
    [[nodiscard]] virtual bool idle() const = 0;
    /// Expected time of a program on an unloaded system, for cost models; never used as the simulated result.
    [[nodiscard]] virtual Femtoseconds estimate(const TileProgram& program, bool continues) const = 0;
    /// Cost of preparing one program of `weight_bytes`; zero for devices without static graphs.
    [[nodiscard]] virtual Preparation preparation(const TileProgram& program, Bytes weight_bytes) const = 0;
    /// Occupies the idle device with graph preparation for `time`, then calls the completion with `op`.
    virtual void prepare(OpId op, Femtoseconds time) = 0;
    /// Requires idle(). The completion is called when the last store has arrived and the host knows.
    virtual void start(Launch launch) = 0;
    virtual void on_complete(Completion completion) = 0;
};

}  // namespace handset
