// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/catalogue.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kernels/harness.h"

namespace handset::test {
namespace {

TEST(KernelCatalogue, FindsEveryKernelByItsOwnName) {
    std::set<std::string_view> names;
    for (const Kernel* kernel : kernel_catalogue()) {
        EXPECT_EQ(&find_kernel(kernel->name()), kernel);
        EXPECT_TRUE(names.insert(kernel->name()).second) << kernel->name() << " is listed twice";
        EXPECT_FALSE(kernel->doc().empty()) << kernel->name();
    }
    for (const char* name : {"matmul", "embedding", "attention", "rope", "sample", "load", "gated", "copy"}) {
        EXPECT_TRUE(names.contains(name)) << name;
    }
}

TEST(KernelCatalogue, NamesTheKnownKernelsWhenAskedForAnother) {
    const std::string message = config_error([] { (void)find_kernel("atention"); });
    EXPECT_THAT(message, testing::HasSubstr("unknown kernel 'atention'"));
    EXPECT_THAT(message, testing::HasSubstr("known: matmul, "));
    EXPECT_THAT(message, testing::HasSubstr("did you mean 'attention'?"));
}

}  // namespace
}  // namespace handset::test
