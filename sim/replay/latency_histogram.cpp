// SPDX-License-Identifier: Apache-2.0
#include "sim/replay/latency_histogram.h"

#include "sim/base/errors.h"

namespace handset {

LatencyHistogram::LatencyHistogram() : buckets_(index(UINT64_MAX) + 1) {}

Femtoseconds LatencyHistogram::mean() const {
    return Femtoseconds{count_ == 0 ? 0 : static_cast<std::uint64_t>(sum_ / count_)};
}

Femtoseconds LatencyHistogram::percentile(unsigned percent) const {
    ensure(percent > 0 && percent <= 100, "no such percentile");
    const std::uint64_t rank = mul_div_ceil(count_, percent, 100);
    std::uint64_t seen = 0;
    for (const Bucket& bucket : buckets_) {
        seen += bucket.count;
        if (seen >= rank && bucket.count > 0) {
            return bucket.largest;
        }
    }
    return {};
}

}  // namespace handset
