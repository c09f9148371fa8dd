// SPDX-License-Identifier: Apache-2.0
// Whole graphs in plain memory: every op is lowered and interpreted, without time.
#pragma once

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "sim/ir/kernel.h"
#include "workloads/kernels/catalogue.h"
#include "workloads/models/decoder_builder.h"
#include "workloads/models/weight_image.h"

namespace handset {

inline DeviceCaps plain_device(DeviceKind kind) {
    DeviceCaps caps;
    caps.name = "host";
    caps.kind = kind;
    caps.local_bytes = 1_MiB;
    caps.macs_per_second.fill(1);
    return caps;
}

/// Runs graphs on byte vectors; persistent tensors stay from graph to graph.
class PlainMemory {
  public:
    explicit PlainMemory(const WeightImage& image) : image_(image) {}

    void run(const OpGraph& graph) {
        for (const OpId id : graph.topological_order()) {
            const OpNode op = with_rows(graph, graph.op(id));
            const Kernel& kernel = find_kernel(op.kernel);
            const DeviceKind kind = op.kernel == "load" ? DeviceKind::storage : DeviceKind::cpu;
            std::vector<std::span<std::byte>> operands;
            for (const TensorUse& use : op.inputs) {
                operands.push_back(view(graph, use));
            }
            for (const TensorUse& use : op.outputs) {
                operands.push_back(view(graph, use));
            }
            interpret(kernel, op, kernel.lower(op, plain_device(kind)), operands);
        }
    }

    [[nodiscard]] std::uint32_t token() const {
        std::uint32_t value = 0;
        std::memcpy(&value, memory_.at(std::string(DecoderModel::kTokenTensor)).data(), sizeof(value));
        return value;
    }

    /// An fp32 tensor of a graph that ran.
    [[nodiscard]] std::vector<float> floats(const std::string& name) const {
        const std::vector<std::byte>& bytes = memory_.at(name);
        std::vector<float> values(bytes.size() / sizeof(float));
        std::memcpy(values.data(), bytes.data(), bytes.size());
        return values;
    }
    void set(const std::string& name, const std::vector<float>& values) {
        std::memcpy(memory_.at(name).data(), values.data(), memory_.at(name).size());
    }

  private:
    /// Ops that read rows which an earlier op has found.
    OpNode with_rows(const OpGraph& graph, OpNode op) {
        if (const std::int64_t from = op.attrs.integer("gather_from", -1); from >= 0) {
            const std::span<const std::byte> indices = view(graph, op.inputs.at(static_cast<std::size_t>(from)));
            op.gather.resize(indices.size() / sizeof(std::uint32_t));
            std::memcpy(op.gather.data(), indices.data(), indices.size());
        }
        return op;
    }
    std::span<std::byte> view(const OpGraph& graph, const TensorUse& use) {
        const Tensor& tensor = graph.tensor(use.tensor);
        std::vector<std::byte>& bytes = memory_[tensor.name];
        bytes.resize(tensor.bytes().count());
        if (tensor.flash_address) {
            image_.read(*tensor.flash_address, bytes);
        }
        return std::span(bytes).subspan(use.offset.count(), use.bytes().count());
    }

    const WeightImage& image_;
    std::map<std::string, std::vector<std::byte>> memory_;
};

}  // namespace handset
