// SPDX-License-Identifier: Apache-2.0
// Writes the sample run to the path given: the file that the tests of the Python reader and of the plots read.
#include <cstdio>
#include <exception>

#include "sim/results/hdf5_writer.h"
#include "tests/unit/results/sample_result.h"

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: make_sample_result OUT.h5\n", stderr);
        return 2;
    }
    try {
        handset::write_run_result(argv[1], handset::test::sample_result());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
