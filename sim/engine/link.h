// SPDX-License-Identifier: Apache-2.0
// A memory link: TLM-2.0 base protocol, approximately timed, two phases (BEGIN_REQ, BEGIN_RESP) with pooled payloads
// and one extension. Devices see send(Burst) / on_response(Burst); a foreign TLM-2.0 target may be bound as well.
// Flow control is by outstanding requests: a sender limits its own, a target accepts what is sent.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <systemc>
#include <tlm>

#include "sim/engine/burst.h"

namespace handset {

class PayloadPool;

/// Sending side. Responses may come in any order.
class LinkInitiator final : public sc_core::sc_object, public tlm::tlm_bw_transport_if<> {
  public:
    using ResponseHandler = std::function<void(const Burst&)>;

    explicit LinkInitiator(const char* name);
    ~LinkInitiator() override;

    void on_response(ResponseHandler handler) { handler_ = std::move(handler); }
    /// Sends at the current time; waits in order behind a request the target has not yet accepted.
    void send(const Burst& burst);
    [[nodiscard]] std::size_t in_flight() const { return in_flight_; }

    /// Functional access without time (test benches, caches that serve a hit from the level below).
    void debug_read(Address address, std::span<std::byte> bytes);
    void debug_write(Address address, std::span<const std::byte> bytes);
    /// What a component in between passes on.
    void debug(Address address, std::span<std::byte> bytes, bool write) {
        write ? debug_write(address, bytes) : debug_read(address, bytes);
    }

    tlm::tlm_initiator_socket<> socket;

  private:
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    void invalidate_direct_mem_ptr(sc_dt::uint64 begin, sc_dt::uint64 end) override;
    void issue();
    void transmit(const Burst& burst);
    void complete(tlm::tlm_generic_payload& payload);

    std::unique_ptr<PayloadPool> pool_;
    ResponseHandler handler_;
    std::deque<Burst> waiting_;
    bool request_open_ = false;  // BEGIN_REQ sent, END_REQ not yet seen
    std::size_t in_flight_ = 0;
};

/// Receiving side: hands each request to its owner, which later answers with respond().
class LinkTarget final : public sc_core::sc_object, public tlm::tlm_fw_transport_if<> {
  public:
    /// The payload to answer; valid until respond().
    using Request = tlm::tlm_generic_payload*;
    using RequestHandler = std::function<void(const Burst&, Request)>;
    using DebugHandler = std::function<void(Address, std::span<std::byte>, bool write)>;

    explicit LinkTarget(const char* name);

    void on_request(RequestHandler handler) { handler_ = std::move(handler); }
    void on_debug(DebugHandler handler) { debug_ = std::move(handler); }
    /// Completes a request now.
    void respond(Request request);

    tlm::tlm_target_socket<> socket;

  private:
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;
    unsigned transport_dbg(tlm::tlm_generic_payload& payload) override;

    RequestHandler handler_;
    DebugHandler debug_;
};

}  // namespace handset
