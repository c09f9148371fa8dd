// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/run_control.h"

#include <systemc>

#include "sim/base/errors.h"
#include "sim/engine/timed_queue.h"

namespace handset {

void prepare_kernel() {
    sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
    sc_core::sc_report_handler::set_actions(sc_core::SC_FATAL, sc_core::SC_THROW);
    sc_core::sc_report_handler::set_actions(sc_core::SC_ERROR, sc_core::SC_THROW);
}

void pause_run() {
    sc_core::sc_pause();
}

Femtoseconds run_until_done(const RunHooks& hooks) {
    sc_core::sc_start(sc_core::SC_ZERO_TIME);  // first call: elaboration and initialisation
    while (!hooks.done()) {
        if (!sc_core::sc_pending_activity()) {
            throw ModelError("the simulation stopped at " + std::to_string(simulated_now().count()) +
                             " fs with work left:\n" + hooks.dump());
        }
        sc_core::sc_start(to_sc_time(hooks.slice), sc_core::SC_EXIT_ON_STARVATION);
        if (hooks.progress) {
            hooks.progress();
        }
    }
    return simulated_now();
}

}  // namespace handset
