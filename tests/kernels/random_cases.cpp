// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/random_cases.h"

#include <algorithm>
#include <array>

#include "workloads/kernels/catalogue.h"

namespace handset::test {

std::uint64_t Dice::size(std::uint64_t most) {
    static constexpr std::array<std::uint64_t, 14> kPrimes{2, 3, 7, 13, 31, 61, 67, 97, 127, 131, 257, 509, 521, 1031};
    std::uint64_t drawn = 1;
    switch (in(0, 3)) {
        case 0:
            break;
        case 1:
            drawn = kPrimes.at(in(0, kPrimes.size() - 1));
            break;
        case 2:
            drawn = (std::uint64_t{1} << in(1, 10)) + 1;
            break;
        default:
            return in(1, most);
    }
    return drawn <= most ? drawn : in(1, most);
}

namespace {

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
    const std::uint64_t rows = dice.coin() ? 1 : dice.size(80);
    const std::uint64_t keys = rows + dice.size(200) - 1;
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
    KernelCase c = blank(rope_kernel(), {operand(dice.size(60), static_cast<std::uint64_t>(heads * dim))});
    c.attrs.set("heads", heads).set("head_dim", dim).set("base", 10000.0);
    c.attrs.set("pairing", std::string(dice.coin() ? "half" : "interleaved"));
    c.runtime.set("position", dice.integer(0, 1000));
    c.output_formats = {dice.plain()};
    return c;
}

KernelCase random_sample(Dice& dice) {
    KernelCase c = blank(sample_kernel(), {operand(1, dice.size(3000))});
    c.attrs.set("method", std::string(dice.coin() ? "sample" : "greedy")).set("temperature", 0.9);
    c.attrs.set("top_k", dice.integer(0, 50)).set("top_p", dice.coin() ? 1.0 : 0.8);
    c.runtime.set("seed", dice.integer(0, 99)).set("step", dice.integer(0, 99));
    c.output_formats = {NumberFormat::int32};
    return c;
}

NumberFormat any_format(Dice& dice) {
    static constexpr std::array kFormats{NumberFormat::fp32, NumberFormat::fp16, NumberFormat::bf16,
                                         NumberFormat::int8, NumberFormat::q8_0, NumberFormat::q4_0};
    return kFormats.at(dice.in(0, kFormats.size() - 1));
}

KernelCase random_copy(Dice& dice) {
    const NumberFormat from = any_format(dice);
    const NumberFormat to = any_format(dice);
    const bool groups = info(from).group > 1 || info(to).group > 1;
    KernelCase c = blank(copy_kernel(), {operand(dice.size(150), groups ? 32 * dice.in(1, 9) : dice.size(300), from)});
    c.output_formats = {to};
    return c;
}

KernelCase random_rows(Dice& dice) {
    const std::uint64_t rows = dice.size(150);
    const std::uint64_t cols = dice.size(300);
    switch (dice.in(0, 7)) {
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
        default: {
            KernelCase c = blank(gated_kernel(), {operand(rows, cols), operand(rows, cols)});
            c.attrs.set("activation", std::string(dice.coin() ? "silu" : "gelu"));
            return c;
        }
    }
}

KernelCase random_embedding(Dice& dice) {
    const std::uint64_t rows = dice.size(200);
    KernelCase c = blank(embedding_kernel(), {operand(rows, 32 * dice.in(1, 9), any_format(dice))});
    for (std::uint64_t i = dice.in(1, 70); i > 0; --i) {
        c.gather.push_back(static_cast<std::uint32_t>(dice.in(0, rows - 1)));
    }
    return c;
}

KernelCase random_outliers(Dice& dice) {
    const std::uint64_t cols = dice.size(300) + 1;
    KernelCase c = blank(quantise_kernel(), {operand(dice.size(120), cols)});
    c.attrs.set("format", std::string("int8")).set("granularity", std::string("outlier"));
    c.attrs.set("channels", dice.integer(1, std::min<std::uint64_t>(cols - 1, 20)));
    c.output_formats = {NumberFormat::int8, NumberFormat::fp32, NumberFormat::int32};
    if (dice.coin()) {
        c.attrs.set("drop", std::int64_t{1});
    }
    return c;
}

KernelCase random_outlier_product(Dice& dice) {
    static constexpr std::array kFormats{NumberFormat::int8, NumberFormat::fp16, NumberFormat::fp32};
    const std::uint64_t k = dice.size(300);
    const std::uint64_t channels = dice.in(1, std::min<std::uint64_t>(k, 20));
    KernelCase c = blank(outlier_matmul_kernel(), {operand(k, dice.size(600), kFormats.at(dice.in(0, 2))),
                                                   operand(dice.coin() ? 1 : dice.size(120), channels),
                                                   operand(1, channels, NumberFormat::int32)});
    for (std::uint64_t i = 0; i < channels; ++i) {
        c.gather.push_back(static_cast<std::uint32_t>(dice.in(0, k - 1)));
    }
    c.attrs.set("gather_from", std::int64_t{2});
    return c;
}

KernelCase random_quantise(Dice& dice) {
    const bool groups = dice.coin();
    KernelCase c = blank(quantise_kernel(), {operand(dice.size(120), groups ? 32 * dice.in(1, 9) : dice.size(300))});
    c.attrs.set("format", std::string(groups ? "q8_0" : "int8"));
    c.attrs.set("granularity", std::string(groups || dice.coin() ? "row" : "tensor"));
    c.output_formats = {groups ? NumberFormat::q8_0 : NumberFormat::int8};
    return c;
}

KernelCase random_dequantise(Dice& dice) {
    static constexpr std::array kFormats{NumberFormat::fp16, NumberFormat::bf16, NumberFormat::int8, NumberFormat::q8_0,
                                         NumberFormat::q4_0};
    const NumberFormat format = kFormats.at(dice.in(0, kFormats.size() - 1));
    const bool groups = format == NumberFormat::q8_0 || format == NumberFormat::q4_0;
    return blank(dequantise_kernel(), {operand(dice.size(150), groups ? 32 * dice.in(1, 9) : dice.size(300), format)});
}

KernelCase random_product(Dice& dice) {
    using enum NumberFormat;
    struct Pair {
        NumberFormat a;
        NumberFormat w;
    };
    static constexpr std::array<Pair, 9> kPairs{{{fp32, fp32},
                                                 {fp32, fp16},
                                                 {fp16, fp16},
                                                 {fp32, int8},
                                                 {fp32, q4_0},
                                                 {fp16, q8_0},
                                                 {int8, int8},
                                                 {q8_0, q8_0},
                                                 {q8_0, q4_0}}};
    const Pair formats = kPairs.at(dice.in(0, kPairs.size() - 1));
    const bool groups = formats.w == q8_0 || formats.w == q4_0;
    const std::uint64_t k = groups ? 32 * dice.in(1, 20) : dice.size(600);
    const std::uint64_t n = dice.size(400);
    std::vector<OperandSpec> inputs{operand(dice.coin() ? 1 : dice.size(100), k, formats.a), operand(n, k, formats.w)};
    if (dice.coin()) {
        inputs.push_back(operand(1, n));
    }
    return blank(dice.in(0, 3) == 0 ? lm_head_kernel() : matmul_kernel(), std::move(inputs));
}

}  // namespace

const std::vector<RandomKernel>& random_kernels() {
    static const std::vector<RandomKernel> kKernels{
        {"Attention", random_attention},
        {"Product", random_product},
        {"Quantise", random_quantise},
        {"Dequantise", random_dequantise},
        {"Rope", random_rope},
        {"Sample", random_sample},
        {"RowOperator", random_rows},
        {"Embedding", random_embedding},
        {"Copy", random_copy},
        {"Outliers", random_outliers},
        {"OutlierProduct", random_outlier_product},
    };
    return kKernels;
}

DeviceCaps random_device(Dice& dice) {
    static constexpr std::array kKinds{DeviceKind::cpu, DeviceKind::gpu, DeviceKind::npu};
    DeviceCaps caps = test_device("cpu");
    caps.kind = kKinds.at(dice.in(0, kKinds.size() - 1));
    caps.lane_speed.clear();
    for (std::uint64_t lane = dice.in(1, 7); lane > 0; --lane) {
        caps.lane_speed.push_back(static_cast<std::uint32_t>(dice.in(1, 9)));
    }
    caps.local_bytes = Bytes{std::uint64_t{1} << dice.in(11, 20)};
    caps.buffers = static_cast<std::uint32_t>(dice.in(1, 4));
    caps.array_rows = static_cast<std::uint32_t>(1U << dice.in(0, 6));
    caps.array_cols = static_cast<std::uint32_t>(1U << dice.in(0, 6));
    return caps;
}

}  // namespace handset::test
