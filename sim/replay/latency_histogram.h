// SPDX-License-Identifier: Apache-2.0
// Latencies of any number of requests in constant memory: buckets grow with their value, 256 per factor of two. A
// percentile is a latency that occurred, at most 1/256 above the exact one; count, mean, least and largest are exact.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/quantity.h"

namespace handset {

class LatencyHistogram {
  public:
    LatencyHistogram();

    void add(Femtoseconds latency) {
        Bucket& bucket = buckets_[index(latency.count())];
        ++bucket.count;
        bucket.largest = latency > bucket.largest ? latency : bucket.largest;
        ++count_;
        sum_ += latency.count();
        least_ = latency < least_ ? latency : least_;
        largest_ = latency > largest_ ? latency : largest_;
    }

    [[nodiscard]] std::uint64_t count() const { return count_; }
    /// Zero without latencies, as are the following.
    [[nodiscard]] Femtoseconds mean() const;
    [[nodiscard]] Femtoseconds least() const { return count_ == 0 ? Femtoseconds{} : least_; }
    [[nodiscard]] Femtoseconds largest() const { return largest_; }
    /// The least latency that `percent` of all do not exceed; 0 < percent <= 100.
    [[nodiscard]] Femtoseconds percentile(unsigned percent) const;

  private:
    static constexpr unsigned kBits = 8;

    struct Bucket {
        std::uint64_t count = 0;
        Femtoseconds largest;
    };

    static std::size_t index(std::uint64_t value) {
        if (value < (std::uint64_t{1} << kBits)) {
            return value;
        }
        const unsigned shift = 63U - kBits - static_cast<unsigned>(__builtin_clzll(value));
        // value >> shift lies in [2^kBits, 2^(kBits + 1)).
        return (std::size_t{shift} << kBits) + (value >> shift);
    }

    std::vector<Bucket> buckets_;
    std::uint64_t count_ = 0;
    Wide sum_ = 0;
    Femtoseconds least_{UINT64_MAX};
    Femtoseconds largest_;
};

}  // namespace handset
