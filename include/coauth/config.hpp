// SPDX-License-Identifier: BSL-1.0
//
// Version and build switches. Knows nothing but the preprocessor.

#ifndef COAUTH_CONFIG_HPP
#define COAUTH_CONFIG_HPP

#define COAUTH_VERSION_MAJOR 0
#define COAUTH_VERSION_MINOR 1
#define COAUTH_VERSION_PATCH 0
#define COAUTH_VERSION_STRING "0.1.0"

#if !defined(__cpp_concepts) && (!defined(__GNUC__) || __cplusplus < 202002L)
#error "coauth needs C++20: compile with -std=c++20"
#endif

/// Header-only is the default. With COAUTH_SEPARATE_COMPILATION defined for a whole program, the
/// facade headers only declare, and exactly one unit includes <coauth/src.hpp>, which has the
/// bodies. The types are the same in both modes, and so are the bodies: a unit that was compiled
/// without the macro by mistake still works, it only takes longer to compile.
#ifdef COAUTH_SEPARATE_COMPILATION
#define COAUTH_INLINE
#else
#define COAUTH_INLINE inline
#endif

/// Called between two accesses to shared atomics. Empty in a normal build; a stress test defines it
/// as something that yields, so that interleavings which need a lost time slice happen often.
#ifndef COAUTH_TEST_YIELD
#define COAUTH_TEST_YIELD() ((void)0)
#endif

#endif
