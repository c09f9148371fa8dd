// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_store.h"

#include <vector>

#include <gtest/gtest.h>

#include "sim/base/errors.h"

namespace handset {
namespace {

TEST(MappedStore, HoldsBytesLazilyAndChecksRanges) {
    MappedStore store(64_GiB);  // more than this machine has: only touched pages cost
    std::vector<std::byte> bytes(100, std::byte{7});
    store.write((64_GiB).count() - 100, bytes);
    std::vector<std::byte> back(101);
    store.read((64_GiB).count() - 101, back);
    EXPECT_EQ(back[0], std::byte{0});
    EXPECT_EQ(back[100], std::byte{7});
    EXPECT_THROW(store.read((64_GiB).count() - 100, back), ModelError);
    EXPECT_THROW(store.write(UINT64_MAX, bytes), ModelError);
}

}  // namespace
}  // namespace handset
