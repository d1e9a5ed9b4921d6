// SPDX-License-Identifier: BSL-1.0
//
// Wakes, deliveries and the end of contexts on several threads at once.

#include <support/yield.hpp>  // first

#include <coauth/detail/suspension.hpp>

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <support/effort.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace suspension_test {
namespace {

using coauth::any_executor;
using coauth::awaitable;
using coauth::detail::suspension;
using coauth::detail::wake_reason;
using places = std::vector<std::shared_ptr<suspension>>;

/// Set when the frame is left, in whatever way.
struct leaves_mark {
    explicit leaves_mark(std::atomic<int>& n) : count(n) {}
    leaves_mark(leaves_mark const&) = delete;
    leaves_mark& operator=(leaves_mark const&) = delete;
    ~leaves_mark() { ++count; }
    std::atomic<int>& count;
};

struct tally {
    std::atomic<int> resumed{0};
    std::atomic<int> left{0};
};

awaitable<void> wait_for(std::shared_ptr<suspension> place, std::shared_ptr<tally> t) {
    leaves_mark const mark(t->left);
    wake_reason const reason = co_await suspension::wait(std::move(place));
    t->resumed += reason == wake_reason::ready ? 1 : 0;
}

void pause_for(unsigned long turns) {
    for (unsigned long i = 0; i < turns; ++i) std::this_thread::yield();
}

/// One round: waiters parked on a context that is destroyed here while another thread wakes them.
void destroy_while_waking(unsigned round, unsigned long before_wake, unsigned long before_end) {
    auto io = std::make_unique<asio::io_context>(1);
    auto const t = std::make_shared<tally>();
    places all;
    for (int i = 0; i < 3; ++i) {
        all.push_back(std::make_shared<suspension>());
        any_executor const executor =
            round % 2 == 0 ? any_executor(io->get_executor()) : asio::make_strand(*io);
        asio::co_spawn(executor, wait_for(all.back(), t), asio::detached);
    }
    if (round % 5 != 0) io->poll();  // else they are woken before they wait
    std::thread waker([&all, before_wake] {
        pause_for(before_wake);
        for (auto const& place : all) place->wake(wake_reason::ready);
    });
    pause_for(before_end);
    if (round % 3 == 0) io->poll();
    io.reset();
    waker.join();
    ASSERT_EQ(t.use_count(), 1) << "a frame was not destroyed";
    ASSERT_GE(t->left, t->resumed);
    for (auto const& place : all) ASSERT_EQ(place.use_count(), 1);
}

TEST(suspension_threads, delivery_races_with_the_destruction_of_the_context) {
    std::mt19937 random(7);
    for (unsigned round = 0; round < coauth_test::times(10'000); ++round) {
        destroy_while_waking(round, random() % 4, random() % 4);
        ASSERT_FALSE(HasFatalFailure()) << round;
    }
}

TEST(suspension_threads, one_of_many_wakers_wins) {
    for (int round = 0; round < 300; ++round) {
        asio::io_context io(1);
        auto const t = std::make_shared<tally>();
        auto const place = std::make_shared<suspension>();
        asio::co_spawn(io, wait_for(place, t), asio::detached);
        if (round % 2 == 0) io.poll();
        std::atomic<int> won{0};
        auto const wake = [&] { won += place->wake(wake_reason::ready) ? 1 : 0; };
        std::thread one(wake);
        std::thread other(wake);
        io.run();
        one.join();
        other.join();
        ASSERT_EQ(won, 1);
        ASSERT_EQ(t->resumed, 1);
    }
}

TEST(suspension_threads, cancellation_races_with_the_wake) {
    for (int round = 0; round < 500; ++round) {
        asio::io_context io(1);
        auto const t = std::make_shared<tally>();
        auto const place = std::make_shared<suspension>();
        asio::cancellation_signal cancel;
        asio::co_spawn(io, wait_for(place, t),
                       asio::bind_cancellation_slot(cancel.slot(), asio::detached));
        io.poll();
        asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
        bool woken = false;
        std::thread waker([&] { woken = place->wake(wake_reason::ready); });
        io.run();
        waker.join();
        ASSERT_EQ(t->left, 1);
        ASSERT_EQ(t->resumed, woken ? 1 : 0);
    }
}

TEST(suspension_threads, strand_on_many_threads_is_woken_from_everywhere) {
    asio::io_context io(3);
    auto const t = std::make_shared<tally>();
    places all;
    for (int i = 0; i < 300; ++i) {
        all.push_back(std::make_shared<suspension>());
        asio::co_spawn(asio::make_strand(io), wait_for(all.back(), t), asio::detached);
    }
    std::thread one([&] {
        for (auto const& place : all) place->wake(wake_reason::ready);
    });
    std::thread other([&] {
        for (auto it = all.rbegin(); it != all.rend(); ++it) (*it)->wake(wake_reason::ready);
    });
    std::thread runs_too([&] { io.run(); });
    io.run();
    one.join();
    other.join();
    runs_too.join();
    EXPECT_EQ(t->resumed, 300);
}

}  // namespace
}  // namespace suspension_test
