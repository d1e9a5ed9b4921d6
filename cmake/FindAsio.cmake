# SPDX-License-Identifier: BSL-1.0
#
# Finds standalone Asio and defines Asio::asio. A config package (vcpkg, Conan) is tried first, then
# the headers alone, as Debian ships them. `Asio_ROOT` points at an unpacked copy.

include(FindPackageHandleStandardArgs)

if(NOT TARGET Asio::asio)
    find_package(asio CONFIG QUIET)
    if(TARGET asio::asio)
        get_target_property(Asio_INCLUDE_DIR asio::asio INTERFACE_INCLUDE_DIRECTORIES)
        set(Asio_VERSION "${asio_VERSION}")
        add_library(Asio::asio INTERFACE IMPORTED)
        target_link_libraries(Asio::asio INTERFACE asio::asio)
    endif()
endif()

if(NOT Asio_INCLUDE_DIR)
    find_path(Asio_INCLUDE_DIR NAMES asio.hpp PATH_SUFFIXES include)
    mark_as_advanced(Asio_INCLUDE_DIR)
endif()

if(NOT Asio_VERSION AND EXISTS "${Asio_INCLUDE_DIR}/asio/version.hpp")
    file(STRINGS "${Asio_INCLUDE_DIR}/asio/version.hpp" version_line
        REGEX "^#define ASIO_VERSION [0-9]+")
    string(REGEX MATCH "[0-9]+" version_number "${version_line}")
    math(EXPR version_major "${version_number} / 100000")
    math(EXPR version_minor "${version_number} / 100 % 1000")
    math(EXPR version_patch "${version_number} % 100")
    set(Asio_VERSION "${version_major}.${version_minor}.${version_patch}")
endif()

find_package_handle_standard_args(Asio
    REQUIRED_VARS Asio_INCLUDE_DIR
    VERSION_VAR Asio_VERSION
    REASON_FAILURE_MESSAGE
        "Standalone Asio is in the package libasio-dev of Debian and Ubuntu, `asio` of vcpkg, or set Asio_ROOT to the folder that holds include/asio.hpp")

if(Asio_FOUND AND NOT TARGET Asio::asio)
    add_library(Asio::asio INTERFACE IMPORTED)
    target_include_directories(Asio::asio SYSTEM INTERFACE "${Asio_INCLUDE_DIR}")
endif()
