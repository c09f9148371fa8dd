// SPDX-License-Identifier: Apache-2.0
#include "sim/runtime/prepared_graphs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errors.h"

namespace handset {
namespace {

using testing::HasSubstr;

constexpr DeviceId kNpu{0};

/// Prepares in 1 ns per weight byte and keeps 100 B per graph and one byte per ten of weights.
class StaticDevice final : public Device {
  public:
    explicit StaticDevice(const SessionCaps& sessions) {
        caps_.name = "npu0";
        caps_.static_graphs = true;
        caps_.sessions = sessions;
    }
    [[nodiscard]] const DeviceCaps& caps() const override { return caps_; }
    [[nodiscard]] bool idle() const override { return true; }
    [[nodiscard]] Femtoseconds estimate(const TileProgram& /*program*/, bool /*continues*/) const override {
        return {};
    }
    [[nodiscard]] Preparation preparation(const TileProgram& /*program*/, Bytes weights) const override {
        return {weights.count() * 1_ns, Bytes{100 + weights.count() / 10}};
    }
    void prepare(OpId /*op*/, Femtoseconds /*time*/) override {}
    void start(Launch /*launch*/) override {}
    void on_complete(Completion /*completion*/) override {}

  private:
    DeviceCaps caps_;
};

class PreparedGraphsTest : public testing::Test {
  protected:
    /// An op of `rows` rows with an fp16 weight named `weight` of 1000 bytes a row.
    OpId op(const std::string& weight, std::uint32_t rows, std::uint32_t weight_rows = 1) {
        Tensor w;
        w.name = weight;
        w.shape = {weight_rows, 500};
        w.format = NumberFormat::fp16;
        w.tag = MemoryTag::weights;
        Tensor x;
        x.name = "x" + std::to_string(graph_.tensor_count());
        x.shape = {rows, 1000};
        OpNode node;
        node.name = "op of " + weight;
        node.kernel = "matmul";
        node.inputs = {graph_.whole(graph_.add_tensor(x)), graph_.whole(graph_.add_tensor(w))};
        return graph_.add_op(node);
    }
    Preparation missing(OpId id) { return prepared_.missing(graph_, graph_.op(id), kNpu, program_); }
    void add(OpId id) { prepared_.add(graph_, graph_.op(id), kNpu, program_); }
    std::size_t session(OpId id) { return prepared_.session(graph_, graph_.op(id), kNpu); }

    OpGraph graph_;
    TileProgram program_;
    // One op of 1000 B takes 1000 + 100 + 100 B of the address space; three take 3600.
    StaticDevice npu_{SessionCaps{3600_B, 500_us, 64_B}};
    PreparedGraphs prepared_{{&npu_}};
};

TEST_F(PreparedGraphsTest, TheFirstGraphOpensASession) {
    const OpId a = op("a", 1);
    EXPECT_EQ(missing(a).time, 500_us + 1_us);
    EXPECT_EQ(missing(a).memory, 64_B + 200_B);
    add(a);
    EXPECT_EQ(missing(a).time, 0_fs) << "built";
    EXPECT_EQ(missing(a).memory, 0_B);
    const OpId b = op("b", 1);
    EXPECT_EQ(missing(b).time, 1_us) << "the session is open";
    EXPECT_EQ(missing(b).memory, 200_B);
}

TEST_F(PreparedGraphsTest, AnotherSessionOpensWhenTheAddressSpaceIsFull) {
    for (const char* weight : {"a", "b", "c"}) {
        add(op(weight, 1));
    }
    EXPECT_EQ(prepared_.sessions(kNpu), 1U) << "3600 B fill it to the last byte";
    const OpId d = op("d", 1);
    EXPECT_EQ(missing(d).time, 501_us);
    add(d);
    EXPECT_EQ(prepared_.sessions(kNpu), 2U);
    EXPECT_EQ(session(d), 1U);
    EXPECT_EQ(session(op("a", 1)), 0U) << "equal shape and weights: the graph that is built";
    add(op("e", 1));
    EXPECT_EQ(prepared_.sessions(kNpu), 2U) << "the last session has room";
}

TEST_F(PreparedGraphsTest, AGraphOfAnotherShapeGoesWhereItsWeightsAre) {
    add(op("a", 1));
    add(op("b", 1));
    // 2400 B used; c and its second row need 2000 + 300 B: a session of its own.
    add(op("c", 1, 2));
    EXPECT_EQ(prepared_.sessions(kNpu), 2U);
    const OpId longer = op("a", 8);
    EXPECT_EQ(missing(longer).memory, 100_B) << "the converted weights are there";
    add(longer);
    EXPECT_EQ(session(longer), 0U);
}

// A second set holds the 1000 B of weights once more, beside the 100 + 100 B of its graph.
TEST_F(PreparedGraphsTest, GraphsOfAnotherSetCopyTheWeights) {
    const OpId first = op("a", 1);
    add(first);
    const OpId same_set = op("a", 1);
    EXPECT_EQ(missing(same_set).memory, 0_B);
    const OpId other_set = op("a", 1);
    graph_.op(other_set).graph_set = 1;
    EXPECT_EQ(missing(other_set).memory, 1200_B);
    EXPECT_EQ(missing(other_set).time, 1_us);
    add(other_set);
    EXPECT_EQ(missing(other_set).memory, 0_B) << "built";
    const OpId longer = op("a", 8);
    graph_.op(longer).graph_set = 1;
    EXPECT_EQ(missing(longer).memory, 100_B) << "the copy serves other shapes of its set";
    // 1200 B of each set are mapped; with b 3600 B: a third set opens a session.
    add(op("b", 1));
    const OpId third_set = op("a", 1);
    graph_.op(third_set).graph_set = 2;
    add(third_set);
    EXPECT_EQ(prepared_.sessions(kNpu), 2U);
}

TEST_F(PreparedGraphsTest, AnOpThatExceedsTheAddressSpaceIsTheUsersError) {
    const OpId fits = op("a", 1, 3);  // 3000 + 100 + 300
    const OpId large = op("b", 1, 4);
    EXPECT_TRUE(prepared_.fits(graph_.op(fits), kNpu, program_));
    EXPECT_FALSE(prepared_.fits(graph_.op(large), kNpu, program_));
    try {
        (void)missing(large);
        FAIL() << "no error";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("the graph of 'op of b' needs 4500 B of address space, a session of npu0 "
                                            "has 3600 B"));
    }
}

TEST_F(PreparedGraphsTest, WithoutALimitThereIsOneSession) {
    StaticDevice unlimited{SessionCaps{}};
    PreparedGraphs prepared({&unlimited});
    for (const char* weight : {"a", "b", "c", "d", "e"}) {
        prepared.add(graph_, graph_.op(op(weight, 1, 1000)), kNpu, program_);
    }
    EXPECT_EQ(prepared.sessions(kNpu), 1U);
}

}  // namespace
}  // namespace handset
