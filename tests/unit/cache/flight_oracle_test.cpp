// SPDX-License-Identifier: BSL-1.0
//
// The lock-free flight and the plain one under the same random schedules: whatever is done in
// whatever order, everybody gets the same, and the server is asked as often.

#include <coauth/cache/acquire.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <array>
#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <string>
#include <support/fake_fetcher.hpp>
#include <support/mutex_flight.hpp>
#include <utility>
#include <vector>

namespace flight_oracle_test {
namespace {

using namespace std::chrono_literals;
using namespace coauth::tests;
using coauth::errc;
using coauth::time_point;
using coauth::detail::token_demand;
using coauth::testing::manual_clock;

std::string const api = "https://api.example.com:443";

/// One caller on both sides.
struct pair_of_callers {
    std::size_t context = 0;
    call_handle ours = std::make_shared<token_call>();
    mutex_flight::place place;
    std::string theirs;
    bool gone = false;  ///< with its context

    [[nodiscard]] std::string got() const {
        if (!ours->finished()) return {};
        if (ours->failed_with(errc::cancelled)) return "cancelled";
        if (ours->failed_with(errc::out_of_memory)) return "failed";
        return ours->token();
    }
};

/// One thread, two contexts for each side, polled when the schedule says so.
class twin_schedule {
public:
    explicit twin_schedule(unsigned seed) : random_(seed) {
        fetcher_->hold();
        fetcher_->answer_with(
            [this](unsigned n, time_point at) -> coauth::result<coauth::detail::fetched_token> {
                // Not remembered by the cache, so that the plain one needs no memory either.
                if (fails_) return coauth::error(errc::out_of_memory);
                return granted("token" + std::to_string(n), 3600, at);
            });
    }

    void run() {
        for (int step = 0; step < 60; ++step) {
            act();
            compare();
            if (::testing::Test::HasFatalFailure()) return;
        }
        settle();
        resume_all();
        compare();
        for (auto const& c : callers_) { ASSERT_TRUE(c->gone || !c->theirs.empty()); }
        EXPECT_LE(fetcher_->overlap(), 1U);
        EXPECT_EQ(key_.statistics().current_flights, 0U);
    }

private:
    struct context {
        std::unique_ptr<asio::io_context> ours = std::make_unique<asio::io_context>(1);
        std::unique_ptr<asio::io_context> theirs = std::make_unique<asio::io_context>(1);
    };

    void act() {
        switch (random_() % 16) {
            case 0:
            case 1:
            case 2:
            case 3:
            case 4: call({}); break;
            case 5:
            case 6:
            case 7: poll(random_() % 2); break;
            case 8:
            case 9:
            case 10: cancel(); break;
            case 11:
            case 12: settle(); break;
            case 13: invalidate(); break;
            case 14: call(plain_.token()); break;
            default:
                if (random_() % 4 == 0) destroy(random_() % 2);
        }
    }

    /// With the token that an API has rejected, or without.
    void call(std::string const& rejected) {
        auto const c = std::make_shared<pair_of_callers>();
        c->context = random_() % 2;
        callers_.push_back(c);
        open_.push_back(c);
        context& at = contexts_[c->context];
        token_demand demand(time_point::max());
        if (!rejected.empty()) {
            resume_all();
            bool due = false;
            coauth::token_ref const token = key_.entry->find(clock_.now(), due);
            ASSERT_EQ(token ? std::string(token.access_token()) : "", rejected);
            demand =
                token_demand(time_point::max())
                    .after_rejection(token.generation(), api + std::to_string(callers_.size()));
            plain_.invalidate(rejected);
        }
        start(at.ours->get_executor(), c->ours, key_.entry, fetcher_, demand);
        at.ours->restart();
        at.ours->poll();  // arrives
        c->place = plain_.arrive(at.theirs->get_executor(), [c](mutex_flight::outcome const& o) {
            c->theirs = o.error.empty() ? o.token : o.error;
        });
        at.theirs->restart();
        at.theirs->poll();
        run(home_);
    }

    void cancel() {
        if (callers_.empty()) return;
        auto const c = callers_[random_() % callers_.size()];
        if (c->gone) return;
        c->ours->cancel.emit(asio::cancellation_type::terminal);
        if (plain_.leave(c->place)) {
            asio::post(*contexts_[c->context].theirs, [c] { c->theirs = "cancelled"; });
        }
    }

    void settle() {
        if (!plain_.flying()) return;
        fails_ = random_() % 4 == 0;
        ASSERT_TRUE(fetcher_->let_go());
        run(home_);
        auto const token = "token" + std::to_string(plain_.fetches());
        plain_.settle(fails_ ? mutex_flight::outcome{{}, "failed"}
                             : mutex_flight::outcome{token, {}});
    }

    /// Here the cache does better: who has not resumed yet gets the next token, and not this one.
    void resume_all() {
        poll(0);
        poll(1);
    }

    void invalidate() {
        resume_all();
        bool due = false;
        coauth::token_ref const token = key_.entry->find(clock_.now(), due);
        if (token) key_.entry->invalidate(token.generation());
        plain_.invalidate(plain_.token());
    }

    void destroy(std::size_t which) {
        for (auto const& c : callers_) {
            if (c->gone || c->context != which || !c->theirs.empty()) continue;
            c->gone = true;
            plain_.leave(c->place);
        }
        contexts_[which] = context();
    }

    void poll(std::size_t which) {
        run(*contexts_[which].ours);
        run(*contexts_[which].theirs);
    }
    static void run(asio::io_context& io) {
        io.restart();
        io.poll();
    }

    void compare() {
        ASSERT_EQ(fetcher_->fetches(), plain_.fetches());
        bool due = false;
        coauth::token_ref const token = key_.entry->find(clock_.now(), due);
        ASSERT_EQ(token ? std::string(token.access_token()) : "", plain_.token());
        for (auto const& c : open_) ASSERT_EQ(c->got(), c->theirs);
        std::erase_if(open_, [](auto const& c) { return !c->theirs.empty(); });
    }

    static coauth::cache_policy policy(manual_clock const& clock) {
        coauth::cache_policy p;
        p.clock = clock;
        p.lifetime.min_refresh_interval = coauth::duration(0);
        return p;
    }

    std::mt19937 random_;
    manual_clock clock_;
    cached_key key_{policy(clock_)};
    mutex_flight plain_;
    bool fails_ = false;
    asio::io_context home_{1};
    std::shared_ptr<fake_fetcher> fetcher_ =
        std::make_shared<fake_fetcher>(home_.get_executor(), clock_);
    std::array<context, 2> contexts_;
    std::vector<std::shared_ptr<pair_of_callers>> callers_;
    std::vector<std::shared_ptr<pair_of_callers>> open_;  ///< without an answer so far
};

// R-208 R-214 R-215 R-219
TEST(flight_oracle, thousand_random_schedules_end_as_with_a_mutex) {
    for (unsigned seed = 1; seed <= 1000; ++seed) {
        twin_schedule s(seed);
        s.run();
        ASSERT_FALSE(HasFailure()) << "seed " << seed;
    }
}

}  // namespace
}  // namespace flight_oracle_test
