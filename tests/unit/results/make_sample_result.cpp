// SPDX-License-Identifier: Apache-2.0
// Writes the sample run to the path given: the file that the tests of the Python reader and of the plots read.
#include <cstdio>
#include <exception>
#include <string>

#include "sim/results/hdf5_writer.h"
#include "tests/unit/results/sample_result.h"

int main(int argc, char** argv) {
    if (argc < 2 || argc > 3) {
        std::fputs("usage: make_sample_result OUT.h5 [DECODE_STEPS]\n", stderr);
        return 2;
    }
    try {
        const unsigned long steps = argc == 3 ? std::stoul(argv[2]) : 6;
        handset::write_run_result(argv[1], handset::test::sample_result(static_cast<std::uint32_t>(steps)));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
