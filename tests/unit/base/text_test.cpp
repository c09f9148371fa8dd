// SPDX-License-Identifier: Apache-2.0
#include "sim/base/text.h"

#include <gtest/gtest.h>

namespace handset {
namespace {

const std::vector<std::string> kKnown{"cpu_only", "gpu_only", "npu_cpu", "heft"};

TEST(Text, NearestNameForgivesTypos) {
    EXPECT_EQ(nearest_name("cpuonly", kKnown), "cpu_only");
    EXPECT_EQ(nearest_name("heff", kKnown), "heft");
    EXPECT_EQ(nearest_name("zzzzzz", kKnown), "");
}

TEST(Text, UnknownNameListsTheKnownOnes) {
    EXPECT_EQ(unknown_name("policy", "hefd", kKnown),
              "unknown policy 'hefd', did you mean 'heft'? (known: cpu_only, gpu_only, npu_cpu, heft)");
}

TEST(Text, SplitKeepsEmptyParts) {
    EXPECT_EQ(split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
}

}  // namespace
}  // namespace handset
