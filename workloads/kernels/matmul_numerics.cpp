// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/matmul_numerics.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "sim/base/errors.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/simd.h"

namespace handset {

namespace {

// Weight rows decoded together: dot_f32_rows shares each activation load among four.
constexpr std::size_t kDecodedRows = 4;
// Exact sums could be cut anywhere; parts of rows far below a memory burst make no sense.
constexpr std::uint64_t kRowsUnit = 32;

/// Parts of rows, one after another.
struct Rows {
    std::span<const std::byte> bytes;
    NumberFormat format = NumberFormat::fp32;
    std::size_t k = 0;
    std::size_t stride = 0;

    [[nodiscard]] std::span<const std::byte> operator[](std::size_t i) const {
        return bytes.subspan(i * stride, stride);
    }
};

Rows rows_of(std::span<const std::byte> bytes, NumberFormat format, const MatmulTile& tile) {
    return {bytes, format, tile.k, row_part_bytes(format, tile.k, tile.last)};
}

/// Codes of int8 without their scale, values of all other formats.
void decode_part(const Rows& rows, std::size_t i, std::span<float> out) {
    if (rows.format != NumberFormat::int8) {
        decode_row(rows.format, rows[i], out);
        return;
    }
    const auto* codes = reinterpret_cast<const std::int8_t*>(rows[i].data());
    std::copy_n(codes, out.size(), out.begin());
}

/// Rows [first, first + count) as fp32: the bytes themselves when they are, else decoded into `scratch`.
const float* floats(const Rows& rows, std::size_t first, std::size_t count, std::vector<float>& scratch) {
    if (rows.format == NumberFormat::fp32) {
        return as_floats(rows.bytes.subspan(first * rows.stride, count * rows.stride)).data();
    }
    scratch.resize(count * rows.k);
    for (std::size_t i = 0; i < count; ++i) {
        decode_part(rows, first + i, std::span(scratch).subspan(i * rows.k, rows.k));
    }
    return scratch.data();
}

void add_floats(const MatmulTile& tile, std::span<float> sums) {
    std::vector<float> a_scratch;
    std::vector<float> w_scratch;
    const Rows w_rows = rows_of(tile.w, tile.w_format, tile);
    const float* a = floats(rows_of(tile.a, tile.a_format, tile), 0, tile.m, a_scratch);
    for (std::size_t first = 0; first < tile.n; first += kDecodedRows) {
        const std::size_t count = std::min(kDecodedRows, tile.n - first);
        const float* w = floats(w_rows, first, count, w_scratch);
        for (std::size_t i = 0; i < tile.m; ++i) {
            add_dot_f32_rows(a + i * tile.k, w, tile.k, count, tile.k, sums.data() + i * tile.n + first);
        }
    }
    for (std::size_t j = 0; tile.last && tile.w_format == NumberFormat::int8 && j < tile.n; ++j) {
        const float scale = int8_row_scale(w_rows[j], tile.k);
        for (std::size_t i = 0; i < tile.m; ++i) {
            sums[i * tile.n + j] *= scale;
        }
    }
}

void add_groups(const MatmulTile& tile, std::span<float> sums) {
    const std::size_t groups = tile.k / kGroup;
    const Rows a_rows = rows_of(tile.a, tile.a_format, tile);
    const Rows w_rows = rows_of(tile.w, tile.w_format, tile);
    std::vector<std::int8_t> a_codes(tile.m * tile.k);
    std::vector<float> a_scales(tile.m * groups);
    for (std::size_t i = 0; i < tile.m; ++i) {
        unpack_groups(tile.a_format, a_rows[i], std::span(a_codes).subspan(i * tile.k, tile.k),
                      std::span(a_scales).subspan(i * groups, groups));
    }
    std::vector<std::int8_t> w_codes(tile.k);
    std::vector<float> w_scales(groups);
    for (std::size_t j = 0; j < tile.n; ++j) {
        unpack_groups(tile.w_format, w_rows[j], w_codes, w_scales);
        for (std::size_t i = 0; i < tile.m; ++i) {
            float& sum = sums[i * tile.n + j];
            sum = dot_i8_groups(a_codes.data() + i * tile.k, a_scales.data() + i * groups, w_codes.data(),
                                w_scales.data(), groups, sum);
        }
    }
}

const std::int8_t* codes(std::span<const std::byte> row) {
    return reinterpret_cast<const std::int8_t*>(row.data());
}

/// Exact sums between the parts, as int32 in the place of the floats.
void add_rows(const MatmulTile& tile, std::span<float> sums) {
    const Rows a_rows = rows_of(tile.a, tile.a_format, tile);
    const Rows w_rows = rows_of(tile.w, tile.w_format, tile);
    for (std::size_t j = 0; j < tile.n; ++j) {
        const auto w = w_rows[j];
        const float w_scale = tile.last ? int8_row_scale(w, tile.k) : 0.0F;
        for (std::size_t i = 0; i < tile.m; ++i) {
            const auto a = a_rows[i];
            float& sum = sums[i * tile.n + j];
            const std::int32_t exact = std::bit_cast<std::int32_t>(sum) + dot_i8(codes(a), codes(w), tile.k);
            sum = tile.last ? static_cast<float>(exact) * (int8_row_scale(a, tile.k) * w_scale)
                            : std::bit_cast<float>(exact);
        }
    }
}

void finish(const MatmulTile& tile, std::span<float> sums) {
    for (std::size_t i = 0; i < tile.m && !tile.bias.empty(); ++i) {
        for (std::size_t j = 0; j < tile.n; ++j) {
            sums[i * tile.n + j] += tile.bias[j];
        }
    }
    const std::size_t out_row = row_bytes(tile.out_format, tile.n).count();
    for (std::size_t i = 0; i < tile.m && sums.data() != as_floats(tile.out).data(); ++i) {
        encode_row(tile.out_format, sums.subspan(i * tile.n, tile.n), tile.out.subspan(i * out_row, out_row));
    }
}

}  // namespace

MatmulPath matmul_path(NumberFormat activations, NumberFormat weights) {
    switch (activations) {
        case NumberFormat::fp32:
        case NumberFormat::fp16:
        case NumberFormat::bf16:
            return weights == NumberFormat::int32 ? MatmulPath::none : MatmulPath::floats;
        case NumberFormat::q8_0:
            return weights == NumberFormat::q8_0 || weights == NumberFormat::q4_0 ? MatmulPath::groups
                                                                                  : MatmulPath::none;
        case NumberFormat::int8:
            return weights == NumberFormat::int8 ? MatmulPath::rows : MatmulPath::none;
        case NumberFormat::q4_0:
        case NumberFormat::int32:
            return MatmulPath::none;
    }
    return MatmulPath::none;
}

std::uint64_t matmul_k_unit(NumberFormat activations, NumberFormat weights) {
    switch (matmul_path(activations, weights)) {
        case MatmulPath::floats:
            return kFloatBlock;
        case MatmulPath::groups:
            return kGroup;
        case MatmulPath::rows:
        case MatmulPath::none:
            break;
    }
    return kRowsUnit;
}

std::uint64_t row_part_bytes(NumberFormat format, std::uint64_t elements, bool reaches_end) {
    const NumberFormatInfo& layout = info(format);
    if (layout.group > 0) {
        return row_bytes(format, elements).count();
    }
    return elements * layout.bits / 8 + (reaches_end ? layout.metadata_bytes : 0);
}

void compute_matmul(const MatmulTile& tile) {
    std::vector<float> scratch;
    if (tile.sums.empty()) {
        scratch.resize(tile.m * tile.n);
    }
    const std::span<float> sums = tile.sums.empty() ? std::span(scratch) : as_floats(tile.sums);
    if (tile.first) {
        std::fill(sums.begin(), sums.end(), 0.0F);  // as int32 also zero
    }
    switch (matmul_path(tile.a_format, tile.w_format)) {
        case MatmulPath::floats:
            add_floats(tile, sums);
            break;
        case MatmulPath::groups:
            add_groups(tile, sums);
            break;
        case MatmulPath::rows:
            add_rows(tile, sums);
            break;
        case MatmulPath::none:
            ensure(false, "matmul: formats that the shape rule rejects");
    }
    if (tile.last) {
        finish(tile, sums);
    }
}

}  // namespace handset
