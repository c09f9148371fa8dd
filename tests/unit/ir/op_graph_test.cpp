// SPDX-License-Identifier: Apache-2.0
#include "sim/ir/op_graph.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"

namespace handset {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Shape kShape{4, 8};

class OpGraphTest : public testing::Test {
  protected:
    TensorId tensor(const std::string& name, MemoryTag tag = MemoryTag::activations) {
        Tensor t;
        t.name = name;
        t.shape = kShape;
        t.tag = tag;
        return graph.add_tensor(t);
    }
    OpId op(std::vector<TensorUse> inputs, std::vector<TensorUse> outputs) {
        OpNode node;
        node.kernel = "copy";
        node.inputs = std::move(inputs);
        node.outputs = std::move(outputs);
        return graph.add_op(node);
    }
    TensorUse all(TensorId id) { return graph.whole(id); }
    /// A view of one row.
    TensorUse row(TensorId id, std::uint64_t index) {
        TensorUse use = graph.whole(id);
        use.offset = index * row_bytes(use.format, use.shape.cols);
        use.shape.rows = 1;
        return use;
    }

    OpGraph graph;
};

TEST_F(OpGraphTest, ReaderWaitsForTheWriter) {
    const TensorId a = tensor("a");
    const TensorId b = tensor("b");
    const OpId write = op({}, {all(a)});
    const OpId read = op({all(a)}, {all(b)});
    EXPECT_THAT(graph.predecessors(read), ElementsAre(write));
    EXPECT_THAT(graph.successors(write), ElementsAre(read));
    EXPECT_THAT(graph.predecessors(write), IsEmpty());
}

TEST_F(OpGraphTest, WriterWaitsForEarlierReaders) {
    const TensorId a = tensor("a");
    const TensorId b = tensor("b");
    const TensorId c = tensor("c");
    const OpId first = op({all(a)}, {all(b)});
    const OpId second = op({all(a)}, {all(c)});
    const OpId overwrite = op({}, {all(a)});
    EXPECT_THAT(graph.predecessors(second), IsEmpty()) << "readers do not wait for each other";
    EXPECT_THAT(graph.predecessors(overwrite), ElementsAre(first, second));
}

TEST_F(OpGraphTest, WriterWaitsForEarlierWriters) {
    const TensorId a = tensor("a");
    const OpId first = op({}, {all(a)});
    const OpId second = op({}, {all(a)});
    EXPECT_THAT(graph.predecessors(second), ElementsAre(first));
}

TEST_F(OpGraphTest, ReaderOfAWholeWaitsForTheWritersOfItsRows) {
    const TensorId kv = tensor("kv", MemoryTag::kv);
    const TensorId out = tensor("out");
    const OpId first = op({}, {row(kv, 0)});
    const OpId second = op({}, {row(kv, 1)});
    const OpId read = op({all(kv)}, {all(out)});
    EXPECT_THAT(graph.predecessors(read), ElementsAre(first, second));
}

TEST_F(OpGraphTest, ReaderOfARowWaitsForTheWriterOfTheWhole) {
    const TensorId a = tensor("a");
    const TensorId out = tensor("out");
    const OpId write = op({}, {all(a)});
    EXPECT_THAT(graph.predecessors(op({row(a, 3)}, {all(out)})), ElementsAre(write));
}

TEST_F(OpGraphTest, WriterOfARowDoesNotWaitForReadersOfOtherRows) {
    const TensorId kv = tensor("kv", MemoryTag::kv);
    const TensorId out = tensor("out");
    const TensorId later = tensor("later");
    const OpId first = op({}, {row(kv, 0)});
    const OpId read = op({row(kv, 0)}, {all(out)});
    const OpId second = op({}, {row(kv, 1)});
    EXPECT_THAT(graph.predecessors(second), IsEmpty());
    const OpId again = op({}, {row(kv, 0)});
    EXPECT_THAT(graph.predecessors(again), ElementsAre(first, read)) << "the same row does order";
    EXPECT_THAT(graph.predecessors(op({all(kv)}, {all(later)})), ElementsAre(second, again));
}

TEST_F(OpGraphTest, AWriteOfPartOfARegionLeavesTheRestToItsWriter) {
    const TensorId a = tensor("a");
    const TensorId b = tensor("b");
    const OpId whole = op({}, {all(a)});
    const OpId part = op({}, {row(a, 2)});
    EXPECT_THAT(graph.predecessors(part), ElementsAre(whole));
    EXPECT_THAT(graph.predecessors(op({row(a, 1)}, {row(b, 0)})), ElementsAre(whole));
    EXPECT_THAT(graph.predecessors(op({row(a, 2)}, {row(b, 1)})), ElementsAre(whole, part));
}

// The last write stands for all that it covers: 3,000 writers of one row are not 3,000 edges of the next.
TEST_F(OpGraphTest, OverwrittenAccessesAreForgotten) {
    const TensorId a = tensor("a");
    OpId last = op({}, {all(a)});
    for (int i = 0; i < 3000; ++i) {
        const OpId next = op({all(a)}, {all(a)});
        EXPECT_THAT(graph.predecessors(next), ElementsAre(last));
        last = next;
    }
}

TEST_F(OpGraphTest, PredecessorsAreDistinct) {
    const TensorId a = tensor("a");
    const TensorId b = tensor("b");
    const OpId both = op({}, {all(a), all(b)});
    EXPECT_THAT(graph.predecessors(op({all(a), all(b), row(a, 1)}, {})), ElementsAre(both));
}

TEST_F(OpGraphTest, OpThatUpdatesInPlaceDoesNotWaitForItself) {
    const TensorId a = tensor("a");
    const OpId write = op({}, {all(a)});
    const OpId update = op({all(a)}, {all(a)});
    EXPECT_THAT(graph.predecessors(update), ElementsAre(write));
    EXPECT_THAT(graph.successors(update), IsEmpty());
}

TEST_F(OpGraphTest, OperandsTakeTheTagOfTheirTensor) {
    const TensorId weights = tensor("w", MemoryTag::weights);
    TensorUse use = all(weights);
    use.tag = MemoryTag::scratch;
    EXPECT_EQ(graph.op(op({use}, {})).inputs.front().tag, MemoryTag::weights);
}

TEST_F(OpGraphTest, TopologicalOrderHasEveryOpBehindItsPredecessors) {
    const TensorId a = tensor("a");
    const TensorId b = tensor("b");
    op({}, {all(a)});
    op({all(a)}, {all(b)});
    op({all(b)}, {all(a)});
    std::vector<bool> seen(graph.op_count());
    for (const OpId id : graph.topological_order()) {
        for (const OpId before : graph.predecessors(id)) {
            EXPECT_TRUE(seen[before.value()]);
        }
        seen[id.value()] = true;
    }
    EXPECT_THAT(seen, testing::Each(true));
}

OpNode matmul() {
    OpNode op;
    op.kernel = "matmul";
    op.inputs = {{.tensor = TensorId{0}, .shape = {1, 64}, .format = NumberFormat::fp32, .offset = Bytes{}},
                 {.tensor = TensorId{1}, .shape = {32, 64}, .format = NumberFormat::q8_0, .offset = Bytes{}}};
    op.outputs = {{.tensor = TensorId{2}, .shape = {1, 32}, .format = NumberFormat::fp32, .offset = Bytes{}}};
    op.attrs.set("bias", std::int64_t{0}).set("activation", std::string("int8"));
    return op;
}

TEST(Signature, NamesKernelOperandsAndAttributesInNameOrder) {
    EXPECT_EQ(signature(matmul()), "matmul 1x64:fp32 32x64:q8_0 -> 1x32:fp32 activation=int8 bias=0");
}

TEST(Signature, IgnoresWhatTheLoweringMayNotSee) {
    OpNode other = matmul();
    other.name = "blk.7.ffn_up";
    other.layer = 7;
    other.inputs[0].tensor = TensorId{12};
    other.inputs[1].offset = 4096_B;
    other.runtime.set("position", std::int64_t{5});
    other.gather = {1, 2};
    EXPECT_EQ(signature(other), signature(matmul()));
}

TEST(Signature, ChangesWithKernelShapeFormatAndAttributes) {
    std::vector<OpNode> others(5, matmul());
    others[0].kernel = "gated";
    others[1].inputs[0].shape.rows = 2;
    others[2].inputs[1].format = NumberFormat::fp16;
    others[3].attrs.set("bias", std::int64_t{1});
    others[4].outputs.clear();
    for (const OpNode& other : others) {
        EXPECT_NE(signature(other), signature(matmul()));
    }
}

TEST(Attributes, MissingOrDifferentlyTypedNamesBreakAnInvariant) {
    Attributes attributes;
    attributes.set("heads", std::int64_t{8}).set("theta", 1e4);
    EXPECT_EQ(attributes.integer("heads"), 8);
    EXPECT_EQ(attributes.integer("kv_heads", 2), 2);
    EXPECT_DOUBLE_EQ(attributes.number("theta"), 1e4);
    EXPECT_THROW((void)attributes.integer("theta"), ModelError);
    EXPECT_THROW((void)attributes.number("heads"), ModelError);
    EXPECT_THROW((void)attributes.text("mode"), ModelError);
    EXPECT_EQ(attributes.text("mode", "half"), "half");
}

TEST(Attributes, SettingAgainReplacesAndOrderDoesNotMatter) {
    Attributes a;
    a.set("x", std::int64_t{1}).set("b", std::int64_t{2}).set("x", std::int64_t{3});
    Attributes b;
    b.set("b", std::int64_t{2}).set("x", std::int64_t{3});
    EXPECT_EQ(a, b);
    EXPECT_EQ(a.values().size(), 2U);
}

}  // namespace
}  // namespace handset
