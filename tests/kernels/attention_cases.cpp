// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/attention_cases.h"

#include <cmath>

#include "workloads/kernels/catalogue.h"

namespace handset::test {

namespace {

bool visible(const AttentionDims& d, std::uint64_t row, std::uint64_t key) {
    const std::uint64_t first = d.position >= 0 ? static_cast<std::uint64_t>(d.position) : d.kv_len - d.rows;
    const std::uint64_t position = d.causal ? first + row : d.kv_len - 1;
    return key <= position && (d.window == 0 || key + static_cast<std::uint64_t>(d.window) > position);
}

/// Plain two-pass softmax of one head and row.
void attend(const AttentionDims& d, const std::vector<Matrix>& in, std::uint64_t row, std::uint64_t head, Matrix& out) {
    const auto dim = static_cast<std::uint64_t>(d.head_dim);
    const std::uint64_t kv = head / static_cast<std::uint64_t>(d.heads / d.kv_heads);
    std::vector<double> weights(d.kv_len);
    double total = 0.0;
    for (std::uint64_t key = 0; key < d.kv_len; ++key) {
        if (!visible(d, row, key)) {
            continue;
        }
        double score = 0.0;
        for (std::uint64_t i = 0; i < dim; ++i) {
            score += in[0].at(row, head * dim + i) * in[1].at(key, kv * dim + i);
        }
        weights[key] = std::exp(score / std::sqrt(static_cast<double>(dim)));
        total += weights[key];
    }
    for (std::uint64_t key = 0; key < d.kv_len; ++key) {
        for (std::uint64_t i = 0; i < dim && visible(d, row, key); ++i) {
            out.at(row, head * dim + i) += weights[key] / total * in[2].at(key, kv * dim + i);
        }
    }
}

}  // namespace

std::uint64_t visible_pairs(const AttentionDims& d) {
    std::uint64_t pairs = 0;
    for (std::uint64_t row = 0; row < d.rows; ++row) {
        for (std::uint64_t key = 0; key < d.kv_len; ++key) {
            pairs += visible(d, row, key) ? 1 : 0;
        }
    }
    return pairs;
}

KernelCase attention(AttentionDims d) {
    KernelCase c;
    c.name = std::to_string(d.rows) + " rows, " + std::to_string(d.kv_len) + " keys, heads " + std::to_string(d.heads) +
             "/" + std::to_string(d.kv_heads) + "x" + std::to_string(d.head_dim) + " window " +
             std::to_string(d.window);
    c.kernel = &attention_kernel();
    const auto q_cols = static_cast<std::uint64_t>(d.heads * d.head_dim);
    const auto kv_cols = static_cast<std::uint64_t>(d.kv_heads * d.head_dim);
    c.inputs = {{.shape = {d.rows, q_cols}, .fill = {}},
                {.shape = {d.kv_len, kv_cols}, .format = d.kv, .fill = {}},
                {.shape = {d.kv_len, kv_cols}, .format = d.kv, .fill = {}}};
    c.attrs.set("heads", d.heads).set("kv_heads", d.kv_heads).set("head_dim", d.head_dim);
    if (d.window > 0) {
        c.attrs.set("window", d.window);
    }
    if (!d.causal) {
        c.attrs.set("causal", std::int64_t{0});
    }
    if (d.position >= 0) {
        c.attrs.set("fixed", std::int64_t{1});
        c.runtime.set("position", d.position);
    }
    c.oracle = [d](const OpNode& /*op*/, const std::vector<Matrix>& in) {
        Matrix out = zeros(in[0].shape);
        for (std::uint64_t row = 0; row < d.rows; ++row) {
            for (std::uint64_t head = 0; head < static_cast<std::uint64_t>(d.heads); ++head) {
                attend(d, in, row, head, out);
            }
        }
        return std::vector<Matrix>{out};
    };
    // Queries, and all keys that any row sees.
    const std::uint64_t unseen = d.window == 0 || !d.causal || d.position >= 0 ? 0
                                 : std::uint64_t{d.kv_len - d.rows + 1} > static_cast<std::uint64_t>(d.window)
                                     ? d.kv_len - d.rows + 1 - static_cast<std::uint64_t>(d.window)
                                     : 0;
    c.min_loaded = d.rows * q_cols * 4 + 2 * (d.kv_len - unseen) * row_bytes(d.kv, kv_cols).count();
    return c;
}

TileProgram lowered(const AttentionDims& d, const std::string& device) {
    return attention_kernel().lower(make_op(attention(d)), test_device(device));
}

std::vector<std::byte> eager_output(const KernelCase& c, const OpNode& op, const TileProgram& program) {
    auto operands = make_operands(c, op);
    const std::vector<std::span<std::byte>> views(operands.begin(), operands.end());
    interpret_eagerly(attention_kernel(), op, program, views);
    return operands.back();
}

Work vector_work(const TileProgram& program) {
    Work total;
    for (const Tile& tile : program.tiles) {
        for (std::size_t i = 0; i < kVectorOps; ++i) {
            total.add(static_cast<VectorOp>(i), tile.work.count(static_cast<VectorOp>(i)));
        }
    }
    return total;
}

}  // namespace handset::test
