// SPDX-License-Identifier: Apache-2.0
// Bytes arrive where they belong whatever network and cache do to the requests that carry them.
#include <array>
#include <cstring>

#include "tests/module/memory/memory_bench.h"

namespace handset {
namespace {

std::uint64_t next_random(std::uint64_t& state) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return state >> 20;
}

/// One initiator that reads and writes its own 1000-byte stripes of a shared range at random and compares every read
/// with what it wrote. Stripes share sectors and lines with those of the others.
class Checker {
  public:
    static constexpr std::size_t kStripes = 200;
    static constexpr std::size_t kStripe = 1000;

    Checker(MemorySystem& system, std::size_t index, std::size_t count, Component* level = nullptr)
        : source_(system.add_source("c" + std::to_string(index), index, level)),
          index_(index),
          count_(count),
          random_(index + 1),
          shadow_(kStripes * kStripe) {
        source_.on_arrival = [this](const Burst& burst) { arrived(burst); };
    }

    void begin() { issue(Femtoseconds{}); }
    [[nodiscard]] std::size_t mismatches() const { return mismatches_; }
    [[nodiscard]] std::size_t reads() const { return reads_; }
    [[nodiscard]] const std::vector<std::byte>& shadow() const { return shadow_; }
    [[nodiscard]] Address address_of(std::size_t stripe) const { return (stripe * count_ + index_) * kStripe; }

  private:
    void issue(Femtoseconds when) {
        stripe_ = next_random(random_) % kStripes;
        offset_ = next_random(random_) % kStripe;
        const std::size_t size = 1 + next_random(random_) % (kStripe - offset_);
        const bool write = next_random(random_) % 2 == 0;
        const std::uint8_t stream = next_random(random_) % 3 == 0 ? kPassing : kCached;
        Burst burst = request(address_of(stripe_) + offset_, static_cast<std::uint32_t>(size), write, stream);
        for (std::size_t i = 0; i < size; ++i) {
            buffer_[i] = write ? static_cast<std::byte>(next_random(random_)) : std::byte{0xee};
        }
        burst.data = buffer_.data();
        burst.lane = static_cast<std::uint8_t>(index_);
        source_.at(when, burst);
    }
    void arrived(const Burst& burst) {
        std::byte* expected = shadow_.data() + stripe_ * kStripe + offset_;
        if (burst.write) {
            std::memcpy(expected, buffer_.data(), burst.size);
        } else {
            mismatches_ += std::memcmp(expected, buffer_.data(), burst.size) == 0 ? 0 : 1;
            ++reads_;
        }
        if (++requests_ < 1500) {
            issue(simulated_now() + next_random(random_) % 100 * 1_ns);
        }
    }

    Source& source_;
    std::size_t index_;
    std::size_t count_;
    std::uint64_t random_;
    std::vector<std::byte> shadow_;
    std::array<std::byte, kStripe> buffer_{};
    std::size_t stripe_ = 0;
    std::size_t offset_ = 0;
    std::size_t requests_ = 0;
    std::size_t reads_ = 0;
    std::size_t mismatches_ = 0;
};

/// Six checkers at once, on `level` or on the network.
void expect_integrity(MemorySystem& system, Component* level) {
    std::vector<std::unique_ptr<Checker>> checkers;
    for (std::size_t i = 0; i < 6; ++i) {
        checkers.push_back(std::make_unique<Checker>(system, i, 6, level));
    }
    for (const auto& checker : checkers) {
        checker->begin();
    }
    run_all();
    std::vector<std::byte> stripe(Checker::kStripe);
    for (const auto& checker : checkers) {
        EXPECT_EQ(checker->mismatches(), 0U);
        EXPECT_GT(checker->reads(), 600U);
        for (std::size_t i = 0; i < Checker::kStripes; ++i) {
            system.dram->store()->read(checker->address_of(i), stripe);
            ASSERT_EQ(std::memcmp(stripe.data(), checker->shadow().data() + i * Checker::kStripe, stripe.size()), 0)
                << "memory itself is current, stripe " << i;
        }
    }
}

/// Much smaller than the 1.2 MB touched: evictions and write-backs all the time.
CacheConfig small_system_cache() {
    CacheConfig cache = bench_cache();
    cache.capacity = 64_KiB;
    return cache;
}

TEST(DataIntegrity, RandomTrafficOfManyInitiatorsReadsBackWhatItWrote) {
    MemorySystem system("", true, bench_dram(), small_system_cache());
    expect_integrity(system, nullptr);
    const Snapshot s = system.settle(simulated_now());
    EXPECT_GT(system.value(s, "slc.hit_bytes"), 0U);
    EXPECT_GT(system.value(s, "slc.writebacks"), 0U);
}

TEST(DataIntegrity, PrivateCachesOfLanesThatShareSectorsReadBackWhatTheyWrote) {
    MemorySystem system("", true, bench_dram(), small_system_cache());
    CacheConfig l2 = small_cache();
    l2.capacity.reset();
    l2.private_caches = {{6, 16_KiB}};
    expect_integrity(system, &system.add_cache("l2", l2));
    const Snapshot s = system.settle(simulated_now());
    for (const char* level : {"l2", "slc"}) {
        EXPECT_GT(system.value(s, std::string(level) + ".hit_bytes"), 0U);
        EXPECT_GT(system.value(s, std::string(level) + ".writebacks"), 0U);
    }
    EXPECT_EQ(system.value(s, "noc.bytes_read"), system.value(s, "l2.bytes_read_below"));
    EXPECT_EQ(system.value(s, "noc.bytes_written"), system.value(s, "l2.bytes_written_below"));
}

TEST(DataIntegrity, CountersAreTheSameWithoutData) {
    MemorySystem with("with_", true);
    MemorySystem without("without_", false);
    std::vector<std::byte> buffer(65536);
    for (MemorySystem* system : {&with, &without}) {
        Source& source = system->add_source("a", 0);
        std::uint64_t random = 3;
        for (std::uint64_t i = 0; i < 500; ++i) {
            const Address address = next_random(random) % (1 << 20);
            const auto size = static_cast<std::uint32_t>(1 + next_random(random) % 8000);
            Burst burst = request(address, size, next_random(random) % 2 == 0, i % 2 == 0 ? kCached : kPassing);
            burst.data = system == &with ? buffer.data() : nullptr;
            source.at(i * 100_ns, burst);
        }
    }
    run_all();
    EXPECT_EQ(with.sources[0]->done, without.sources[0]->done);
    const Snapshot a = with.settle(simulated_now());
    const Snapshot b = without.settle(simulated_now());
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].value, b[i].value) << a[i].path;
    }
}

TEST(DataIntegrity, FunctionalAccessPassesThroughAllLevels) {
    MemorySystem system("", true);
    Source& source = system.add_source("a", 0);
    source.at(1_us, request(5000, 16));  // something to run
    const std::array<std::byte, 4> written{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
    std::array<std::byte, 4> read{};
    run_all();
    source.link.debug_write(12345, written);
    source.link.debug_read(12345, read);
    EXPECT_EQ(read, written);
    system.dram->store()->read(12345, read);
    EXPECT_EQ(read, written);
}

}  // namespace
}  // namespace handset
