// SPDX-License-Identifier: BSL-1.0
//
// How often memory was asked for. For programs that are linked with allocations.cpp.

#ifndef COAUTH_BENCHMARKS_SUPPORT_ALLOCATIONS_HPP
#define COAUTH_BENCHMARKS_SUPPORT_ALLOCATIONS_HPP

#include <cstdint>

namespace bench {

/// Calls of malloc and its like so far, in the whole process.
[[nodiscard]] std::uint64_t allocations() noexcept;
[[nodiscard]] std::uint64_t allocations_of_this_thread() noexcept;

}  // namespace bench

#endif
