// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/harness.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "workloads/kernels/row_codec.h"

namespace handset::test {

Matrix zeros(Shape shape) {
    return {shape, std::vector<double>(shape.rows * shape.cols)};
}

namespace {

/// A thousand MACs or ten elements per nanosecond, and 200 ns per tile.
class SimpleCosts final : public CostModel {
  public:
    [[nodiscard]] TileTime tile_time(const Work& work, std::uint32_t /*lane*/) const override {
        const Femtoseconds matrix = work.macs().count() * 1_ps;
        const Femtoseconds vector = work.vector_elements() * 100_ps;
        return {matrix, vector, 200_ns, matrix + vector + 200_ns};
    }
};

const SimpleCosts kCosts;

}  // namespace

std::vector<DeviceCaps> test_devices() {
    DeviceCaps tiny;
    tiny.cost = &kCosts;
    tiny.stream_rate = 50'000_MBps;
    tiny.name = "tiny";
    tiny.local_bytes = 8_KiB;
    tiny.macs_per_second = {1, 1, 1, 1};
    DeviceCaps npu = tiny;
    npu.name = "npu";
    npu.kind = DeviceKind::npu;
    npu.local_bytes = 8_MiB;
    npu.array_rows = 32;
    npu.array_cols = 32;
    DeviceCaps cpu = tiny;
    cpu.name = "cpu";
    cpu.lane_speed = {10, 7, 7, 7, 3, 3};
    cpu.local_bytes = 256_KiB;
    cpu.array_cols = 4;
    DeviceCaps gpu = tiny;
    gpu.name = "gpu";
    gpu.kind = DeviceKind::gpu;
    gpu.local_bytes = 1_MiB;
    gpu.buffers = 3;
    gpu.array_cols = 64;
    return {tiny, npu, cpu, gpu};
}

DeviceCaps test_device(const std::string& name) {
    for (const DeviceCaps& caps : test_devices()) {
        if (caps.name == name) {
            return caps;
        }
    }
    throw ModelError("no test device " + name);
}

OpNode make_op(const KernelCase& kernel_case) {
    OpNode op;
    op.name = kernel_case.name;
    op.kernel = std::string(kernel_case.kernel->name());
    op.attrs = kernel_case.attrs;
    op.runtime = kernel_case.runtime;
    op.gather = kernel_case.gather;
    for (const OperandSpec& spec : kernel_case.inputs) {
        op.inputs.push_back(
            {.tensor = TensorId{op.inputs.size()}, .shape = spec.shape, .format = spec.format, .offset = Bytes{}});
    }
    const std::vector<Shape> shapes = kernel_case.kernel->infer_shapes(op);
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        const TensorId id{op.inputs.size() + i};
        op.outputs.push_back(
            {.tensor = id, .shape = shapes[i], .format = kernel_case.output_formats.at(i), .offset = Bytes{}});
    }
    return op;
}

std::vector<std::vector<std::byte>> make_operands(const KernelCase& kernel_case, const OpNode& op, std::uint64_t seed) {
    std::mt19937_64 generator(seed);
    const auto uniform = [&generator] {  // [-1, 1) in steps of 2^-23, the same with every standard library
        return static_cast<float>(static_cast<std::int64_t>(generator() >> 40U) - (1 << 23)) * 0x1p-23F;
    };
    std::vector<std::vector<std::byte>> out;
    for (const OperandSpec& spec : kernel_case.inputs) {
        const std::size_t bytes = row_bytes(spec.format, spec.shape.cols).count();
        std::vector<std::byte>& operand = out.emplace_back(spec.shape.rows * bytes);
        std::vector<float> values(spec.shape.cols);
        for (std::uint64_t row = 0; row < spec.shape.rows; ++row) {
            for (std::uint64_t col = 0; col < spec.shape.cols; ++col) {
                values[col] = spec.fill ? spec.fill(row, col) : uniform();
            }
            encode_row(spec.format, values, std::span(operand).subspan(row * bytes, bytes));
        }
    }
    for (const TensorUse& use : op.outputs) {
        out.emplace_back(use.bytes().count());
    }
    return out;
}

Matrix decode(const TensorUse& use, std::span<const std::byte> bytes) {
    Matrix out = zeros(use.shape);
    const std::size_t row_size = row_bytes(use.format, use.shape.cols).count();
    std::vector<float> values(use.shape.cols);
    for (std::uint64_t row = 0; row < use.shape.rows; ++row) {
        decode_row(use.format, bytes.subspan(row * row_size, row_size), values);
        std::copy(values.begin(), values.end(), out.values.begin() + static_cast<std::ptrdiff_t>(row * use.shape.cols));
    }
    return out;
}

namespace {

enum class Direction { load, store };

void move_transfer(const Transfer& transfer, const OpNode& op, std::span<std::byte> operand, std::span<std::byte> local,
                   Direction direction) {
    std::uint64_t offset = transfer.offset;
    if (transfer.gather != kNone) {
        offset += op.gather.at(transfer.gather) * transfer.row_stride;
    }
    for (std::uint32_t row = 0; row < transfer.rows; ++row) {
        const auto memory = operand.subspan(offset + row * transfer.row_stride, transfer.row_bytes);
        const auto slot = local.subspan(transfer.local + row * transfer.row_bytes, transfer.row_bytes);
        const auto& from = direction == Direction::load ? memory : slot;
        std::copy(from.begin(), from.end(), (direction == Direction::load ? slot : memory).begin());
    }
}

/// When a tile completes: as late as others wait for it, so that its stores read what is then left of the results, or
/// at once, so that loads that wait for it come while older tiles have not computed yet.
enum class Completion { late, at_once };

/// Loads run at the first moment the rules allow. Computes keep tile order.
class EagerRun {
  public:
    EagerRun(const Kernel& kernel, const OpNode& op, const TileProgram& program,
             std::span<const std::span<std::byte>> operands, Completion completion)
        : completion_(completion),
          kernel_(kernel),
          op_(op),
          program_(program),
          operands_(operands.begin(), operands.end()),
          scratch_(program.scratch.count(), std::byte{0xff}),  // not a number until something is stored
          freed_by_(program.tiles.size()),
          completed_(program.tiles.size()) {
        operands_.emplace_back(scratch_);
        for (std::size_t i = 0; i < program.tiles.size(); ++i) {
            const Tile& tile = program.tiles[i];
            local_.resize(std::max<std::size_t>(local_.size(), tile.lane + 1U));
            if (!tile.barrier && tile.loads_after != kNone) {
                freed_by_[tile.loads_after].push_back(i);
            }
        }
        for (std::vector<std::byte>& store : local_) {
            store.resize(program.local_bytes.count());
        }
    }

    void run() {
        for (const Tile& tile : program_.tiles) {
            if (!tile.barrier && tile.loads_after == kNone) {
                load(tile);
            }
        }
        for (std::size_t i = 0; i < program_.tiles.size(); ++i) {
            const Tile& tile = program_.tiles[i];
            if (tile.barrier) {
                complete_before(i);
                load(tile);
            } else if (tile.loads_after != kNone) {
                complete(tile.loads_after);
            }
            kernel_.compute(op_, tile, local_[tile.lane]);
            if (completion_ == Completion::at_once) {
                complete(i);
            }
        }
        complete_before(program_.tiles.size());
    }

  private:
    void complete_before(std::size_t end) {
        for (std::size_t i = 0; i < end; ++i) {
            complete(i);
        }
    }

    /// Stores of a tile, and at once the loads that waited for it.
    void complete(std::size_t index) {
        if (completed_[index] != 0) {
            return;
        }
        completed_[index] = 1;
        const Tile& tile = program_.tiles[index];
        for (std::uint32_t i = 0; i < tile.stores; ++i) {
            const Transfer& transfer = program_.transfers[tile.first_store + i];
            move_transfer(transfer, op_, operands_[transfer.operand], local_[tile.lane], Direction::store);
        }
        for (const std::size_t freed : freed_by_[index]) {
            load(program_.tiles[freed]);
        }
    }

    void load(const Tile& tile) {
        for (std::uint32_t i = 0; i < tile.loads; ++i) {
            const Transfer& transfer = program_.transfers[tile.first_load + i];
            move_transfer(transfer, op_, operands_[transfer.operand], local_[tile.lane], Direction::load);
        }
    }

    Completion completion_;
    const Kernel& kernel_;
    const OpNode& op_;
    const TileProgram& program_;
    std::vector<std::span<std::byte>> operands_;
    std::vector<std::byte> scratch_;
    std::vector<std::vector<std::byte>> local_;
    std::vector<std::vector<std::size_t>> freed_by_;
    std::vector<char> completed_;
};

using Runner = void (*)(const Kernel&, const OpNode&, const TileProgram&, std::span<const std::span<std::byte>>);
using Operands = std::vector<std::vector<std::byte>>;

/// The output bytes after a run on fresh copies of the operands.
Operands outputs_of(Runner runner, const Kernel& kernel, const OpNode& op, const TileProgram& program,
                    Operands operands) {
    std::vector<std::span<std::byte>> views(operands.begin(), operands.end());
    runner(kernel, op, program, views);
    return {operands.begin() + static_cast<std::ptrdiff_t>(op.inputs.size()), operands.end()};
}

void expect_numbers(const KernelCase& kernel_case, const OpNode& op, const Operands& inputs, const Operands& outputs) {
    std::vector<Matrix> decoded;
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        decoded.push_back(decode(op.inputs[i], inputs[i]));
    }
    const std::vector<Matrix> want = kernel_case.oracle(op, decoded);
    ASSERT_EQ(want.size(), op.outputs.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
        ASSERT_EQ(want[i].shape, op.outputs[i].shape);
        const Matrix got = decode(op.outputs[i], outputs[i]);
        for (std::size_t at = 0; at < got.values.size(); ++at) {
            const double expected = want[i].values[at];
            if (kernel_case.tolerance == 0.0) {
                ASSERT_EQ(got.values[at], double{static_cast<float>(expected)}) << "output " << i << " element " << at;
            } else {
                ASSERT_NEAR(got.values[at], expected, kernel_case.tolerance * (1.0 + std::fabs(expected)))
                    << "output " << i << " element " << at;
            }
        }
    }
}

std::uint64_t compulsory_loads(const KernelCase& kernel_case, const OpNode& op) {
    const std::uint64_t gathered = op.gather.empty() ? 0 : op.inputs.at(0).bytes().count();
    return kernel_case.min_loaded.value_or(input_bytes(op) - gathered);
}

void expect_counts(const KernelCase& kernel_case, const OpNode& op, const DeviceCaps& caps,
                   const TileProgram& program) {
    EXPECT_NO_THROW(validate(program, op.inputs.size() + op.outputs.size(), caps.lane_speed.size()));
    EXPECT_LE(program.local_bytes, caps.local_bytes);
    EXPECT_GE(program.bytes_loaded().count(), compulsory_loads(kernel_case, op));
    std::uint64_t written = 0;
    for (const TensorUse& use : op.outputs) {
        written += use.bytes().count();
    }
    EXPECT_GE(program.bytes_stored().count(), written);
    if (kernel_case.macs) {
        EXPECT_EQ(program.macs().count(), *kernel_case.macs);
    }
    EXPECT_EQ(program, kernel_case.kernel->lower(op, caps)) << "lowering is not deterministic";
}

}  // namespace

void interpret_eagerly(const Kernel& kernel, const OpNode& op, const TileProgram& program,
                       std::span<const std::span<std::byte>> operands) {
    EagerRun(kernel, op, program, operands, Completion::late).run();
}

void interpret_hastily(const Kernel& kernel, const OpNode& op, const TileProgram& program,
                       std::span<const std::span<std::byte>> operands) {
    EagerRun(kernel, op, program, operands, Completion::at_once).run();
}

OpNode with_lowering(OpNode op, std::string_view name) {
    for (const DeviceKind kind : {DeviceKind::cpu, DeviceKind::gpu, DeviceKind::npu}) {
        op.attrs.set("lowering." + std::string(device_kind_name(kind)), std::string(name));
    }
    return op;
}

namespace {

/// Sums of k products in [-1, 1] with one factor rounded to fp16 err by about sqrt(k) * 2^-14, k at most a thousand.
constexpr double kHalfTolerance = 1e-2;

/// What must hold of a lowering chosen by name: the numbers, also under eager timing. Counts are its own.
void check_lowering(const KernelCase& kernel_case, const OpNode& op, const Operands& operands) {
    for (const DeviceCaps& caps : test_devices()) {
        if (!kernel_case.kernel->supports(op, caps)) {
            EXPECT_THROW((void)kernel_case.kernel->lower(op, caps), ConfigError) << caps.name;
            continue;
        }
        SCOPED_TRACE("on " + caps.name);
        const TileProgram program = kernel_case.kernel->lower(op, caps);
        KernelCase any_count = kernel_case;
        any_count.macs.reset();
        expect_counts(any_count, op, caps, program);
        const Operands outputs = outputs_of(interpret, *kernel_case.kernel, op, program, operands);
        expect_numbers(kernel_case, op, operands, outputs);
        EXPECT_TRUE(outputs_of(interpret_eagerly, *kernel_case.kernel, op, program, operands) == outputs)
            << "a buffer is reused too early\n"
            << to_text(program);
    }
}

}  // namespace

void check_kernel(const KernelCase& kernel_case) {
    SCOPED_TRACE(kernel_case.name);
    const OpNode op = make_op(kernel_case);
    const Operands operands = make_operands(kernel_case, op);
    Operands reference;
    std::size_t supported = 0;
    for (const DeviceCaps& caps : test_devices()) {
        if (!kernel_case.kernel->supports(op, caps)) {
            EXPECT_THROW((void)kernel_case.kernel->lower(op, caps), ConfigError) << caps.name;
            continue;
        }
        SCOPED_TRACE("on " + caps.name);
        ++supported;
        const TileProgram program = kernel_case.kernel->lower(op, caps);
        expect_counts(kernel_case, op, caps, program);
        const Operands outputs = outputs_of(interpret, *kernel_case.kernel, op, program, operands);
        if (reference.empty()) {
            reference = outputs;
            expect_numbers(kernel_case, op, operands, outputs);
        }
        EXPECT_TRUE(outputs == reference) << "bits differ between devices";
        for (const Runner runner : {interpret_eagerly, interpret_hastily}) {
            EXPECT_TRUE(outputs_of(runner, *kernel_case.kernel, op, program, operands) == reference)
                << "a buffer is reused too early\n"
                << to_text(program);
        }
    }
    EXPECT_GE(supported, kernel_case.devices.value_or(test_devices().size() - 1));
    for (const LoweringInfo& lowering : kernel_case.kernel->lowerings()) {
        SCOPED_TRACE("lowering " + std::string(lowering.name));
        KernelCase rounded = kernel_case;
        rounded.tolerance = lowering.halves ? std::max(kHalfTolerance, rounded.tolerance) : rounded.tolerance;
        check_lowering(rounded, with_lowering(op, lowering.name), operands);
    }
}

std::uint64_t input_bytes(const OpNode& op) {
    std::uint64_t total = 0;
    for (const TensorUse& use : op.inputs) {
        total += use.bytes().count();
    }
    return total;
}

std::string config_error(const std::function<void()>& call) {
    try {
        call();
    } catch (const ConfigError& error) {
        return error.what();
    }
    ADD_FAILURE() << "no ConfigError";
    return "";
}

}  // namespace handset::test
