// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/matmul_work.h"

#include <algorithm>
#include <array>
#include <bit>

#include "sim/base/errors.h"
#include "sim/base/text.h"
#include "workloads/kernels/conversion.h"
#include "workloads/kernels/matmul_numerics.h"
#include "workloads/kernels/matmul_relayout.h"
#include "workloads/kernels/row_codec.h"

namespace handset {

namespace {

constexpr std::array kLowerings{
    LoweringInfo{"packed_gemm", "cpu: activations packed into micro-panels once, blocks of SIMD products"},
    LoweringInfo{"gemv", "cpu: each row of activations on its own, weights streamed, no packing"},
    LoweringInfo{"tiled_gemm", "gpu: blocks of results per work-item"},
    LoweringInfo{"gemv_wave", "gpu: the contraction split over the lanes of a wave, summed up at its end"},
    LoweringInfo{kRelayoutGemm, "gpu: weights copied to fp16 in memory, then tiled_gemm of the copy", true},
    LoweringInfo{"resident_weights", "npu: blocks of weights stay in the local store, activations pass"},
    LoweringInfo{"resident_activations", "npu: blocks of activations stay in the local store, weights pass"},
    LoweringInfo{"group_split", "npu: a product per group of the contraction, scaled and added in float"},
    LoweringInfo{"fold_scales", "npu: scales folded into the weights by dequantising them to fp16"},
    LoweringInfo{"lut", "npu: weights to fp16 by table look-up"},
};
constexpr std::array kKindOf{DeviceKind::cpu, DeviceKind::cpu, DeviceKind::gpu, DeviceKind::gpu, DeviceKind::gpu,
                             DeviceKind::npu, DeviceKind::npu, DeviceKind::npu, DeviceKind::npu, DeviceKind::npu};
static_assert(kKindOf.size() == kLowerings.size());

NumberFormat a_format(const OpNode& op) {
    return op.inputs[0].format;
}

NumberFormat w_format(const OpNode& op) {
    return op.inputs[1].format;
}

bool byte_codes(NumberFormat format) {
    return format == NumberFormat::int8 || format == NumberFormat::q8_0;
}

bool native_activations(NumberFormat format, MacFormat mac) {
    switch (mac) {
        case MacFormat::fp32:
            return format == NumberFormat::fp32;
        case MacFormat::fp16:
        case MacFormat::w8a16:
        case MacFormat::w4a16:
            return format == NumberFormat::fp16;
        case MacFormat::int8:
        case MacFormat::int4:
            return byte_codes(format);
    }
    return false;
}

bool native_weights(NumberFormat format, MacFormat mac) {
    switch (mac) {
        case MacFormat::fp32:
            return format == NumberFormat::fp32;
        case MacFormat::fp16:
            return format == NumberFormat::fp16;
        case MacFormat::int8:
        case MacFormat::w8a16:
            return byte_codes(format);
        case MacFormat::int4:
        case MacFormat::w4a16:
            return format == NumberFormat::q4_0;
    }
    return false;
}

/// The datapath of the operands' own formats, else the ones that can stand in for it.
std::vector<MacFormat> natural_datapaths(const OpNode& op) {
    const NumberFormat w = w_format(op);
    switch (matmul_path(a_format(op), w)) {
        case MatmulPath::floats:
            break;
        case MatmulPath::groups:
            return w == NumberFormat::q4_0 ? std::vector{MacFormat::int4, MacFormat::int8}
                                           : std::vector{MacFormat::int8};
        case MatmulPath::rows:
            return {MacFormat::int8};
        case MatmulPath::none:
            return {};
    }
    std::vector<MacFormat> out;
    if (w == NumberFormat::q4_0) {
        out.push_back(MacFormat::w4a16);
    } else if (w == NumberFormat::q8_0 || w == NumberFormat::int8) {
        out.push_back(MacFormat::w8a16);
    }
    // Half-precision activations fit an fp16 datapath; fp32 ones use it only where there is no other.
    const bool half = a_format(op) == NumberFormat::fp16;
    out.push_back(half ? MacFormat::fp16 : MacFormat::fp32);
    out.push_back(half ? MacFormat::fp32 : MacFormat::fp16);
    return out;
}

std::optional<MacFormat> first_of(const std::vector<MacFormat>& formats, const DeviceCaps& caps) {
    const auto found = std::find_if(formats.begin(), formats.end(), [&](MacFormat f) { return caps.has_macs(f); });
    return found == formats.end() ? std::nullopt : std::optional(*found);
}

bool grouped(const OpNode& op) {
    return matmul_path(a_format(op), w_format(op)) == MatmulPath::groups;
}

/// NPU: integer arrays know no group scales, so grouped products are split into a product per group or computed in
/// fp16; so may be floats with narrow weights.
std::vector<MatmulStyle> npu_styles(const OpNode& op, const DeviceCaps& caps) {
    std::vector<MatmulStyle> out;
    const std::optional<MacFormat> natural = first_of(natural_datapaths(op), caps);
    if (natural) {
        out.push_back({.name = grouped(op) ? "group_split" : "", .mac = *natural, .group_folds = grouped(op)});
    }
    const bool four_bit = w_format(op) == NumberFormat::q4_0;
    if (!four_bit && (w_format(op) != NumberFormat::q8_0)) {
        return out;
    }
    const std::optional<MacFormat> half =
        first_of({four_bit ? MacFormat::w4a16 : MacFormat::w8a16, MacFormat::fp16}, caps);
    if (half && half != natural) {
        out.push_back({.name = "fold_scales", .mac = *half});
    } else if (half == MacFormat::fp16) {
        out.front().name = "fold_scales";
    }
    if (half == MacFormat::fp16 && four_bit) {
        out.push_back({.name = "lut", .mac = *half, .unpack = Unpack::look_up});
    }
    return out;
}

std::vector<MatmulStyle> core_styles(const OpNode& op, const DeviceCaps& caps) {
    const std::optional<MacFormat> mac = first_of(natural_datapaths(op), caps);
    if (!mac) {
        return {};
    }
    const bool cpu = caps.kind == DeviceKind::cpu;
    const MatmulStyle gemv{.name = cpu ? "gemv" : "gemv_wave",
                           .mac = *mac,
                           .row_by_row = cpu,
                           .wave_sums = !cpu,
                           .group_scales = grouped(op)};
    const MatmulStyle gemm{
        .name = cpu ? "packed_gemm" : "tiled_gemm", .mac = *mac, .pack = cpu, .group_scales = grouped(op)};
    return op.inputs[0].shape.rows == 1 ? std::vector{gemv, gemm} : std::vector{gemm, gemv};
}

/// Converts an operand that a datapath does not take as it is stored.
void unpack(Work& work, const MatmulStyle& style, NumberFormat format, std::uint64_t elements) {
    const bool table = style.unpack == Unpack::look_up && format == NumberFormat::q4_0;
    work.add(table ? VectorOp::gather : VectorOp::dequantise, elements, element_format(style.mac));
}

MatmulWork product(const DeviceCaps& caps, const MatmulStyle& style, const MatmulPart& part) {
    MatmulWork out{.m = static_cast<std::uint32_t>(part.m),
                   .n = static_cast<std::uint32_t>(part.n),
                   .k = static_cast<std::uint32_t>(part.k),
                   .format = style.mac};
    if (style.group_folds) {
        out.count = static_cast<std::uint32_t>(part.k / kGroup);
        out.k = kGroup;
    } else if (style.row_by_row) {
        out.count = out.m;
        out.m = 1;
    }
    out.group = style.group_scales && caps.folds_groups ? kGroup : 0;
    return out;
}

RowLayout layout(NumberFormat format) {
    const NumberFormatInfo& f = info(format);
    if (f.group > 1) {
        return {f.group, row_bytes(format, f.group).count(), 0};
    }
    return {1, f.bits / 8, f.group == 0 ? f.metadata_bytes : 0};
}

std::uint64_t limit(const OpNode& op, std::string_view name) {
    const std::int64_t value = op.attrs.integer(name, 0);
    if (value < 0) {
        throw ConfigError(op.kernel + " '" + op.name + "': " + std::string(name) + " must not be negative");
    }
    return static_cast<std::uint64_t>(value);
}

}  // namespace

std::span<const LoweringInfo> matmul_lowerings() {
    return kLowerings;
}

void check_matmul_lowering(const OpNode& op, const DeviceCaps& caps) {
    const std::string name = lowering_name(op, caps.kind);
    std::vector<std::string> known{"auto"};
    for (std::size_t i = 0; i < kLowerings.size(); ++i) {
        if (kKindOf.at(i) == caps.kind) {
            known.emplace_back(kLowerings.at(i).name);
        }
    }
    if (std::find(known.begin(), known.end(), name) == known.end()) {
        throw ConfigError(op.kernel + " '" + op.name + "' on " + caps.name + ": " +
                          unknown_name("lowering", name, known));
    }
}

std::vector<MatmulStyle> matmul_styles(const OpNode& op, const DeviceCaps& caps) {
    const std::string name = lowering_name(op, caps.kind);
    const bool npu = caps.kind == DeviceKind::npu;
    std::vector<MatmulStyle> out = npu ? npu_styles(op, caps) : core_styles(op, caps);
    if (npu && (name == "resident_weights" || name == "resident_activations")) {
        for (MatmulStyle& style : out) {
            style.order = name == "resident_weights" ? LoopOrder::weights : LoopOrder::activations;
        }
    } else if (name != "auto") {
        out.erase(std::remove_if(out.begin(), out.end(), [&](const MatmulStyle& s) { return s.name != name; }),
                  out.end());
    } else if (!npu && !out.empty()) {
        out.resize(1);  // decode and prefill have their own; not a question of the estimate
    }
    return out;
}

Work matmul_work(const OpNode& op, const DeviceCaps& caps, const MatmulStyle& style, const MatmulPart& part) {
    const std::uint64_t m = part.m;
    const std::uint64_t n = part.n;
    const std::uint64_t k = part.k;
    const std::uint64_t results = m * n;
    Work work;
    work.matmuls[0] = product(caps, style, part);
    if (!native_activations(a_format(op), style.mac)) {
        unpack(work, style, a_format(op), m * k);
    }
    if (!native_weights(w_format(op), style.mac)) {
        unpack(work, style, w_format(op), n * k * (style.row_by_row ? m : 1));
    }
    if (style.pack && part.fresh_a) {
        work.add(VectorOp::move, m * k, element_format(a_format(op)));
    }
    if (style.group_folds || (style.group_scales && !caps.folds_groups)) {
        const std::uint64_t sums = results * (k / kGroup);
        work.add(VectorOp::dequantise, sums).add(VectorOp::mul, 2 * sums).add(VectorOp::add, sums);
    }
    if (style.wave_sums) {
        work.add(VectorOp::reduce, results * caps.array_cols);
    }
    const bool cut = k < op.inputs[0].shape.cols;
    if (cut && caps.kind != DeviceKind::npu) {
        work.add(VectorOp::move, results).add(VectorOp::add, results);  // a matrix unit accumulates for free
    }
    if (!part.last) {
        return work;
    }
    if (matmul_path(a_format(op), w_format(op)) == MatmulPath::rows) {
        work.add(VectorOp::dequantise, results).add(VectorOp::mul, 2 * results);
    } else if (w_format(op) == NumberFormat::int8) {
        work.add(VectorOp::mul, results);
    }
    work.add(VectorOp::add, op.inputs.size() == 3 ? results : 0);
    work.add(VectorOp::quantise, op.outputs[0].format == NumberFormat::fp32 ? 0 : results);
    return work;
}

MatmulSizes matmul_sizes(const OpNode& op) {
    const TensorUse& a = op.inputs[0];
    const TensorUse& w = op.inputs[1];
    return {.m = a.shape.rows,
            .n = w.shape.rows,
            .k = a.shape.cols,
            .k_unit = matmul_k_unit(a.format, w.format),
            .a = layout(a.format),
            .w = layout(w.format),
            .bias_element = op.inputs.size() == 3 ? sizeof(float) : 0,
            .out_element = row_bytes(op.outputs.at(0).format, 1).count()};
}

MatmulLimits matmul_limits(const OpNode& op, const MatmulStyle& style) {
    MatmulLimits out{limit(op, "tile.m"), limit(op, "tile.n"), limit(op, "tile.k"), style.order};
    if (op.attrs.has("tile.order")) {
        out.order = loop_order(op.attrs.text("tile.order"));
    }
    const std::uint64_t unit = matmul_k_unit(a_format(op), w_format(op));
    if (out.k_tile % unit != 0 && out.k_tile < op.inputs[0].shape.cols) {
        throw ConfigError(op.kernel + " '" + op.name + "': tile.k = " + std::to_string(out.k_tile) +
                          " must be a multiple of " + std::to_string(unit) + " or the whole contraction");
    }
    return out;
}

}  // namespace handset
