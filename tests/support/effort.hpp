// SPDX-License-Identifier: BSL-1.0
//
// How often a test repeats what it repeats very often: less where ThreadSanitizer makes each time
// many times as slow.

#ifndef COAUTH_TESTS_SUPPORT_EFFORT_HPP
#define COAUTH_TESTS_SUPPORT_EFFORT_HPP

#include <cstddef>

namespace coauth_test {

#ifdef __SANITIZE_THREAD__
inline constexpr bool slow_motion = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool slow_motion = true;
#else
inline constexpr bool slow_motion = false;
#endif
#else
inline constexpr bool slow_motion = false;
#endif

[[nodiscard]] constexpr std::size_t times(std::size_t usual) noexcept {
    return slow_motion ? usual / 10 : usual;
}

}  // namespace coauth_test

#endif
