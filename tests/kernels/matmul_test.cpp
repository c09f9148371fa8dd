// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/harness.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

using testing::HasSubstr;

struct Dims {
    std::uint64_t m;
    std::uint64_t n;
    std::uint64_t k;
};

struct Formats {
    NumberFormat a = NumberFormat::fp32;
    NumberFormat w = NumberFormat::fp32;
    NumberFormat out = NumberFormat::fp32;
};

std::vector<Matrix> multiply(const OpNode& /*op*/, const std::vector<Matrix>& in) {
    Matrix out = zeros({in[0].shape.rows, in[1].shape.rows});
    for (std::uint64_t i = 0; i < out.shape.rows; ++i) {
        for (std::uint64_t j = 0; j < out.shape.cols; ++j) {
            double sum = in.size() > 2 ? in[2].at(0, j) : 0.0;
            for (std::uint64_t k = 0; k < in[0].shape.cols; ++k) {
                sum += in[0].at(i, k) * in[1].at(j, k);
            }
            out.at(i, j) = sum;
        }
    }
    return {out};
}

KernelCase product(Dims dims, Formats formats = {}, bool bias = false) {
    KernelCase out;
    out.name = std::to_string(dims.m) + "x" + std::to_string(dims.n) + "x" + std::to_string(dims.k) + " " +
               std::string(info(formats.a).name) + " x " + std::string(info(formats.w).name);
    out.kernel = &matmul_kernel();
    out.inputs = {{.shape = {dims.m, dims.k}, .format = formats.a}, {.shape = {dims.n, dims.k}, .format = formats.w}};
    if (bias) {
        out.inputs.push_back({.shape = {1, dims.n}});
    }
    out.output_formats = {formats.out};
    out.oracle = multiply;
    // Rounding of sums of k products in [-1, 1]: about sqrt(k) * 2^-24 in absolute terms; narrow outputs round once
    // more.
    out.tolerance = formats.out == NumberFormat::fp32 ? 2e-6 * std::sqrt(static_cast<double>(dims.k)) : 5e-3;
    out.macs = dims.m * dims.n * dims.k;
    return out;
}

TEST(Matmul, ComputesFloatShapesOfEveryKind) {
    for (const Dims dims : {Dims{1, 1, 1}, Dims{7, 31, 97}, Dims{1, 97, 31}, Dims{97, 1, 7}, Dims{2, 65, 64},
                            Dims{33, 257, 17}, Dims{300, 5, 40}, Dims{3, 1025, 33}}) {
        check_kernel(product(dims));
    }
}
}  // namespace
}  // namespace handset::test
