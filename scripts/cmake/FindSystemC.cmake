# SPDX-License-Identifier: Apache-2.0
# Debian ships systemc.pc and no CMake package. Its library is a C++17 build: C++20 code links only when the
# headers are told so, which keeps the library's own version check switched on.
find_package(PkgConfig REQUIRED)
pkg_check_modules(SYSTEMC REQUIRED IMPORTED_TARGET systemc)
if(NOT TARGET SystemC::systemc)
  add_library(SystemC::systemc INTERFACE IMPORTED)
  target_link_libraries(SystemC::systemc INTERFACE PkgConfig::SYSTEMC)
  target_compile_definitions(SystemC::systemc INTERFACE SC_CPLUSPLUS=201703L)
endif()
set(SystemC_FOUND TRUE)
