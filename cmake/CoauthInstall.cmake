# SPDX-License-Identifier: BSL-1.0
#
# `cmake --install`: headers, and a package that find_package(coauth) finds.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/coauth)
install(DIRECTORY include/coauth DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS coauth EXPORT coauthTargets)
install(EXPORT coauthTargets NAMESPACE coauth:: DESTINATION ${package_dir})
write_basic_package_version_file(coauthConfigVersion.cmake
    COMPATIBILITY SameMinorVersion
    ARCH_INDEPENDENT)
install(FILES
    cmake/coauthConfig.cmake
    cmake/FindAsio.cmake
    ${PROJECT_BINARY_DIR}/coauthConfigVersion.cmake
    DESTINATION ${package_dir})
