// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/models/plain_memory.h"

#include <cstring>

#include "workloads/kernels/catalogue.h"
#include "workloads/models/decoder_tensors.h"

namespace handset::testing {

namespace {

DeviceCaps plain_device(DeviceKind kind) {
    DeviceCaps caps;
    caps.name = "host";
    caps.kind = kind;
    caps.local_bytes = 1_MiB;
    caps.macs_per_second.fill(1);
    return caps;
}

}  // namespace

void PlainMemory::run(const OpGraph& graph) {
    for (const OpId id : graph.topological_order()) {
        OpNode op = with_rows(graph, graph.op(id));
        const Kernel& kernel = find_kernel(op.kernel);
        const DeviceKind kind = op.kernel == "load" ? DeviceKind::storage : kind_;
        if (op.kernel == "attention" && !attention_.empty()) {
            op.attrs.set("lowering." + std::string(device_kind_name(kind)), attention_);
        }
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

OpNode PlainMemory::with_rows(const OpGraph& graph, OpNode op) {
    if (const std::int64_t from = op.attrs.integer("gather_from", -1); from >= 0) {
        const std::span<const std::byte> indices = view(graph, op.inputs.at(static_cast<std::size_t>(from)));
        op.gather.resize(indices.size() / sizeof(std::uint32_t));
        std::memcpy(op.gather.data(), indices.data(), indices.size());
    }
    return op;
}

std::uint32_t PlainMemory::token() const {
    std::uint32_t value = 0;
    std::memcpy(&value, memory_.at(std::string(DecoderModel::kTokenTensor)).data(), sizeof(value));
    return value;
}

std::vector<float> PlainMemory::floats(const std::string& name) const {
    const std::vector<std::byte>& bytes = memory_.at(name);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

void PlainMemory::set(const std::string& name, const std::vector<float>& values) {
    std::memcpy(memory_.at(name).data(), values.data(), memory_.at(name).size());
}

std::span<std::byte> PlainMemory::view(const OpGraph& graph, const TensorUse& use) {
    const Tensor& tensor = graph.tensor(use.tensor);
    std::vector<std::byte>& bytes = memory_[tensor.name];
    bytes.resize(tensor.bytes().count());
    if (tensor.flash_address) {
        image_.read(*tensor.flash_address, bytes);
    }
    return std::span(bytes).subspan(use.offset.count(), use.bytes().count());
}

void spread_vectors(const DecoderConfig& config, PlainMemory& memory) {
    for (const DecoderTensor& tensor : decoder_tensors(config)) {
        if (tensor.role == WeightRole::vector) {
            std::vector<float> values(tensor.shape.cols);
            for (std::size_t i = 0; i < values.size(); ++i) {
                values[i] = 0.5F + static_cast<float>((i * 7 + tensor.name.size()) % 11) / 8.0F;
            }
            memory.set(tensor.name, values);
        }
    }
}

}  // namespace handset::testing
