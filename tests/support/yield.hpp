// SPDX-License-Identifier: BSL-1.0
//
// Makes the library give up its time slice, now and then, where only a lost one shows a mistake.
// To be included before any header of the library, by every file of a program or by none.

#ifndef COAUTH_TESTS_SUPPORT_YIELD_HPP
#define COAUTH_TESTS_SUPPORT_YIELD_HPP

#include <functional>
#include <random>
#include <thread>

namespace coauth::tests {

/// What this thread does there in the place of that; for a test that stops it.
inline std::function<void()>& instead_of_yield() {
    static thread_local std::function<void()> action;
    return action;
}

inline void maybe_yield() {
    if (instead_of_yield()) return instead_of_yield()();
    static thread_local std::minstd_rand random(std::random_device{}());
    for (auto turns = random() % 8; turns > 4; --turns) std::this_thread::yield();
}

}  // namespace coauth::tests

#define COAUTH_TEST_YIELD() ::coauth::tests::maybe_yield()

#endif
