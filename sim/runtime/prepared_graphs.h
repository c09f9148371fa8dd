// SPDX-License-Identifier: Apache-2.0
// Which static graphs a device has built. A graph belongs to one op shape with its weights baked in: ops of equal shape
// but other weights need graphs of their own; graphs of other shapes share the converted weights.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "hw_models/common/device.h"
#include "sim/ir/op_graph.h"

namespace handset {

class PreparedGraphs {
  public:
    explicit PreparedGraphs(std::vector<Device*> devices);

    /// What building the graph of `op` still takes on `device`; nothing when it is built or the device needs none.
    [[nodiscard]] Preparation missing(const OpGraph& graph, const OpNode& op, DeviceId device,
                                      const TileProgram& program) const;
    void add(const OpGraph& graph, const OpNode& op, DeviceId device);

  private:
    struct Built {
        std::set<std::string> graphs;
        std::set<std::string> weights;
    };

    std::vector<Device*> devices_;
    std::vector<Built> built_;  // by device
};

}  // namespace handset
