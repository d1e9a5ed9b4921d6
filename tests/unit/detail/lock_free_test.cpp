// SPDX-License-Identifier: BSL-1.0
//
// Every type that stands in an atomic of the library; tests/lint/guards.py compares the list.

#include <coauth/clock.hpp>
#include <coauth/observer.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lock_free_test {
namespace {

template <class... T>
constexpr bool always_lock_free = (std::atomic<T>::is_always_lock_free && ...);

template <class... T>
constexpr bool one_word = ((sizeof(T) <= sizeof(std::uint64_t)) && ...);

//
TEST(atomics, are_lock_free_on_every_machine_that_compiles_this_and_one_word_wide) {
    using coauth::duration;
    using coauth::fetch_reason;
    // begin of the list
    EXPECT_TRUE(
        (always_lock_free<bool, unsigned, std::int64_t, std::uint32_t, std::uint64_t, std::size_t,
                          std::uintptr_t, duration::rep, fetch_reason, void*>));
    // end of the list
    EXPECT_TRUE((one_word<fetch_reason, duration::rep, void*>));
}

}  // namespace
}  // namespace lock_free_test
