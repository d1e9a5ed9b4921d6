# SPDX-License-Identifier: BSL-1.0
#
# cmake -D PORT_DIR=<port> -D ROOT=<folder> -D CHOSEN=<features> -D CXX=<compiler> -P stand_ins.cmake
#
# Runs a portfile without vcpkg. The functions below take the arguments of vcpkg's own, refuse others
# as those do, and really configure, build and install, to <folder>/packages.

cmake_minimum_required(VERSION 3.25)

set(PORT coauth)
set(FEATURES core ${CHOSEN})
set(TARGET_TRIPLET x64-linux)
set(VCPKG_TARGET_IS_LINUX ON)
set(VCPKG_LIBRARY_LINKAGE static)
set(CURRENT_PORT_DIR "${PORT_DIR}")
set(CURRENT_PACKAGES_DIR "${ROOT}/packages")
set(CURRENT_INSTALLED_DIR "${ROOT}/installed")
set(CURRENT_BUILDTREES_DIR "${ROOT}/buildtrees")

# Arguments beyond those that were parsed are mistakes.
macro(refuse_others)
    if(DEFINED arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "${CMAKE_CURRENT_FUNCTION} does not know: ${arg_UNPARSED_ARGUMENTS}")
    endif()
endmacro()

macro(each_build_type)
    set(types rel dbg)
    if("${VCPKG_BUILD_TYPE}" STREQUAL "release")
        set(types rel)
    endif()
    set(rel_name Release)
    set(dbg_name Debug)
    set(rel_prefix "${CURRENT_PACKAGES_DIR}")
    set(dbg_prefix "${CURRENT_PACKAGES_DIR}/debug")
endmacro()

function(vcpkg_check_linkage)
    cmake_parse_arguments(PARSE_ARGV 0 arg
        "ONLY_STATIC_LIBRARY;ONLY_DYNAMIC_LIBRARY;ONLY_STATIC_CRT;ONLY_DYNAMIC_CRT" "" "")
    refuse_others()
    if(arg_ONLY_STATIC_LIBRARY)
        set(VCPKG_LIBRARY_LINKAGE static PARENT_SCOPE)
    endif()
endfunction()

function(vcpkg_check_features)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "OUT_FEATURE_OPTIONS;PREFIX" "FEATURES")
    refuse_others()
    set(options "")
    while(arg_FEATURES)
        list(POP_FRONT arg_FEATURES feature variable)
        set(value OFF)
        if(feature IN_LIST FEATURES)
            set(value ON)
        endif()
        list(APPEND options -D${variable}=${value})
        set(${variable} ${value} PARENT_SCOPE)
    endwhile()
    set(${arg_OUT_FEATURE_OPTIONS} ${options} PARENT_SCOPE)
endfunction()

function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS;OPTIONS_RELEASE;OPTIONS_DEBUG")
    refuse_others()
    each_build_type()
    foreach(type IN LISTS types)
        execute_process(
            COMMAND ${CMAKE_COMMAND} -S "${arg_SOURCE_PATH}"
                -B "${CURRENT_BUILDTREES_DIR}/${TARGET_TRIPLET}-${type}" ${arg_OPTIONS}
                -DCMAKE_BUILD_TYPE=${${type}_name} -DCMAKE_INSTALL_PREFIX=${${type}_prefix}
                -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF -DCMAKE_CXX_COMPILER=${CXX}
                -DCMAKE_CXX_FLAGS_RELEASE=-O0 -DCMAKE_CXX_FLAGS_DEBUG=-O0
            COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
    endforeach()
endfunction()

function(vcpkg_cmake_install)
    cmake_parse_arguments(PARSE_ARGV 0 arg "DISABLE_PARALLEL;ADD_BIN_TO_PATH" "" "")
    refuse_others()
    each_build_type()
    foreach(type IN LISTS types)
        execute_process(
            COMMAND ${CMAKE_COMMAND} --build "${CURRENT_BUILDTREES_DIR}/${TARGET_TRIPLET}-${type}"
                --target install
            COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
    endforeach()
endfunction()

# Puts the package files into share/<port> and tells them that they are two folders below the root.
function(vcpkg_cmake_config_fixup)
    cmake_parse_arguments(PARSE_ARGV 0 arg "DO_NOT_DELETE_PARENT_CONFIG_PATH;NO_PREFIX_CORRECTION"
        "PACKAGE_NAME;CONFIG_PATH" "")
    refuse_others()
    each_build_type()
    set(share "${CURRENT_PACKAGES_DIR}/share/${PORT}")
    foreach(type IN LISTS types)
        set(from "${${type}_prefix}/${arg_CONFIG_PATH}")
        if(NOT EXISTS "${from}")
            message(FATAL_ERROR "'${from}' does not exist")
        endif()
        file(GLOB files "${from}/*")
        if(type STREQUAL "dbg")
            file(GLOB files "${from}/*-debug.cmake")
        endif()
        foreach(file IN LISTS files)
            cmake_path(GET file FILENAME name)
            file(READ "${file}" text)
            if(type STREQUAL "dbg")
                string(REPLACE "\${_IMPORT_PREFIX}/lib" "\${_IMPORT_PREFIX}/debug/lib" text "${text}")
            endif()
            set(up "get_filename_component(_IMPORT_PREFIX \"\${_IMPORT_PREFIX}\" PATH)\n")
            string(REPLACE "${up}${up}${up}" "${up}${up}" text "${text}")
            file(WRITE "${share}/${name}" "${text}")
        endforeach()
        cmake_path(GET from PARENT_PATH parent)
        file(REMOVE_RECURSE "${parent}")
    endforeach()
endfunction()

function(vcpkg_fixup_pkgconfig)
    cmake_parse_arguments(PARSE_ARGV 0 arg "SKIP_CHECK" "" "SYSTEM_LIBRARIES")
    refuse_others()
    file(GLOB_RECURSE files "${CURRENT_PACKAGES_DIR}/*.pc")
    foreach(file IN LISTS files)
        file(READ "${file}" text)
        string(REPLACE "${CURRENT_PACKAGES_DIR}" "\${prefix}" text "${text}")
        file(WRITE "${file}" "${text}")
    endforeach()
endfunction()

function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "COMMENT" "FILE_LIST")
    refuse_others()
    file(INSTALL ${arg_FILE_LIST} DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}"
        RENAME copyright)
endfunction()

include("${PORT_DIR}/portfile.cmake")
