// SPDX-License-Identifier: BSL-1.0
//
// Fetches of many keys, of which only so many run at a time.

#include <coauth/cache/token_cache.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <support/many_keys.hpp>
#include <utility>
#include <vector>

namespace flight_turns_test {
namespace {

using namespace std::chrono_literals;
using namespace coauth::tests;
using coauth::cache_entry;
using coauth::cache_key;
using coauth::errc;
using coauth::error;
using coauth::stage;
using coauth::token_cache;
using coauth::token_cache_options;
using coauth::detail::suspension;
using coauth::detail::token_demand;
using coauth::testing::manual_clock;

class fetch_turns : public many_keys_test {
protected:
    explicit fetch_turns(std::size_t most = 2) : many_keys_test({.max_concurrent_flights = most}) {}

    /// A fetcher that says when it begins.
    std::shared_ptr<fake_fetcher> make_fetcher(std::uint64_t n, asio::io_context& on) {
        auto made = std::make_shared<fake_fetcher>(on.get_executor(), policy.clock);
        made->hold();
        made->on_fetch = [this, n] { begun.push_back(n); };
        return made;
    }
    /// Key n with a fetcher of its own, on the same context.
    void ask(std::uint64_t n) {
        fetchers.push_back(make_fetcher(n, io));
        entries.push_back(bind(n));
        entries.back()->set_home(fetchers.back());
        calls.push_back(call(entries.back(), fetchers.back()));
    }
    void ask_all(std::uint64_t count) {
        for (std::uint64_t n = 0; n < count; ++n) ask(n);
        poll();
    }
    [[nodiscard]] std::uint64_t waiting() const { return cache.statistics().waiting_flights; }

    std::vector<std::uint64_t> begun;
    std::vector<std::shared_ptr<fake_fetcher>> fetchers;
    std::vector<entry_handle> entries;
    std::vector<call_handle> calls;
};

TEST_F(fetch_turns, beyond_the_limit_wait_and_begin_in_the_order_they_came) {
    ask_all(20);
    EXPECT_EQ(begun, (std::vector<std::uint64_t>{0, 1}));
    EXPECT_EQ(waiting(), 18U);
    EXPECT_EQ(cache.statistics().current_flights, 20U);
    std::vector<std::uint64_t> expected;
    for (std::uint64_t n = 0; n < 20; ++n) {
        expected.push_back(n);
        ASSERT_LE(begun.size(), n + 2);
        ASSERT_TRUE(fetchers[n]->let_go());
        poll();
    }
    EXPECT_EQ(begun, expected);
    for (auto const& c : calls) EXPECT_EQ(c->token(), "token1");
    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(cache.statistics().current_flights, 0U);
}

TEST_F(fetch_turns, callers_of_a_waiting_fetch_share_it) {
    ask_all(3);
    auto const joined = call(entries[2], fetchers[2]);
    poll();
    fetchers[0]->let_go();
    poll();
    fetchers[2]->let_go();
    poll();
    EXPECT_EQ(joined->token(), "token1");
    EXPECT_EQ(fetchers[2]->fetches(), 1U);
}

TEST_F(fetch_turns, cancelled_caller_leaves_and_the_fetch_keeps_its_turn) {
    ask_all(3);
    calls[2]->cancel.emit(asio::cancellation_type::terminal);
    poll();
    EXPECT_TRUE(calls[2]->failed_with(errc::cancelled));
    EXPECT_EQ(waiting(), 1U);
    fetchers[0]->let_go();
    poll();
    fetchers[2]->let_go();
    poll();
    bool due = false;
    EXPECT_TRUE(entries[2]->find(clock.now(), due));
}

TEST_F(fetch_turns, deadline_of_a_fetch_begins_with_its_turn) {
    struct noting_fetcher : fake_fetcher {
        using fake_fetcher::fake_fetcher;
        coauth::awaitable<coauth::result<coauth::detail::fetched_token>> fetch(
            coauth::detail::fetch_order order) override {
            deadline = order.deadline;
            return fake_fetcher::fetch(std::move(order));
        }
        coauth::time_point deadline;
    };
    ask_all(2);
    auto const third = std::make_shared<noting_fetcher>(io.get_executor(), clock);
    auto const patient = call(bind(2), third);
    poll();
    clock.advance(20s);
    fetchers[0]->let_go();
    poll();
    EXPECT_EQ(patient->token(), "token1");
    EXPECT_EQ(third->deadline, clock.now() + policy.fetch_deadline);
}

TEST_F(fetch_turns, stopped_fetch_gives_up_its_place_in_the_row) {
    ask_all(4);
    auto const place = entries[2]->running(fetchers[2].get(), io.get_executor());
    ASSERT_TRUE(place);
    fetchers[2]->refuse();
    coauth::detail::fetch_run::end(*entries[2], *place, error(errc::stopped, stage::token));
    poll();
    EXPECT_EQ(waiting(), 1U);
    fetchers[0]->let_go();
    poll();
    EXPECT_EQ(begun, (std::vector<std::uint64_t>{0, 1, 3}));
}

TEST_F(fetch_turns, stopped_fetch_that_runs_makes_room_for_the_next) {
    ask_all(3);
    auto const place = entries[0]->running(fetchers[0].get(), io.get_executor());
    fetchers[0]->refuse();
    coauth::detail::fetch_run::end(*entries[0], *place, error(errc::stopped, stage::token));
    poll();
    EXPECT_EQ(begun, (std::vector<std::uint64_t>{0, 1, 2}));
}

TEST_F(fetch_turns, context_that_ends_takes_its_own_fetches_out_of_the_row) {
    auto doomed = std::make_unique<asio::io_context>(1);
    ask_all(2);
    for (std::uint64_t n = 100; n < 110; ++n) {
        auto const there = make_fetcher(n, *doomed);
        static_cast<void>(call(bind(n), there));
    }
    poll();
    doomed->poll();
    ask(2);
    poll();
    EXPECT_EQ(waiting(), 11U);
    doomed.reset();
    EXPECT_EQ(waiting(), 1U);
    fetchers[0]->let_go();
    poll();
    EXPECT_EQ(begun, (std::vector<std::uint64_t>{0, 1, 2}));
}

TEST_F(fetch_turns, contexts_of_running_fetches_end_and_the_next_ones_begin) {
    auto doomed = std::make_unique<asio::io_context>(1);
    for (std::uint64_t n = 100; n < 102; ++n) {
        static_cast<void>(call(bind(n), make_fetcher(n, *doomed)));
    }
    poll();
    doomed->poll();
    ask_all(2);
    EXPECT_EQ(waiting(), 2U);
    doomed.reset();
    poll();
    EXPECT_EQ(begun, (std::vector<std::uint64_t>{100, 101, 0, 1}));
}

//
TEST_F(fetch_turns, erased_entry_leaves_its_fetch_in_the_row_for_those_who_wait) {
    ask_all(3);
    cache.clear();
    EXPECT_EQ(waiting(), 1U);
    for (auto n : {0U, 1U}) fetchers[n]->let_go();
    poll();
    fetchers[2]->let_go();
    poll();
    EXPECT_EQ(calls[2]->token(), "token1");
    bool due = false;
    EXPECT_FALSE(entries[2]->find(clock.now(), due));
}

//
TEST_F(fetch_turns, waiting_fetch_is_not_overdue_as_long_as_somebody_runs_its_executor) {
    policy.fetch_deadline = 1h;
    ask_all(2);
    policy.fetch_deadline = 30s;
    entry_handle const entry = bind(2);
    auto const a = entry->miss(clock.now());
    ASSERT_TRUE(a.fetch);
    for (int i = 0; i < 4; ++i) {
        EXPECT_FALSE(entry->take_turn(*a.fetch, std::make_shared<suspension>()));
        clock.advance(15s);
        EXPECT_FALSE(entry->miss(clock.now()).fetch);
    }
    clock.advance(32s);
    EXPECT_TRUE(entry->miss(clock.now()).fetch);
}

//
TEST_F(fetch_turns, running_fetches_that_hang_lose_their_places_when_overdue) {
    asio::io_context nobody_runs(1);
    for (std::uint64_t n = 100; n < 102; ++n) {
        static_cast<void>(call(bind(n), make_fetcher(n, nobody_runs)));
    }
    poll();
    nobody_runs.poll();
    clock.advance(32s);
    ask_all(1);
    EXPECT_EQ(begun, (std::vector<std::uint64_t>{100, 101, 0}));
}

class short_turns : public fetch_turns {
protected:
    short_turns() : fetch_turns(1) {
        policy.clock = coauth::clock();
        policy.fetch_deadline = 20ms;
    }
};

TEST_F(short_turns, everybody_waits_out_fetches_that_never_end) {
    for (std::uint64_t n = 0; n < 6; ++n) ask(n);
    io.run();
    for (auto const& c : calls) EXPECT_TRUE(c->failed_with(errc::deadline_exceeded));
    EXPECT_EQ(begun, (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(cache.statistics().fetches, 6U);
}

class sixty_four : public fetch_turns {
protected:
    sixty_four() : fetch_turns(64) {
        // Longer than the slowest machine takes.
        policy.fetch_deadline = 1h;
    }

    void bind_all(std::uint64_t count) {
        for (std::uint64_t n = 0; n < count; ++n) entries.push_back(bind(n));
    }
    /// One caller of each key, which does not keep its token.
    void call_all() {
        for (auto const& e : entries) {
            auto const c = call(e, fetcher);
            c->on_end = [this, it = c.get()] {
                served += it->token().empty() ? 0 : 1;
                it->outcome.reset();
            };
            calls.push_back(c);
        }
        poll();
    }

    std::shared_ptr<fake_fetcher> fetcher =
        std::make_shared<fake_fetcher>(io.get_executor(), policy.clock);
    unsigned served = 0;
};

//
TEST_F(sixty_four, ten_thousand_tokens_that_expire_together_are_fetched_64_at_a_time) {
    bind_all(10'000);
    call_all();
    clock.advance(2h);
    fetcher->hold();
    call_all();
    EXPECT_EQ(fetcher->held(), 64U);
    EXPECT_EQ(waiting(), 10'000U - 64U);
    while (fetcher->let_go()) {
        poll();
        ASSERT_LE(fetcher->held(), 64U);
    }
    EXPECT_EQ(served, 20'000U);
    EXPECT_EQ(fetcher->fetches(), 20'000U);
    EXPECT_LE(fetcher->overlap(), 64U);
    EXPECT_EQ(cache.statistics().current_flights, 0U);
}

//
TEST_F(sixty_four, hundred_callers_of_each_of_a_thousand_keys_cause_a_thousand_fetches) {
    bind_all(1000);
    fetcher->hold();
    for (int i = 0; i < 100; ++i) call_all();
    while (fetcher->let_go()) poll();
    EXPECT_EQ(fetcher->fetches(), 1000U);
    EXPECT_EQ(served, 100'000U);
}

}  // namespace
}  // namespace flight_turns_test
