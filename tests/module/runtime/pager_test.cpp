// SPDX-License-Identifier: Apache-2.0
// The pager before a storage device that takes a fixed time for every program.
#include "sim/runtime/pager.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw_models/common/address_map.h"
#include "sim/base/errors.h"

namespace handset {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kPage = 4096;
constexpr Femtoseconds kRead = 10_us;

class CopyKernel final : public Kernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "load"; }
    [[nodiscard]] std::string_view doc() const override { return "for tests"; }
    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override { return {op.inputs.front().shape}; }
    [[nodiscard]] bool supports(const OpNode& /*op*/, const DeviceCaps& /*caps*/) const override { return true; }
    [[nodiscard]] TileProgram lower(const OpNode& /*op*/, const DeviceCaps& /*caps*/) const override { return {}; }
    void compute(const OpNode& /*op*/, const Tile& /*tile*/, std::span<std::byte> /*local*/) const override {}
};

/// Remembers the programs it was given.
class FixedStorage final : public Device {
  public:
    FixedStorage() {
        caps_.name = "disk";
        caps_.kind = DeviceKind::storage;
        caps_.local_bytes = 64_KiB;
    }
    [[nodiscard]] const DeviceCaps& caps() const override { return caps_; }
    [[nodiscard]] bool idle() const override { return due_.empty(); }
    [[nodiscard]] Femtoseconds estimate(const TileProgram& /*program*/, bool /*continues*/) const override {
        return kRead;
    }
    [[nodiscard]] Preparation preparation(const TileProgram& /*program*/, Bytes /*weight_bytes*/) const override {
        return {};
    }
    void prepare(OpId /*op*/, Femtoseconds /*time*/) override { FAIL() << "storage prepares nothing"; }
    void start(Launch launch) override {
        EXPECT_TRUE(idle());
        started.push_back(simulated_now());
        programs.push_back(*launch.program);
        due_.schedule(simulated_now() + kRead, launch.op->id);
    }
    void on_complete(Completion completion) override { completion_ = std::move(completion); }

    std::vector<Femtoseconds> started;
    std::vector<TileProgram> programs;

  private:
    DeviceCaps caps_;
    Completion completion_;
    TimedQueue<OpId> due_{"disk_due", [this](OpId op) {
                              completion_(op, {.energy = 5_pJ, .call = {}, .matrix = {}, .vector = {}, .transfer = {}});
                          }};
};

/// A file of `pages`, mapped as tensor "w<i>" by rows of one page each; the page cache takes 16 KiB windows and maps
/// page by page. A major fault takes 3 us, a minor one 1 us.
class PagerTest : public testing::Test {
  protected:
    PagerTest() {
        config_.capacity = 64_KiB;
        config_.read_ahead_max = 16_KiB;
        config_.fault_around = 4_KiB;
        config_.major_fault_time = 3_us;
        config_.minor_fault_time = 1_us;
    }
    void map_file(std::uint64_t pages) {
        pager_ = std::make_unique<Pager>(config_, Bytes{pages * kPage}, disk_, copy_, arena_, 1000_mW, counters_);
        disk_.on_complete([this](OpId, const ProgramUsage& usage) { pager_->read_done(usage.energy); });
    }
    /// An op that reads `pages` pages from `first` on.
    OpId op(std::uint64_t first, std::uint64_t pages, std::vector<std::uint32_t> gather = {}) {
        Tensor tensor;
        tensor.name = "w" + std::to_string(graph_.op_count());
        tensor.shape = {pages, kPage / sizeof(float)};
        tensor.tag = MemoryTag::weights;
        tensor.persistent = true;
        pager_->map(tensor.name, first * kPage);
        OpNode node;
        node.name = "op" + std::to_string(graph_.op_count());
        node.inputs = {graph_.whole(graph_.add_tensor(tensor))};
        node.gather = std::move(gather);
        return graph_.add_op(node);
    }
    void page_in(OpId id) {
        pager_->page_in(graph_, graph_.op(id), [this, id](const std::optional<OpRecord>& record) {
            ready_[id] = simulated_now();
            records_[id] = record;
        });
    }
    Femtoseconds page_in_alone(OpId id) {
        const Femtoseconds begin = simulated_now();
        page_in(id);
        sc_core::sc_start();
        return ready_.at(id) - begin;
    }
    std::uint64_t counter(const std::string& name) { return counter_value(counters_.snapshot(), "page_cache." + name); }
    /// "offset in the file -> address, address ..." in pages, of every program.
    std::vector<std::string> moves() const {
        std::vector<std::string> out;
        for (const TileProgram& program : disk_.programs) {
            std::string text = std::to_string(program.transfers[0].offset / kPage) + " ->";
            for (std::size_t i = 1; i < program.transfers.size(); ++i) {
                const Transfer& store = program.transfers[i];
                text += " " + std::to_string(store.offset / kPage) + "+" + std::to_string(store.row_bytes / kPage);
            }
            out.push_back(text);
        }
        return out;
    }

    PageCacheConfig config_;
    CounterRegistry counters_;
    TensorArena arena_{1_MiB, counters_};
    CopyKernel copy_;
    FixedStorage disk_;
    OpGraph graph_;
    std::unique_ptr<Pager> pager_;
    std::map<OpId, Femtoseconds> ready_;
    std::map<OpId, std::optional<OpRecord>> records_;
};

// Three times: 3 us of the host, 10 us of storage.
TEST_F(PagerTest, WithoutReadAheadEveryPageWaitsForTheOneBefore) {
    config_.read_ahead = ReadAhead::none;
    map_file(8);
    const OpId three = op(2, 3);
    EXPECT_EQ(page_in_alone(three), 39_us);
    EXPECT_THAT(disk_.started, ElementsAre(3_us, 16_us, 29_us));
    EXPECT_THAT(moves(), ElementsAre("2 -> 0+1", "3 -> 1+1", "4 -> 2+1"));
    EXPECT_EQ(counter("fault_time"), (9_us).count());
    EXPECT_EQ(counter("energy_faults"), 9'000'000'000U) << "1 W for 9 us";
    const OpRecord record = records_.at(three).value();
    EXPECT_EQ(record.name, "page_in.op0");
    EXPECT_EQ(record.device, "disk");
    EXPECT_EQ(record.bytes_read, Bytes{3 * kPage});
    EXPECT_EQ(record.energy, 15_pJ);
    EXPECT_EQ(record.end - record.start, 39_us);
}

// Page 0 brings 0..3 with the mark at 3: 3 us and 10 us. Pages 1, 2, 3 take 1 us each; the third starts 4..7 at 16 us,
// which are there at 26 us. Page 4 is marked: 8..11 start at 27 us while pages 5, 6, 7 are mapped, and arrive at 37 us.
// 12..15 start at 38 us and arrive at 48 us; four minor faults are left.
TEST_F(PagerTest, ReadAheadGoesOnWhileTheReaderDoes) {
    map_file(16);
    EXPECT_EQ(page_in_alone(op(0, 16)), 52_us);
    EXPECT_THAT(disk_.started, ElementsAre(3_us, 16_us, 27_us, 38_us));
    EXPECT_EQ(counter("major_faults"), 1U);
    EXPECT_EQ(counter("minor_faults"), 15U);
    EXPECT_EQ(counter("read_ahead_pages"), 15U);
    EXPECT_EQ(counter("page_bytes"), 16 * kPage);
}

TEST_F(PagerTest, ResidentAndMappedPagesTakeNoTime) {
    map_file(16);
    const OpId first = op(0, 16);
    page_in_alone(first);
    pager_->release(first);
    const OpId second = op(4, 8);
    page_in(second);
    EXPECT_EQ(ready_.count(second), 1U) << "at once";
    EXPECT_FALSE(records_.at(second).has_value());
}

TEST_F(PagerTest, AnOpWithoutMappedTensorsIsReadyAtOnce) {
    map_file(4);
    OpNode plain;
    Tensor tensor;
    tensor.name = "x";
    tensor.shape = {1, 4};
    plain.inputs = {graph_.whole(graph_.add_tensor(tensor))};
    const OpId id = graph_.add_op(plain);
    page_in(id);
    EXPECT_EQ(ready_.count(id), 1U);
    EXPECT_EQ(pager_->address_of("x"), std::nullopt);
}

// Only the rows of two tokens: pages 9 and 3.
TEST_F(PagerTest, AGatherTouchesItsRowsAlone) {
    config_.read_ahead = ReadAhead::none;
    map_file(16);
    EXPECT_EQ(page_in_alone(op(1, 12, {8, 2})), 26_us);
    EXPECT_THAT(moves(), ElementsAre("9 -> 0+1", "3 -> 1+1"));
}

// Both ops fault at once, the second on pages that the first is reading: read once, and nobody goes on before they are
// there. 3 us, 10 us; the second had its minor fault on page 2 before it saw that the page is on its way.
TEST_F(PagerTest, TwoOpsShareAReadUnderWay) {
    map_file(4);
    const OpId first = op(0, 1);
    const OpId second = op(2, 1);
    page_in(first);
    page_in(second);
    sc_core::sc_start();
    EXPECT_EQ(disk_.programs.size(), 1U);
    EXPECT_EQ(ready_.at(first), 13_us);
    EXPECT_EQ(ready_.at(second), 14_us) << "mapped when it was there";
    EXPECT_TRUE(records_.at(second).has_value()) << "it waited";
}

TEST_F(PagerTest, DevicesFindPinnedPagesOnly) {
    map_file(16);
    const OpId id = op(4, 4);
    page_in_alone(id);
    const Address begin = pager_->address_of("w0").value();
    EXPECT_EQ(begin, kFlashBase + 4 * kPage);
    const PageTable::Run run = pager_->lookup(begin + 100, 1000);
    EXPECT_EQ(run.bytes, 1000U);
    EXPECT_EQ(pager_->lookup(begin + 100, 100'000).bytes, 4 * kPage - 100) << "the op's pages, not what was read ahead";
    EXPECT_THROW((void)pager_->lookup(begin - 1, 1), ModelError);
    pager_->release(id);
    EXPECT_THROW((void)pager_->lookup(begin, 1), ModelError);
}

// Frames of evicted pages are written again: 16 pages fit, the second op's pages replace the first's one by one.
TEST_F(PagerTest, AnEvictedPageIsReadAgainIntoAnotherFrame) {
    config_.read_ahead = ReadAhead::none;
    map_file(32);
    const OpId first = op(0, 16);
    const OpId second = op(16, 1);
    const OpId again = op(0, 1);
    page_in_alone(first);
    const Address before = pager_->lookup(kFlashBase, 1).address;
    pager_->release(first);
    EXPECT_EQ(page_in_alone(second), 13_us);
    EXPECT_EQ(pager_->lookup(kFlashBase + 16 * kPage, 1).address, before);
    EXPECT_EQ(page_in_alone(again), 13_us);
    EXPECT_EQ(pager_->lookup(kFlashBase, 1).address, before + kPage);
    EXPECT_EQ(counter("evictions"), 2U);
    EXPECT_EQ(arena_.in_use(), 64_KiB) << "never more than the limit";
}

// 16 pages fit: the first op's. The second faults as soon as they may be evicted.
TEST_F(PagerTest, AnOpWaitsForThePagesOfAnotherThatRuns) {
    config_.read_ahead = ReadAhead::none;
    map_file(32);
    const OpId first = op(0, 16);
    const OpId second = op(16, 2);
    page_in_alone(first);
    const Femtoseconds full = simulated_now();
    page_in(second);
    sc_core::sc_start(to_sc_time(100_us));
    EXPECT_EQ(ready_.count(second), 0U);
    pager_->release(first);
    sc_core::sc_start();
    EXPECT_EQ(ready_.at(second), full + 126_us);
}

// Every second page is resident already: the frames of a window do not adjoin, but storage reads what is missing only.
TEST_F(PagerTest, OnlyMissingPagesOfAWindowAreRead) {
    config_.read_ahead = ReadAhead::around;
    map_file(16);
    const OpId first = op(2, 1);
    page_in_alone(first);                       // 0..3
    EXPECT_EQ(page_in_alone(op(5, 1)), 13_us);  // 3..6
    EXPECT_THAT(moves(), ElementsAre("0 -> 0+4", "4 -> 4+3"));
}

TEST_F(PagerTest, AWindowMustFitTheStagingBuffer) {
    config_.capacity = 1_MiB;
    config_.read_ahead_max = 128_KiB;
    EXPECT_THROW(map_file(64), ConfigError);
}

}  // namespace
}  // namespace handset
