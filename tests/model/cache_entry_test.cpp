// SPDX-License-Identifier: BSL-1.0
//
// Every interleaving of the real cache_entry: callers, settling, background refresh, rejection,
// erase. Callers wait as suspensions on a context that runs when the threads are over.

#include <model/explorer.hpp>

#include <coauth/cache/cache_entry.hpp>
#include <coauth/testing/manual_clock.hpp>
#include <support/fake_fetcher.hpp>

#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using coauth::cache_entry;
using coauth::cache_policy;
using coauth::token_ref;
using coauth::tests::explore;
using coauth::tests::findings;
using coauth::tests::granted;
using coauth::tests::model;
using coauth::tests::require;
using coauth::tests::server_error;

class world {
public:
    world() {
        // Domains are used again: the next schedule is to have one that nobody has used.
        static_cast<void>(new auto(core->domain));
    }

    /// A thread's slots, so that only what a caller does is explored.
    void warm() {
        token_ref const one = find();
        core->domain->release(core->domain->protect(this));
    }
    token_ref find() {
        bool due = false;
        return entry->find(clock.now(), due);
    }
    /// A token that is there before the threads begin; its generation.
    std::uint64_t have_token() {
        auto a = entry->miss(clock.now());
        entry->settle(*a.fetch, granted("first", 3600, clock.now()));
        return find().generation();
    }
    /// Into the time in which a token is renewed ahead.
    void become_due() { clock.advance(58min); }

    /// A flight that is under way before the threads begin; its leader waits.
    void start_flight() { under_way = arrive(); }
    void start_refresh() { under_way = std::move(entry->begin_refresh(clock.now()).fetch); }
    void end_flight(coauth::result<coauth::detail::fetched_token> outcome) {
        auto const mine = std::move(under_way);
        entry->settle(*mine, std::move(outcome));
    }

    /// A caller; the ticket of the fetch, when it has to make one.
    coauth::detail::flight_place arrive() {
        auto a = entry->miss(clock.now(), io.get_executor());
        require(!a.failure, "an error where there was none");
        if (a.token) ++answered;
        if (a.flight) waiting.push_back(std::move(a.flight));
        return std::move(a.fetch);
    }
    void call() {
        auto const fetch = arrive();
        if (!fetch) return;
        require(!find(), "a fetch while there is a valid token");
        serve(*fetch);
    }
    void refresh() {
        auto const a = entry->begin_refresh(clock.now());
        if (a.fetch) serve(*a.fetch);
    }
    void serve(coauth::detail::flight& f) {
        ++fetches;
        require(++running == 1, "two fetches at a time");
        auto got = granted("token" + std::to_string(fetches), 3600, clock.now());
        --running;
        entry->settle(f, std::move(got));
    }

    /// Everybody who waits has been called.
    void run() {
        std::size_t woken = 0;
        for (auto const& place : waiting) {
            asio::co_spawn(io, wait(place.waiting(), woken), asio::detached);
        }
        io.poll();
        require(woken == waiting.size(), "lost: nobody called a waiter");
        for (auto const& place : waiting) {
            if (!place->control.is_closed()) continue;
            auto const answer = entry->answer(*place, false);
            require(answer || place->failure, "an answer without a token or an error");
            if (answer && *answer) ++answered;
        }
        waiting.clear();
    }
    void end() {
        std::weak_ptr<coauth::detail::cache_core> const gone = core;
        entry.reset();
        core.reset();
        require(gone.expired(), "a flight was never freed: it holds the cache");
    }

    asio::io_context io;
    coauth::testing::manual_clock clock;
    std::shared_ptr<coauth::detail::cache_core> core =
        std::make_shared<coauth::detail::cache_core>();
    std::shared_ptr<cache_entry> entry = std::make_shared<cache_entry>(core, at(clock));
    std::vector<coauth::detail::flight_place> waiting;
    coauth::detail::flight_place under_way;
    int fetches = 0, running = 0, answered = 0;

private:
    static cache_policy at(coauth::testing::manual_clock const& clock) {
        cache_policy p;
        p.clock = clock;
        return p;
    }
    static asio::awaitable<void> wait(std::shared_ptr<coauth::detail::suspension> self,
                                      std::size_t& woken) {
        co_await coauth::detail::suspension::wait(self);
        ++woken;
    }
};

using world_ptr = std::shared_ptr<world>;

void add(model& m, world_ptr const& w, std::function<void()> body) {
    m.thread(std::move(body), [w] { w->warm(); });
}

template <class Threads, class Check>
void explore_entry(Threads&& threads, Check&& check, std::size_t at_least) {
    findings const f = explore([&](model& m) {
        auto const w = std::make_shared<world>();
        threads(m, w);
        m.at_end([w, &check] {
            w->run();
            check(*w);
            w->end();
        });
    });
    EXPECT_TRUE(f.right()) << f.text();
    EXPECT_GE(f.schedules, at_least);
    ::testing::Test::RecordProperty("schedules", std::to_string(f.schedules));
}

//
TEST(cache_entry_model, two_callers_on_a_cold_key_cause_one_fetch) {
    explore_entry(
        [](model& m, world_ptr const& w) {
            add(m, w, [w] { w->call(); });
            add(m, w, [w] { w->call(); });
        },
        [](world& w) {
            require(w.fetches == 1, "not exactly one fetch");
            require(w.answered == 2, "a caller without its token");
        },
        100);
}

TEST(cache_entry_model, two_background_refreshes_make_one_fetch) {
    explore_entry(
        [](model& m, world_ptr const& w) {
            w->have_token();
            w->become_due();
            add(m, w, [w] { w->refresh(); });
            add(m, w, [w] { w->refresh(); });
        },
        [](world& w) { require(w.fetches == 1, "not exactly one fetch"); }, 50);
}

//
TEST(cache_entry_model, failed_background_refresh_never_brings_a_rejected_token_back) {
    explore_entry(
        [](model& m, world_ptr const& w) {
            auto const generation = w->have_token();
            w->become_due();
            w->start_refresh();
            add(m, w, [w] { w->end_flight(server_error()); });
            add(m, w, [w, generation] {
                w->entry->invalidate(generation);
                require(!w->find(), "served after it has been rejected");
            });
        },
        [](world& w) { require(!w.find(), "served after it has been rejected"); }, 5);
}

TEST(cache_entry_model, erase_wins_over_a_late_publish_and_its_waiters_get_what_came) {
    explore_entry(
        [](model& m, world_ptr const& w) {
            w->start_flight();
            add(m, w, [w] { w->end_flight(granted("late", 3600, w->clock.now())); });
            add(m, w, [w] {
                w->entry->erase();
                require(!w->find(), "a late publish wins over erase");
            });
        },
        [](world& w) {
            require(!w.find(), "a late publish wins over erase");
            require(w.answered == 1, "a caller without its token");
        },
        10);
}

TEST(cache_entry_model, failure_shares_no_token_that_is_erased_meanwhile) {
    explore_entry(
        [](model& m, world_ptr const& w) {
            w->have_token();
            w->become_due();
            w->start_refresh();
            add(m, w, [w] { w->end_flight(server_error()); });
            add(m, w, [w] { w->entry->erase(); });
        },
        [](world& w) { require(!w.find(), "served after it has been erased"); }, 10);
}

TEST(cache_entry_model, flight_that_is_given_up_settles_once) {
    explore_entry(
        [](model& m, world_ptr const& w) {
            w->start_flight();
            auto const second =
                std::make_shared<coauth::detail::flight_place>(w->under_way.another());
            add(m, w, [w] { w->end_flight(granted("late", 3600, w->clock.now())); });
            add(m, w, [w, second] {
                w->entry->give_up(**second);
                *second = coauth::detail::flight_place();
            });
        },
        [](world& w) {
            require(w.core->counters.current_flights.load() == 0, "settled twice, or never");
        },
        2);
}

TEST(cache_entry_model, caller_arrives_while_a_flight_settles_and_its_leader_leaves) {
    explore_entry(
        [](model& m, world_ptr const& w) {
            w->start_flight();
            auto const leader =
                std::make_shared<coauth::detail::flight_place>(std::move(w->waiting.front()));
            w->waiting.clear();
            add(m, w, [w] { w->end_flight(granted("token", 3600, w->clock.now())); });
            add(m, w, [leader] { *leader = coauth::detail::flight_place(); });
            add(m, w, [w] { w->call(); });
        },
        [](world& w) {
            require(w.fetches == 0, "a second fetch");
            require(w.answered == 1, "a caller without its token");
        },
        100);
}

}  // namespace
