// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstdlib>

#include <systemc>

#include "sim/app/cli.h"

int sc_main(int argc, char** argv) {
    return handset::run_command_line(argc, argv);
}

// Replaces the library's main() to set up the process before SystemC speaks.
int main(int argc, char** argv) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    // A full disk or a closed pipe is an error to report, not a reason to die.
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    return sc_core::sc_elab_and_sim(argc, argv);
}
