// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/matmul_numerics.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/base/errors.h"
#include "workloads/kernels/row_codec.h"
#include "workloads/kernels/simd.h"

namespace handset {

namespace {

// Weight rows decoded together: dot_f32_rows shares each activation load among four.
constexpr std::size_t kDecodedRows = 4;

std::span<const std::byte> row(std::span<const std::byte> block, NumberFormat format, std::size_t k, std::size_t i) {
    const std::size_t bytes = row_bytes(format, k).count();
    return block.subspan(i * bytes, bytes);
}

/// Rows as fp32: the bytes themselves when they are, else decoded into `scratch`.
const float* floats(std::span<const std::byte> block, NumberFormat format, std::size_t rows, std::size_t k,
                    std::vector<float>& scratch) {
    if (format == NumberFormat::fp32) {
        return as_floats(block).data();
    }
    scratch.resize(rows * k);
    for (std::size_t i = 0; i < rows; ++i) {
        decode_row(format, row(block, format, k, i), std::span(scratch).subspan(i * k, k));
    }
    return scratch.data();
}

void multiply_floats(const MatmulTile& tile, std::span<float> sums) {
    std::vector<float> a_scratch;
    std::vector<float> w_scratch;
    const float* a = floats(tile.a, tile.a_format, tile.m, tile.k, a_scratch);
    const std::size_t w_row = row_bytes(tile.w_format, tile.k).count();
    for (std::size_t first = 0; first < tile.n; first += kDecodedRows) {
        const std::size_t count = std::min(kDecodedRows, tile.n - first);
        const float* w = floats(tile.w.subspan(first * w_row, count * w_row), tile.w_format, count, tile.k, w_scratch);
        for (std::size_t i = 0; i < tile.m; ++i) {
            dot_f32_rows(a + i * tile.k, w, tile.k, count, tile.k, sums.data() + i * tile.n + first);
        }
    }
}

void multiply_groups(const MatmulTile& tile, std::span<float> sums) {
    const std::size_t groups = tile.k / kGroup;
    std::vector<std::int8_t> a_codes(tile.m * tile.k);
    std::vector<float> a_scales(tile.m * groups);
    for (std::size_t i = 0; i < tile.m; ++i) {
        unpack_groups(tile.a_format, row(tile.a, tile.a_format, tile.k, i),
                      std::span(a_codes).subspan(i * tile.k, tile.k), std::span(a_scales).subspan(i * groups, groups));
    }
    std::vector<std::int8_t> w_codes(tile.k);
    std::vector<float> w_scales(groups);
    for (std::size_t j = 0; j < tile.n; ++j) {
        unpack_groups(tile.w_format, row(tile.w, tile.w_format, tile.k, j), w_codes, w_scales);
        for (std::size_t i = 0; i < tile.m; ++i) {
            sums[i * tile.n + j] = dot_i8_groups(a_codes.data() + i * tile.k, a_scales.data() + i * groups,
                                                 w_codes.data(), w_scales.data(), groups);
        }
    }
}

void multiply_rows(const MatmulTile& tile, std::span<float> sums) {
    for (std::size_t j = 0; j < tile.n; ++j) {
        const auto w = row(tile.w, tile.w_format, tile.k, j);
        const float w_scale = int8_row_scale(w, tile.k);
        for (std::size_t i = 0; i < tile.m; ++i) {
            const auto a = row(tile.a, tile.a_format, tile.k, i);
            const std::int32_t sum = dot_i8(reinterpret_cast<const std::int8_t*>(a.data()),
                                            reinterpret_cast<const std::int8_t*>(w.data()), tile.k);
            sums[i * tile.n + j] = static_cast<float>(sum) * (int8_row_scale(a, tile.k) * w_scale);
        }
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

void compute_matmul(const MatmulTile& tile) {
    std::vector<float> scratch;
    const bool in_place = tile.out_format == NumberFormat::fp32;
    scratch.resize(in_place ? 0 : tile.m * tile.n);
    const std::span<float> sums = in_place ? as_floats(tile.out) : std::span(scratch);
    switch (matmul_path(tile.a_format, tile.w_format)) {
        case MatmulPath::floats:
            multiply_floats(tile, sums);
            break;
        case MatmulPath::groups:
            multiply_groups(tile, sums);
            break;
        case MatmulPath::rows:
            multiply_rows(tile, sums);
            break;
        case MatmulPath::none:
            ensure(false, "matmul: formats that the shape rule rejects");
    }
    for (std::size_t i = 0; i < tile.m && !tile.bias.empty(); ++i) {
        for (std::size_t j = 0; j < tile.n; ++j) {
            sums[i * tile.n + j] += tile.bias[j];
        }
    }
    const std::size_t out_row = row_bytes(tile.out_format, tile.n).count();
    for (std::size_t i = 0; i < tile.m && !in_place; ++i) {
        encode_row(tile.out_format, sums.subspan(i * tile.n, tile.n), tile.out.subspan(i * out_row, out_row));
    }
}

}  // namespace handset
