// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/conversion.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/rowwise.h"

namespace handset {

namespace {

/// Elements that must stay together: a whole row when a format scales by row, a group, or a single element.
std::uint64_t unit_of(const OpNode& op) {
    const NumberFormatInfo& from = info(op.inputs[0].format);
    const NumberFormatInfo& to = info(op.outputs[0].format);
    return from.group == 0 || to.group == 0 ? op.inputs[0].shape.cols : std::max(from.group, to.group);
}

class Copy final : public RowwiseKernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "copy"; }
    [[nodiscard]] std::string_view doc() const override {
        return "same numbers in the format of the output (rows appended to a cache, change of format)";
    }

    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override {
        require_inputs(op, 1, 1);
        const Shape shape = op.inputs[0].shape;
        require(op, shape.rows > 0 && shape.cols > 0, "input 0 (x) is empty: " + to_text(shape));
        return {shape};
    }

    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override {
        const NumberFormat from = op.inputs[0].format;
        const NumberFormat to = op.outputs[0].format;
        // Without a scale per row, all units of the tile are one long row.
        const bool by_row = info(from).group == 0 || info(to).group == 0;
        const std::uint64_t rows = by_row ? tile.region[1] : 1;
        const std::uint64_t cols = by_row ? unit_of(op) : tile.region[1] * unit_of(op);
        const std::uint64_t from_row = row_bytes(from, cols).count();
        const std::uint64_t to_row = row_bytes(to, cols).count();
        const std::span<const std::byte> in = tile_bytes(tile, local, 0, rows * from_row);
        const std::span<std::byte> out = tile_bytes(tile, local, 1, rows * to_row);
        if (from == to) {
            std::copy(in.begin(), in.end(), out.begin());
            return;
        }
        std::vector<float> values(cols);
        for (std::uint64_t row = 0; row < rows; ++row) {
            decode_row(from, in.subspan(row * from_row, from_row), values);
            encode_row(to, values, out.subspan(row * to_row, to_row));
        }
    }

  protected:
    [[nodiscard]] RowwiseSpec spec(const OpNode& op) const override {
        require_output_shape(op);
        const NumberFormat from = op.inputs[0].format;
        const NumberFormat to = op.outputs[0].format;
        require(op, from == to || (from != NumberFormat::int32 && to != NumberFormat::int32),
                "int32 is copied to int32 only");
        const Shape shape = op.inputs[0].shape;
        // Group formats demand whole groups in every row; row_bytes() says so.
        static_cast<void>(row_bytes(to, shape.cols));
        const std::uint64_t unit = unit_of(op);
        RowwiseSpec spec;
        spec.rows = shape.rows * shape.cols / unit;
        spec.row_multiple = unit == 1 ? 2 * kElementMultiple : 1;
        spec.loads = {{.operand = 0, .row_bytes = row_bytes(from, unit).count()}};
        spec.stores = {{.operand = 1, .row_bytes = row_bytes(to, unit).count()}};
        if (from == to) {
            // Numbers as registers hold them; codes with their scales, byte by byte.
            const std::uint64_t moved = info(from).group == 1 ? unit : row_bytes(from, unit).count();
            spec.work_per_row.add(VectorOp::move, moved, element_format(from));
        }
        add_conversion(spec.work_per_row, from, to, unit);
        return spec;
    }
};

}  // namespace

const Kernel& copy_kernel() {
    static const Copy kKernel;
    return kKernel;
}

}  // namespace handset
