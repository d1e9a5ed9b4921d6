# SPDX-License-Identifier: BSL-1.0
#
# An overlay port: it builds the checkout that it is part of.

cmake_path(ABSOLUTE_PATH CMAKE_CURRENT_LIST_DIR NORMALIZE OUTPUT_VARIABLE port_dir)
cmake_path(SET SOURCE_PATH NORMALIZE "${port_dir}/../../..")
if(NOT EXISTS "${SOURCE_PATH}/include/coauth/config.hpp")
    message(FATAL_ERROR "The port has to stay in its checkout of coauth: pass that folder, "
        "--overlay-ports=<checkout>/packaging/vcpkg, instead of copying it")
endif()

vcpkg_check_linkage(ONLY_STATIC_LIBRARY)
vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
    FEATURES
        compiled COAUTH_BUILD_COMPILED)
if(NOT "compiled" IN_LIST FEATURES)
    set(VCPKG_BUILD_TYPE release) # headers only
endif()

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        ${FEATURE_OPTIONS}
        -DCOAUTH_BUILD_TESTS=OFF
        -DCOAUTH_BUILD_TOOLS=OFF
        -DCOAUTH_INSTALL=ON)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/coauth)
vcpkg_fixup_pkgconfig()

# A component that was not asked for is reported as missing by find_package.
foreach(component IN ITEMS testing nlohmann_json boost_json openapi_yaml)
    string(REPLACE "_" "-" feature ${component})
    if(NOT feature IN_LIST FEATURES)
        file(REMOVE "${CURRENT_PACKAGES_DIR}/share/${PORT}/coauth-${component}-targets.cmake")
    endif()
endforeach()
if(NOT "testing" IN_LIST FEATURES)
    file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/include/coauth/testing")
endif()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")

file(INSTALL "${CURRENT_PORT_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
