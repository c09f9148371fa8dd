// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/fused_projections.h"

#include <algorithm>
#include <set>

namespace handset {

namespace {

constexpr std::string_view kFused = ".attn_qkv.";
constexpr std::uint64_t kMostHeads = 1 << 16;

struct Heads {
    std::uint64_t queries = 0;
    std::uint64_t shared = 0;  ///< of keys, and as many of values

    [[nodiscard]] std::uint64_t all() const { return queries + 2 * shared; }
};

/// Without heads when the metadata names none that make sense.
Heads heads_of(const Metadata& metadata) {
    const std::string prefix = metadata.text("general.architecture").value_or("") + ".attention.head_count";
    const std::uint64_t queries = metadata.integer(prefix).value_or(0);
    const std::uint64_t shared = metadata.integer(prefix + "_kv").value_or(queries);
    const bool sensible = queries > 0 && queries <= kMostHeads && shared > 0 && shared <= queries;
    return sensible ? Heads{queries, shared} : Heads{};
}

/// Rows (of a matrix) or elements (of a bias) [first, first + count).
ModelTensor part_of(const ModelTensor& fused, std::string_view kind, std::uint64_t first, std::uint64_t count) {
    const std::size_t at = fused.name.find(kFused);
    const bool vector = fused.shape.rows == 1;
    const std::uint64_t unit = vector ? sizeof(float) : row_bytes(fused.format, fused.shape.cols).count();
    ModelTensor part = fused;
    part.name = fused.name.substr(0, at) + ".attn_" + std::string(kind) + "." + fused.name.substr(at + kFused.size());
    (vector ? part.shape.cols : part.shape.rows) = count;
    part.file_offset += first * unit;
    part.size = Bytes{count * unit};
    return part;
}

/// Query, key and value parts; empty when it is not a fused tensor that can be cut.
std::vector<ModelTensor> parts_of(const ModelTensor& tensor, const Heads& heads) {
    const bool vector = tensor.shape.rows == 1;
    const std::uint64_t length = vector ? tensor.shape.cols : tensor.shape.rows;
    if (tensor.name.find(kFused) == std::string::npos || (vector && tensor.format != NumberFormat::fp32) ||
        heads.all() == 0 || length % heads.all() != 0) {
        return {};
    }
    const std::uint64_t width = length / heads.all();
    const std::uint64_t queries = heads.queries * width;
    const std::uint64_t shared = heads.shared * width;
    return {part_of(tensor, "q", 0, queries), part_of(tensor, "k", queries, shared),
            part_of(tensor, "v", queries + shared, shared)};
}

}  // namespace

void split_fused_projections(ModelFile& model) {
    const auto fused = [](const ModelTensor& tensor) { return tensor.name.find(kFused) != std::string::npos; };
    if (std::none_of(model.tensors.begin(), model.tensors.end(), fused)) {
        return;
    }
    const Heads heads = heads_of(model.metadata);
    std::set<std::string> names;
    for (const ModelTensor& tensor : model.tensors) {
        names.insert(tensor.name);
    }
    std::vector<ModelTensor> out;
    for (ModelTensor& tensor : model.tensors) {
        std::vector<ModelTensor> parts = parts_of(tensor, heads);
        // Names stay unique: a file that has both forms keeps both, and is rejected for it.
        const bool replace = !parts.empty() && std::none_of(parts.begin(), parts.end(), [&](const ModelTensor& part) {
            return names.count(part.name) != 0;
        });
        if (replace) {
            out.insert(out.end(), parts.begin(), parts.end());
        } else {
            out.push_back(std::move(tensor));
        }
    }
    model.tensors = std::move(out);
}

}  // namespace handset
