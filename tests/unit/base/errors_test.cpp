// SPDX-License-Identifier: Apache-2.0
#include "sim/base/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace handset {
namespace {

TEST(Errors, BrokenInvariantNamesTheFileAndLineOfItsCheck) {
    const int line = __LINE__ + 2;
    try {
        ensure(false, "the queue is empty");
        FAIL() << "did not throw";
    } catch (const ModelError& error) {
        EXPECT_EQ(error.what(), "errors_test.cpp:" + std::to_string(line) + ": the queue is empty");
    }
}

TEST(Errors, InvariantThatHoldsIsSilent) {
    EXPECT_NO_THROW(ensure(true, "unused"));
}

TEST(Errors, ProblemsAreReportedTogetherInTheOrderFound) {
    Errors errors;
    errors.add(SourceLocation{"phone.yaml", 3, 7}, "npu0.array.rows", "must be at least 1");
    errors.add(SourceLocation{"phone.yaml", 4, 0}, "", "is empty");
    errors.add("dram", "is missing");
    try {
        errors.throw_if_any();
        FAIL() << "did not throw";
    } catch (const ConfigError& error) {
        EXPECT_STREQ(error.what(),
                     "phone.yaml:3:7: npu0.array.rows: must be at least 1\nphone.yaml:4: is empty\ndram: is missing");
    }
}

TEST(Errors, NoProblemsThrowNothing) {
    EXPECT_NO_THROW(Errors{}.throw_if_any());
}

}  // namespace
}  // namespace handset
