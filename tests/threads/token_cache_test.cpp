// SPDX-License-Identifier: BSL-1.0
//
// Many keys under readers and writers on several threads.

#include <support/yield.hpp>  // first

#include <coauth/cache/cache_key.hpp>
#include <coauth/cache/token_cache.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <support/fake_fetcher.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace token_cache_test {
namespace {

using namespace std::chrono_literals;
using namespace coauth::tests;
using coauth::cache_entry;
using coauth::cache_key;
using coauth::token_cache;
using coauth::token_cache_options;
using coauth::token_ref;
using coauth::testing::manual_clock;

cache_key key(std::uint64_t n) {
    coauth::sha256_digest d{};
    std::memcpy(d.data(), &n, sizeof n);
    return cache_key(d);
}

class keys_under_threads : public ::testing::Test {
protected:
    explicit keys_under_threads(std::size_t max_entries = 200)
        : cache(token_cache_options{.max_entries = max_entries}) {}

    std::shared_ptr<cache_entry> bind(std::uint64_t n) { return cache.bind(key(n), policy); }
    void put(std::uint64_t n, long lifetime) {
        auto const entry = bind(n);
        auto const a = entry->miss(clock.now());
        if (!a.fetch) return;
        entry->settle(*a.fetch, granted("token" + std::to_string(n), lifetime, clock.now()));
    }
    std::string token(std::uint64_t n) {
        bool due = false;
        token_ref const found = cache.find(key(n), clock.now(), due);
        return found ? std::string(found.access_token()) : std::string();
    }
    /// Keys from 0 that are always there.
    void put_lasting(std::uint64_t count) {
        for (std::uint64_t n = 0; n < count; ++n) {
            held.push_back(bind(n));
            put(n, 1'000'000);
        }
    }

    manual_clock clock;
    coauth::cache_policy policy = [this] {
        coauth::cache_policy p;
        p.clock = clock;
        return p;
    }();
    token_cache cache;
    std::vector<std::shared_ptr<cache_entry>> held;
};

TEST_F(keys_under_threads, lasting_keys_are_always_found_while_others_come_and_go) {
    put_lasting(100);
    std::atomic<bool> done{false};
    std::atomic<int> missed{0};
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (unsigned r = 0; r < 2; ++r) {
        threads.emplace_back([&, r] {
            std::minstd_rand random(r + 1);
            while (!done) {
                std::uint64_t const lasting = random() % 100;
                missed += token(lasting) != "token" + std::to_string(lasting);
                std::uint64_t const passing = 100 + random() % 400;
                std::string const seen = token(passing);
                wrong += !seen.empty() && seen != "token" + std::to_string(passing);
            }
        });
    }
    std::vector<std::thread> writers;
    for (unsigned w = 0; w < 2; ++w) {
        writers.emplace_back([&, w] {
            std::minstd_rand random(w + 77);
            for (int i = 0; i < 1500; ++i) {
                std::uint64_t const passing = 100 + random() % 400;
                if (random() % 4 == 0) {
                    cache.erase(key(passing));
                } else {
                    put(passing, random() % 2 == 0 ? 60 : 3600);
                }
                if (random() % 256 == 0) clock.advance(61s);
            }
        });
    }
    for (auto& w : writers) w.join();
    done = true;
    for (auto& t : threads) t.join();
    EXPECT_EQ(missed, 0);
    EXPECT_EQ(wrong, 0);
    auto const s = cache.statistics();
    EXPECT_LE(s.entries, 202U);  // each writer may add one at the same moment
    EXPECT_GT(s.evictions + s.swept, 0U);
    EXPECT_EQ(s.entries_beyond_bound, 0U);
}

TEST_F(keys_under_threads, all_who_bind_a_key_at_once_get_one_entry) {
    for (std::uint64_t n = 0; n < 100; ++n) {
        std::vector<std::shared_ptr<cache_entry>> got(3);
        std::vector<std::thread> threads;
        for (auto& g : got) threads.emplace_back([&] { g = bind(n); });
        for (auto& t : threads) t.join();
        ASSERT_EQ(got[0], got[1]);
        ASSERT_EQ(got[0], got[2]);
    }
}

TEST_F(keys_under_threads, an_erasure_wins_over_every_fetch_begun_before_it) {
    for (int round = 0; round < 200; ++round) {
        auto const entry = bind(1);
        auto const a = entry->miss(clock.now());
        ASSERT_TRUE(a.fetch);
        std::thread fetch([&] { entry->settle(*a.fetch, granted("old", 3600, clock.now())); });
        cache.erase(key(1));
        fetch.join();
        ASSERT_EQ(token(1), "");
        cache.clear();
    }
}

// fetches of two contexts wait for their turn, and one of the contexts ends
// meanwhile.
TEST_F(keys_under_threads, turns_are_lost_neither_by_cancelled_callers_nor_with_a_context) {
    for (unsigned round = 0; round < 30; ++round) {
        token_cache const few(token_cache_options{.max_concurrent_flights = 3});
        asio::io_context lasting(1);
        auto doomed = std::make_unique<asio::io_context>(1);
        auto const fetcher = std::make_shared<fake_fetcher>(lasting.get_executor(), clock);
        auto const lost = std::make_shared<fake_fetcher>(doomed->get_executor(), clock);
        std::vector<call_handle> calls;
        for (std::uint64_t n = 0; n < 60; ++n) {
            bool const stays = n % 3 != 0;
            calls.push_back(std::make_shared<token_call>());
            start(stays ? lasting.get_executor() : doomed->get_executor(), calls.back(),
                  few.bind(key(n), policy), stays ? fetcher : lost);
        }
        std::thread runs([&] {
            for (std::size_t i = 1; i < 60; i += 6) {
                asio::post(lasting,
                           [c = calls[i]] { c->cancel.emit(asio::cancellation_type::terminal); });
            }
            lasting.run();
        });
        for (auto turns = round % 10; turns != 0; --turns) doomed->run_one();
        doomed.reset();
        runs.join();
        for (std::size_t i = 0; i < 60; ++i) {
            if (i % 3 != 0) { EXPECT_TRUE(calls[i]->finished()) << i; }
        }
        EXPECT_LE(fetcher->overlap(), 3U);
        EXPECT_EQ(few.statistics().waiting_flights, 0U);
        EXPECT_EQ(few.statistics().current_flights, 0U);
    }
}

/// Stops its thread at the n-th point where it could lose its time slice, until it is let go.
class stopper {
public:
    explicit stopper(int point) : left_(point) {}

    void at_point() {
        if (left_-- != 0) return;
        std::unique_lock lock(mutex_);
        stopped_ = true;
        changed_.notify_all();
        changed_.wait(lock, [this] { return free_; });
    }
    void done() {
        std::lock_guard const lock(mutex_);
        done_ = true;
        changed_.notify_all();
    }
    /// False when the thread was done before it came to that point.
    bool wait_until_stopped() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopped_ || done_; });
        return stopped_;
    }
    void let_go() {
        std::lock_guard const lock(mutex_);
        free_ = true;
        changed_.notify_all();
    }

private:
    int left_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopped_ = false;
    bool free_ = false;
    bool done_ = false;
};

class stopped_writer : public keys_under_threads {
protected:
    stopped_writer() : keys_under_threads(30) {}

    /// Stops a thread at every point of `operation`, one after the other; hits go on each time.
    int stop_everywhere(std::function<void(std::uint64_t)> const& operation) {
        int point = 0;
        for (bool stopped = true; stopped; ++point) {
            stopper at(point);
            std::thread writer([&] {
                instead_of_yield() = [&] { at.at_point(); };
                operation(static_cast<std::uint64_t>(point));
                at.done();
            });
            stopped = at.wait_until_stopped();
            for (std::uint64_t n = 0; n < held.size(); ++n) {
                EXPECT_EQ(token(n), "token" + std::to_string(n));
                EXPECT_TRUE(held[n]->find(clock.now(), due));
            }
            at.let_go();
            writer.join();
        }
        return point - 1;
    }

    bool due = false;
};

//
TEST_F(stopped_writer, delays_no_hit_while_it_adds_keys) {
    put_lasting(20);
    // As many as to have tables grow, and keys be evicted.
    int const points = stop_everywhere([this](std::uint64_t round) {
        for (std::uint64_t n = 0; n < 30; ++n) static_cast<void>(bind(1000 + 100 * round + n));
    });
    EXPECT_GT(points, 30);
}

//
TEST_F(stopped_writer, delays_no_hit_while_it_erases) {
    put_lasting(20);
    int const points = stop_everywhere([this](std::uint64_t) {
        for (std::uint64_t n = 100; n < 112; ++n) put(n, 3600);
        for (std::uint64_t n = 100; n < 112; ++n) cache.erase(key(n));
    });
    EXPECT_GT(points, 12);
}

//
TEST_F(stopped_writer, delays_no_hit_while_it_renews_a_token) {
    put_lasting(20);
    int const points = stop_everywhere([this](std::uint64_t) {
        auto const a = held[7]->reject(clock.now(), 0, "https://api.example.com:443");
        EXPECT_TRUE(a.token);
        auto const entry = bind(2000);
        entry->settle(*entry->miss(clock.now()).fetch, granted("other", 3600, clock.now()));
        entry->invalidate(entry->miss(clock.now()).token.generation());
    });
    EXPECT_GT(points, 0);
}

}  // namespace
}  // namespace token_cache_test
