# SPDX-License-Identifier: Apache-2.0
# The two ways to add a target: a room (static library with its header set) and a test executable.

# GCC 12 reports "x" + std::string wrongly when it optimises (-Wrestrict, GCC bug 105651), and Boost.Graph's adjacency
# lists when it instruments (-Wmaybe-uninitialized).
add_library(handset_options INTERFACE)
target_compile_options(handset_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-restrict -Wno-maybe-uninitialized
  -ffp-contract=off $<$<BOOL:${HANDSET_WERROR}>:-Werror>)
target_include_directories(handset_options INTERFACE ${PROJECT_SOURCE_DIR})

# handset_room(<name> SOURCES ... HEADERS ... [DEPENDS ...])
# A room without sources is a header-only interface library.
function(handset_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;HEADERS;DEPENDS" ${ARGN})
  if(ROOM_SOURCES)
    add_library(handset_${name} STATIC ${ROOM_SOURCES})
    set(scope PUBLIC)
  else()
    add_library(handset_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_sources(handset_${name} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ROOM_HEADERS})
  target_link_libraries(handset_${name} ${scope} handset_options ${ROOM_DEPENDS})
endfunction()

# handset_test(<name> SOURCES ... [DEPENDS ...] [LABELS ...] [SYSTEMC])
# SYSTEMC tests define sc_main in tests/support and run one process per test case. Target tests_<label> builds the tests
# of one label, so that a run with sanitizers builds no more than it needs.
function(handset_test name)
  cmake_parse_arguments(TEST "SYSTEMC" "" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE handset_options ${TEST_DEPENDS})
  if(TEST_SYSTEMC)
    target_link_libraries(${name} PRIVATE handset_test_sc_main GTest::gmock GTest::gtest)
  else()
    target_link_libraries(${name} PRIVATE GTest::gmock GTest::gtest GTest::gtest_main)
  endif()
  target_compile_definitions(${name} PRIVATE HANDSET_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  foreach(label IN LISTS TEST_LABELS)
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${name})
  endforeach()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600 LABELS "${TEST_LABELS}")
endfunction()
