// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/run_control.h"

#include <algorithm>
#include <utility>

#include <systemc>

#include "sim/base/errors.h"
#include "sim/engine/process_guard.h"
#include "sim/engine/timed_queue.h"

namespace handset {

namespace {

// One elaboration per process is a law of SystemC, so this is state of the simulation, not between simulations.
std::exception_ptr& kept_failure() {
    static std::exception_ptr failure;
    return failure;
}

std::string time_text() {
    const std::uint64_t fs = simulated_now().count();
    return std::to_string(fs / 1'000'000) + " ns";
}

/// Throws what a process threw, with the simulated time attached to broken invariants.
[[noreturn]] void rethrow_failure(const sc_core::sc_report& report) {
    const std::exception_ptr failure = take_failure();
    if (failure == nullptr) {
        throw ModelError("at " + time_text() + ": " + report.what());
    }
    try {
        std::rethrow_exception(failure);
    } catch (const ModelError& error) {
        const char* process = report.get_process_name();
        throw ModelError("at " + time_text() + (process != nullptr ? " in " + std::string(process) : "") + ": " +
                         error.what());
    }
}

}  // namespace

void remember_failure(std::exception_ptr failure) {
    if (kept_failure() == nullptr) {
        kept_failure() = std::move(failure);
    }
}

std::exception_ptr take_failure() {
    return std::exchange(kept_failure(), nullptr);
}

void prepare_kernel() {
    sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
    sc_core::sc_report_handler::set_actions(sc_core::SC_FATAL, sc_core::SC_THROW);
    sc_core::sc_report_handler::set_actions(sc_core::SC_ERROR, sc_core::SC_THROW);
}

void pause_run() {
    sc_core::sc_pause();
}

Femtoseconds run_until_done(const RunHooks& hooks) {
    try {
        if (sc_core::sc_get_status() == sc_core::SC_ELABORATION) {
            sc_core::sc_start(sc_core::SC_ZERO_TIME);  // elaboration and initialisation
        }
        while (!hooks.done()) {
            if (!sc_core::sc_pending_activity()) {
                throw ModelError("the simulation stopped at " + time_text() + " with work left:\n" + hooks.dump());
            }
            // Up to the next event at least: a slice without any would leave the time where it is, for ever.
            const sc_core::sc_time step = std::max(to_sc_time(hooks.slice), sc_core::sc_time_to_pending_activity());
            sc_core::sc_start(step, sc_core::SC_EXIT_ON_STARVATION);
            if (hooks.progress) {
                hooks.progress();
            }
        }
    } catch (const sc_core::sc_report& report) {
        rethrow_failure(report);
    }
    return simulated_now();
}

void run_until(Femtoseconds time) {
    try {
        if (sc_core::sc_get_status() == sc_core::SC_ELABORATION) {
            sc_core::sc_start(sc_core::SC_ZERO_TIME);
        }
        if (time > simulated_now()) {
            sc_core::sc_start(to_sc_time(time - simulated_now()));
        }
        while (sc_core::sc_pending_activity() && sc_core::sc_time_to_pending_activity() == sc_core::SC_ZERO_TIME) {
            sc_core::sc_start(sc_core::SC_ZERO_TIME);  // one delta cycle
        }
    } catch (const sc_core::sc_report& report) {
        rethrow_failure(report);
    }
}

std::optional<Femtoseconds> next_event_time() {
    if (!sc_core::sc_pending_activity()) {
        return std::nullopt;
    }
    return simulated_now() + Femtoseconds{sc_core::sc_time_to_pending_activity().value()};
}

}  // namespace handset
