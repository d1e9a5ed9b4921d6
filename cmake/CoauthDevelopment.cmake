# SPDX-License-Identifier: BSL-1.0
#
# What only our own programs use: warnings, sanitizers, ccache, test discovery.
# COAUTH_SANITIZE is a list for -fsanitize=, such as "address,undefined" or "thread".

set(COAUTH_SANITIZE "" CACHE STRING "Sanitizers for tests and examples, as for -fsanitize=")

set(CMAKE_CXX_EXTENSIONS OFF)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Without this sloppiness ccache never hits where a precompiled header is used.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
        ${CCACHE_PROGRAM})
endif()

add_library(coauth_development INTERFACE)
target_link_libraries(coauth_development INTERFACE coauth::coauth)
# The library itself does without Asio's deprecated parts; a user's code may have them.
target_compile_definitions(coauth_development INTERFACE ASIO_NO_DEPRECATED)
target_compile_options(coauth_development INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
    $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)

set(COAUTH_TEST_TIMEOUT 60)
set(COAUTH_TEST_EMULATOR "")
if(COAUTH_SANITIZE)
    set(COAUTH_TEST_TIMEOUT 300)
    target_compile_options(coauth_development INTERFACE
        -fsanitize=${COAUTH_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    # Four million relocations of what the sanitizers add would be done anew for each test.
    target_link_options(coauth_development INTERFACE -fsanitize=${COAUTH_SANITIZE} -no-pie)
    if(COAUTH_SANITIZE MATCHES "undefined")
        target_compile_definitions(coauth_development INTERFACE COAUTH_TESTS_WITH_UBSAN)
        target_compile_options(coauth_development INTERFACE
            -fsanitize=float-cast-overflow,float-divide-by-zero)
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Instrumented code confuses the flow analysis behind these; the plain build keeps them.
        target_compile_options(coauth_development INTERFACE
            -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread
            -Wno-array-bounds -Wno-restrict)
        if(COAUTH_SANITIZE STREQUAL "thread")
            # Asio has a fence around each handler; our own code has none (tests/lint/guards.py).
            target_compile_options(coauth_development INTERFACE -Wno-tsan)
        endif()
    endif()
    if(COAUTH_SANITIZE STREQUAL "thread")
        # TSan of g++ 12 cannot map its shadow where the kernel randomises with 32 bits.
        find_program(SETARCH_PROGRAM setarch)
        if(SETARCH_PROGRAM)
            execute_process(COMMAND ${SETARCH_PROGRAM} -R true
                RESULT_VARIABLE setarch_result OUTPUT_QUIET ERROR_QUIET)
            if(setarch_result EQUAL 0)
                set(COAUTH_TEST_EMULATOR ${SETARCH_PROGRAM} -R)
            endif()
        endif()
    endif()
endif()

# coauth_discover(<target> <label> [FILTER <gtest filter>] [PROPERTIES <name> <value>...])
# One ctest entry per test, so that a crash or a hang costs one test and has its name.
function(coauth_discover target label)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "FILTER" "PROPERTIES")
    set(filter "")
    if(arg_FILTER)
        set(filter TEST_FILTER "${arg_FILTER}")
    endif()
    gtest_discover_tests(${target}
        ${filter}
        DISCOVERY_TIMEOUT 120
        PROPERTIES LABELS ${label} TIMEOUT ${COAUTH_TEST_TIMEOUT} ${arg_PROPERTIES})
endfunction()
