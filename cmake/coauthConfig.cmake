# SPDX-License-Identifier: BSL-1.0

include(CMakeFindDependencyMacro)
list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")
find_dependency(Asio 1.22.1)
find_dependency(OpenSSL 3.0)
find_dependency(Threads)
list(POP_FRONT CMAKE_MODULE_PATH)
include("${CMAKE_CURRENT_LIST_DIR}/coauthTargets.cmake")
