// SPDX-License-Identifier: Apache-2.0
// main() of every test that elaborates SystemC modules: one elaboration per process, so ctest runs each case alone.
// Any SystemC warning or error fails the test.
#include <gtest/gtest.h>
#include <systemc>

namespace {

void report_to_gtest(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
    if (report.get_severity() >= sc_core::SC_WARNING) {
        ADD_FAILURE() << report.what();
    }
    sc_core::sc_report_handler::default_handler(report, actions & ~sc_core::SC_ABORT);
}

}  // namespace

int sc_main(int argc, char** argv) {
    sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
    sc_core::sc_report_handler::set_handler(report_to_gtest);
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
