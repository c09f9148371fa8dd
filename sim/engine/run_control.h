// SPDX-License-Identifier: Apache-2.0
// Runs the kernel until the work is done; a run that goes quiet with work left is a ModelError with a state dump.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "sim/base/quantity.h"

namespace handset {

struct RunHooks {
    std::function<bool()> done;              ///< all work finished; whoever finishes it calls pause_run()
    std::function<std::string()> dump;       ///< ready ops, device states, oldest burst: for the error message
    std::function<void()> progress;          ///< called between slices of simulated time, may be empty
    Femtoseconds slice{10'000'000'000'000};  ///< simulated time between progress calls
};

/// Starts or continues the simulation until `done`. Returns the simulated time. Throws what processes throw and
/// ModelError when events run out first.
Femtoseconds run_until_done(const RunHooks& hooks);

/// Ends the current slice at the current time; call when the work is done.
void pause_run();

/// For drivers that stand outside the simulation: does everything up to and including `time`, at least the elaboration.
/// Throws what processes throw. Between calls requests may be sent.
void run_until(Femtoseconds time);
/// When something happens next; none when nothing ever will.
std::optional<Femtoseconds> next_event_time();

/// Sets the time resolution and makes SystemC report by exceptions instead of ending the process. Call first in
/// sc_main.
void prepare_kernel();

}  // namespace handset
