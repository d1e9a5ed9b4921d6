# SPDX-License-Identifier: BSL-1.0
#
# `cmake --install`: headers, a package that find_package(coauth) finds, and one for pkg-config. An
# installed tree may be moved: nothing in it names the place it was installed to.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/coauth)
install(DIRECTORY include/coauth DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS coauth EXPORT coauthTargets)
install(EXPORT coauthTargets NAMESPACE coauth:: DESTINATION ${package_dir})
foreach(component IN LISTS coauth_components)
    install(TARGETS coauth_${component} EXPORT coauth-${component}-targets)
    install(EXPORT coauth-${component}-targets NAMESPACE coauth:: DESTINATION ${package_dir})
endforeach()

set(any_machine ARCH_INDEPENDENT)
if(COAUTH_BUILD_COMPILED)
    set(any_machine "")
endif()
write_basic_package_version_file(coauthConfigVersion.cmake
    COMPATIBILITY SameMinorVersion
    ${any_machine})
install(FILES
    cmake/coauthConfig.cmake
    cmake/FindAsio.cmake
    ${PROJECT_BINARY_DIR}/coauthConfigVersion.cmake
    DESTINATION ${package_dir})

set(pkgconfig_dir ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
# coauth_relative(<variable> <from> <to>)
function(coauth_relative variable from to)
    cmake_path(RELATIVE_PATH to BASE_DIRECTORY ${from} OUTPUT_VARIABLE path)
    set(${variable} ${path} PARENT_SCOPE)
endfunction()
coauth_relative(pkgconfig_to_prefix ${pkgconfig_dir} ${CMAKE_INSTALL_PREFIX})
coauth_relative(prefix_to_include ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
coauth_relative(prefix_to_lib ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
set(pkgconfig_files coauth)
if(COAUTH_BUILD_COMPILED)
    list(APPEND pkgconfig_files coauth-compiled)
endif()
foreach(name IN LISTS pkgconfig_files)
    configure_file(cmake/${name}.pc.in ${name}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
