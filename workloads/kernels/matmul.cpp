// SPDX-License-Identifier: Apache-2.0
// out[m, n] = A[m, k] x W[n, k]^T (+ bias[n]). Inputs: activations, weights (a row per output channel), optional bias.
#include <algorithm>
#include <optional>
#include <string>

#include "sim/base/errors.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/matmul_lower.h"
#include "workloads/kernels/matmul_numerics.h"
#include "workloads/kernels/matmul_plan.h"
#include "workloads/kernels/matmul_relayout.h"
#include "workloads/kernels/matmul_work.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/simd.h"

namespace handset {

namespace {

[[noreturn]] void reject(const OpNode& op, const std::string& reason) {
    throw ConfigError(op.kernel + " '" + op.name + "': " + reason);
}

std::string text(Shape shape) {
    return std::to_string(shape.rows) + "x" + std::to_string(shape.cols);
}

bool plain(NumberFormat format) {
    return format == NumberFormat::fp32 || format == NumberFormat::fp16 || format == NumberFormat::bf16;
}

/// No way to compute these formats on the device, or not the one that was asked for.
[[noreturn]] void reject_lowering(const OpNode& op, const DeviceCaps& caps) {
    const std::string formats =
        std::string(info(op.inputs[0].format).name) + " x " + std::string(info(op.inputs[1].format).name);
    std::string fitting;
    for (const LoweringInfo& lowering : matmul_lowerings()) {
        OpNode other = op;
        other.attrs.set("lowering." + std::string(device_kind_name(caps.kind)), std::string(lowering.name));
        if (is_relayout(other, caps) || !matmul_styles(other, caps).empty()) {
            fitting += (fitting.empty() ? "" : ", ") + std::string(lowering.name);
        }
    }
    const std::string asked = lowering_name(op, caps.kind);
    reject(op, fitting.empty() || asked == "auto" ? caps.name + " has no datapath for " + formats
                                                  : "lowering '" + asked + "' is none for " + formats + " on " +
                                                        caps.name + "; these are: " + fitting);
}

bool has_bias(const OpNode& op) {
    return op.inputs.size() == 3;
}

void check_operands(const OpNode& op) {
    if (op.inputs.size() != 2 && op.inputs.size() != 3) {
        reject(op,
               "takes activations, weights and an optional bias, not " + std::to_string(op.inputs.size()) + " inputs");
    }
    const TensorUse& a = op.inputs[0];
    const TensorUse& w = op.inputs[1];
    if (a.shape.cols != w.shape.cols) {
        reject(op, "activations " + text(a.shape) + " and weights " + text(w.shape) +
                       " do not share the contracted dimension");
    }
    if (a.shape.rows == 0 || w.shape.rows == 0 || a.shape.cols == 0) {
        reject(op, "has an empty operand: " + text(a.shape) + " x " + text(w.shape));
    }
    row_bytes(a.format, a.shape.cols);  // throws when groups do not divide the rows
    row_bytes(w.format, w.shape.cols);
    const MatmulPath path = matmul_path(a.format, w.format);
    if (path == MatmulPath::none) {
        reject(op, "cannot multiply " + std::string(info(a.format).name) + " activations with " +
                       std::string(info(w.format).name) + " weights");
    }
    if (path == MatmulPath::rows && a.shape.cols > kMaxDotI8) {
        reject(op, "int8 rows of " + std::to_string(a.shape.cols) + " elements could overflow the int32 sum (at most " +
                       std::to_string(kMaxDotI8) + ")");
    }
    if (has_bias(op) && (op.inputs[2].shape != Shape{1, w.shape.rows} || op.inputs[2].format != NumberFormat::fp32)) {
        reject(op, "bias must be fp32 1x" + std::to_string(w.shape.rows) + ", not " +
                       std::string(info(op.inputs[2].format).name) + " " + text(op.inputs[2].shape));
    }
}

struct Choice {
    MatmulStyle style;
    MatmulPlan plan;
};

/// The fastest of the styles, the first of equals. Empty when none fits the local store.
std::optional<Choice> choose(const OpNode& op, const DeviceCaps& caps, const MatmulSizes& sizes,
                             const std::vector<MatmulStyle>& styles) {
    std::optional<Choice> best;
    for (const MatmulStyle& style : styles) {
        const MatmulWorkOf work = [&](const MatmulPart& part) { return matmul_work(op, caps, style, part); };
        std::optional<MatmulPlan> plan = plan_matmul(sizes, caps, work, matmul_limits(op, style));
        if (plan && (!best || plan->time < best->plan.time)) {
            best = Choice{style, *std::move(plan)};
        }
    }
    return best;
}

class Matmul final : public Kernel {
  public:
    constexpr Matmul(std::string_view name, std::string_view doc) : name_(name), doc_(doc) {}

    [[nodiscard]] std::string_view name() const override { return name_; }
    [[nodiscard]] std::string_view doc() const override { return doc_; }

    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override {
        check_operands(op);
        return {{op.inputs[0].shape.rows, op.inputs[1].shape.rows}};
    }

    [[nodiscard]] std::span<const LoweringInfo> lowerings() const override { return matmul_lowerings(); }

    [[nodiscard]] bool supports(const OpNode& op, const DeviceCaps& caps) const override {
        if (is_relayout(op, caps)) {
            return relayout_fits(op, caps) && supports(product_of_copy(op), caps);
        }
        const std::vector<MatmulStyle> styles = matmul_styles(op, caps);
        const MatmulSizes sizes = matmul_sizes(op);
        if (styles.empty() || matmul_min_local(sizes) > caps.local_bytes.count()) {
            return false;
        }
        return !matmul_limits(op, styles.front()).any() || choose(op, caps, sizes, styles).has_value();
    }

    [[nodiscard]] TileProgram lower(const OpNode& op, const DeviceCaps& caps) const override {
        check_operands(op);
        if (!plain(op.outputs.at(0).format)) {
            reject(op, "cannot write " + std::string(info(op.outputs[0].format).name) + " (fp32, fp16 or bf16)");
        }
        check_matmul_lowering(op, caps);
        if (is_relayout(op, caps)) {
            return lower_relayout(op, caps, lower(product_of_copy(op), caps));
        }
        const std::vector<MatmulStyle> styles = matmul_styles(op, caps);
        if (styles.empty()) {
            reject_lowering(op, caps);
        }
        const MatmulSizes sizes = matmul_sizes(op);
        const std::uint64_t needed = matmul_min_local(sizes);
        if (needed > caps.local_bytes.count()) {
            fail_local_store(op, caps, needed);
        }
        const std::optional<Choice> choice = choose(op, caps, sizes, styles);
        if (!choice) {
            reject(op, "the imposed tiling does not fit the " + std::to_string(caps.local_bytes.count()) +
                           " B local store of " + caps.name);
        }
        return write_matmul(op, caps, sizes, choice->plan, choice->style);
    }

    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override {
        const MatmulStage stage = matmul_stage(tile);
        if (stage == MatmulStage::relayout) {
            compute_relayout(op, tile, local);
        } else if (stage != MatmulStage::sync) {
            compute_product(op, tile, local, stage == MatmulStage::product_of_copy);
        }
    }

  private:
    static void compute_product(const OpNode& op, const Tile& tile, std::span<std::byte> local, bool copied) {
        const std::uint64_t k = op.inputs[0].shape.cols;
        MatmulTile part;
        part.m = tile.region[1];
        part.n = tile.region[3];
        part.k = matmul_part(tile);
        part.first = tile.region[4] == 0;
        part.last = tile.region[4] + part.k == k;
        part.a_format = op.inputs[0].format;
        part.w_format = copied ? NumberFormat::fp16 : op.inputs[1].format;
        part.out_format = op.outputs[0].format;
        part.a = local.subspan(tile.local[0], part.m * row_part_bytes(part.a_format, part.k, part.last));
        part.w = local.subspan(tile.local[1], part.n * row_part_bytes(part.w_format, part.k, part.last));
        const std::size_t out = op.inputs.size();
        part.out = local.subspan(tile.local.at(out), part.m * row_bytes(part.out_format, part.n).count());
        if (!(part.first && part.last) || part.out_format == NumberFormat::fp32) {
            part.sums = local.subspan(tile.local.at(out + 1), part.m * part.n * kSumBytes);
        }
        if (has_bias(op) && part.last) {
            part.bias = as_floats(local.subspan(tile.local[2], part.n * sizeof(float)));
        }
        compute_matmul(part);
    }

    std::string_view name_;
    std::string_view doc_;
};

}  // namespace

const Kernel& matmul_kernel() {
    static const Matmul kKernel("matmul", "matrix product of activations and weight rows, with optional bias");
    return kKernel;
}

const Kernel& lm_head_kernel() {
    static const Matmul kKernel("lm_head", "matrix product of the last hidden rows with the vocabulary: logits");
    return kKernel;
}

}  // namespace handset
