// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/matmul_plan.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"
#include "tests/kernels/harness.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

using testing::HasSubstr;

MatmulSizes int8_sizes(std::uint64_t m, std::uint64_t n, std::uint64_t k) {
    const RowLayout bytes{1, 1, 0};
    return {.m = m, .n = n, .k = k, .k_unit = 64, .a = bytes, .w = bytes, .bias_element = 4, .out_element = 4};
}

Work int8_work(const MatmulPart& part) {
    Work work;
    work.matmuls[0] = {static_cast<std::uint32_t>(part.m), static_cast<std::uint32_t>(part.n),
                       static_cast<std::uint32_t>(part.k), 1, MacFormat::int8};
    return work;
}

/// Cores that take 10 ps per MAC, odd ones twice as long.
class UnequalCores final : public CostModel {
  public:
    [[nodiscard]] TileTime tile_time(const Work& work, std::uint32_t lane) const override {
        const Femtoseconds matrix = work.macs().count() * (lane % 2 == 0 ? 10_ps : 20_ps);
        return {matrix, {}, 100_ns, matrix + 100_ns};
    }
};

TEST(MatmulPlan, ChunksTakeTheTimeOfTheWorkersThatShareThem) {
    const UnequalCores cost;
    DeviceCaps caps = test_device("cpu");
    caps.cost = &cost;
    caps.stream_rate = BytesPerSecond{1'000'000'000'000};
    caps.lane_speed.assign(8, 1);
    caps.workers = 2;
    const auto plan = plan_matmul(int8_sizes(64, 4096, 1024), caps, int8_work);
    ASSERT_TRUE(plan);
    // 64 x 4096 x 1024 MACs at one per 10 ps and one per 20 ps: 2.684 ms / 1.5; tiles and first loads come on top.
    EXPECT_GE(plan->time, 1789_us);
    EXPECT_LE(plan->time, 1900_us);
}

TEST(MatmulPlan, FitsAndCoversEveryColumnForManyShapes) {
    for (const DeviceCaps& caps : test_devices()) {
        for (const std::uint64_t m : {1U, 5U, 17U, 300U, 2048U}) {
            for (const std::uint64_t n : {1U, 31U, 257U, 4096U}) {
                for (const std::uint64_t k : {1U, 64U, 1152U, 11008U}) {
                    const MatmulSizes sizes = int8_sizes(m, n, k);
                    const auto plan = plan_matmul(sizes, caps, int8_work);
                    ASSERT_TRUE(plan);
                    ASSERT_LE(matmul_buffers(sizes, *plan).local, caps.local_bytes.count());
                    ASSERT_GE(plan->bytes, m * k + n * (k + 4) + m * n * 4);
                    std::uint64_t columns = 0;
                    for (const Range& range : plan->columns) {
                        ASSERT_EQ(range.first, columns);
                        columns += range.count;
                    }
                    ASSERT_EQ(columns, n);
                }
            }
        }
    }
}

struct Draw {
    MatmulSizes sizes;
    DeviceCaps caps;
};

/// Shapes over all magnitudes on a random device with a random rate and store.
Draw draw(std::mt19937_64& random) {
    const auto up_to = [&random](std::uint64_t bits) {
        return 1 + random() % (std::uint64_t{1} << (1 + random() % bits));
    };
    const std::vector<DeviceCaps> devices = test_devices();
    Draw out{int8_sizes(up_to(11), up_to(13), up_to(13)), devices[random() % devices.size()]};
    out.caps.local_bytes = Bytes{4096U << random() % 12};
    out.caps.stream_rate = BytesPerSecond{std::uint64_t{1'000'000'000} << random() % 7};
    return out;
}

TEST(MatmulPlan, MoreBandwidthOrALargerStoreNeverSlowsTheEstimate) {
    std::mt19937_64 random(11);  // NOLINT(cert-msc51-cpp): the seed is fixed so that a failure repeats
    for (int round = 0; round < 150; ++round) {
        const Draw base = draw(random);
        const auto time = [&](const DeviceCaps& caps) { return plan_matmul(base.sizes, caps, int8_work)->time; };
        const Femtoseconds before = time(base.caps);
        DeviceCaps faster = base.caps;
        faster.stream_rate = 2 * base.caps.stream_rate;
        EXPECT_LE(time(faster), before) << "round " << round;
        DeviceCaps larger = base.caps;
        larger.local_bytes = 2 * base.caps.local_bytes;
        EXPECT_LE(time(larger), before) << "round " << round;
    }
}

// No plan is faster than the operands' way over the port or than the arithmetic alone.
TEST(MatmulPlan, EstimateIsAtLeastTheRoof) {
    std::mt19937_64 random(12);  // NOLINT(cert-msc51-cpp)
    for (int round = 0; round < 200; ++round) {
        const Draw d = draw(random);
        if (d.caps.lane_speed.size() > 1) {
            continue;
        }
        const auto plan = plan_matmul(d.sizes, d.caps, int8_work);
        const Work whole = int8_work({d.sizes.m, d.sizes.n, d.sizes.k});
        EXPECT_GE(plan->time, duration(Bytes{plan->bytes}, d.caps.stream_rate));
        EXPECT_GE(plan->time, d.caps.cost->tile_time(whole, 0).total);
    }
}

OpNode matmul_op(std::uint64_t m, std::uint64_t n, std::uint64_t k, NumberFormat a, NumberFormat w,
                 const Attributes& attrs = {}, bool bias = false, NumberFormat out = NumberFormat::fp32) {
    KernelCase c;
    c.name = "probe";
    c.kernel = &matmul_kernel();
    c.inputs = {{.shape = {m, k}, .format = a, .fill = {}}, {.shape = {n, k}, .format = w, .fill = {}}};
    if (bias) {
        c.inputs.push_back({.shape = {1, n}, .format = NumberFormat::fp32, .fill = {}});
    }
    c.output_formats = {out};
    c.attrs = attrs;
    return make_op(c);
}

struct Pair {
    NumberFormat a;
    NumberFormat w;
};

std::vector<Pair> pairs() {
    using enum NumberFormat;
    return {{fp32, fp32}, {fp16, fp16}, {fp16, int8}, {fp32, q4_0},
            {bf16, q8_0}, {q8_0, q4_0}, {q8_0, q8_0}, {int8, int8}};
}

/// Results of a program, run three ways that must agree.
std::vector<std::byte> results(const OpNode& op, const TileProgram& program) {
    KernelCase c;
    c.kernel = &matmul_kernel();
    for (const TensorUse& use : op.inputs) {
        c.inputs.push_back({.shape = use.shape, .format = use.format, .fill = {}});
    }
    std::vector<std::vector<std::byte>> outputs;
    for (const auto runner : {interpret, interpret_eagerly, interpret_hastily}) {
        auto operands = make_operands(c, op, 5);
        const std::vector<std::span<std::byte>> views(operands.begin(), operands.end());
        runner(matmul_kernel(), op, program, views);
        outputs.push_back(operands.back());
    }
    EXPECT_TRUE(outputs[0] == outputs[1]) << "late stores\n" << to_text(program);
    EXPECT_TRUE(outputs[0] == outputs[2]) << "early loads\n" << to_text(program);
    return outputs[0];
}

TEST(MatmulTiling, CutContractionsGiveTheSameBitsInEveryOrderAndNumberOfBuffers) {
    for (const Pair& pair : pairs()) {
        for (const NumberFormat out : {NumberFormat::fp32, NumberFormat::fp16}) {
            const OpNode whole = matmul_op(37, 70, 1056, pair.a, pair.w, {}, true, out);
            const auto want = results(whole, matmul_kernel().lower(whole, test_device("npu")));
            for (const char* order : {"weights", "activations", "outputs"}) {
                for (const std::uint32_t buffers : {1U, 2U, 3U}) {
                    SCOPED_TRACE(std::string(order) + ", " + std::to_string(buffers) + " buffers");
                    Attributes attrs;
                    attrs.set("tile.m", std::int64_t{16}).set("tile.n", std::int64_t{32});
                    attrs.set("tile.k", std::int64_t{256}).set("tile.order", std::string(order));
                    const OpNode op = matmul_op(37, 70, 1056, pair.a, pair.w, attrs, true, out);
                    DeviceCaps caps = test_device("npu");
                    caps.buffers = buffers;
                    const TileProgram program = matmul_kernel().lower(op, caps);
                    // 3 x 3 blocks of results, the contraction in 5 parts.
                    EXPECT_EQ(program.tiles.size(), 45U);
                    EXPECT_EQ(program.macs().count(), 37U * 70U * 1056U);
                    EXPECT_TRUE(results(op, program) == want);
                }
            }
        }
    }
}

TEST(MatmulTiling, BytesFollowTheLoopOrder) {
    using enum NumberFormat;
    // A 64 x 1024, W 96 x 1024 of int8 with 4 B of scale per row: 65792 and 98688 B. Blocks: 2 of rows, 3 of columns.
    const auto loaded = [](const char* order) {
        Attributes attrs;
        attrs.set("tile.m", std::int64_t{32}).set("tile.n", std::int64_t{32}).set("tile.k", std::int64_t{256});
        attrs.set("tile.order", std::string(order));
        const OpNode op = matmul_op(64, 96, 1024, int8, int8, attrs);
        return matmul_kernel().lower(op, test_device("npu")).bytes_loaded().count();
    };
    EXPECT_EQ(loaded("weights"), 3U * 65792U + 98688U);
    EXPECT_EQ(loaded("activations"), 65792U + 2U * 98688U);
    EXPECT_EQ(loaded("outputs"), 3U * 65792U + 2U * 98688U);
}

TEST(MatmulTiling, PlannedBytesAndTilesAreThoseOfTheProgram) {
    for (const DeviceCaps& caps : test_devices()) {
        for (const Pair& pair : pairs()) {
            const OpNode op = matmul_op(70, 200, 1536, pair.a, pair.w);
            if (!matmul_kernel().supports(op, caps)) {
                continue;
            }
            const TileProgram program = matmul_kernel().lower(op, caps);
            EXPECT_THAT(program.mapping, HasSubstr(std::to_string(program.tiles.size()) + " tile"));
            EXPECT_LE(program.local_bytes, caps.local_bytes);
            EXPECT_EQ(program.macs().count(), 70U * 200U * 1536U);
        }
    }
}

TEST(MatmulTiling, ImposedTilingThatCannotBeIsRejected) {
    using enum NumberFormat;
    const auto rejected = [](const Attributes& attrs) {
        return config_error(
            [&] { (void)matmul_kernel().lower(matmul_op(64, 64, 4096, fp32, fp32, attrs), test_device("tiny")); });
    };
    Attributes large;
    large.set("tile.k", std::int64_t{4096});
    EXPECT_THAT(rejected(large), HasSubstr("the imposed tiling does not fit the 8192 B local store of tiny"));
    Attributes odd;
    odd.set("tile.k", std::int64_t{100});
    EXPECT_THAT(rejected(odd), HasSubstr("tile.k = 100 must be a multiple of 256 or the whole contraction"));
    Attributes unknown;
    unknown.set("tile.order", std::string("weight"));
    EXPECT_THAT(rejected(unknown), HasSubstr("unknown loop order 'weight', did you mean 'weights'?"));
    Attributes negative;
    negative.set("tile.m", std::int64_t{-1});
    EXPECT_THAT(rejected(negative), HasSubstr("tile.m must not be negative"));
}

TEST(MatmulPlan, IsMadeInAboutAMillisecond) {
    const DeviceCaps caps = test_device("npu");
    const auto begin = std::chrono::steady_clock::now();
    int plans = 0;
    for (const std::uint64_t m : {1U, 256U, 1024U}) {
        for (const std::uint64_t n : {896U, 4096U, 11008U, 151936U}) {
            for (const std::uint64_t k : {896U, 4096U, 11008U}) {
                plans += plan_matmul(int8_sizes(m, n, k), caps, int8_work) ? 1 : 0;
            }
        }
    }
    const auto each =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count() / plans;
    RecordProperty("milliseconds_per_plan", std::to_string(each));
    EXPECT_LT(each, 20.0) << "ten times more than expected of a busy machine";
}

}  // namespace
}  // namespace handset::test
