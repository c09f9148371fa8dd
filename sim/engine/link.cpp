// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/link.h"

#include <utility>

#include "sim/base/errors.h"

namespace handset {

namespace {

/// Carries what the generic payload has no field for.
struct BurstExtension final : tlm::tlm_extension<BurstExtension> {
    Burst burst;

    [[nodiscard]] tlm_extension_base* clone() const override {
        auto* copy = new BurstExtension;  // NOLINT(cppcoreguidelines-owning-memory): owned by the payload, as TLM asks
        copy->burst = burst;
        return copy;
    }
    void copy_from(const tlm_extension_base& other) override {
        burst = static_cast<const BurstExtension&>(other).burst;
    }
};

/// Fills a payload from bytes that TLM wants as unsigned char.
void describe(tlm::tlm_generic_payload& payload, Address address, const std::byte* data, std::size_t size, bool write) {
    payload.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    payload.set_address(address);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(const_cast<std::byte*>(data)));  // NOLINT: the TLM interface
    payload.set_data_length(static_cast<unsigned>(size));
    payload.set_streaming_width(static_cast<unsigned>(size));
    payload.set_byte_enable_ptr(nullptr);
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
}

}  // namespace

/// Payloads with their extension, reused when the last reference is released.
class PayloadPool final : public tlm::tlm_mm_interface {
  public:
    tlm::tlm_generic_payload& take() {
        if (free_.empty()) {
            owned_.push_back(std::make_unique<tlm::tlm_generic_payload>(this));
            owned_.back()->set_extension(new BurstExtension);  // NOLINT: the payload owns its extensions
            free_.push_back(owned_.back().get());
        }
        tlm::tlm_generic_payload& payload = *free_.back();
        free_.pop_back();
        payload.acquire();
        return payload;
    }
    void free(tlm::tlm_generic_payload* payload) override { free_.push_back(payload); }

  private:
    std::vector<std::unique_ptr<tlm::tlm_generic_payload>> owned_;
    std::vector<tlm::tlm_generic_payload*> free_;
};

LinkInitiator::LinkInitiator(const char* name)
    : sc_object(name), socket((std::string(name) + "_socket").c_str()), pool_(std::make_unique<PayloadPool>()) {
    socket.bind(*this);
}

LinkInitiator::~LinkInitiator() = default;

void LinkInitiator::send(const Burst& burst) {
    ensure(burst.size > 0, "a burst needs at least one byte");
    ++in_flight_;
    if (waiting_.empty() && !request_open_) {
        transmit(burst);
    } else {
        waiting_.push_back(burst);
    }
    issue();
}

void LinkInitiator::issue() {
    while (!waiting_.empty() && !request_open_) {
        const Burst burst = waiting_.front();
        waiting_.pop_front();
        transmit(burst);
    }
}

void LinkInitiator::transmit(const Burst& burst) {
    tlm::tlm_generic_payload& payload = pool_->take();
    payload.get_extension<BurstExtension>()->burst = burst;
    describe(payload, burst.address, burst.data, burst.size, burst.write);
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    request_open_ = true;
    const tlm::tlm_sync_enum status = socket->nb_transport_fw(payload, phase, delay);
    if (status == tlm::TLM_COMPLETED) {
        request_open_ = false;
        complete(payload);
    } else if (status == tlm::TLM_UPDATED) {
        request_open_ = false;
        if (phase == tlm::BEGIN_RESP) {
            complete(payload);
        }
    }
}

void LinkInitiator::complete(tlm::tlm_generic_payload& payload) {
    if (!payload.is_response_ok()) {  // the text is built only when needed: every burst passes here
        throw ModelError(std::string(name()) + ": memory answered with an error: " + payload.get_response_string());
    }
    const Burst burst = payload.get_extension<BurstExtension>()->burst;
    payload.release();
    --in_flight_;
    handler_(burst);
}

tlm::tlm_sync_enum LinkInitiator::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                  sc_core::sc_time& delay) {
    ensure(delay == sc_core::SC_ZERO_TIME, "links carry no annotated delay");
    if (phase == tlm::END_REQ) {
        request_open_ = false;
        issue();
        return tlm::TLM_ACCEPTED;
    }
    ensure(phase == tlm::BEGIN_RESP, "unexpected TLM phase on a link");
    request_open_ = false;
    complete(payload);
    issue();
    return tlm::TLM_COMPLETED;
}

void LinkInitiator::invalidate_direct_mem_ptr(sc_dt::uint64 /*begin*/, sc_dt::uint64 /*end*/) {}

void LinkInitiator::debug_read(Address address, std::span<std::byte> bytes) {
    tlm::tlm_generic_payload payload;
    describe(payload, address, bytes.data(), bytes.size(), false);
    ensure(socket->transport_dbg(payload) == bytes.size(), "functional read outside the memory");
}

void LinkInitiator::debug_write(Address address, std::span<const std::byte> bytes) {
    tlm::tlm_generic_payload payload;
    describe(payload, address, bytes.data(), bytes.size(), true);
    ensure(socket->transport_dbg(payload) == bytes.size(), "functional write outside the memory");
}

LinkTarget::LinkTarget(const char* name) : sc_object(name), socket((std::string(name) + "_socket").c_str()) {
    socket.bind(*this);
}

tlm::tlm_sync_enum LinkTarget::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                               sc_core::sc_time& /*delay*/) {
    if (phase == tlm::END_RESP) {
        return tlm::TLM_COMPLETED;
    }
    ensure(phase == tlm::BEGIN_REQ, "unexpected TLM phase on a link");
    const BurstExtension* extension = payload.get_extension<BurstExtension>();
    ensure(extension != nullptr, "a request without its burst");
    phase = tlm::END_REQ;
    handler_(extension->burst, &payload);
    return tlm::TLM_UPDATED;
}

void LinkTarget::respond(Request request) {
    request->set_response_status(tlm::TLM_OK_RESPONSE);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    const tlm::tlm_sync_enum status = socket->nb_transport_bw(*request, phase, delay);
    ensure(status == tlm::TLM_COMPLETED, "an initiator must take a response at once");
}

void LinkTarget::b_transport(tlm::tlm_generic_payload& /*payload*/, sc_core::sc_time& /*delay*/) {
    throw ModelError("links have one timing path: blocking transport is not offered");
}

bool LinkTarget::get_direct_mem_ptr(tlm::tlm_generic_payload& /*payload*/, tlm::tlm_dmi& /*dmi*/) {
    return false;
}

unsigned LinkTarget::transport_dbg(tlm::tlm_generic_payload& payload) {
    ensure(static_cast<bool>(debug_), "this target has no functional access");
    debug_(payload.get_address(),
           {reinterpret_cast<std::byte*>(payload.get_data_ptr()), payload.get_data_length()},  // NOLINT: TLM interface
           payload.is_write());
    return payload.get_data_length();
}

}  // namespace handset
