// SPDX-License-Identifier: Apache-2.0
// Runs op graphs on byte vectors, without time: every op is lowered and interpreted. Persistent tensors stay from graph
// to graph.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "sim/ir/device_caps.h"
#include "sim/ir/op_graph.h"
#include "workloads/models/decoder_builder.h"
#include "workloads/models/weight_image.h"

namespace handset::testing {

class PlainMemory {
  public:
    /// `attention` names a lowering of the attention kernel; empty: its own choice.
    explicit PlainMemory(const WeightImage& image, DeviceKind kind = DeviceKind::cpu, std::string attention = {})
        : image_(image), kind_(kind), attention_(std::move(attention)) {}

    void run(const OpGraph& graph);

    [[nodiscard]] std::uint32_t token() const;
    /// An fp32 tensor of a graph that ran.
    [[nodiscard]] std::vector<float> floats(const std::string& name) const;
    void set(const std::string& name, const std::vector<float>& values);

  private:
    /// Ops that read rows which an earlier op has found.
    OpNode with_rows(const OpGraph& graph, OpNode op);
    std::span<std::byte> view(const OpGraph& graph, const TensorUse& use);

    const WeightImage& image_;
    DeviceKind kind_;
    std::string attention_;
    std::map<std::string, std::vector<std::byte>> memory_;
};

/// Norms that are not 1 and biases as large as what they are added to, so that leaving one out shows.
void spread_vectors(const DecoderConfig& config, PlainMemory& memory);

}  // namespace handset::testing
