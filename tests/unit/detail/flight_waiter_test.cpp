// SPDX-License-Identifier: BSL-1.0

#include <coauth/detail/flight_waiter.hpp>

#include <cstddef>
#include <deque>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <support/allocation_counter.hpp>
#include <utility>
#include <vector>

namespace flight_waiter_test {
namespace {

using namespace coauth::tests;
using coauth::any_executor;
using coauth::detail::flight_delivery;
using coauth::detail::flight_waiter;
using coauth::detail::gate_of;

struct record_of_calls {
    std::vector<int> ready;
    std::vector<int> abandoned;
};

struct numbered : flight_waiter {
    numbered(int n, record_of_calls& r, any_executor executor, bool gated = false)
        : flight_waiter(&numbered::called), number(n), calls(r) {
        bind(executor, gated ? gate_of(executor).get() : nullptr);
    }
    static void called(flight_waiter& w, call how) {
        auto& self = static_cast<numbered&>(w);
        (how == call::ready ? self.calls.ready : self.calls.abandoned).push_back(self.number);
        if (how == call::ready && self.throws) throw std::runtime_error("waiter");
    }
    int const number;
    record_of_calls& calls;
    bool throws = false;
};

std::vector<int> counted_to(int n) {
    std::vector<int> all;
    for (int i = 0; i < n; ++i) all.push_back(i);
    return all;
}

class delivery : public ::testing::Test {
protected:
    void deliver(bool gated = false) {
        for (int i = 0; i < 40; ++i) waiters.emplace_back(i, calls, io->get_executor(), gated);
        flight_delivery d;
        for (auto& w : waiters) d.add(w);
    }
    record_of_calls calls;
    std::deque<numbered> waiters;
    std::unique_ptr<asio::io_context> io = std::make_unique<asio::io_context>(1);
};

TEST_F(delivery, calls_in_order_of_arrival_and_never_inline) {
    deliver();
    EXPECT_TRUE(calls.ready.empty());
    io->run();
    EXPECT_EQ(calls.ready, counted_to(40));
}

TEST_F(delivery, posts_once_for_sixteen_waiters) {
    deliver();
    EXPECT_EQ(io->poll(), 3U);
}

TEST_F(delivery, posts_to_each_executor_what_stands_together) {
    asio::io_context other(1);
    for (int i = 0; i < 12; ++i) {
        waiters.emplace_back(i, calls,
                             (i / 3) % 2 == 0 ? io->get_executor() : other.get_executor());
    }
    {
        flight_delivery d;
        for (auto& w : waiters) d.add(w);
    }
    EXPECT_EQ(io->poll(), 2U);
    EXPECT_EQ(calls.ready, (std::vector<int>{0, 1, 2, 6, 7, 8}));
    EXPECT_EQ(other.poll(), 2U);
}

TEST_F(delivery, waiter_that_throws_loses_nobody) {
    deliver();
    for (int i : {0, 7, 15, 16, 39}) waiters[static_cast<std::size_t>(i)].throws = true;
    int thrown = 0;
    for (bool more = true; more;) {
        try {
            io->restart();
            more = io->run() != 0;
        } catch (std::runtime_error const&) { ++thrown; }
    }
    EXPECT_EQ(thrown, 5);
    EXPECT_EQ(calls.ready.size(), 40U);
    EXPECT_TRUE(calls.abandoned.empty());
}

TEST_F(delivery, context_that_never_runs_again_abandons_its_waiters) {
    deliver();
    io.reset();
    EXPECT_EQ(calls.abandoned, counted_to(40));
}

TEST_F(delivery, context_that_has_gone_is_not_touched) {
    auto const gate = gate_of(io->get_executor());
    for (int i = 0; i < 40; ++i) waiters.emplace_back(i, calls, io->get_executor(), true);
    io.reset();
    flight_delivery d;
    for (auto& w : waiters) d.add(w);
    EXPECT_EQ(calls.abandoned, counted_to(40));
}

TEST_F(delivery, lack_of_memory_abandons_and_does_not_throw) {
    calls.abandoned.reserve(40);
    for (int i = 0; i < 40; ++i) waiters.emplace_back(i, calls, io->get_executor());
    {
        no_memory const now(0);
        flight_delivery d;
        for (auto& w : waiters) d.add(w);
    }
    io->run();
    EXPECT_EQ(calls.ready.size() + calls.abandoned.size(), 40U);
}

}  // namespace
}  // namespace flight_waiter_test
