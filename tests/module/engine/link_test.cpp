// SPDX-License-Identifier: Apache-2.0
// Links: what is sent arrives, answers find their sender, a foreign TLM-2.0 target can take a memory's place.
#include "sim/engine/link.h"

#include <array>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tlm_utils/simple_target_socket.h>

#include "sim/base/errors.h"
#include "sim/engine/timed_queue.h"

namespace handset {
namespace {

using testing::ElementsAre;

Burst burst(Address address, std::uint32_t token) {
    Burst b;
    b.address = address;
    b.size = 64;
    b.token = token;
    b.stream = 3;
    b.priority = 2;
    b.initiator = InitiatorId{7};
    return b;
}

/// Answers each request after `address` femtoseconds.
struct Responder final : sc_core::sc_module {
    explicit Responder(const sc_core::sc_module_name& name) : sc_module(name) {
        target.on_request([this](const Burst& b, LinkTarget::Request request) {
            received.push_back(b);
            due.schedule(simulated_now() + Femtoseconds{b.address}, request);
        });
        target.on_debug([this](Address address, std::span<std::byte> bytes, bool write) {
            for (std::byte& byte : bytes) {
                std::byte& held = memory[address++];
                (write ? held : byte) = write ? byte : held;
            }
        });
    }
    LinkTarget target{"port"};
    TimedQueue<LinkTarget::Request> due{"due", [this](LinkTarget::Request request) { target.respond(request); }};
    std::vector<Burst> received;
    std::map<Address, std::byte> memory;
};

struct Sender final : sc_core::sc_module {
    explicit Sender(const sc_core::sc_module_name& name) : sc_module(name) {
        link.on_response([this](const Burst& b) {
            answered.emplace_back(b.token, simulated_now().count());
            last = b;
        });
    }
    LinkInitiator link{"memory"};
    TimedQueue<Burst> due{"due", [this](const Burst& b) { link.send(b); }};
    std::vector<std::pair<std::uint32_t, std::uint64_t>> answered;
    Burst last;
};

TEST(Link, AnswersComeInAnyOrderWithTheirBurst) {
    Sender sender("sender");
    Responder responder("responder");
    sender.link.socket.bind(responder.target.socket);
    sender.due.schedule(10_fs, burst(300, 1));
    sender.due.schedule(10_fs, burst(100, 2));
    sender.due.schedule(50_fs, burst(200, 3));
    sc_core::sc_start(to_sc_time(60_fs));
    EXPECT_EQ(sender.link.in_flight(), 3U);
    sc_core::sc_start();
    EXPECT_THAT(sender.answered, ElementsAre(std::pair{2U, 110U}, std::pair{3U, 250U}, std::pair{1U, 310U}));
    EXPECT_EQ(sender.link.in_flight(), 0U);
    EXPECT_EQ(sender.last.stream, 3);
    EXPECT_EQ(sender.last.priority, 2);
    EXPECT_EQ(sender.last.initiator, InitiatorId{7});
    EXPECT_EQ(responder.received.size(), 3U);
}

TEST(Link, FunctionalAccessTakesNoTime) {
    Sender sender("sender");
    Responder responder("responder");
    sender.link.socket.bind(responder.target.socket);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    const std::array<std::byte, 2> out{std::byte{4}, std::byte{5}};
    std::array<std::byte, 2> in{};
    sender.link.debug_write(8, out);
    sender.link.debug_read(8, in);
    EXPECT_EQ(in, out);
    EXPECT_EQ(simulated_now(), 0_fs);
}

TEST(Link, EmptyBurstsAreRefused) {
    Sender sender("sender");
    Responder responder("responder");
    sender.link.socket.bind(responder.target.socket);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    Burst empty = burst(0, 0);
    empty.size = 0;
    EXPECT_THROW(sender.link.send(empty), ModelError);
}

/// A memory written against plain TLM-2.0: four phases, one request at a time, END_REQ only after a delay.
struct ForeignMemory final : sc_core::sc_module {
    explicit ForeignMemory(const sc_core::sc_module_name& name) : sc_module(name) {
        socket.register_nb_transport_fw(this, &ForeignMemory::forward);
    }
    tlm::tlm_sync_enum forward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& /*delay*/) {
        if (phase == tlm::END_RESP) {
            return tlm::TLM_COMPLETED;
        }
        EXPECT_FALSE(busy) << "a second request before END_REQ";
        busy = true;
        payload.acquire();
        accept.schedule(simulated_now() + 20_fs, &payload);
        answer.schedule(simulated_now() + 100_fs, &payload);
        return tlm::TLM_ACCEPTED;
    }
    void send(tlm::tlm_generic_payload& payload, tlm::tlm_phase phase) {
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        socket->nb_transport_bw(payload, phase, delay);
    }
    tlm_utils::simple_target_socket<ForeignMemory> socket{"socket"};
    bool busy = false;
    bool broken = false;
    TimedQueue<tlm::tlm_generic_payload*> accept{"accept", [this](tlm::tlm_generic_payload* payload) {
                                                     busy = false;
                                                     send(*payload, tlm::END_REQ);
                                                 }};
    TimedQueue<tlm::tlm_generic_payload*> answer{
        "answer", [this](tlm::tlm_generic_payload* payload) {
            payload->set_response_status(broken ? tlm::TLM_ADDRESS_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE);
            send(*payload, tlm::BEGIN_RESP);
            payload->release();
        }};
};

TEST(Link, AForeignTargetMayAcceptLateAndIsNotOverrun) {
    Sender sender("sender");
    ForeignMemory memory("memory");
    sender.link.socket.bind(memory.socket);
    for (const std::uint32_t token : {1U, 2U, 3U}) {
        sender.due.schedule(0_fs, burst(token * 64, token));
    }
    sc_core::sc_start();
    // Requests leave at 0, 20, 40 fs, each answered 100 fs later.
    EXPECT_THAT(sender.answered, ElementsAre(std::pair{1U, 100U}, std::pair{2U, 120U}, std::pair{3U, 140U}));
}

}  // namespace
}  // namespace handset
