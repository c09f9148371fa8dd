// SPDX-License-Identifier: Apache-2.0
#include <systemc>

#include "sim/app/cli.h"

int sc_main(int argc, char** argv) {
    return handset::run_command_line(argc, argv);
}
