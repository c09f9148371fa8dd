// SPDX-License-Identifier: Apache-2.0
// Ops of every kernel with random operands: sizes where cuts go wrong (1, primes, just above powers of two) come often.
#pragma once

#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "tests/kernels/harness.h"

namespace handset::test {

/// Draws that are the same with every standard library.
class Dice {
  public:
    explicit Dice(std::uint64_t seed) : generator_(seed) {}
    std::uint64_t in(std::uint64_t least, std::uint64_t most) { return least + generator_() % (most - least + 1); }
    std::int64_t integer(std::uint64_t least, std::uint64_t most) { return static_cast<std::int64_t>(in(least, most)); }
    bool coin() { return in(0, 1) == 1; }
    NumberFormat plain() { return coin() ? NumberFormat::fp16 : NumberFormat::fp32; }
    /// At most `most`: 1, a prime, one more than a power of two, or anything.
    std::uint64_t size(std::uint64_t most);

  private:
    std::mt19937_64 generator_;
};

struct RandomKernel {
    std::string name;
    KernelCase (*draw)(Dice&);
};
/// For messages of the test framework.
inline void PrintTo(const RandomKernel& kernel, std::ostream* out) {
    *out << kernel.name;
}

/// All kernels that compute devices run.
const std::vector<RandomKernel>& random_kernels();

/// One to seven lanes of unequal speed, 2 KiB to 1 MiB of local store, one to four buffers, of any kind.
DeviceCaps random_device(Dice& dice);

}  // namespace handset::test
