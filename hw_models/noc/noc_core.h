// SPDX-License-Identifier: Apache-2.0
// Serialisation on ports and on the shared fabric, cut-through: a transfer occupies port and fabric at the same time
// and ends with the slower one. Reads and writes have separate wires. Topology, hops and flits are not modelled.
#pragma once

#include <cstdint>
#include <vector>

#include "hw_models/noc/noc_config.h"

namespace handset {

class NocCore {
  public:
    explicit NocCore(const NocConfig& config);

    /// Adds a port for `initiator`; returns its index.
    std::uint32_t add_port(const std::string& initiator);
    /// When the data of a write that starts at `now` has left towards memory.
    Femtoseconds write(std::uint32_t port, Femtoseconds now, std::uint64_t size);
    /// When the last byte reaches the initiator, of read data whose last byte memory delivered at `ready`.
    Femtoseconds read(std::uint32_t port, Femtoseconds ready, std::uint64_t size);

    [[nodiscard]] Bytes outstanding(std::uint32_t port) const { return ports_[port].outstanding; }
    [[nodiscard]] Femtoseconds request_latency(std::uint32_t port) const { return ports_[port].request_latency; }
    [[nodiscard]] Femtoseconds response_latency(std::uint32_t port) const { return ports_[port].response_latency; }
    [[nodiscard]] const NocConfig& config() const { return config_; }
    /// Time the fabric was occupied, both directions added.
    [[nodiscard]] Femtoseconds busy_time() const { return busy_; }

  private:
    struct Port {
        BytesPerSecond rate;
        Bytes outstanding;
        Femtoseconds request_latency;
        Femtoseconds response_latency;
        Femtoseconds read_free;
        Femtoseconds write_free;
    };

    NocConfig config_;
    BytesPerSecond fabric_rate_;
    std::vector<Port> ports_;
    Femtoseconds read_free_;
    Femtoseconds write_free_;
    Femtoseconds busy_;
};

}  // namespace handset
