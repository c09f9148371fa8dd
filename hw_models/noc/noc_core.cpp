// SPDX-License-Identifier: Apache-2.0
#include "hw_models/noc/noc_core.h"

#include <algorithm>

namespace handset {

NocCore::NocCore(const NocConfig& config) : config_(config), fabric_rate_(config.fabric_rate()) {}

std::uint32_t NocCore::add_port(const std::string& initiator) {
    const NocPortConfig& port = config_.port_of(initiator);
    ports_.push_back({config_.port_rate(port),
                      port.outstanding,
                      port.request_latency.value_or(config_.request_latency),
                      port.response_latency.value_or(config_.response_latency),
                      {},
                      {}});
    return static_cast<std::uint32_t>(ports_.size() - 1);
}

Femtoseconds NocCore::write(std::uint32_t port_index, Femtoseconds now, std::uint64_t size) {
    Port& port = ports_[port_index];
    const Femtoseconds fabric_time = duration(Bytes{size}, fabric_rate_);
    const Femtoseconds port_start = std::max(now, port.write_free);
    port.write_free = port_start + duration(Bytes{size}, port.rate);
    write_free_ = std::max(port_start, write_free_) + fabric_time;
    busy_ += fabric_time;
    return std::max(port.write_free, write_free_);
}

Femtoseconds NocCore::read(std::uint32_t port_index, Femtoseconds ready, std::uint64_t size) {
    Port& port = ports_[port_index];
    const Femtoseconds fabric_time = duration(Bytes{size}, fabric_rate_);
    const Femtoseconds fabric_start = std::max(read_free_, saturating_sub(ready, fabric_time));
    read_free_ = std::max(fabric_start + fabric_time, ready);
    port.read_free = std::max(port.read_free, fabric_start) + duration(Bytes{size}, port.rate);
    busy_ += fabric_time;
    return std::max(port.read_free, read_free_);
}

}  // namespace handset
