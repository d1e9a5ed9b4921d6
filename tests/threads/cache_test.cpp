// SPDX-License-Identifier: BSL-1.0
//
// One key of a cache under callers on several threads: what must hold whatever the interleaving.

#include <support/yield.hpp>  // first

#include <coauth/cache/acquire.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <support/fake_fetcher.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace cache_test {
namespace {

using namespace std::chrono_literals;
using namespace coauth::tests;
using coauth::any_executor;
using coauth::errc;
using coauth::time_point;
using coauth::token_ref;
using coauth::detail::token_demand;
using coauth::testing::manual_clock;

std::string const api = "https://api.example.com:443";

/// A context with a thread of its own.
class worker {
public:
    worker() : guard_(asio::make_work_guard(io)), thread_([this] { io.run(); }) {}
    ~worker() { finish(); }
    worker(worker const&) = delete;
    worker& operator=(worker const&) = delete;

    /// Returns when nothing is left to do.
    void finish() {
        guard_.reset();
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] std::thread::id id() const { return thread_.get_id(); }

    asio::io_context io{1};

private:
    asio::executor_work_guard<asio::io_context::executor_type> guard_;
    std::thread thread_;
};

coauth::cache_policy policy(manual_clock const& clock) {
    coauth::cache_policy p;
    p.clock = clock;
    p.lifetime.min_refresh_interval = coauth::duration(0);
    return p;
}

// R-208, with as many callers as a sanitizer bears
TEST(cache_threads, thousands_of_callers_on_four_contexts_cause_one_fetch) {
    manual_clock const clock;
    cached_key const key(policy(clock));
    worker home;
    auto const fetcher = std::make_shared<fake_fetcher>(home.io.get_executor(), clock);
    fetcher->hold();
    std::vector<call_handle> calls;
    std::atomic<int> astray{0};
    {
        std::vector<std::unique_ptr<worker>> workers;
        for (int i = 0; i < 3; ++i) workers.push_back(std::make_unique<worker>());
        for (int i = 0; i < 3000; ++i) {
            worker& w = i % 4 == 3 ? home : *workers[static_cast<std::size_t>(i % 4)];
            auto const c = std::make_shared<token_call>();
            c->on_end = [&astray, id = w.id()] { astray += std::this_thread::get_id() != id; };
            calls.push_back(c);
            asio::post(w.io, [&, c] { start(w.io.get_executor(), c, key.entry, fetcher); });
        }
        while (!fetcher->let_go()) std::this_thread::yield();
    }
    home.finish();
    EXPECT_EQ(fetcher->fetches(), 1U);
    EXPECT_EQ(astray, 0);  // everybody resumes at home
    for (auto const& c : calls) EXPECT_EQ(c->token(), "token1");
    EXPECT_EQ(key.statistics().current_flights, 0U);
}

//
TEST(cache_threads, one_revocation_seen_by_all_threads_costs_one_fetch) {
    manual_clock const clock;
    cached_key const key(policy(clock));
    std::vector<std::unique_ptr<worker>> workers;
    for (int i = 0; i < 3; ++i) workers.push_back(std::make_unique<worker>());
    auto const fetcher = std::make_shared<fake_fetcher>(workers[0]->io.get_executor(), clock);
    auto const a = key.entry->miss(clock.now());
    key.entry->settle(*a.flight, granted("first", 3600, clock.now()));
    auto const generation = look(key.entry, fetcher).generation();
    std::vector<call_handle> calls;
    for (int i = 0; i < 600; ++i) {
        worker& w = *workers[static_cast<std::size_t>(i % 3)];
        auto const c = std::make_shared<token_call>();
        calls.push_back(c);
        asio::post(w.io, [&, c] {
            start(w.io.get_executor(), c, key.entry, fetcher,
                  token_demand(time_point::max()).after_rejection(generation, api));
        });
    }
    for (auto const& w : workers) w->finish();
    EXPECT_EQ(fetcher->fetches(), 1U);
    for (auto const& c : calls) EXPECT_EQ(c->token(), "token1");
}

//
TEST(cache_threads, contexts_of_waiters_and_of_the_fetch_end_at_any_time) {
    std::mt19937 random(11);
    for (unsigned round = 0; round < 400; ++round) {
        manual_clock const clock;
        cached_key const key(policy(clock));
        auto home = std::make_unique<worker>();
        auto const fetcher = std::make_shared<fake_fetcher>(home->io.get_executor(), clock);
        fetcher->hold();
        auto doomed = std::make_unique<asio::io_context>(1);
        auto const lost = std::make_shared<token_call>();
        start(doomed->get_executor(), lost, key.entry, fetcher);
        doomed->poll();
        worker survivor;
        auto const kept = std::make_shared<token_call>();
        std::atomic<bool> served{false};
        kept->on_end = [&] { served = true; };
        asio::post(survivor.io,
                   [&] { start(survivor.io.get_executor(), kept, key.entry, fetcher); });
        auto const turns = random() % 6;
        std::thread ends_home([&] {
            for (auto i = turns; i != 0; --i) std::this_thread::yield();
            if (round % 2 == 0) {
                while (!fetcher->let_go()) std::this_thread::yield();
            } else {
                home->io.stop();
                home.reset();
            }
        });
        doomed.reset();
        ends_home.join();
        // Where the home has gone, a caller that came later has a fetch on its own executor.
        for (; !served; std::this_thread::yield()) fetcher->let_go();
        survivor.finish();
        bool const good = !kept->token().empty() || kept->failed_with(errc::broken_flight);
        ASSERT_TRUE(good) << round << kept->outcome->error().what();
    }
}

TEST(cache_threads, handles_taken_on_one_thread_and_dropped_on_another_use_few_slots) {
    manual_clock const clock;
    cached_key const key(policy(clock));
    std::size_t const before = key.core->domain->slot_count();
    asio::io_context io;
    auto const fetcher = std::make_shared<fake_fetcher>(io.get_executor(), clock);
    auto const a = key.entry->miss(clock.now());
    key.entry->settle(*a.flight, granted("token", 3600, clock.now()));
    std::mutex mutex;
    std::vector<token_ref> passed;
    std::atomic<bool> done{false};
    std::thread drops([&] {
        while (!done) {
            std::vector<token_ref> mine;
            {
                std::lock_guard const lock(mutex);
                mine.swap(passed);
            }
            mine.clear();
            std::this_thread::yield();
        }
    });
    for (int i = 0; i < 20000; ++i) {
        token_ref token = look(key.entry, fetcher);
        ASSERT_TRUE(token);
        for (bool full = true; full;) {
            std::lock_guard const lock(mutex);
            full = passed.size() >= 100;
            if (!full) passed.push_back(std::move(token));
        }
    }
    done = true;
    drops.join();
    passed.clear();
    EXPECT_LE(key.core->domain->slot_count(), before + 512U);
}

// --- random schedules

/// What a run of many callers may never do.
class oracle {
public:
    explicit oracle(cached_key const& key, manual_clock const& clock)
        : entry_(key.entry), clock_(clock) {}

    /// Called as a fetch begins. One thread moves the clock and revokes, under the same lock.
    void fetch_begins() {
        std::lock_guard const lock(mutex);
        bool due = false;
        auto const entry = entry_.lock();
        if (!entry) return;
        token_ref const token = entry->find(clock_.now(), due);
        // `find` does not say that a token is due while a flight is under way; the token does.
        bool const ahead = token && clock_.now() >= token.expires_at() - 12min - 6min;
        if (token && !ahead) ++needless;
    }
    std::mutex mutex;
    std::atomic<int> needless{0};

private:
    std::weak_ptr<coauth::cache_entry> const entry_;
    manual_clock const& clock_;
};

class schedule {
public:
    explicit schedule(unsigned seed)
        : seed_(seed),
          random_(seed),
          key_(patient(clock_)),
          oracle_(key_, clock_),
          fetcher_(std::make_shared<fake_fetcher>(workers_[0].io.get_executor(), clock_)) {
        fetcher_->on_fetch = [this] { oracle_.fetch_begins(); };
        fetcher_->answer_with(
            [seed](unsigned n, time_point at) -> coauth::result<coauth::detail::fetched_token> {
                unsigned const dice = (seed + n * 7919U) % 8U;
                if (dice == 0) return server_error(503);
                if (dice == 1) throw std::runtime_error("strategy");
                if (dice == 2) return coauth::error(errc::out_of_memory);
                return granted("token" + std::to_string(n), 3600, at);
            });
        if (seed % 3 == 0) fetcher_->hold();
    }

    void run() {
        for (int step = 0; step < 60; ++step) act(static_cast<unsigned>(random_() % 18));
        // some keys are given up with their calls under way.
        if (seed_ % 4 == 0) key_.entry.reset();
        // Let every fetch go on until all callers have their answer.
        while (open_ != 0 || statistics().current_flights != 0) {
            fetcher_->let_go();
            std::this_thread::yield();
        }
        for (worker& w : workers_) w.finish();
    }

    [[nodiscard]] fake_fetcher const& fetcher() const { return *fetcher_; }
    /// Then a fetch may begin or go on, for those who wait for it, beside the next one.
    [[nodiscard]] bool erases() const { return seed_ % 5 == 0; }
    [[nodiscard]] int needless() const { return oracle_.needless; }
    [[nodiscard]] coauth::token_cache_statistics statistics() const { return key_.statistics(); }

private:
    /// The clock leaps by minutes while fetches are held: none of them is overdue.
    static coauth::cache_policy patient(manual_clock const& clock) {
        coauth::cache_policy p = policy(clock);
        p.fetch_deadline = 1000h;
        return p;
    }
    void act(unsigned dice) {
        if (dice < 8) {
            call(token_demand(time_point::max()));
        } else if (dice < 10) {
            cancel_one();
        } else if (dice < 12) {
            reject();
        } else if (dice == 12) {
            std::lock_guard const lock(oracle_.mutex);
            if (generation_ != 0) key_.entry->invalidate(generation_);
        } else if (dice == 13) {
            std::lock_guard const lock(oracle_.mutex);
            clock_.advance(std::chrono::seconds(random_() % 3000));
        } else if (dice == 14) {
            fetcher_->let_go();
        } else if (dice == 15) {
            key_.entry->retry_now();
        } else if (dice == 16) {
            lose_a_context();
        } else if (erases()) {
            std::lock_guard const lock(oracle_.mutex);
            key_.entry->erase();
        }
    }

    /// Calls of a context that is destroyed while they wait, or are about to.
    void lose_a_context() {
        auto doomed = std::make_unique<worker>();
        for (int i = 0; i < 3; ++i) {
            auto const c = std::make_shared<token_call>();
            asio::post(doomed->io, [&io = doomed->io, c, entry = key_.entry, f = fetcher_] {
                start(io.get_executor(), c, entry, f);
            });
        }
        for (auto i = random_() % 4; i != 0; --i) std::this_thread::yield();
        doomed->io.stop();
    }

    void call(token_demand demand) {
        worker& w = workers_[random_() % 3];
        auto const c = std::make_shared<token_call>();
        ++open_;
        c->on_end = [this] { --open_; };
        calls_.emplace_back(&w, c);
        asio::post(w.io, [&w, c, demand, entry = key_.entry, f = fetcher_] {
            start(w.io.get_executor(), c, entry, f, demand);
        });
    }
    void cancel_one() {
        if (calls_.empty()) return;
        auto const& [w, c] = calls_[random_() % calls_.size()];
        asio::post(w->io, [call = c] { call->cancel.emit(asio::cancellation_type::terminal); });
    }
    void reject() {
        bool due = false;
        token_ref const token = key_.entry->find(clock_.now(), due);
        if (token) generation_ = token.generation();
        if (generation_ == 0) return;
        call(token_demand(time_point::max()).after_rejection(generation_, api));
    }

    unsigned const seed_;
    std::mt19937 random_;
    manual_clock clock_;
    cached_key key_;
    oracle oracle_;
    std::atomic<int> open_{0};
    std::uint64_t generation_ = 0;
    std::vector<std::pair<worker*, call_handle>> calls_;
    worker workers_[3];
    std::shared_ptr<fake_fetcher> fetcher_;
};

// R-210 R-211 R-214 R-215 R-219 R-220 R-229: whatever is done in whatever order
TEST(cache_threads, thousand_random_schedules_keep_the_rules) {
    for (unsigned seed = 1; seed <= 1000; ++seed) {
        schedule s(seed);
        s.run();  // and ends: nobody is left waiting
        ASSERT_TRUE(s.erases() || s.fetcher().overlap() <= 1U) << seed;
        ASSERT_TRUE(s.erases() || s.needless() == 0) << seed;
        ASSERT_EQ(s.statistics().current_flights, 0U) << seed;
    }
}

}  // namespace
}  // namespace cache_test
