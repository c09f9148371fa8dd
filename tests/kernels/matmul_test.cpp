// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/harness.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

using testing::HasSubstr;

struct Dims {
    std::uint64_t m;
    std::uint64_t n;
    std::uint64_t k;
};

struct Formats {
    NumberFormat a = NumberFormat::fp32;
    NumberFormat w = NumberFormat::fp32;
    NumberFormat out = NumberFormat::fp32;
};

std::vector<Matrix> multiply(const OpNode& /*op*/, const std::vector<Matrix>& in) {
    Matrix out = zeros({in[0].shape.rows, in[1].shape.rows});
    for (std::uint64_t i = 0; i < out.shape.rows; ++i) {
        for (std::uint64_t j = 0; j < out.shape.cols; ++j) {
            double sum = in.size() > 2 ? in[2].at(0, j) : 0.0;
            for (std::uint64_t k = 0; k < in[0].shape.cols; ++k) {
                sum += in[0].at(i, k) * in[1].at(j, k);
            }
            out.at(i, j) = sum;
        }
    }
    return {out};
}

KernelCase product(Dims dims, Formats formats = {}, bool bias = false) {
    KernelCase out;
    out.name = std::to_string(dims.m) + "x" + std::to_string(dims.n) + "x" + std::to_string(dims.k) + " " +
               std::string(info(formats.a).name) + " x " + std::string(info(formats.w).name);
    out.kernel = &matmul_kernel();
    out.inputs = {{.shape = {dims.m, dims.k}, .format = formats.a}, {.shape = {dims.n, dims.k}, .format = formats.w}};
    if (bias) {
        out.inputs.push_back({.shape = {1, dims.n}});
    }
    out.output_formats = {formats.out};
    out.oracle = multiply;
    // Rounding of sums of k products in [-1, 1]: about sqrt(k) * 2^-24 in absolute terms; narrow outputs round once
    // more.
    out.tolerance = formats.out == NumberFormat::fp32 ? 2e-6 * std::sqrt(static_cast<double>(dims.k)) : 5e-3;
    out.macs = dims.m * dims.n * dims.k;
    return out;
}

TEST(Matmul, ComputesFloatShapesOfEveryKind) {
    for (const Dims dims : {Dims{1, 1, 1}, Dims{7, 31, 97}, Dims{1, 97, 31}, Dims{97, 1, 7}, Dims{2, 65, 64},
                            Dims{33, 257, 17}, Dims{300, 5, 40}, Dims{3, 1025, 33}}) {
        check_kernel(product(dims));
    }
}

TEST(Matmul, ComputesEveryPairOfFormatsWithBias) {
    using enum NumberFormat;
    for (const NumberFormat a : {fp32, fp16, bf16}) {
        for (const NumberFormat w : {fp32, fp16, bf16, int8, q8_0, q4_0}) {
            check_kernel(product({5, 70, 96}, {a, w}, true));
        }
    }
    check_kernel(product({5, 70, 96}, {q8_0, q8_0}, true));
    check_kernel(product({5, 70, 96}, {q8_0, q4_0}, true));
    check_kernel(product({5, 70, 97}, {int8, int8}, true));
}

/// Every pair of operand formats that can be multiplied.
std::vector<Formats> format_pairs() {
    using enum NumberFormat;
    std::vector<Formats> pairs{{q8_0, q8_0}, {q8_0, q4_0}, {int8, int8}};
    for (const NumberFormat a : {fp32, fp16, bf16}) {
        for (const NumberFormat w : {fp32, fp16, bf16, int8, q8_0, q4_0}) {
            pairs.push_back({a, w});
        }
    }
    return pairs;
}

// One, one beside a multiple of the tile, one below it: every kind of remainder in rows and columns, for each datapath.
TEST(Matmul, ComputesEveryPairOfFormatsInEveryShape) {
    for (const Formats& formats : format_pairs()) {
        for (const std::uint64_t m : {1, 2, 33}) {
            for (const std::uint64_t n : {1, 31, 65}) {
                for (const std::uint64_t k : {32, 96, 224}) {
                    check_kernel(product({m, n, k}, formats));
                }
            }
        }
    }
}

TEST(Matmul, ComputesRandomShapes) {
    std::mt19937 random(20240611);  // NOLINT(cert-msc51-cpp): the seed is fixed so that a failure repeats
    const auto up_to = [&random](std::uint64_t limit) { return 1 + random() % limit; };
    const std::vector<Formats> pairs = format_pairs();
    for (int round = 0; round < 120; ++round) {
        Formats formats = pairs[random() % pairs.size()];
        const bool grouped = info(formats.a).group > 1 || info(formats.w).group > 1;
        const Dims dims{up_to(70), up_to(140), grouped ? 32 * up_to(9) : up_to(300)};
        const bool bias = random() % 2 == 0;
        formats.out = random() % 4 == 0 ? NumberFormat::fp16 : NumberFormat::fp32;
        SCOPED_TRACE("round " + std::to_string(round));
        check_kernel(product(dims, formats, bias));
    }
}

TEST(Matmul, WritesNarrowFloats) {
    check_kernel(product({3, 130, 64}, {.out = NumberFormat::fp16}));
    check_kernel(product({3, 130, 64}, {NumberFormat::q8_0, NumberFormat::q4_0, NumberFormat::bf16}));
}

TEST(Matmul, ReloadsResidentOperandsCorrectly) {
    // Larger than the local stores: several chunks of the resident operand, of int8 on the tiny device and of
    // fp32 on the CPU.
    KernelCase large = product({40, 34, 1024}, {NumberFormat::int8, NumberFormat::int8});
    large.devices = 4;
    check_kernel(large);
    check_kernel(product({120, 150, 800}));
}

/// Integer codes whose largest magnitude makes every scale exactly 1.
OperandSpec codes(Shape shape, NumberFormat format) {
    const bool nibbles = format == NumberFormat::q4_0;
    return {shape, format, [nibbles](std::uint64_t row, std::uint64_t col) {
                const auto spread = static_cast<int>((row * 131 + col * 29) % 251);
                if (nibbles) {
                    return static_cast<float>(col % 32 == 5 ? -8 : spread % 16 - 8);
                }
                return static_cast<float>(col % 32 == 5 ? (row % 2 == 0 ? 127 : -127) : spread - 125);
            }};
}

TEST(Matmul, IntegerProductsAreExact) {
    using enum NumberFormat;
    for (const auto& [a, w] : {std::pair{int8, int8}, std::pair{q8_0, q8_0}, std::pair{q8_0, q4_0}}) {
        KernelCase exact = product({4, 37, 224}, {a, w});
        // 224 * 127^2 = 3.6e6 < 2^24: the sums are exact in fp32.
        exact.inputs = {codes({4, 224}, a), codes({37, 224}, w)};
        exact.tolerance = 0;
        check_kernel(exact);
    }
}

TEST(Matmul, LmHeadIsTheSameProductUnderItsOwnName) {
    KernelCase head = product({1, 1000, 64}, {NumberFormat::q8_0, NumberFormat::q8_0});
    head.kernel = &lm_head_kernel();
    check_kernel(head);
    EXPECT_EQ(lm_head_kernel().lower(make_op(head), test_device("npu")).kernel, "lm_head");
}

// The reload factor is bytes loaded / bytes of the operands.

TEST(Matmul, GemvReadsWeightsOnceAndActivationsOncePerLane) {
    // A row: 2048 / 32 * 34 = 2176 B. W: 2048 * 2048 / 32 * 18 = 2359296 B.
    const OpNode op = make_op(product({1, 2048, 2048}, {NumberFormat::q8_0, NumberFormat::q4_0}));
    const TileProgram npu = matmul_kernel().lower(op, test_device("npu"));
    EXPECT_EQ(npu.bytes_loaded().count(), 2359296U + 2176U);  // factor 1
    EXPECT_GE(npu.tiles.size(), 8U) << "loads overlap computes";
    const TileProgram cpu = matmul_kernel().lower(op, test_device("cpu"));
    EXPECT_EQ(cpu.bytes_loaded().count(), 2359296U + 6U * 2176U);  // factor 1.0046
    EXPECT_EQ(cpu.bytes_stored().count(), 2048U * 4U);
}

TEST(Matmul, PrefillThatFitsIsLoadedOnce) {
    // A 256 * 1024 B = 256 KiB int8 (+ 4 B scale per row), W 1024 rows: 1 MiB; both orders fit 8 MiB.
    const OpNode op = make_op(product({256, 1024, 1024}, {NumberFormat::int8, NumberFormat::int8}));
    const TileProgram program = matmul_kernel().lower(op, test_device("npu"));
    EXPECT_EQ(program.bytes_loaded().count(), (256U + 1024U) * 1028U);  // factor 1
    for (const Tile& tile : program.tiles) {
        EXPECT_EQ(tile.region[3] % 32, 0U) << "columns of a tile are whole columns of the array";
    }
}

TEST(Matmul, LargePrefillKeepsTheOperandThatSavesTraffic) {
    // W: 64 rows of 16 KiB, A: 2048 of them, local store 1 MiB. All columns in one block, so that A passes once; the
    // contraction is cut, so that W passes only once per 256 rows. (Whole rows would leave room for 32 of W beside the
    // buffers of A: two passes of A, 66 MiB.)
    const OpNode op = make_op(product({2048, 64, 4096}));
    const TileProgram program = matmul_kernel().lower(op, test_device("gpu"));
    EXPECT_LE(program.bytes_loaded().count(), (8U * 64U + 2048U) * 16384U) << program.mapping;
}

TEST(Matmul, StridedOutputRowsFillBursts) {
    const OpNode op = make_op(product({64, 4096, 256}, {NumberFormat::int8, NumberFormat::int8}));
    for (const char* name : {"npu", "cpu", "gpu"}) {
        const TileProgram program = matmul_kernel().lower(op, test_device(name));
        std::size_t narrow = 0;
        for (const Tile& tile : program.tiles) {
            narrow += tile.region[3] * 4 < 256 ? 1 : 0;
        }
        EXPECT_LE(narrow, test_device(name).lane_speed.size()) << name;  // at most the last tile of each lane
    }
}

TEST(Matmul, LanesShareColumnsBySpeed) {
    // 1000 columns over speeds 10 7 7 7 3 3 (sum 37) in units of 4 columns: 250 units, the fastest gets 67.6 -> 67
    // or 68.
    const OpNode op = make_op(product({1, 1000, 1024}));
    const TileProgram program = matmul_kernel().lower(op, test_device("cpu"));
    std::vector<std::uint64_t> columns(6);
    for (const Tile& tile : program.tiles) {
        columns[tile.lane] += tile.region[4] == 0 ? tile.region[3] : 0;  // parts of the contraction count once
    }
    EXPECT_THAT(columns, testing::ElementsAre(272, 192, 188, 188, 80, 80));
    for (std::uint32_t lane = 0; lane < 6; ++lane) {
        EXPECT_EQ(program.tiles[lane].lane, lane) << "lanes start together";
    }
}

TEST(Matmul, AsksForTheDatapathOfItsFormats) {
    using enum NumberFormat;
    const auto mac = [](Formats formats, std::array<std::uint64_t, kMacFormats> rates) {
        DeviceCaps caps = test_device("cpu");
        caps.macs_per_second = rates;
        return matmul_kernel().lower(make_op(product({2, 32, 64}, formats)), caps).tiles[0].work.matmuls[0].format;
    };
    EXPECT_EQ(mac({fp32, q4_0}, {1, 1, 1, 1}), MacFormat::fp32);
    EXPECT_EQ(mac({fp32, q4_0}, {0, 1, 1, 1}), MacFormat::fp16);
    EXPECT_EQ(mac({fp32, q4_0}, {1, 1, 1, 1, 1, 1}), MacFormat::w4a16);
    EXPECT_EQ(mac({fp16, q8_0}, {1, 1, 1, 1, 1, 1}), MacFormat::w8a16);
    EXPECT_EQ(mac({fp16, int8}, {1, 1, 1, 1, 1, 0}), MacFormat::w8a16);
    EXPECT_EQ(mac({fp16, fp16}, {1, 1, 1, 1}), MacFormat::fp16);
    EXPECT_EQ(mac({fp16, fp16}, {1, 0, 1, 1}), MacFormat::fp32);
    EXPECT_EQ(mac({int8, int8}, {1, 1, 1, 1}), MacFormat::int8);
    EXPECT_EQ(mac({q8_0, q4_0}, {1, 1, 1, 1}), MacFormat::int4);
    EXPECT_EQ(mac({q8_0, q4_0}, {1, 1, 1, 0}), MacFormat::int8);
}

TEST(Matmul, CountsVectorWorkOfDecodingScalesAndBias) {
    using enum NumberFormat;
    const auto elements = [](Formats formats, bool bias, VectorOp op) {
        const TileProgram program =
            matmul_kernel().lower(make_op(product({2, 32, 64}, formats, bias)), test_device("npu"));
        std::uint64_t total = 0;
        for (const Tile& tile : program.tiles) {
            total += tile.work.count(op);
        }
        return total;
    };
    EXPECT_EQ(elements({fp32, fp32}, false, VectorOp::dequantise), 0U);
    EXPECT_EQ(elements({fp32, q4_0}, false, VectorOp::dequantise), 32U * 64U);
    EXPECT_EQ(elements({fp32, fp32, fp16}, true, VectorOp::quantise), 2U * 32U);
    EXPECT_EQ(elements({fp32, fp32}, true, VectorOp::add), 2U * 32U);
    // 2 groups per row: 2 * 32 * 2 group sums, each converted, scaled twice and added.
    EXPECT_EQ(elements({q8_0, q8_0}, false, VectorOp::dequantise), 128U);
    EXPECT_EQ(elements({q8_0, q8_0}, false, VectorOp::mul), 256U);
    EXPECT_EQ(elements({q8_0, q8_0}, false, VectorOp::add), 128U);
    EXPECT_EQ(elements({int8, int8}, false, VectorOp::mul), 2U * 64U);
}

TEST(Matmul, ProgramWithoutItsOrderingGivesWrongNumbers) {
    const KernelCase large = product({120, 150, 800});
    const OpNode op = make_op(large);
    const auto run = [&](const TileProgram& program) {
        auto operands = make_operands(large, op);
        std::vector<std::span<std::byte>> views(operands.begin(), operands.end());
        interpret_eagerly(matmul_kernel(), op, program, views);
        return operands.back();
    };
    for (const char* name : {"cpu", "gpu"}) {
        const TileProgram good = matmul_kernel().lower(op, test_device(name));
        TileProgram bad = good;
        for (Tile& tile : bad.tiles) {
            tile.loads_after = kNone;
        }
        EXPECT_NE(run(bad), run(good)) << name;
    }
}

std::string rejection(const KernelCase& kernel_case, const DeviceCaps& caps) {
    return config_error([&] { (void)matmul_kernel().lower(make_op(kernel_case), caps); });
}

TEST(Matmul, RejectsOperandsThatDoNotFitTogether) {
    const DeviceCaps npu = test_device("npu");
    KernelCase mismatch = product({2, 3, 64});
    mismatch.inputs[1].shape.cols = 63;
    EXPECT_THAT(rejection(mismatch, npu),
                HasSubstr("activations 2x64 and weights 3x63 do not share the contracted dimension"));
    KernelCase bias = product({2, 3, 64}, {}, true);
    bias.inputs[2].shape.cols = 4;
    EXPECT_THAT(rejection(bias, npu), HasSubstr("bias must be fp32 1x3, not fp32 1x4"));
    KernelCase lonely = product({2, 3, 64});
    lonely.inputs.pop_back();
    EXPECT_THAT(rejection(lonely, npu), HasSubstr("not 1 inputs"));
    EXPECT_THAT(rejection(product({0, 3, 64}), npu), HasSubstr("empty operand"));
    EXPECT_THAT(rejection(product({1, 1, 131072}, {NumberFormat::int8, NumberFormat::int8}), npu),
                HasSubstr("could overflow the int32 sum (at most 131071)"));
}

TEST(Matmul, RejectsFormatsItCannotCompute) {
    using enum NumberFormat;
    const DeviceCaps npu = test_device("npu");
    EXPECT_THAT(rejection(product({2, 3, 64}, {int8, q4_0}), npu),
                HasSubstr("cannot multiply int8 activations with q4_0 weights"));
    EXPECT_THAT(rejection(product({2, 3, 64}, {q4_0, fp32}), npu), HasSubstr("cannot multiply q4_0"));
    EXPECT_THAT(rejection(product({2, 3, 65}, {fp32, q4_0}), npu), HasSubstr("not a multiple of 32"));
    EXPECT_THAT(rejection(product({2, 3, 64}, {fp32, fp32, int8}), npu), HasSubstr("cannot write int8"));
    DeviceCaps floats = npu;
    floats.macs_per_second = {1, 1, 0, 0};
    const KernelCase integers = product({2, 3, 64}, {int8, int8});
    EXPECT_FALSE(matmul_kernel().supports(make_op(integers), floats));
    EXPECT_THAT(rejection(integers, floats), HasSubstr("npu has no datapath for int8 x int8"));
}

TEST(Matmul, SmallestTileDecidesWhetherItFits) {
    // 256 elements of a row of each operand and one output, each rounded up to 64 B: 1024 + 1024 + 64 = 2112 B.
    const KernelCase wide = product({4, 4, 1024});
    DeviceCaps caps = test_device("tiny");
    caps.local_bytes = Bytes{2111};
    EXPECT_FALSE(matmul_kernel().supports(make_op(wide), caps));
    EXPECT_EQ(rejection(wide, caps),
              "matmul '4x4x1024 fp32 x fp32' needs 2112 B of local store for its smallest tile, tiny has 2111 B");
    caps.local_bytes = Bytes{2112};
    EXPECT_TRUE(matmul_kernel().supports(make_op(wide), caps));
    EXPECT_EQ(matmul_kernel().lower(make_op(wide), caps).local_bytes, Bytes{2112});
}

TEST(KernelCatalogue, FindsKernelsByNameAndListsThemOtherwise) {
    EXPECT_EQ(find_kernel("matmul").name(), "matmul");
    EXPECT_THAT(config_error([] { (void)find_kernel("matmull"); }),
                testing::AllOf(HasSubstr("unknown kernel 'matmull', did you mean 'matmul'?"), HasSubstr("quantise")));
    for (const Kernel* kernel : kernel_catalogue()) {
        EXPECT_EQ(&find_kernel(kernel->name()), kernel) << "names are unique";
        EXPECT_FALSE(kernel->doc().empty());
    }
}

}  // namespace
}  // namespace handset::test
