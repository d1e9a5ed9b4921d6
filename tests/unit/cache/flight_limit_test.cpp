// SPDX-License-Identifier: BSL-1.0

#include <coauth/cache/flight_limit.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <support/allocation_counter.hpp>
#include <vector>

namespace flight_limit_test {
namespace {

using namespace std::chrono_literals;
using coauth::detail::flight_limit;
using coauth::detail::suspension;
using coauth::detail::wake_reason;
using coauth::tests::no_memory;

class turns : public ::testing::Test {
protected:
    struct flight {
        flight_limit::place place;
        std::shared_ptr<suspension> wake;
        /// A suspension is woken once: who comes first?
        [[nodiscard]] bool woken() const { return !wake->wake(wake_reason::expired); }
    };

    bool enter(flight& f) {
        f.wake = std::make_shared<suspension>();
        return limit.enter(f.place, clock.now(), 30s, f.wake);
    }
    void leave(flight& f) { limit.leave(f.place, clock.now()); }

    coauth::testing::manual_clock clock;
    flight_limit limit{2};
    std::vector<flight> flights{8};
};

TEST_F(turns, as_many_run_as_are_allowed_and_the_others_wait) {
    EXPECT_TRUE(enter(flights[0]));
    EXPECT_TRUE(enter(flights[1]));
    EXPECT_FALSE(enter(flights[2]));
    EXPECT_EQ(limit.running(), 2U);
    EXPECT_EQ(limit.waiting(), 1U);
    for (auto& f : flights) leave(f);
}

TEST_F(turns, first_to_come_is_first_to_be_woken) {
    for (auto& f : flights) static_cast<void>(enter(f));
    for (std::size_t i = 0; i + 2 < flights.size(); ++i) {
        leave(flights[i]);
        EXPECT_EQ(limit.running(), 2U);
        EXPECT_TRUE(flights[i + 2].woken());
        EXPECT_TRUE(enter(flights[i + 2]));
        if (i + 3 < flights.size()) { EXPECT_FALSE(enter(flights[i + 3])); }
    }
    leave(flights[6]);
    leave(flights[7]);
    EXPECT_EQ(limit.running(), 0U);
}

TEST_F(turns, asking_again_keeps_the_place_in_the_row) {
    for (auto& f : flights) static_cast<void>(enter(f));
    EXPECT_FALSE(enter(flights[2]));
    leave(flights[0]);
    EXPECT_TRUE(flights[2].woken());
    EXPECT_FALSE(flights[3].woken());
}

TEST_F(turns, who_leaves_the_row_makes_nobody_wait) {
    for (auto& f : flights) static_cast<void>(enter(f));
    leave(flights[2]);
    leave(flights[3]);
    leave(flights[3]);
    EXPECT_EQ(limit.running(), 2U);
    leave(flights[0]);
    EXPECT_TRUE(flights[4].woken());
    EXPECT_EQ(limit.running(), 2U);
    EXPECT_EQ(limit.waiting(), 3U);
}

TEST_F(turns, one_that_has_been_let_in_and_leaves_before_it_runs_lets_the_next_in) {
    for (auto& f : flights) static_cast<void>(enter(f));
    leave(flights[0]);
    leave(flights[2]);
    EXPECT_TRUE(flights[3].woken());
    EXPECT_EQ(limit.running(), 2U);
}

TEST_F(turns, flight_that_has_left_takes_no_place_when_it_asks) {
    leave(flights[0]);
    EXPECT_TRUE(enter(flights[0]));
    EXPECT_EQ(limit.running(), 0U);
}

TEST_F(turns, whoever_is_overdue_loses_its_place_to_those_who_ask) {
    for (int i = 0; i < 4; ++i) static_cast<void>(enter(flights[static_cast<std::size_t>(i)]));
    clock.advance(31s);
    EXPECT_TRUE(enter(flights[2]));
    EXPECT_TRUE(flights[3].woken());
    EXPECT_EQ(limit.running(), 2U);
    leave(flights[0]);
    EXPECT_EQ(limit.running(), 2U);
    EXPECT_FALSE(enter(flights[1]));  // it has come back to life
    leave(flights[2]);
    EXPECT_TRUE(enter(flights[1]));
}

TEST_F(turns, refusal_for_lack_of_memory_leaves_nothing_behind) {
    auto const wake = std::make_shared<suspension>();
    {
        no_memory const now;
        EXPECT_THROW(static_cast<void>(limit.enter(flights[0].place, clock.now(), 30s, wake)),
                     std::bad_alloc);
    }
    EXPECT_EQ(limit.running(), 0U);
    EXPECT_TRUE(enter(flights[0]));
}

}  // namespace
}  // namespace flight_limit_test
