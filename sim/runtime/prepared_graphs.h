// SPDX-License-Identifier: Apache-2.0
// Which static graphs a device has built, and in which session. A graph belongs to one op shape with its weights baked
// in: ops of equal shape but other weights need graphs of their own; graphs of other shapes share the converted
// weights, unless they are of another set (OpNode::graph_set): all sets but the first hold copies of their own. A
// session's address space holds graphs and weights; activations and the KV cache are not counted.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "hw_models/common/device.h"
#include "sim/ir/op_graph.h"

namespace handset {

class PreparedGraphs {
  public:
    explicit PreparedGraphs(std::vector<Device*> devices);

    /// Whether an address space of `device` holds the op's graph alone.
    [[nodiscard]] bool fits(const OpNode& op, DeviceId device, const TileProgram& program) const;
    /// What building the graph of `op` still takes on `device`, with the session that has to be opened for it; nothing
    /// when it is built or the device needs none. Throws ConfigError for an op that does not fit any session.
    [[nodiscard]] Preparation missing(const OpGraph& graph, const OpNode& op, DeviceId device,
                                      const TileProgram& program) const;
    void add(const OpGraph& graph, const OpNode& op, DeviceId device, const TileProgram& program);
    /// The session of the op's graph; that of the next graph where it is not built.
    [[nodiscard]] std::size_t session(const OpGraph& graph, const OpNode& op, DeviceId device) const;
    [[nodiscard]] std::size_t sessions(DeviceId device) const { return built_.at(device.value()).sessions.size(); }

  private:
    struct Session {
        std::set<std::string> weights;
        Bytes used;
    };
    struct Built {
        std::map<std::string, std::size_t> graphs;  ///< and their sessions
        std::vector<Session> sessions;
    };
    /// Where a new graph goes: the first session that has all its weights and room, else the last if it has room, else
    /// one that opens.
    struct Placement {
        std::size_t session = 0;
        bool opens = false;
        Bytes new_weights;        ///< that the session does not have yet
        Preparation preparation;  ///< without the session
        Bytes mapped;             ///< new in the address space
    };
    [[nodiscard]] Placement place(const OpGraph& graph, const OpNode& op, DeviceId device,
                                  const TileProgram& program) const;
    [[nodiscard]] Placement place_in(std::size_t session, const OpGraph& graph, const OpNode& op, DeviceId device,
                                     const TileProgram& program) const;

    std::vector<Device*> devices_;
    std::vector<Built> built_;  // by device
};

}  // namespace handset
