// SPDX-License-Identifier: BSL-1.0
//
// How much of this process is in memory.

#ifndef COAUTH_TESTS_SUPPORT_RESIDENT_HPP
#define COAUTH_TESTS_SUPPORT_RESIDENT_HPP

#include <cstddef>
#include <fstream>
#include <unistd.h>

namespace coauth_test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// In bytes; 0 under a sanitizer, which keeps what has been freed.
inline std::size_t resident() {
    std::ifstream statm("/proc/self/statm");
    std::size_t all = 0;
    std::size_t pages = 0;
    statm >> all >> pages;
    return sanitized ? 0 : pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace coauth_test

#endif
