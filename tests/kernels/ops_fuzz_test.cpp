// SPDX-License-Identifier: Apache-2.0
// Random ops on random devices and on the real parts, with every lowering: the kernel's own choice must give the same
// bits as on a device where all fits at once, in program order and under the earliest loads and latest stores; a
// lowering chosen by name must give these numbers within rounding, and the same bits in both orders.
//
// HANDSET_FUZZ_ROUNDS: rounds per kernel (a nightly run takes thousands); HANDSET_FUZZ_SEED: of the first round. Every
// round has the seed of the first plus its number, so that the seed a failure prints repeats it alone.
#include <cmath>
#include <cstdlib>
#include <optional>

#include <gtest/gtest.h>

#include "hw_models/cpu/cpu_core.h"
#include "hw_models/gpu/gpu_core.h"
#include "hw_models/npu/npu_core.h"
#include "sim/config/yaml_reader.h"
#include "tests/kernels/random_cases.h"

namespace handset::test {
namespace {

constexpr std::uint64_t kRounds = 60;

std::uint64_t setting(const char* name, std::uint64_t fallback) {
    const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets variables here
    return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

template <class Core, class Config>
std::unique_ptr<ComputeCore> part(const std::string& name) {
    const auto config = load_config<Config>(HANDSET_SOURCE_DIR "/configs/parts/" + name + ".yaml", {});
    return std::make_unique<Core>(name, config);
}

/// The committed parts; their caps point to their timing functions, so the cores stay.
const std::vector<std::unique_ptr<ComputeCore>>& real_parts() {
    static const auto kParts = [] {
        std::vector<std::unique_ptr<ComputeCore>> parts;
        for (const char* name : {"cpu_sm8650", "cpu_sm8550", "cpu_rk3588"}) {
            parts.push_back(part<CpuCore, CpuConfig>(name));
        }
        for (const char* name : {"gpu_adreno750", "gpu_adreno740", "gpu_mali_g610"}) {
            parts.push_back(part<GpuCore, GpuConfig>(name));
        }
        for (const char* name : {"npu_hexagon_v75", "npu_hexagon_v73", "npu_rk3588"}) {
            parts.push_back(part<NpuCore, NpuConfig>(name));
        }
        return parts;
    }();
    return kParts;
}

using Runner = void (*)(const Kernel&, const OpNode&, const TileProgram&, std::span<const std::span<std::byte>>);

std::vector<std::byte> output(Runner runner, const KernelCase& c, const OpNode& op, const DeviceCaps& caps) {
    const TileProgram program = c.kernel->lower(op, caps);
    validate(program, op.inputs.size() + op.outputs.size(), caps.lane_speed.size());
    EXPECT_LE(program.local_bytes, caps.local_bytes);
    auto operands = make_operands(c, op);
    std::vector<std::span<std::byte>> views(operands.begin(), operands.end());
    runner(*c.kernel, op, program, views);
    std::vector<std::byte> all;
    for (std::size_t i = op.inputs.size(); i < operands.size(); ++i) {
        all.insert(all.end(), operands[i].begin(), operands[i].end());
    }
    return all;
}

/// Sums of k products in [-1, 1] round by about sqrt(k) * 2^-24, k at most some hundreds here; 2^-14 when an operand
/// passes through fp16.
constexpr double kSumTolerance = 1e-4;
constexpr double kHalfTolerance = 1e-2;

void expect_close(const TensorUse& use, const std::vector<std::byte>& got, const std::vector<std::byte>& want,
                  double fp32_tolerance) {
    const Matrix a = decode(use, got);
    const Matrix b = decode(use, want);
    const double tolerance = use.format == NumberFormat::fp32 ? fp32_tolerance : kHalfTolerance;
    for (std::size_t i = 0; i < a.values.size(); ++i) {
        ASSERT_NEAR(a.values[i], b.values[i], tolerance * (1.0 + std::fabs(b.values[i]))) << "element " << i;
    }
}

/// Whether the op ran on this device. Without a tolerance its bits must be those that are wanted.
bool check(const KernelCase& c, const OpNode& op, const DeviceCaps& caps, const std::vector<std::byte>& want,
           std::optional<double> tolerance) {
    if (!c.kernel->supports(op, caps)) {
        EXPECT_NE(config_error([&] { (void)c.kernel->lower(op, caps); }), "");
        return false;
    }
    const std::vector<std::byte> got = output(interpret, c, op, caps);
    if (tolerance) {
        expect_close(op.outputs[0], got, want, *tolerance);
    } else {
        EXPECT_TRUE(got == want) << "bits differ";
    }
    EXPECT_TRUE(output(interpret_eagerly, c, op, caps) == got) << "a buffer is reused too early";
    return true;
}

/// An exception would leave the trace that says which op it was.
bool ran_well(const KernelCase& c, const OpNode& op, const DeviceCaps& caps, const std::vector<std::byte>& want,
              std::optional<double> tolerance) {
    try {
        return check(c, op, caps, want, tolerance);
    } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
        return false;
    }
}

/// How often the drawn op ran, on one of two devices and by one of its lowerings.
int fuzz_round(const RandomKernel& kernel, std::uint64_t seed) {
    Dice dice(seed);
    const KernelCase c = kernel.draw(dice);
    const OpNode op = make_op(c);
    DeviceCaps large = test_device("npu");
    large.local_bytes = 256_MiB;
    if (!c.kernel->supports(op, large)) {
        large.kind = DeviceKind::gpu;
    }
    const std::vector<std::byte> want = output(interpret, c, op, large);
    const DeviceCaps some = random_device(dice);
    const DeviceCaps& real = real_parts()[dice.in(0, real_parts().size() - 1)]->caps();
    int ran = 0;
    for (const DeviceCaps* caps : {&some, &real}) {
        SCOPED_TRACE("HANDSET_FUZZ_SEED=" + std::to_string(seed) + " HANDSET_FUZZ_ROUNDS=1: " + signature(op) + " on " +
                     caps->name + ", " + std::to_string(caps->lane_speed.size()) + " lanes of " +
                     std::to_string(caps->local_bytes.count()) + " B");
        ran += ran_well(c, op, *caps, want, {}) ? 1 : 0;
        for (const LoweringInfo& lowering : c.kernel->lowerings()) {
            SCOPED_TRACE("lowering " + std::string(lowering.name));
            const double tolerance = lowering.halves ? kHalfTolerance : kSumTolerance;
            ran += ran_well(c, with_lowering(op, lowering.name), *caps, want, tolerance) ? 1 : 0;
        }
    }
    return ran;
}

class FuzzedKernel : public testing::TestWithParam<RandomKernel> {};

TEST_P(FuzzedKernel, GivesTheSameNumbersOnEveryDeviceByEveryLowering) {
    const std::uint64_t rounds = setting("HANDSET_FUZZ_ROUNDS", kRounds);
    const std::uint64_t first = setting("HANDSET_FUZZ_SEED", 1);
    std::uint64_t ran = 0;
    for (std::uint64_t round = 0; round < rounds && !HasFailure(); ++round) {
        ran += static_cast<std::uint64_t>(fuzz_round(GetParam(), first + round));
    }
    EXPECT_TRUE(rounds < kRounds || ran >= rounds / 2) << "only " << ran << " runs in " << rounds << " rounds";
}

INSTANTIATE_TEST_SUITE_P(Kernels, FuzzedKernel, testing::ValuesIn(random_kernels()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace handset::test
