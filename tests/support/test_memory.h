// SPDX-License-Identifier: Apache-2.0
// A memory for module tests: fixed latency, one serial data bus of given bandwidth, a byte array. Answers in request
// order; a request of s bytes that arrives at t leaves at max(t, bus free) + s / bandwidth + latency.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <systemc>

#include "sim/base/quantity.h"
#include "sim/engine/link.h"
#include "sim/engine/timed_queue.h"

namespace handset {

class TestMemory final : public sc_core::sc_module {
  public:
    /// One served request, in order of arrival.
    struct Served {
        Burst burst;
        Femtoseconds arrived;
        Femtoseconds answered;
    };

    /// A `bandwidth` of 0 B/s means unlimited.
    TestMemory(const sc_core::sc_module_name& name, Bytes size, Femtoseconds latency, BytesPerSecond bandwidth);

    LinkTarget port{"port"};
    std::vector<std::byte> bytes;
    std::vector<Served> served;

    [[nodiscard]] Bytes bytes_read() const { return bytes_read_; }
    [[nodiscard]] Bytes bytes_written() const { return bytes_written_; }
    /// Largest number of bytes that were requested and not yet answered.
    [[nodiscard]] Bytes most_in_flight() const { return most_in_flight_; }

  private:
    struct Due {
        Burst burst;
        LinkTarget::Request request = nullptr;
    };
    void accept(const Burst& burst, LinkTarget::Request request);
    void answer(const Due& due);

    Femtoseconds latency_;
    BytesPerSecond bandwidth_;
    Femtoseconds bus_free_;
    Bytes bytes_read_;
    Bytes bytes_written_;
    Bytes in_flight_;
    Bytes most_in_flight_;
    TimedQueue<Due> due_;
};

}  // namespace handset
