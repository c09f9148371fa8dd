// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <string>

#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/conversion.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/rowwise.h"
#include "workloads/kernels/vector_math.h"

namespace handset {

namespace {

class Embedding final : public RowwiseKernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "embedding"; }
    [[nodiscard]] std::string_view doc() const override {
        return "row gather[i] of the table, decoded to fp32, becomes row i; input table in any weight format; "
               "attribute "
               "[scale] multiplies every element";
    }

    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override {
        require_inputs(op, 1, 1);
        const Shape table = op.inputs[0].shape;
        require(op, table.cols > 0, "the table has no columns");
        require(op, op.inputs[0].format != NumberFormat::int32, "the table must hold numbers, not int32");
        require(op, !op.gather.empty(), "needs at least one token");
        for (const std::uint32_t token : op.gather) {
            require(
                op, token < table.rows,
                "token " + std::to_string(token) + " is outside the table of " + std::to_string(table.rows) + " rows");
        }
        require(op, !scales(op) || std::isfinite(op.attrs.number("scale")), "scale must be a finite number");
        return {{op.gather.size(), table.cols}};
    }

    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override {
        const std::uint64_t cols = op.inputs[0].shape.cols;
        const std::uint64_t row_size = row_bytes(op.inputs[0].format, cols).count();
        const std::span<const std::byte> rows = tile_bytes(tile, local, 0, tile.region[1] * row_size);
        const std::span<float> out = tile_floats(tile, local, 1, tile.region[1] * cols);
        for (std::uint64_t row = 0; row < tile.region[1]; ++row) {
            decode_row(op.inputs[0].format, rows.subspan(row * row_size, row_size), out.subspan(row * cols, cols));
        }
        if (scales(op)) {
            scale_in_place(out.data(), static_cast<float>(op.attrs.number("scale")), out.size());
        }
    }

  protected:
    // The program depends on how many tokens there are, not on which: rows come from the output.
    [[nodiscard]] RowwiseSpec spec(const OpNode& op) const override {
        require_output(op, NumberFormat::fp32);
        const TensorUse& table = op.inputs[0];
        const std::uint64_t cols = table.shape.cols;
        RowwiseSpec spec;
        spec.rows = op.outputs[0].shape.rows;
        spec.loads = {{.operand = 0, .row_bytes = row_bytes(table.format, cols).count(), .gathered = true}};
        spec.stores = {{.operand = 1, .row_bytes = cols * sizeof(float)}};
        spec.work_per_row.add(VectorOp::gather, cols, element_format(table.format));
        add_conversion(spec.work_per_row, table.format, NumberFormat::fp32, cols);
        if (scales(op)) {
            spec.work_per_row.add(VectorOp::mul, cols);
        }
        return spec;
    }

  private:
    static bool scales(const OpNode& op) { return op.attrs.has("scale"); }
};

}  // namespace

const Kernel& embedding_kernel() {
    static const Embedding kKernel;
    return kKernel;
}

}  // namespace handset
