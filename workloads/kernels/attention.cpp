// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>

#include "sim/base/text.h"
#include "workloads/kernels/attention_fused.h"
#include "workloads/kernels/attention_unfused.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/rowwise.h"

namespace handset {

namespace {

constexpr std::array<LoweringInfo, 2> kLowerings{
    {{"fused", "one pass, scores stay in the local store (flash attention); auto on every device"},
     {"unfused", "scores, softmax and weighted values one after another, with the scores in memory between them"}}};

bool is_unfused(const OpNode& op, const DeviceCaps& caps) {
    const std::string name = lowering_name(op, caps.kind);
    require(op, name == "auto" || name == kLowerings[0].name || name == kLowerings[1].name,
            "unknown lowering '" + name + "'; known: auto, fused, unfused");
    return name == kLowerings[1].name;
}

class Attention final : public Kernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "attention"; }
    [[nodiscard]] std::string_view doc() const override {
        return "grouped-query attention over a key/value cache; inputs q, keys, values; attributes heads, kv_heads, "
               "head_dim, [scale], [window], [causal = 1], [fixed = 0: all keys are computed, those beyond the row's "
               "own are "
               "masked; runtime position]";
    }
    [[nodiscard]] std::span<const LoweringInfo> lowerings() const override { return kLowerings; }

    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override {
        static_cast<void>(attention_shape(op));
        return {op.inputs[0].shape};
    }

    [[nodiscard]] bool supports(const OpNode& op, const DeviceCaps& caps) const override {
        if (caps.kind == DeviceKind::storage || !(caps.has_macs(MacFormat::fp32) || caps.has_macs(MacFormat::fp16))) {
            return false;
        }
        const AttentionShape shape = attention_shape(op);
        const std::uint64_t needed = is_unfused(op, caps) ? unfused_min_local(shape) : attention_min_local(shape);
        return needed <= caps.local_bytes.count();
    }

    [[nodiscard]] TileProgram lower(const OpNode& op, const DeviceCaps& caps) const override {
        const AttentionShape shape = attention_shape(op);
        require(op,
                op.outputs.size() == 1 && op.outputs[0].shape == op.inputs[0].shape &&
                    op.outputs[0].format == NumberFormat::fp32,
                "the output must be fp32 and as large as q");
        require(op, caps.kind != DeviceKind::storage, "cannot run on the storage device " + caps.name);
        return is_unfused(op, caps) ? lower_unfused(op, shape, caps) : lower_fused(op, shape, caps);
    }

    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override {
        const AttentionShape shape = attention_shape(op);
        const AttentionRegion region = AttentionRegion::of(tile);
        if (region.stage == AttentionStage::fused) {
            compute_fused(shape, region, tile, local);
        } else {
            compute_unfused(shape, region, tile, local);
        }
    }
};

}  // namespace

const Kernel& attention_kernel() {
    static const Attention kKernel;
    return kKernel;
}

}  // namespace handset
