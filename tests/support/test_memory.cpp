// SPDX-License-Identifier: Apache-2.0
#include "tests/support/test_memory.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "sim/base/errors.h"

namespace handset {

TestMemory::TestMemory(const sc_core::sc_module_name& name, Bytes size, Femtoseconds latency, BytesPerSecond bandwidth)
    : sc_module(name),
      bytes(size.count()),
      latency_(latency),
      bandwidth_(bandwidth),
      due_("due", [this](const Due& due) { answer(due); }) {
    port.on_request([this](const Burst& burst, LinkTarget::Request request) { accept(burst, request); });
    port.on_debug([this](Address address, std::span<std::byte> data, bool write) {
        ensure(address + data.size() <= bytes.size(), "debug access outside the test memory");
        std::byte* here = bytes.data() + address;
        std::memcpy(write ? here : data.data(), write ? data.data() : here, data.size());
    });
}

void TestMemory::accept(const Burst& burst, LinkTarget::Request request) {
    ensure(burst.address + burst.size <= bytes.size(), "access outside the test memory");
    const Femtoseconds now = simulated_now();
    in_flight_ += Bytes{burst.size};
    most_in_flight_ = std::max(most_in_flight_, in_flight_);
    (burst.write ? bytes_written_ : bytes_read_) += Bytes{burst.size};
    bus_free_ = std::max(now, bus_free_);
    if (bandwidth_.count() > 0) {
        bus_free_ += duration(Bytes{burst.size}, bandwidth_);
    }
    const Femtoseconds when = bus_free_ + latency_;
    served.push_back({burst, now, when});
    due_.schedule(when, {burst, request});
}

void TestMemory::answer(const Due& due) {
    in_flight_ -= Bytes{due.burst.size};
    if (due.burst.data != nullptr) {
        std::byte* here = bytes.data() + due.burst.address;
        std::memcpy(due.burst.write ? here : due.burst.data, due.burst.write ? due.burst.data : here, due.burst.size);
    }
    port.respond(due.request);
}

}  // namespace handset
