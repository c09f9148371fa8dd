# SPDX-License-Identifier: Apache-2.0
# Run by every build: writes OUTPUT from INPUT with the commit that the tree stands on; untouched when nothing changed,
# so that an unchanged commit rebuilds nothing.
set(HANDSET_GIT "unknown")
find_program(GIT_PROGRAM git)
if(GIT_PROGRAM)
  execute_process(COMMAND ${GIT_PROGRAM} -C ${SOURCE_DIR} rev-parse --short=12 HEAD
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(HANDSET_GIT ${commit})
  endif()
endif()
configure_file(${INPUT} ${OUTPUT} @ONLY)
