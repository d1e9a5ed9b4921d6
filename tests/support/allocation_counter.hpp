// SPDX-License-Identifier: BSL-1.0
//
// How often this thread has called operator new, and a way to make it fail. A program that uses
// this has its global operators replaced.

#ifndef COAUTH_TESTS_SUPPORT_ALLOCATION_COUNTER_HPP
#define COAUTH_TESTS_SUPPORT_ALLOCATION_COUNTER_HPP

#include <coauth/testing/fail_nth.hpp>

#include <cstddef>
#include <cstdint>

namespace coauth::tests {

[[nodiscard]] std::uint64_t allocations_of_this_thread() noexcept;
[[nodiscard]] std::uint64_t deallocations_of_this_thread() noexcept;

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

/// While it lives, each allocation of this thread is an event of `fault`, which must outlive it.
class failing_allocations {
public:
    /// Asked where an allocation is to fail, with this thread's allocations out of the game: true
    /// lets it succeed after all.
    using exemption = bool (*)();

    explicit failing_allocations(testing::fail_nth& fault, exemption spare = nullptr) noexcept;
    failing_allocations(failing_allocations const&) = delete;
    failing_allocations& operator=(failing_allocations const&) = delete;
    ~failing_allocations();
};

}  // namespace coauth::tests

#endif
