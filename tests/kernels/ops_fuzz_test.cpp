// SPDX-License-Identifier: Apache-2.0
// Random small shapes on random devices: every operator must give the same bits as on a device where all fits at once,
// in program order and under the earliest loads and latest stores.
#include <array>
#include <random>

#include <gtest/gtest.h>

#include "tests/kernels/harness.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

/// Draws that are the same with every standard library.
class Dice {
  public:
    explicit Dice(std::uint64_t seed) : generator_(seed) {}
    std::uint64_t in(std::uint64_t least, std::uint64_t most) { return least + generator_() % (most - least + 1); }
    std::int64_t integer(std::uint64_t least, std::uint64_t most) { return static_cast<std::int64_t>(in(least, most)); }
    bool coin() { return in(0, 1) == 1; }
    NumberFormat plain() { return coin() ? NumberFormat::fp16 : NumberFormat::fp32; }

  private:
    std::mt19937_64 generator_;
};

KernelCase blank(const Kernel& kernel, std::vector<OperandSpec> inputs) {
    KernelCase c;
    c.name = "fuzz";
    c.kernel = &kernel;
    c.inputs = std::move(inputs);
    return c;
}

OperandSpec operand(std::uint64_t rows, std::uint64_t cols, NumberFormat format = NumberFormat::fp32) {
    return {.shape = {rows, cols}, .format = format, .fill = {}};
}

KernelCase random_attention(Dice& dice) {
    const std::int64_t kv_heads = dice.integer(1, 5);
    const std::int64_t heads = kv_heads * dice.integer(1, 5);
    const std::int64_t dim = dice.integer(1, 40);
    const std::uint64_t rows = dice.coin() ? 1 : dice.in(1, 80);
    const std::uint64_t keys = rows + dice.in(0, 200);
    const NumberFormat format = dice.plain();
    const auto cols = static_cast<std::uint64_t>(kv_heads * dim);
    KernelCase c = blank(attention_kernel(), {operand(rows, static_cast<std::uint64_t>(heads * dim)),
                                              operand(keys, cols, format), operand(keys, cols, format)});
    c.attrs.set("heads", heads).set("kv_heads", kv_heads).set("head_dim", dim);
    if (dice.coin()) {
        c.attrs.set("window", dice.integer(1, 150));
    }
    return c;
}

KernelCase random_rope(Dice& dice) {
    const std::int64_t heads = dice.integer(1, 9);
    const std::int64_t dim = 2 * dice.integer(1, 40);
    KernelCase c = blank(rope_kernel(), {operand(dice.in(1, 60), static_cast<std::uint64_t>(heads * dim))});
    c.attrs.set("heads", heads).set("head_dim", dim).set("base", 10000.0);
    c.attrs.set("pairing", std::string(dice.coin() ? "half" : "interleaved"));
    c.runtime.set("position", dice.integer(0, 1000));
    c.output_formats = {dice.plain()};
    return c;
}

KernelCase random_sample(Dice& dice) {
    KernelCase c = blank(sample_kernel(), {operand(1, dice.in(1, 3000))});
    c.attrs.set("method", std::string(dice.coin() ? "sample" : "greedy")).set("temperature", 0.9);
    c.attrs.set("top_k", dice.integer(0, 50)).set("top_p", dice.coin() ? 1.0 : 0.8);
    c.runtime.set("seed", dice.integer(0, 99)).set("step", dice.integer(0, 99));
    c.output_formats = {NumberFormat::int32};
    return c;
}

KernelCase random_rows(Dice& dice) {
    const std::uint64_t rows = dice.in(1, 150);
    const std::uint64_t cols = dice.in(1, 300);
    switch (dice.in(0, 8)) {
        case 0:
            return blank(silu_kernel(), {operand(rows, cols)});
        case 1:
            return blank(gelu_kernel(), {operand(rows, cols)});
        case 2:
            return blank(softmax_kernel(), {operand(rows, cols)});
        case 3:
            return blank(add_kernel(), {operand(rows, cols), operand(dice.coin() ? 1 : rows, cols)});
        case 4:
            return blank(mul_kernel(), {operand(rows, cols), operand(dice.coin() ? 1 : rows, cols)});
        case 5: {
            KernelCase c = blank(rmsnorm_kernel(), {operand(rows, cols), operand(1, cols)});
            c.attrs.set("eps", 1e-6);
            return c;
        }
        case 6: {
            KernelCase c = blank(layernorm_kernel(), {operand(rows, cols), operand(1, cols), operand(1, cols)});
            c.attrs.set("eps", 1e-6);
            return c;
        }
        case 7: {
            KernelCase c = blank(copy_kernel(), {operand(rows, cols, dice.plain())});
            c.output_formats = {dice.coin() ? NumberFormat::int8 : dice.plain()};
            return c;
        }
        default: {
            KernelCase c = blank(gated_kernel(), {operand(rows, cols), operand(rows, cols)});
            c.attrs.set("activation", std::string(dice.coin() ? "silu" : "gelu"));
            return c;
        }
    }
}

KernelCase random_embedding(Dice& dice) {
    static constexpr std::array kFormats{NumberFormat::fp32, NumberFormat::fp16, NumberFormat::bf16,
                                         NumberFormat::int8, NumberFormat::q8_0, NumberFormat::q4_0};
    const std::uint64_t rows = dice.in(1, 200);
    KernelCase c =
        blank(embedding_kernel(), {operand(rows, 32 * dice.in(1, 9), kFormats.at(dice.in(0, kFormats.size() - 1)))});
    for (std::uint64_t i = dice.in(1, 70); i > 0; --i) {
        c.gather.push_back(static_cast<std::uint32_t>(dice.in(0, rows - 1)));
    }
    return c;
}

DeviceCaps random_device(Dice& dice) {
    DeviceCaps caps = test_device("cpu");
    caps.lane_speed.clear();
    for (std::uint64_t lane = dice.in(1, 7); lane > 0; --lane) {
        caps.lane_speed.push_back(static_cast<std::uint32_t>(dice.in(1, 9)));
    }
    caps.local_bytes = Bytes{std::uint64_t{1} << dice.in(11, 20)};
    caps.buffers = static_cast<std::uint32_t>(dice.in(1, 4));
    return caps;
}

using Runner = void (*)(const Kernel&, const OpNode&, const TileProgram&, std::span<const std::span<std::byte>>);

std::vector<std::byte> output(Runner runner, const KernelCase& c, const OpNode& op, const DeviceCaps& caps) {
    const TileProgram program = c.kernel->lower(op, caps);
    validate(program, op.inputs.size() + op.outputs.size(), caps.lane_speed.size());
    EXPECT_LE(program.local_bytes, caps.local_bytes);
    auto operands = make_operands(c, op);
    std::vector<std::span<std::byte>> views(operands.begin(), operands.end());
    runner(*c.kernel, op, program, views);
    return operands.back();
}

/// Runs `rounds` random cases; returns how many ran on their random device.
int fuzz(KernelCase (*draw)(Dice&), std::uint64_t seed, int rounds) {
    Dice dice(seed);
    DeviceCaps large = test_device("npu");
    large.local_bytes = 256_MiB;
    int ran = 0;
    for (int round = 0; round < rounds; ++round) {
        const KernelCase c = draw(dice);
        const DeviceCaps caps = random_device(dice);
        const OpNode op = make_op(c);
        SCOPED_TRACE("round " + std::to_string(round) + ": " + signature(op) + " on " +
                     std::to_string(caps.lane_speed.size()) + " lanes of " + std::to_string(caps.local_bytes.count()));
        if (!c.kernel->supports(op, caps)) {
            EXPECT_NE(config_error([&] { (void)c.kernel->lower(op, caps); }), "");
            continue;
        }
        ++ran;
        const std::vector<std::byte> want = output(interpret, c, op, large);
        EXPECT_TRUE(output(interpret, c, op, caps) == want) << "bits differ";
        EXPECT_TRUE(output(interpret_eagerly, c, op, caps) == want) << "a buffer is reused too early";
    }
    return ran;
}

TEST(FuzzedOperators, AttentionGivesTheSameBitsOnEveryDevice) {
    EXPECT_GT(fuzz(random_attention, 1, 40), 20);
}
TEST(FuzzedOperators, RopeGivesTheSameBitsOnEveryDevice) {
    EXPECT_GT(fuzz(random_rope, 2, 40), 30);
}
TEST(FuzzedOperators, SampleGivesTheSameBitsOnEveryDevice) {
    EXPECT_GT(fuzz(random_sample, 3, 60), 30);
}
TEST(FuzzedOperators, RowOperatorsGiveTheSameBitsOnEveryDevice) {
    EXPECT_GT(fuzz(random_rows, 4, 150), 100);
}
TEST(FuzzedOperators, EmbeddingGivesTheSameBitsOnEveryDevice) {
    EXPECT_GT(fuzz(random_embedding, 5, 40), 30);
}

}  // namespace
}  // namespace handset::test
