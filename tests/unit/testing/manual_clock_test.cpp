// SPDX-License-Identifier: BSL-1.0

#include <coauth/testing/manual_clock.hpp>
#include <coauth/testing/token_registry.hpp>

#include <chrono>
#include <gtest/gtest.h>

namespace manual_clock_test {
namespace {

using namespace std::chrono_literals;
using coauth::testing::manual_clock;

TEST(testing_manual_clock, stands_still_until_it_is_moved) {
    manual_clock const clock;
    coauth::time_point const before = clock.now();
    EXPECT_EQ(clock.now(), before);
    clock.advance(90s);
    EXPECT_EQ(clock.now() - before, 90s);
    clock.advance(-100s);
    EXPECT_EQ(before - clock.now(), 10s);
}

TEST(testing_manual_clock, all_copies_and_handles_show_the_same_time) {
    manual_clock const clock;
    manual_clock const copy = clock;
    coauth::clock const handle = clock;
    clock.advance(5min);
    EXPECT_EQ(copy.now(), clock.now());
    EXPECT_EQ(handle.now(), clock.now());
    EXPECT_FALSE(handle.is_default());
}

TEST(testing_manual_clock, decides_when_a_token_has_expired) {
    manual_clock const clock;
    coauth::testing::token_registry tokens(clock);
    std::string const token = tokens.issue("client", {}, 1min);
    clock.advance(59s);
    EXPECT_EQ(tokens.look_up(token).state, coauth::testing::token_state::active);
    clock.advance(1s);
    EXPECT_EQ(tokens.look_up(token).state, coauth::testing::token_state::expired);
}

}  // namespace
}  // namespace manual_clock_test
