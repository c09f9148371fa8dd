// SPDX-License-Identifier: Apache-2.0
// Conformance of a kernel: the same op on several devices, against a naive oracle in double precision, with counted
// work and traffic, and once more under the worst timing that the program's ordering rules allow.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/ir/kernel.h"

namespace handset::test {

/// A decoded operand.
struct Matrix {
    Shape shape;
    std::vector<double> values;  // row after row

    [[nodiscard]] double at(std::uint64_t row, std::uint64_t col) const { return values.at(row * shape.cols + col); }
    double& at(std::uint64_t row, std::uint64_t col) { return values.at(row * shape.cols + col); }
};
Matrix zeros(Shape shape);

struct OperandSpec {
    Shape shape;
    NumberFormat format = NumberFormat::fp32;
    /// Value of an element before encoding; default: uniform in [-1, 1) from a seeded generator.
    std::function<float(std::uint64_t row, std::uint64_t col)> fill{};
};

struct KernelCase {
    std::string name;
    const Kernel* kernel = nullptr;
    std::vector<OperandSpec> inputs;
    std::vector<NumberFormat> output_formats{NumberFormat::fp32};
    Attributes attrs;
    Attributes runtime;
    std::vector<std::uint32_t> gather;
    /// Expected outputs from the decoded inputs. Outputs are compared after decoding.
    std::function<std::vector<Matrix>(const OpNode& op, const std::vector<Matrix>& inputs)> oracle;
    /// |got - want| <= tolerance * (1 + |want|); 0 demands equality of the values rounded to fp32.
    double tolerance = 1e-5;
    std::optional<std::uint64_t> macs;        ///< exact, on every device
    std::optional<std::uint64_t> min_loaded;  ///< default: bytes of all inputs not gathered
    std::optional<std::size_t> devices;       ///< how many of test_devices() must support it; default all but "tiny"
};

/// All with costs in proportion to their work and 50 GB/s. tiny: 8 KiB; npu: 8 MiB, 1 lane; cpu: 6 lanes of unequal
/// speed, 256 KiB each; gpu: 1 lane, 1 MiB. All MAC formats.
std::vector<DeviceCaps> test_devices();
DeviceCaps test_device(const std::string& name);

/// The op of a case, with inferred output shapes (tensor ids are arbitrary).
OpNode make_op(const KernelCase& kernel_case);
/// The op with this lowering chosen on every kind of device.
OpNode with_lowering(OpNode op, std::string_view name);
/// Encoded inputs, seeded by `seed`, then zeroed outputs.
std::vector<std::vector<std::byte>> make_operands(const KernelCase& kernel_case, const OpNode& op,
                                                  std::uint64_t seed = 1);
Matrix decode(const TensorUse& use, std::span<const std::byte> bytes);

/// Runs a program with loads as early and stores as late as `loads_after` and barriers allow; a buffer that is reused
/// too early shows as wrong results.
void interpret_eagerly(const Kernel& kernel, const OpNode& op, const TileProgram& program,
                       std::span<const std::span<std::byte>> operands);

/// The same, but every tile completes as soon as it has computed, so that loads come as early as they can.
void interpret_hastily(const Kernel& kernel, const OpNode& op, const TileProgram& program,
                       std::span<const std::span<std::byte>> operands);

/// Everything above on every device that supports the op, as gtest expectations: numbers within tolerance, equal bits
/// on all devices and under eager timing, MACs exact, loads and stores at least compulsory. Then the numbers of every
/// lowering by name.
void check_kernel(const KernelCase& kernel_case);

/// Bytes of the op's inputs.
std::uint64_t input_bytes(const OpNode& op);
/// The message of the ConfigError that `call` throws; a test failure (and "") when it throws none.
std::string config_error(const std::function<void()>& call);

}  // namespace handset::test
