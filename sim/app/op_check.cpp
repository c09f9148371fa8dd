// SPDX-License-Identifier: Apache-2.0
#include "sim/app/op_check.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include <fmt/format.h>

#include "sim/base/errors.h"
#include "sim/base/splitmix.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/row_codec.h"

namespace handset {

namespace {

constexpr std::uint64_t kSeed = 0x6f70;
/// Of sums in another order, and of results rounded to a format: relative to the larger of 1 and the value.
constexpr double kOrderTolerance = 1e-4;
constexpr double kHalfTolerance = 1e-2;

/// One lane with a local store that holds everything: the plainest program a kernel makes.
DeviceCaps reference_caps() {
    DeviceCaps caps;
    caps.name = "reference";
    caps.local_bytes = 256_MiB;
    caps.macs_per_second.fill(1);
    return caps;
}

std::vector<float> decoded(const TensorUse& use, std::span<const std::byte> bytes) {
    std::vector<float> values(use.shape.rows * use.shape.cols);
    const std::size_t row = row_bytes(use.format, use.shape.cols).count();
    for (std::uint64_t i = 0; i < use.shape.rows; ++i) {
        decode_row(use.format, bytes.subspan(i * row, row),
                   std::span(values).subspan(i * use.shape.cols, use.shape.cols));
    }
    return values;
}

double relative_error(float got, double want) {
    const double error = std::fabs(double{got} - want) / std::max(1.0, std::fabs(want));
    return std::isfinite(error) ? error : HUGE_VAL;
}

double tolerance(const TensorUse& out) {
    const bool half = out.format == NumberFormat::fp16 || out.format == NumberFormat::bf16;
    return half ? kHalfTolerance : kOrderTolerance;
}

/// Largest error of a product against sums in double precision, element by element.
double product_error(const OpNode& op, const OperandBytes& inputs, std::span<const float> got) {
    const std::vector<float> a = decoded(op.inputs[0], inputs[0]);
    const std::vector<float> w = decoded(op.inputs[1], inputs[1]);
    const std::uint64_t k = op.inputs[0].shape.cols;
    const std::uint64_t n = op.inputs[1].shape.rows;
    double worst = 0;
    for (std::uint64_t i = 0; i < got.size(); ++i) {
        const float* row = &a[i / n * k];
        const float* column = &w[i % n * k];
        double sum = 0;
        for (std::uint64_t j = 0; j < k; ++j) {
            sum += double{row[j]} * double{column[j]};
        }
        worst = std::max(worst, relative_error(got[i], sum));
    }
    return worst;
}

std::vector<std::byte> reference_output(const OpCase& op_case, const OperandBytes& inputs) {
    OperandBytes operands = inputs;
    operands.emplace_back(op_case.tensors.back().bytes().count());
    const std::vector<std::span<std::byte>> views(operands.begin(), operands.end());
    const Kernel& kernel = find_kernel(op_case.op.kernel);
    interpret(kernel, op_case.op, kernel.lower(op_case.op, reference_caps()), views);
    return operands.back();
}

bool integers_only(const OpNode& op) {
    const auto whole = [](const TensorUse& use) {
        return use.format == NumberFormat::int8 || use.format == NumberFormat::q8_0 ||
               use.format == NumberFormat::q4_0 || use.format == NumberFormat::int32;
    };
    return std::all_of(op.inputs.begin(), op.inputs.end(), whole) || whole(op.outputs.at(0));
}

void fail(const OpCase& op_case, const std::string& reason) {
    throw ModelError("wrong numbers: " + op_case.op.kernel + " " + op_case.shape + " in " + op_case.format + ": " +
                     reason);
}

}  // namespace

OperandBytes random_inputs(const OpCase& op_case) {
    OperandBytes out;
    std::uint64_t state = kSeed;
    for (const TensorUse& use : op_case.op.inputs) {
        const std::size_t row = row_bytes(use.format, use.shape.cols).count();
        std::vector<std::byte>& bytes = out.emplace_back(use.bytes().count());
        std::vector<float> values(use.shape.cols);
        for (std::uint64_t i = 0; i < use.shape.rows; ++i) {
            for (float& value : values) {  // steps of 2^-23
                value = static_cast<float>(static_cast<std::int64_t>(mix64(++state) >> 40U) - (1 << 23)) * 0x1p-23F;
            }
            encode_row(use.format, values, std::span(bytes).subspan(i * row, row));
        }
    }
    return out;
}

std::string check_numbers(const OpCase& op_case, const OperandBytes& inputs, const std::vector<std::byte>& output) {
    const OpNode& op = op_case.op;
    const TensorUse& out = op.outputs.at(0);
    const std::vector<float> got = decoded(out, output);
    const double limit = tolerance(out);
    if (op.kernel == "matmul" || op.kernel == "lm_head") {
        const double error = product_error(op, inputs, got);
        if (error > limit) {
            fail(op_case, fmt::format("relative error {:.3g} against a sum in double precision", error));
        }
    }
    const std::vector<std::byte> reference = reference_output(op_case, inputs);
    if (reference == output) {
        return "exact";
    }
    if (integers_only(op)) {
        fail(op_case, "integer results differ from the interpreted kernel's");
    }
    const std::vector<float> want = decoded(out, reference);
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        worst = std::max(worst, relative_error(got[i], double{want[i]}));
    }
    if (worst > limit) {
        fail(op_case, fmt::format("relative error {:.3g} against the interpreted kernel", worst));
    }
    return fmt::format("largest relative error {:.2g}", worst);
}

}  // namespace handset
