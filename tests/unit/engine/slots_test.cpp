// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/slots.h"

#include <gtest/gtest.h>

namespace handset {
namespace {

TEST(Slots, IndicesAreReusedAndValuesStayUntilThen) {
    Slots<int> slots;
    const std::uint32_t a = slots.acquire();
    const std::uint32_t b = slots.acquire();
    slots[a] = 1;
    slots[b] = 2;
    EXPECT_NE(a, b);
    slots.release(a);
    EXPECT_EQ(slots[a], 1);
    EXPECT_EQ(slots.acquire(), a);
    EXPECT_EQ(slots[b], 2);
}

}  // namespace
}  // namespace handset
