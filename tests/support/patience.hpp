// SPDX-License-Identifier: BSL-1.0
//
// Deadlines that are to pass at one point of the work, and not before it. On a machine that does
// much else each of them can be too short; so the test is repeated with more, and no time is
// asserted.

#ifndef COAUTH_TESTS_SUPPORT_PATIENCE_HPP
#define COAUTH_TESTS_SUPPORT_PATIENCE_HPP

#include <chrono>
#include <gtest/gtest.h>

namespace coauth_test {

/// Calls `attempt` with a duration until it says true: that the work came as far as it should
/// before the time was over. Begins with `first` and doubles it; fails after some 25 s in all.
template <class Attempt>
void with_enough_patience(std::chrono::milliseconds first, Attempt const& attempt) {
    for (auto patience = first; patience < std::chrono::seconds(15); patience *= 2) {
        if (attempt(patience)) return;
    }
    ADD_FAILURE() << "never came as far as it should";
}

}  // namespace coauth_test

#endif
