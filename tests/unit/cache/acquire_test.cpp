// SPDX-License-Identifier: BSL-1.0

#include <coauth/cache/acquire.hpp>
#include <coauth/exchange_record.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <chrono>
#include <gtest/gtest.h>
#include <list>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <support/allocation_counter.hpp>
#include <support/fake_fetcher.hpp>
#include <utility>
#include <vector>

namespace acquire_test {
namespace {

using namespace std::chrono_literals;
using namespace coauth::tests;
using coauth::any_executor;
using coauth::awaitable;
using coauth::errc;
using coauth::result;
using coauth::time_point;
using coauth::detail::context_gate;
using coauth::detail::fetched_token;
using coauth::detail::token_demand;
using coauth::testing::manual_clock;

/// One key, a fetcher that lives on `home`, and callers on any context; one thread runs them all.
class single_flight : public ::testing::Test {
protected:
    explicit single_flight(coauth::duration fetch_deadline = 30s)
        : key(policy(clock, fetch_deadline)) {}

    static coauth::cache_policy policy(manual_clock const& clock, coauth::duration deadline) {
        coauth::cache_policy p;
        p.fetch_deadline = deadline;
        p.clock = clock;
        return p;
    }

    call_handle call(asio::io_context& on) {
        return call(on.get_executor(), token_demand(time_point::max()));
    }
    call_handle call(any_executor const& executor, token_demand demand) {
        auto made = std::make_shared<token_call>();
        calls.push_back(made);
        start(executor, made, key.entry, fetcher, std::move(demand));
        return made;
    }
    /// Runs whatever is ready, everywhere.
    void poll() {
        for (bool more = true; more;) {
            more = false;
            for (auto* io : {home.get(), &other}) {
                if (io == nullptr || !running(io)) continue;
                io->restart();
                if (io->poll() != 0) more = true;
            }
        }
    }
    bool running(asio::io_context* io) const { return io != home.get() || home_runs; }
    void each_has(std::string const& token) const {
        for (auto const& c : calls) EXPECT_EQ(c->token(), token);
    }

    manual_clock clock;
    cached_key key;
    std::unique_ptr<asio::io_context> home = std::make_unique<asio::io_context>();
    asio::io_context other;
    bool home_runs = true;
    std::shared_ptr<fake_fetcher> fetcher =
        std::make_shared<fake_fetcher>(home->get_executor(), clock);
    std::vector<call_handle> calls;
};

TEST_F(single_flight, cold_caller_gets_the_token_of_one_fetch) {
    call(other);
    poll();
    each_has("token1");
    EXPECT_EQ(fetcher->fetches(), 1U);
}

TEST_F(single_flight, thousand_callers_on_two_contexts_cause_one_fetch) {
    fetcher->hold();
    for (int i = 0; i < 500; ++i) {
        call(*home);
        call(other);
    }
    poll();
    EXPECT_EQ(fetcher->fetches(), 1U);
    EXPECT_TRUE(fetcher->let_go());
    poll();
    each_has("token1");
    EXPECT_EQ(fetcher->fetches(), 1U);
    EXPECT_EQ(key.statistics().joins, 1000U);
    EXPECT_EQ(key.statistics().current_flights, 0U);
}

//
TEST_F(single_flight, waiters_resume_on_their_own_executor_and_not_in_the_fetch) {
    fetcher->hold();
    asio::strand<asio::io_context::executor_type> const strand(other.get_executor());
    int inside = 0;
    bool settling = false;
    auto watch = [&](call_handle const& c, auto executor) {
        c->on_end = [&, executor] {
            EXPECT_TRUE(executor.running_in_this_thread());
            EXPECT_FALSE(settling);
            ++inside;
        };
    };
    watch(call(*home), home->get_executor());
    watch(call(other), other.get_executor());
    watch(call(strand, token_demand(time_point::max())), strand);
    poll();
    fetcher->answer_with([&](unsigned, time_point started) {
        settling = true;
        asio::post(*home, [&] { settling = false; });
        return granted("token", 3600, started);
    });
    fetcher->let_go();
    poll();
    EXPECT_EQ(inside, 3);
}

//
TEST_F(single_flight, cancelled_waiter_leaves_alone) {
    fetcher->hold();
    call(other);
    auto const quitter = call(other);
    call(*home);
    poll();
    quitter->cancel.emit(asio::cancellation_type::terminal);
    poll();
    EXPECT_TRUE(quitter->failed_with(errc::cancelled));
    EXPECT_EQ(key.statistics().leaves, 1U);
    fetcher->let_go();
    poll();
    EXPECT_EQ(calls[0]->token(), "token1");
    EXPECT_EQ(calls[2]->token(), "token1");
    EXPECT_EQ(fetcher->fetches(), 1U);
}

// here the cache's part, the fetch outlives the caller that started it
TEST_F(single_flight, cancelled_starter_does_not_end_the_fetch) {
    for (auto const type : {asio::cancellation_type::terminal, asio::cancellation_type::partial,
                            asio::cancellation_type::total}) {
        calls.clear();
        fetcher->hold();
        auto const starter = call(*home);
        poll();
        auto const follower = call(other);
        poll();
        starter->cancel.emit(type);
        poll();
        // Coroutines let only this type pass unless they are told otherwise.
        bool const ended = type == asio::cancellation_type::terminal;
        EXPECT_EQ(starter->finished(), ended);
        fetcher->let_go();
        poll();
        EXPECT_FALSE(follower->token().empty());
        clock.advance(2h);
    }
    EXPECT_EQ(fetcher->fetches(), 3U);
    EXPECT_EQ(fetcher->overlap(), 1U);
}

//
TEST_F(single_flight, fetch_goes_on_for_the_next_caller_when_all_have_been_cancelled) {
    fetcher->hold();
    for (int i = 0; i < 20; ++i) call(i % 2 == 0 ? other : *home);
    poll();
    for (auto const& c : calls) c->cancel.emit(asio::cancellation_type::terminal);
    poll();
    for (auto const& c : calls) EXPECT_TRUE(c->failed_with(errc::cancelled));
    fetcher->let_go();
    poll();
    EXPECT_EQ(key.statistics().current_flights, 0U);
    EXPECT_EQ(call(other)->token(), "");
    poll();
    EXPECT_EQ(calls.back()->token(), "token1");
    EXPECT_EQ(fetcher->fetches(), 1U);
}

TEST_F(single_flight, deadline_of_one_caller_is_its_own) {
    fetcher->hold();
    call(other);
    auto const hasty = call(other.get_executor(), token_demand(clock.now() + 5ms));
    auto const late = call(other.get_executor(), token_demand(clock.now() - 1s));
    for (poll(); !hasty->finished() || !late->finished(); poll()) other.run_one();
    EXPECT_TRUE(hasty->failed_with(errc::deadline_exceeded));
    EXPECT_TRUE(late->failed_with(errc::deadline_exceeded));
    EXPECT_FALSE(calls[0]->finished());
    fetcher->let_go();
    poll();
    EXPECT_EQ(calls[0]->token(), "token1");
}

//
TEST_F(single_flight, exception_of_the_fetch_reaches_everybody_and_the_next_call_tries_again) {
    fetcher->hold();
    fetcher->answer_with([](unsigned n, time_point started) {
        if (n == 1) throw std::bad_alloc();
        if (n == 2) throw std::runtime_error("strategy broke");
        return granted("token", 3600, started);
    });
    for (errc const expected : {errc::out_of_memory, errc::fetch_threw}) {
        calls.clear();
        call(other);
        call(*home);
        poll();
        fetcher->let_go();
        poll();
        for (auto const& c : calls) EXPECT_TRUE(c->failed_with(expected));
        clock.advance(3s);
    }
    EXPECT_EQ(calls[0]->outcome->error().message(), "strategy broke");
    call(other);
    poll();
    fetcher->let_go();
    poll();
    EXPECT_EQ(calls.back()->token(), "token");
}

//
TEST_F(single_flight, second_result_of_a_flight_is_ignored) {
    coauth::cache_entry::arrival const a = key.entry->miss(clock.now());
    key.entry->settle(*a.flight, granted("first", 3600, clock.now()));
    key.entry->settle(*a.flight, granted("second", 3600, clock.now()));
    key.entry->settle(*a.flight, server_error());
    EXPECT_EQ(look(key.entry, fetcher).access_token(), "first");
}

//
TEST_F(single_flight, late_result_of_an_old_flight_cannot_overwrite_a_newer_token) {
    coauth::cache_entry::arrival const old = key.entry->miss(clock.now());
    clock.advance(32s);
    coauth::cache_entry::arrival const next = key.entry->miss(clock.now());
    EXPECT_TRUE(next.fetch);
    key.entry->settle(*next.flight, granted("new", 3600, clock.now()));
    key.entry->settle(*old.flight, granted("old", 3600, clock.now()));
    EXPECT_EQ(look(key.entry, fetcher).access_token(), "new");
    EXPECT_EQ(key.statistics().current_flights, 0U);
}

class short_deadline : public single_flight {
protected:
    short_deadline() : single_flight(30ms) {}
};

//
TEST_F(short_deadline, fetch_that_never_ends_gives_everybody_deadline_exceeded) {
    fetcher->hold();
    for (int i = 0; i < 3; ++i) call(*home);
    home->run();  // ends, since the fetch is cancelled too
    for (auto const& c : calls) EXPECT_TRUE(c->failed_with(errc::deadline_exceeded));
    EXPECT_EQ(key.statistics().failures_definitive + key.statistics().failures_transient, 1U);
}

TEST_F(short_deadline, lone_waiter_gets_by_without_a_home_that_nobody_runs) {
    home_runs = false;
    auto const lone = call(other);
    poll();
    clock.advance(2s);  // so that the second flight need not wait for the minimum interval
    other.run();
    EXPECT_EQ(lone->token(), "token1");
    EXPECT_EQ(key.statistics().fetches, 2U);
}

// the interval is real time here, so that only its order can be seen
TEST_F(single_flight, flight_too_soon_after_the_last_waits_with_its_callers) {
    fetcher->set_lifetime(1);
    call(other);
    poll();
    clock.advance(950ms);  // past its hard deadline, and 50 ms before the next may start
    auto const second = call(other);
    auto const third = call(*home);
    poll();
    EXPECT_EQ(fetcher->fetches(), 1U);
    for (; !second->finished() || !third->finished(); poll()) home->run_one();
    EXPECT_EQ(second->token(), "token2");
    EXPECT_EQ(third->token(), "token2");
}

TEST_F(single_flight, token_that_is_dead_on_arrival_is_given_to_those_who_waited) {
    fetcher->set_lifetime(5);
    fetcher->hold();
    call(other);
    poll();
    clock.advance(10s);
    fetcher->let_go();
    poll();
    each_has("token1");  // the next caller fetches, there is no loop
    EXPECT_EQ(fetcher->fetches(), 1U);
    EXPECT_FALSE(look(key.entry, fetcher));
}

TEST_F(single_flight, token_that_was_rejected_before_its_waiter_resumed_is_not_given_out) {
    fetcher->hold();
    auto const slow = call(other);
    poll();
    fetcher->let_go();
    home->restart();
    home->poll();  // the flight has settled, the waiter has not been resumed
    key.entry->invalidate(1);
    clock.advance(1s);
    poll();
    EXPECT_FALSE(slow->finished());
    EXPECT_TRUE(fetcher->let_go());
    poll();
    EXPECT_EQ(slow->token(), "token2");
}

TEST_F(single_flight, cancellation_after_the_flight_has_settled_changes_nothing) {
    fetcher->hold();
    auto const late = call(other);
    poll();
    fetcher->let_go();
    home->restart();
    home->poll();
    late->cancel.emit(asio::cancellation_type::terminal);
    poll();
    EXPECT_EQ(late->token(), "token1");
    EXPECT_EQ(key.statistics().leaves, 0U);
}

//
TEST_F(single_flight, destroyed_fetch_breaks_the_flight_for_waiters_elsewhere) {
    fetcher->hold();
    auto const mine = call(*home);
    auto const theirs = call(other);
    poll();
    home.reset();
    other.restart();
    other.run();
    EXPECT_TRUE(theirs->failed_with(errc::broken_flight));
    EXPECT_FALSE(mine->finished());
    clock.advance(2s);
    auto const next = call(other);  // its own executor runs the next fetch
    poll();
    EXPECT_FALSE(fetcher->let_go());  // the one that was destroyed
    EXPECT_TRUE(fetcher->let_go());
    poll();
    EXPECT_EQ(next->token(), "token2");
}

TEST_F(single_flight, fetch_that_was_never_begun_breaks_the_flight_as_well) {
    home_runs = false;
    auto const theirs = call(other);
    poll();
    EXPECT_EQ(fetcher->fetches(), 0U);
    home.reset();
    poll();
    EXPECT_TRUE(theirs->failed_with(errc::broken_flight));
}

//
TEST_F(single_flight, later_caller_starts_anew_on_its_own_executor_when_nobody_runs_the_home) {
    home_runs = false;
    auto const first = call(other);
    poll();
    clock.advance(32s);
    auto const second = call(other);
    poll();
    EXPECT_TRUE(first->failed_with(errc::broken_flight));
    EXPECT_EQ(second->token(), "token1");
    clock.advance(2h);
    EXPECT_EQ(call(other)->token(), "");
    poll();
    EXPECT_EQ(calls.back()->token(), "token2");  // nobody waits for that home again
    EXPECT_EQ(fetcher->fetches(), 2U);
    // The home comes back: the fetch that it had forgotten is not made up for, the next is its own.
    home_runs = true;
    poll();
    EXPECT_EQ(fetcher->fetches(), 2U);
    clock.advance(2h);
    bool at_home = false;
    fetcher->on_fetch = [&] { at_home = home->get_executor().running_in_this_thread(); };
    call(other);
    poll();
    EXPECT_EQ(calls.back()->token(), "token3");
    EXPECT_TRUE(at_home);
}

TEST_F(single_flight, context_destroyed_with_waiters_takes_only_its_own) {
    fetcher->hold();
    auto doomed = std::make_unique<asio::io_context>();
    auto const lost = call(doomed->get_executor(), token_demand(clock.now() + 1h));
    call(*home);
    doomed->poll();
    poll();
    doomed.reset();
    EXPECT_FALSE(lost->finished());
    EXPECT_EQ(key.statistics().leaves, 1U);
    fetcher->let_go();
    poll();
    EXPECT_EQ(calls[1]->token(), "token1");
}

TEST_F(single_flight, home_that_stopped_lends_nothing_and_the_callers_source_fetches) {
    auto const second = std::make_shared<fake_fetcher>(other.get_executor(), clock);
    key.entry->set_home(fetcher);
    fetcher->refuse();
    auto const c = std::make_shared<token_call>();
    start(other.get_executor(), c, key.entry, second);
    poll();
    EXPECT_EQ(c->token(), "token1");
    EXPECT_EQ(fetcher->fetches(), 0U);
    EXPECT_EQ(second->fetches(), 1U);
}

TEST_F(single_flight, first_source_of_a_key_fetches_for_all) {
    auto const second = std::make_shared<fake_fetcher>(other.get_executor(), clock);
    key.entry->set_home(fetcher);
    key.entry->set_home(second);
    auto const c = std::make_shared<token_call>();
    start(other.get_executor(), c, key.entry, second);
    poll();
    EXPECT_EQ(c->token(), "token1");
    EXPECT_EQ(fetcher->fetches(), 1U);
    EXPECT_EQ(second->fetches(), 0U);
}

TEST_F(single_flight, stop_of_the_home_does_not_fail_callers_of_another_source) {
    auto const second = std::make_shared<fake_fetcher>(other.get_executor(), clock);
    key.entry->set_home(fetcher);
    fetcher->hold();
    auto const own = call(*home);
    auto const foreign = std::make_shared<token_call>();
    start(other.get_executor(), foreign, key.entry, second);
    poll();
    fetcher->refuse();
    auto const flight = key.entry->running(fetcher.get(), any_executor());
    ASSERT_TRUE(flight);
    clock.advance(2s);
    coauth::detail::fetch_run::end(*key.entry, *flight, coauth::error(errc::stopped));
    poll();
    EXPECT_TRUE(own->failed_with(errc::stopped));
    EXPECT_EQ(foreign->token(), "token1");
    EXPECT_EQ(second->fetches(), 1U);
}

/// Puts what it hears into the report, as a fetch over HTTP does.
class telling_fetcher : public fake_fetcher {
public:
    using fake_fetcher::fake_fetcher;
    awaitable<result<fetched_token>> fetch(coauth::detail::fetch_order order) override {
        auto record = std::make_shared<coauth::exchange_record>();
        record->status = static_cast<int>(fetches()) + 1;
        order.report->put(0, std::move(record));
        return fake_fetcher::fetch(std::move(order));
    }
};

TEST_F(single_flight, caller_that_waits_for_a_second_flight_has_the_exchanges_of_both) {
    fetcher = std::make_shared<telling_fetcher>(home->get_executor(), clock);
    fetcher->answer_with([&](unsigned n, time_point started) -> result<fetched_token> {
        clock.advance(2s);
        if (n == 1) return coauth::error(errc::stopped);
        return granted("token", 3600, started);
    });
    coauth::token_decision note;
    token_demand demand(time_point::max());
    demand.note_to(note);
    call(other.get_executor(), demand);
    poll();
    each_has("token");
    ASSERT_EQ(note.exchanges.size(), 2U);
    EXPECT_EQ(note.exchanges[0]->status, 1);
    EXPECT_EQ(note.exchanges[1]->status, 2);
    EXPECT_EQ(note.waited, 4s);
}

TEST_F(single_flight, stop_of_a_fetch_whose_context_is_gone_touches_nothing) {
    fetcher->hold();
    call(other);
    poll();
    auto const flight = key.entry->running(fetcher.get(), any_executor());
    ASSERT_TRUE(flight);
    home.reset();
    coauth::detail::fetch_run::end(*key.entry, *flight, coauth::error(errc::stopped));
    poll();
    EXPECT_TRUE(calls[0]->failed_with(errc::broken_flight));
}

//
TEST_F(single_flight, cache_that_is_given_up_during_a_flight_lives_until_its_callers_are_served) {
    auto* const brief = new cached_key(policy(clock, 30s));
    fetcher->hold();
    auto const c = std::make_shared<token_call>();
    start(other.get_executor(), c, brief->entry, fetcher);
    poll();
    delete brief;
    fetcher->let_go();
    poll();
    EXPECT_EQ(c->token(), "token1");
}

//
TEST_F(single_flight, thousand_keys_with_a_hundred_callers_each_cost_a_thousand_fetches) {
    std::vector<std::unique_ptr<cached_key>> keys;
    for (int k = 0; k < 1000; ++k) {
        keys.push_back(std::make_unique<cached_key>(policy(clock, 30s)));
    }
    for (int i = 0; i < 100; ++i) {
        for (auto const& k : keys) {
            calls.push_back(std::make_shared<token_call>());
            start(i % 2 == 0 ? home->get_executor() : other.get_executor(), calls.back(), k->entry,
                  fetcher);
        }
    }
    poll();
    EXPECT_EQ(fetcher->fetches(), 1000U);
    for (auto const& c : calls) ASSERT_FALSE(c->token().empty());
}

/// A fetch that asks for the very token that it is to fetch.
class asks_itself : public fake_fetcher {
public:
    using fake_fetcher::fake_fetcher;
    std::weak_ptr<coauth::cache_entry> entry;

    awaitable<result<fetched_token>> fetch(coauth::detail::fetch_order) override {
        return fetch(entry.lock(), shared_from_this());
    }

private:
    static awaitable<result<fetched_token>> fetch(std::shared_ptr<coauth::cache_entry> entry,
                                                  std::shared_ptr<token_fetcher> self) {
        result<coauth::token_ref> own =
            co_await coauth::detail::acquire(entry, self, token_demand(time_point::max()));
        if (own) co_return granted("impossible", 3600, time_point());
        co_return own.error();
    }
};

//
TEST_F(single_flight, fetch_that_asks_for_its_own_token_is_told_so) {
    auto const reentrant = std::make_shared<asks_itself>(home->get_executor(), clock);
    reentrant->entry = key.entry;
    fetcher = reentrant;
    call(other);
    call(*home);
    poll();
    for (auto const& c : calls) EXPECT_TRUE(c->failed_with(errc::invalid_configuration));
}

//
TEST_F(single_flight, lack_of_memory_anywhere_on_a_miss_leaves_the_key_usable) {
    auto const origin = std::string("https://an-api-with-a-long-name.example.com:443");
    for (std::uint64_t spared = 0; spared < 40; ++spared) {
        coauth::cache_entry::arrival a;
        try {
            no_memory const now(spared);
            a = key.entry->miss(clock.now());
        } catch (std::bad_alloc const&) {}
        if (!a.flight) {
            a = key.entry->miss(clock.now());
            ASSERT_TRUE(a.fetch) << "a flight that nobody starts after " << spared;
        }
        result<fetched_token> outcome =
            granted("token" + std::to_string(spared), 3600, clock.now());
        {
            no_memory const now(spared);
            key.entry->settle(*a.flight, std::move(outcome));
        }
        EXPECT_EQ(key.statistics().current_flights, 0U);
        clock.advance(2h);
    }
    call(other);
    poll();
    EXPECT_EQ(calls.back()->token(), "token1");
}

}  // namespace
}  // namespace acquire_test
