// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/harness.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {
namespace {

using testing::HasSubstr;

DeviceCaps flash(Bytes local, std::uint32_t buffers = 4) {
    DeviceCaps caps;
    caps.name = "ufs0";
    caps.kind = DeviceKind::storage;
    caps.local_bytes = local;
    caps.buffers = buffers;
    return caps;
}

KernelCase load(Shape shape, NumberFormat format) {
    KernelCase c;
    c.name = "blk.0.wq";
    c.kernel = &load_kernel();
    c.inputs = {{.shape = shape, .format = format, .fill = {}}};
    c.output_formats = {format};
    return c;
}

void expect_equal_bytes(const KernelCase& c, const DeviceCaps& caps) {
    const OpNode op = make_op(c);
    ASSERT_TRUE(load_kernel().supports(op, caps));
    const TileProgram program = load_kernel().lower(op, caps);
    validate(program, 2, 1);
    EXPECT_LE(program.local_bytes, caps.local_bytes);
    EXPECT_EQ(program.bytes_loaded(), op.inputs[0].bytes());
    EXPECT_EQ(program.bytes_stored(), op.inputs[0].bytes());
    EXPECT_EQ(program.vector_elements(), 0U);
    for (const auto runner : {interpret, interpret_eagerly}) {
        auto operands = make_operands(c, op);
        std::vector<std::span<std::byte>> views(operands.begin(), operands.end());
        runner(load_kernel(), op, program, views);
        EXPECT_EQ(operands[0], operands[1]);
    }
}

TEST(Load, CopiesEveryByteOfEveryFormat) {
    for (const NumberFormatInfo& format : number_formats()) {
        expect_equal_bytes(load({37, 96}, format.id), flash(4_MiB));
    }
    expect_equal_bytes(load({1, 1}, NumberFormat::fp16), flash(4_MiB));
    expect_equal_bytes(load({1025, 1031}, NumberFormat::fp32), flash(4_MiB));
    expect_equal_bytes(load({1025, 1031}, NumberFormat::fp32), flash(8_KiB));
    expect_equal_bytes(load({97, 1031}, NumberFormat::fp32), flash(4_KiB));
}

TEST(Load, CutsLargeTensorsIntoPagesOfAtMostAMebibyte) {
    // 16 MiB and one row of 4 KiB: 16 tiles and the rest.
    const TileProgram program = load_kernel().lower(make_op(load({4097, 1024}, NumberFormat::fp32)), flash(4_MiB));
    EXPECT_EQ(program.tiles.size(), 17U);
    EXPECT_EQ(program.local_bytes, 4_MiB);
    for (const Transfer& transfer : program.transfers) {
        EXPECT_EQ(transfer.offset % 4096, 0U);
        EXPECT_EQ(transfer.rows, 1U);
    }
    EXPECT_EQ(program.tiles[3].loads_after, kNone);
    EXPECT_EQ(program.tiles[4].loads_after, 0U);
}

TEST(Load, RunsOnStorageOnly) {
    const OpNode op = make_op(load({8, 32}, NumberFormat::q8_0));
    EXPECT_FALSE(load_kernel().supports(op, test_device("npu")));
    EXPECT_EQ(config_error([&] { (void)load_kernel().lower(op, test_device("npu")); }),
              "load 'blk.0.wq': runs on a storage device only, not on npu");
}

TEST(Load, DemandsTheSameTensorOnBothSides) {
    OpNode op = make_op(load({8, 32}, NumberFormat::q8_0));
    op.outputs[0].format = NumberFormat::q4_0;
    EXPECT_THAT(config_error([&] { (void)load_kernel().lower(op, flash(1_MiB)); }),
                HasSubstr("load 'blk.0.wq': the output must be the same tensor in DRAM: 8x32 of equal format"));
    EXPECT_THAT(config_error([&] { (void)make_op(load({0, 32}, NumberFormat::q8_0)); }), HasSubstr("nothing to load"));
    const OpNode large = make_op(load({80, 320}, NumberFormat::fp32));
    EXPECT_THAT(config_error([&] { (void)load_kernel().lower(large, flash(1_KiB)); }),
                HasSubstr("needs 4096 B of local store for its smallest tile, ufs0 has 1024 B"));
}

}  // namespace
}  // namespace handset::test
