// SPDX-License-Identifier: BSL-1.0
//
// Joining, leaving and settling one flight from several threads, and the end of contexts whose
// coroutines wait for it.

#include <support/yield.hpp>  // first

#include <coauth/cache/flight.hpp>
#include <coauth/detail/hazard_guard.hpp>

#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <support/effort.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace flight_test {
namespace {

using namespace std::chrono_literals;
using coauth::any_executor;
using coauth::awaitable;
using coauth::detail::cache_core;
using coauth::detail::flight;
using coauth::detail::flight_control;
using coauth::detail::flight_delivery;
using coauth::detail::flight_place;
using coauth::detail::flight_waiter;
using coauth::detail::hazard_domain;
using coauth::detail::hazard_guard;
using coauth::detail::suspension;
using coauth::detail::wake_reason;
using joined = flight_control::joined;

// --- the control word and the cells

struct line : hazard_domain::retirable {
    explicit line(std::atomic<int>& f) : freed(f) {}
    line(line const&) = delete;
    line& operator=(line const&) = delete;
    ~line() { ++freed; }

    flight_control control;
    int outcome = 0;  ///< Plain on purpose: ThreadSanitizer is to see who reads it.
    std::atomic<int>& freed;
};

struct waiter : flight_waiter {
    waiter() : flight_waiter([](flight_waiter&, call) {}) {}
    int canary = 0;  ///< As above.
    std::atomic<int> calls{0};
    flight_control::ticket ticket = 0;
};

class contest {
public:
    explicit contest(unsigned seed) : seed_(seed) {}

    /// How many were called, had left, found it settled, or came too late.
    void run() {
        source_ = new line(freed_);
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < 3; ++i) threads.emplace_back([this, i] { callers(i); });
        settle();
        for (auto& t : threads) t.join();
        ASSERT_EQ(called_ + left_ + settled_ + late_, 3 * callers_per_thread);
        domain_->retire(new line(freed_));  // frees what was held back
        ASSERT_EQ(freed_, 2);
    }

private:
    static constexpr int callers_per_thread = 20;

    void callers(unsigned number) {
        std::mt19937 random(seed_ * 8 + number);
        for (int i = 0; i < callers_per_thread; ++i) {
            waiter w;
            line* flown = nullptr;
            joined how = joined::closed;
            {
                hazard_guard const guard(*domain_, source_);
                if (guard) {
                    flown = &*guard;
                    w.canary = 42;
                    how = flown->control.join(&w, w.ticket);
                }
            }
            if (flown == nullptr) {
                ++late_;
                continue;
            }
            wait(*flown, w, how, random() % 3 == 0);
            if (flown->control.leave()) domain_->retire(flown);
        }
    }

    void wait(line& flown, waiter& w, joined how, bool leaves) {
        if (how == joined::closed) {
            ++late_;
        } else if (how == joined::settled) {
            EXPECT_EQ(flown.outcome, 7);
            ++settled_;
        } else if (leaves && flown.control.withdraw(w, w.ticket)) {
            ++left_;
        } else {
            while (w.calls == 0) std::this_thread::yield();
            EXPECT_EQ(flown.outcome, 7);
            EXPECT_EQ(w.calls, 1);
            ++called_;
        }
    }

    void settle() {
        line& flown = *source_;
        for (auto turns = seed_ % 30; turns != 0; --turns) std::this_thread::yield();
        EXPECT_EQ(flown.control.settle(), flight_control::claim::won);
        flown.outcome = 7;
        source_.store(nullptr, std::memory_order_seq_cst);
        EXPECT_FALSE(flown.control.leave());  // the entry's
        flown.control.close([](flight_waiter& w) {
            auto& called = static_cast<waiter&>(w);
            EXPECT_EQ(called.canary, 42);
            ++called.calls;
        });
        if (flown.control.leave()) domain_->retire(&flown);
    }

    unsigned const seed_;
    std::shared_ptr<hazard_domain> const domain_ = hazard_domain::make();
    coauth::detail::atomic<line*> source_{nullptr};
    std::atomic<int> called_{0};
    std::atomic<int> left_{0};
    std::atomic<int> settled_{0};
    std::atomic<int> late_{0};
    std::atomic<int> freed_{0};
};

// R-214 R-242
TEST(flight_threads, everybody_is_called_once_or_has_left_and_the_flight_is_freed_once) {
    for (unsigned seed = 0; seed < 600; ++seed) {
        contest c(seed);
        c.run();
        ASSERT_FALSE(::testing::Test::HasFailure()) << seed;
    }
}

// --- contexts that go

struct tally {
    std::atomic<int> frames{0};
    std::atomic<int> resumed{0};
};

struct frame_mark {
    explicit frame_mark(tally& t) : of(t) { ++of.frames; }
    frame_mark(frame_mark const&) = delete;
    frame_mark& operator=(frame_mark const&) = delete;
    ~frame_mark() { --of.frames; }
    tally& of;
};

awaitable<void> wait_for(flight* f, tally* t, flight_place keeps) {
    frame_mark const mark(*t);
    any_executor const executor = co_await asio::this_coro::executor;
    flight_place place = flight_place::on(executor);
    bool const waits = place.join(*f);
    keeps = flight_place();
    if (!waits) co_return;
    wake_reason const reason = co_await suspension::wait(place.waiting());
    if (reason == wake_reason::ready) ++t->resumed;
}

/// One try: coroutines of two contexts wait; one context is destroyed while the flight is settled.
void destroy_while_settling(std::shared_ptr<cache_core> const& core, unsigned round,
                            unsigned long before_call, unsigned long before_end) {
    auto doomed = std::make_unique<asio::io_context>(1);
    asio::io_context other(1);
    tally t;
    auto* const f = new flight(core, coauth::fetch_reason::expired, {}, {}, 30s, false, nullptr);
    flight_place const entrys(*f);
    flight_place fetch(*f);
    for (int i = 0; i < 2; ++i) {
        any_executor const executor =
            round % 2 == 0 ? any_executor(doomed->get_executor()) : asio::make_strand(*doomed);
        asio::co_spawn(executor, wait_for(f, &t, fetch.another()), asio::detached);
        asio::co_spawn(other, wait_for(f, &t, fetch.another()), asio::detached);
    }
    other.poll();
    if (round % 7 != 0) doomed->poll();  // else they never join
    std::thread settles([&, mine = std::move(fetch)] {
        for (auto i = before_call; i != 0; --i) std::this_thread::yield();
        (void)mine->control.settle();
        flight_delivery delivery;
        mine->control.close([&](flight_waiter& w) { delivery.add(w); });
    });
    for (auto i = before_end; i != 0; --i) std::this_thread::yield();
    if (round % 3 == 0) {
        doomed->restart();
        doomed->poll();
    }
    doomed.reset();
    settles.join();
    other.restart();
    other.run();
    ASSERT_EQ(t.frames, 0);
    ASSERT_GE(t.resumed, 2);  // those of the other context
}

//
TEST(flight_threads, deliveries_race_with_the_destruction_of_a_context) {
    auto const core = std::make_shared<cache_core>();
    std::mt19937 random(5);
    for (unsigned round = 0; round < coauth_test::times(10'000); ++round) {
        destroy_while_settling(core, round, random() % 4, random() % 4);
        ASSERT_FALSE(::testing::Test::HasFatalFailure()) << round;
        ASSERT_EQ(core.use_count(), 1) << "a flight was not freed";
    }
}

}  // namespace
}  // namespace flight_test
