// SPDX-License-Identifier: Apache-2.0
// Splits matrix products in two, for NPU and GPU at the same time (tensor-level split of HeteroInfer, arXiv
// 2501.14794): products of several rows by rows of the activations, products of one row by rows of the weights. Both
// parts write into the one output, so whoever reads it waits for both. Where the parts run is the policy's choice, by
// their names.
#pragma once

#include <cstdint>

#include "sim/base/errors.h"
#include "sim/ir/op_graph.h"

namespace handset {

struct SplitConfig {
    double rows = 0.0;
    double columns = 0.0;
    std::uint32_t align = 32;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("rows", rows,
                {.doc = "share of the activation rows of a product for the NPU, the GPU takes the rest; 0: no split",
                 .min = 0.0,
                 .max = 1.0,
                 .fallback = 0.0});
        v.field("columns", columns,
                {.doc = "share of the outputs (weight rows) for the NPU where there is one row of activations, as in "
                        "decode; 0: no split",
                 .min = 0.0,
                 .max = 1.0,
                 .fallback = 0.0});
        // (R) NPU latency moves in steps of 32 rows: HeteroInfer, arXiv 2501.14794.
        v.field("align", align,
                {.doc = "the NPU's part is a multiple of this many rows", .min = 1, .max = 65536, .fallback = 32});
    }
    void check(Errors& errors) const;
};

/// Rows of `total` for the NPU: the multiple of `align` nearest to the share. 0 where that leaves one part empty.
std::uint64_t npu_part(std::uint64_t total, double share, std::uint32_t align);

/// The graph with every matmul and lm_head that `config` cuts replaced by "<name>.npu" (the first rows) and
/// "<name>.gpu". Tensors keep their ids, all other ops their order.
OpGraph split_products(const OpGraph& graph, const SplitConfig& config);

}  // namespace handset
