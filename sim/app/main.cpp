// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

#include <systemc>

#include "sim/app/cli.h"

namespace {

/// A file opened later would otherwise get the number of a closed standard stream and swallow what is printed. Standard
/// output is left unwritable, so that results that go nowhere are an error.
void occupy_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (fcntl(stream, F_GETFD) < 0) {
            // The lowest free number is this one: those below are open.
            (void)open("/dev/null", (stream == STDERR_FILENO ? O_WRONLY : O_RDONLY));
        }
    }
}

}  // namespace

int sc_main(int argc, char** argv) {
    return handset::run_command_line(argc, argv);
}

// Replaces the library's main() to set up the process before SystemC speaks.
int main(int argc, char** argv) {
    occupy_standard_streams();
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    // A file-size limit is an error to report, not a reason to die.
    std::signal(SIGXFSZ, SIG_IGN);
    return sc_core::sc_elab_and_sim(argc, argv);
}
