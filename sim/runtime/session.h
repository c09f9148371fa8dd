// SPDX-License-Identifier: Apache-2.0
// Requests from cold flash to last token: prepare, load, then prefill and decode of each, as graphs in sequence, first
// come first served. Until the next request arrives the phone idles. Where the graphs come from is the caller's
// business.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/quantity.h"
#include "sim/engine/timed_queue.h"
#include "sim/ir/op_graph.h"
#include "sim/runtime/dispatcher.h"

namespace handset {

/// One graph of a request.
struct StepPlan {
    OpGraph graph;
    std::string phase;
    std::uint32_t step = 0;
    std::optional<TensorId> token = std::nullopt;         ///< holds the sampled token, if the graph samples
    std::optional<std::uint32_t> request = std::nullopt;  ///< index of the request it serves, if it serves one
    /// Of the first graph of a request: not before this time after the first request could start; without: at once.
    std::optional<Femtoseconds> arrival = std::nullopt;
};

/// Gives the graphs of all requests one after the other.
class StepSource {
  public:
    virtual ~StepSource() = default;
    /// Graphs whose static parts are to be built before the first request starts; may be empty.
    [[nodiscard]] virtual std::vector<StepPlan> prepare_ahead() const = 0;
    /// The next graph, or none when all requests are finished.
    virtual std::optional<StepPlan> next() = 0;
    /// The token that the last graph sampled; called only with data on.
    virtual void accept(std::uint32_t token) = 0;
};

struct PhaseRecord {
    std::string phase;
    std::uint32_t step = 0;
    Femtoseconds begin;
    Femtoseconds end;
    std::optional<std::uint32_t> request = std::nullopt;  ///< the one that it served
    Femtoseconds arrival = {};                            ///< of that request
};

class Session {
  public:
    /// `read_token` reads four bytes of simulated DRAM; empty with data off. `finished` is called at the end.
    using TokenReader = std::function<std::uint32_t(Address)>;
    Session(Dispatcher& dispatcher, StepSource& source, TokenReader read_token, std::function<void()> finished);

    /// Call from inside the simulation or before it starts.
    void start();
    [[nodiscard]] bool done() const { return done_; }
    /// Called at the end of each graph, while its results lie in memory.
    void on_results(std::function<void(const OpGraph&)> observer) { results_ready_ = std::move(observer); }
    /// Called at the end of each phase; "prepare" is one, and so is "idle", the wait for the request of that number.
    void on_phase(std::function<void(const PhaseRecord&)> observer) { phase_finished_ = std::move(observer); }

  private:
    void prepare_next();
    void take_next();
    void run_plan();
    void finish_phase(const PhaseRecord& phase);

    Dispatcher& dispatcher_;
    StepSource& source_;
    TokenReader read_token_;
    std::function<void()> finished_;
    std::vector<StepPlan> to_prepare_;
    std::size_t prepared_ = 0;
    std::optional<StepPlan> plan_;
    std::function<void(const PhaseRecord&)> phase_finished_;
    std::optional<Femtoseconds> ready_;  ///< when the first request could start
    std::optional<std::uint32_t> request_;
    Femtoseconds arrival_;  ///< of that request
    TimedQueue<PhaseRecord> idle_;
    std::function<void(const OpGraph&)> results_ready_;
    bool done_ = false;
};

}  // namespace handset
