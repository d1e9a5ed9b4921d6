// SPDX-License-Identifier: BSL-1.0

#include <coauth/cache/flight_control.hpp>

#include <cstddef>
#include <deque>
#include <gtest/gtest.h>
#include <support/allocation_counter.hpp>
#include <vector>

namespace flight_control_test {
namespace {

using namespace coauth::tests;
using coauth::detail::flight_control;
using coauth::detail::flight_waiter;
using coauth::detail::ticket_cells;
using claim = flight_control::claim;
using joined = flight_control::joined;

struct waiter : flight_waiter {
    waiter() : flight_waiter([](flight_waiter&, call) {}) {}
    flight_control::ticket ticket = 0;
};

class line : public ::testing::Test {
protected:
    joined join(std::size_t i) { return control.join(&waiters[i], waiters[i].ticket); }
    void join_all() {
        for (std::size_t i = 0; i < waiters.size(); ++i) ASSERT_EQ(join(i), joined::waiting);
    }
    /// Who is called, by number.
    std::vector<std::size_t> close() {
        std::vector<std::size_t> called;
        control.close([&](flight_waiter& w) {
            called.push_back(static_cast<std::size_t>(&static_cast<waiter&>(w) - waiters.data()));
        });
        return called;
    }
    bool leave_all(std::size_t n) {
        for (std::size_t i = 1; i < n; ++i) EXPECT_FALSE(control.leave());
        return control.leave();
    }

    flight_control control;
    std::vector<waiter> waiters = std::vector<waiter>(100);
};

TEST_F(line, calls_everybody_once_in_order_of_arrival) {
    join_all();
    ASSERT_EQ(control.settle(), claim::won);
    auto const called = close();
    ASSERT_EQ(called.size(), 100U);
    for (std::size_t i = 0; i < called.size(); ++i) EXPECT_EQ(called[i], i);
}

TEST_F(line, leader_comes_first) {
    flight_control led(&waiters[3]);
    (void)led.join(&waiters[1], waiters[1].ticket);
    std::vector<flight_waiter*> called;
    led.close([&](flight_waiter& w) { called.push_back(&w); });
    EXPECT_EQ(called, (std::vector<flight_waiter*>{&waiters[3], &waiters[1]}));
}

//
TEST_F(line, who_withdraws_is_not_called) {
    join_all();
    for (std::size_t i : {0U, 31U, 32U, 99U}) {
        EXPECT_TRUE(control.withdraw(waiters[i], waiters[i].ticket));
        EXPECT_FALSE(control.withdraw(waiters[i], waiters[i].ticket));
    }
    EXPECT_EQ(close().size(), 96U);
    EXPECT_FALSE(control.withdraw(waiters[1], waiters[1].ticket));
}

//
TEST_F(line, first_claim_wins) {
    EXPECT_FALSE(control.is_claimed());
    EXPECT_EQ(control.settle(), claim::won);
    EXPECT_EQ(control.settle(), claim::lost);
    EXPECT_TRUE(control.is_claimed());
}

TEST_F(line, disowned_flight_is_settled_without_its_entry) {
    EXPECT_TRUE(control.disown());
    EXPECT_EQ(control.settle(), claim::won_disowned);
}

TEST_F(line, flight_that_is_being_published_is_disowned_when_that_is_over) {
    ASSERT_EQ(control.settle(), claim::won);
    EXPECT_FALSE(control.disown());
    close();
    EXPECT_TRUE(control.disown());
}

TEST_F(line, who_comes_after_the_end_is_sent_away) {
    (void)control.settle();
    close();
    EXPECT_EQ(join(0), joined::closed);
}

TEST_F(line, last_one_to_leave_frees_and_nobody_does_so_twice) {
    ASSERT_EQ(join(0), joined::waiting);
    EXPECT_FALSE(control.leave());  // the caller
    (void)control.settle();
    close();
    EXPECT_TRUE(leave_all(2));
    // Protected by a hazard pointer, and too late.
    EXPECT_EQ(join(1), joined::closed);
    EXPECT_FALSE(control.leave());
}

TEST_F(line, shared_ticket_keeps_the_flight) {
    control.share();
    (void)control.settle();
    close();
    EXPECT_FALSE(control.leave());
    EXPECT_TRUE(leave_all(2));
}

TEST_F(line, flight_that_has_not_ended_is_not_freed) { EXPECT_FALSE(leave_all(2)); }

TEST_F(line, first_thirty_two_waiters_cost_no_memory) {
    auto const before = allocations_of_this_thread();
    for (std::size_t i = 0; i < ticket_cells::inline_cells; ++i) {
        ASSERT_EQ(join(i), joined::waiting);
    }
    EXPECT_EQ(allocations_of_this_thread(), before);
    ASSERT_EQ(join(ticket_cells::inline_cells), joined::waiting);
    EXPECT_EQ(allocations_of_this_thread(), before + 1);
}

TEST_F(line, hundred_thousand_waiters_cost_eleven_allocations_and_eleven_bytes_each) {
    std::deque<waiter> many(100'000);
    auto const before = allocations_of_this_thread();
    for (waiter& w : many) ASSERT_EQ(control.join(&w, w.ticket), joined::waiting);
    EXPECT_EQ(allocations_of_this_thread() - before, 11U);
    std::size_t cells = ticket_cells::inline_cells;
    for (std::size_t k = 0; k < 11; ++k) cells += ticket_cells::first_segment << k;
    EXPECT_LE(cells * sizeof(void*), 11U * many.size());
    std::size_t called = 0;
    control.close([&](flight_waiter&) { ++called; });
    EXPECT_EQ(called, many.size());
}

TEST_F(line, who_finds_no_memory_is_told_and_the_others_are_called) {
    for (std::size_t i = 0; i < 32; ++i) ASSERT_EQ(join(i), joined::waiting);
    {
        no_memory const now(0);
        EXPECT_EQ(join(32), joined::full);
        EXPECT_EQ(join(33), joined::full);
    }
    EXPECT_EQ(join(34), joined::waiting);
    auto const called = close();
    ASSERT_EQ(called.size(), 33U);
    EXPECT_EQ(called.back(), 34U);
}

}  // namespace
}  // namespace flight_control_test
