// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <string>

#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/conversion.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/rowwise.h"

namespace handset {

namespace {

struct RopeShape {
    std::uint32_t heads = 0;
    std::uint32_t head_dim = 0;
    std::uint32_t dims = 0;  ///< rotated elements of each head, the rest passes through
    float base = 0.0F;
    bool interleaved = true;  ///< pairs (2i, 2i+1), else (i, i + dims/2)
};

RopeShape rope_shape(const OpNode& op) {
    RopeShape s;
    s.heads = positive_attribute(op, "heads");
    s.head_dim = positive_attribute(op, "head_dim");
    s.dims = op.attrs.has("rope_dims") ? positive_attribute(op, "rope_dims") : s.head_dim;
    require(
        op, s.dims <= s.head_dim && s.dims % 2 == 0,
        "rope_dims must be even and at most head_dim " + std::to_string(s.head_dim) + ", is " + std::to_string(s.dims));
    require(op, op.attrs.has("base"), "needs the attribute 'base'");
    const double base = op.attrs.number("base");
    require(op, std::isfinite(base) && base > 0.0, "base must be a positive number");
    s.base = static_cast<float>(base);
    require(op, op.attrs.has("pairing"), "needs the attribute 'pairing'");
    const std::string& pairing = op.attrs.text("pairing");
    require(op, pairing == "interleaved" || pairing == "half",
            "unknown pairing '" + pairing + "'; known: interleaved, half");
    s.interleaved = pairing == "interleaved";
    return s;
}

/// cos and sin of all pairs at one position, in the fp32 arithmetic of llama2.c.
struct Angles {
    std::vector<float> frequency;
    std::vector<float> cosine;
    std::vector<float> sine;

    Angles(const RopeShape& s, std::span<const float> factors) : cosine(s.dims / 2), sine(s.dims / 2) {
        for (std::uint32_t i = 0; i < s.dims / 2; ++i) {
            const float exponent = static_cast<float>(2 * i) / static_cast<float>(s.dims);
            const float plain = 1.0F / std::pow(s.base, exponent);
            frequency.push_back(factors.empty() ? plain : plain / factors[i]);
        }
    }

    void move_to(std::int64_t position) {
        for (std::size_t i = 0; i < frequency.size(); ++i) {
            const float angle = static_cast<float>(position) * frequency[i];
            cosine[i] = std::cos(angle);
            sine[i] = std::sin(angle);
        }
    }
};

void rotate(const RopeShape& s, const Angles& angles, std::span<const float> x, std::span<float> out) {
    for (std::uint32_t i = 0; i < s.dims / 2; ++i) {
        const std::uint32_t a = s.interleaved ? 2 * i : i;
        const std::uint32_t b = s.interleaved ? 2 * i + 1 : i + s.dims / 2;
        const float first = x[a];
        const float second = x[b];
        out[a] = first * angles.cosine[i] - second * angles.sine[i];
        out[b] = first * angles.sine[i] + second * angles.cosine[i];
    }
    for (std::uint32_t i = s.dims; i < s.head_dim; ++i) {
        out[i] = x[i];
    }
}

class Rope final : public RowwiseKernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "rope"; }
    [[nodiscard]] std::string_view doc() const override {
        return "rotary position embedding of every head; inputs x, [frequency factors]; attributes heads, head_dim, "
               "[rope_dims], base, pairing: interleaved or half; runtime position of row 0; output fp32 or fp16";
    }

    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override {
        require_inputs(op, 1, 2);
        require_fp32_rows(op);
        const RopeShape s = rope_shape(op);
        require_shape(op, 0, "x", {op.inputs[0].shape.rows, std::uint64_t{s.heads} * s.head_dim});
        if (op.inputs.size() == 2) {
            require_format(op, 1, "frequency factors", NumberFormat::fp32);
            require_shape(op, 1, "frequency factors", {1, s.dims / 2});
        }
        return {op.inputs[0].shape};
    }

    // Region rows are heads: head h of row r is unit r * heads + h.
    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override {
        const RopeShape s = rope_shape(op);
        const std::size_t out_operand = op.inputs.size();
        const NumberFormat format = op.outputs[0].format;
        const std::uint64_t out_bytes = row_bytes(format, s.head_dim).count();
        const std::uint64_t units = tile.region[1];
        const std::span<const float> x = tile_floats(tile, local, 0, units * s.head_dim);
        const std::span<std::byte> out = tile_bytes(tile, local, out_operand, units * out_bytes);
        const std::span<const float> factors =
            op.inputs.size() == 2 ? tile_floats(tile, local, 1, s.dims / 2) : std::span<float>{};
        Angles angles(s, factors);
        std::vector<float> rotated(s.head_dim);
        const std::int64_t position = op.runtime.integer("position");
        for (std::uint64_t i = 0; i < units; ++i) {
            const std::uint64_t unit = tile.region[0] + i;
            if (i == 0 || unit % s.heads == 0) {
                angles.move_to(position + static_cast<std::int64_t>(unit / s.heads));
            }
            rotate(s, angles, x.subspan(i * s.head_dim, s.head_dim), rotated);
            encode_row(format, rotated, out.subspan(i * out_bytes, out_bytes));
        }
    }

  protected:
    [[nodiscard]] RowwiseSpec spec(const OpNode& op) const override {
        require_output_shape(op);
        const NumberFormat format = op.outputs[0].format;
        require(op, format == NumberFormat::fp32 || format == NumberFormat::fp16,
                "the output must be fp32 or fp16, is " + std::string(info(format).name));
        const RopeShape s = rope_shape(op);
        RowwiseSpec spec;
        spec.rows = op.inputs[0].shape.rows * s.heads;
        spec.loads = {{.operand = 0, .row_bytes = s.head_dim * sizeof(float)}};
        if (op.inputs.size() == 2) {
            spec.resident = {1};
        }
        spec.stores = {{.operand = static_cast<std::uint32_t>(op.inputs.size()),
                        .row_bytes = row_bytes(format, s.head_dim).count()}};
        // Sines and cosines come from a table on every real device, one rotation per element remains.
        spec.work_per_row.add(VectorOp::rotate, s.dims).add(VectorOp::move, s.head_dim - s.dims);
        add_conversion(spec.work_per_row, NumberFormat::fp32, format, s.head_dim);
        return spec;
    }
};

}  // namespace

const Kernel& rope_kernel() {
    static const Rope kKernel;
    return kKernel;
}

}  // namespace handset
