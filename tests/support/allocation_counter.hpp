// SPDX-License-Identifier: BSL-1.0
//
// How often this thread has called operator new, and a way to make it fail. A program that uses
// this has its global operators replaced.

#ifndef COAUTH_TESTS_SUPPORT_ALLOCATION_COUNTER_HPP
#define COAUTH_TESTS_SUPPORT_ALLOCATION_COUNTER_HPP

#include <cstddef>
#include <cstdint>

namespace coauth::tests {

[[nodiscard]] std::uint64_t allocations_of_this_thread() noexcept;

/// The size of its last one, in bytes.
[[nodiscard]] std::size_t last_allocation_of_this_thread() noexcept;

/// While it lives, this thread's allocations fail, after the first `spared` ones.
class no_memory {
public:
    explicit no_memory(std::uint64_t spared = 0) noexcept;
    no_memory(no_memory const&) = delete;
    no_memory& operator=(no_memory const&) = delete;
    ~no_memory();
};

}  // namespace coauth::tests

#endif
