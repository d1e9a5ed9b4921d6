// SPDX-License-Identifier: BSL-1.0

#include <coauth/detail/suspension.hpp>

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace suspension_test {
namespace {

using coauth::any_executor;
using coauth::awaitable;
using coauth::detail::context_gate;
using coauth::detail::gate_of;
using coauth::detail::suspension;
using coauth::detail::wake_reason;

/// Counts the frames that are alive.
struct tally {
    explicit tally(int& n) : count(n) { ++count; }
    tally(tally const&) = delete;
    tally& operator=(tally const&) = delete;
    ~tally() { --count; }
    int& count;
};

struct waiter {
    std::shared_ptr<suspension> place = std::make_shared<suspension>();
    std::optional<wake_reason> reason;
    asio::cancellation_signal cancel;
    int frames = 0;

    void start(any_executor const& executor) {
        asio::co_spawn(executor, run(this, place),
                       asio::bind_cancellation_slot(cancel.slot(), asio::detached));
    }

private:
    static awaitable<void> run(waiter* self, std::shared_ptr<suspension> place) {
        tally const here(self->frames);
        self->reason = co_await suspension::wait(std::move(place));
    }
};

TEST(suspension, wakes_once_and_with_the_first_reason) {
    asio::io_context io;
    waiter w;
    w.start(io.get_executor());
    io.poll();
    EXPECT_TRUE(w.place->wake(wake_reason::expired));
    EXPECT_FALSE(w.place->wake(wake_reason::ready));
    io.run();
    EXPECT_EQ(w.reason, wake_reason::expired);
}

TEST(suspension, wake_before_the_wait_is_kept) {
    asio::io_context io;
    waiter w;
    EXPECT_TRUE(w.place->wake(wake_reason::ready));
    w.start(io.get_executor());
    io.run();
    EXPECT_EQ(w.reason, wake_reason::ready);
}

//
TEST(suspension, never_resumes_inside_of_wake) {
    asio::io_context io;
    waiter w;
    w.start(io.get_executor());
    asio::post(io, [&] {
        w.place->wake(wake_reason::ready);
        EXPECT_FALSE(w.reason.has_value());
    });
    io.run();
    EXPECT_EQ(w.reason, wake_reason::ready);
}

TEST(suspension, chain_of_a_hundred_thousand_wakes_needs_no_stack) {
    struct chain {
        static awaitable<void> run(int n) {
            for (int i = 0; i < n; ++i) {
                auto const place = std::make_shared<suspension>();
                place->wake(wake_reason::ready);
                wake_reason const reason = co_await suspension::wait(place);
                EXPECT_EQ(reason, wake_reason::ready);
            }
        }
    };
    asio::io_context io;
    asio::co_spawn(io, chain::run(100'000), asio::detached);
    io.run();
}

TEST(suspension, waiting_keeps_its_context_running) {
    asio::io_context io;
    waiter w;
    w.start(io.get_executor());
    EXPECT_GT(io.poll(), 0U);
    EXPECT_FALSE(io.stopped());
    w.place->wake(wake_reason::ready);
    io.run();
    EXPECT_TRUE(io.stopped());
}

TEST(suspension, cancellation_wakes_it_with_its_own_reason) {
    asio::io_context io;
    waiter w;
    w.start(io.get_executor());
    io.poll();
    w.cancel.emit(asio::cancellation_type::terminal);
    EXPECT_FALSE(w.place->wake(wake_reason::ready));
    io.run();
    EXPECT_EQ(w.reason, wake_reason::cancelled);
}

TEST(suspension, cancellation_after_the_wake_changes_nothing) {
    asio::io_context io;
    waiter w;
    w.start(io.get_executor());
    io.poll();
    w.place->wake(wake_reason::ready);
    w.cancel.emit(asio::cancellation_type::terminal);
    io.run();
    EXPECT_EQ(w.reason, wake_reason::ready);
}

TEST(suspension, frame_is_destroyed_with_its_context) {
    waiter w;
    {
        asio::io_context io;
        w.start(asio::make_strand(io));
        io.poll();
        EXPECT_EQ(w.frames, 1);
    }
    EXPECT_EQ(w.frames, 0);
    EXPECT_FALSE(w.reason.has_value());
    EXPECT_FALSE(w.place->wake(wake_reason::ready));
}

TEST(suspension, wake_that_its_context_never_ran_is_destroyed_with_it) {
    waiter w;
    {
        asio::io_context io;
        w.start(io.get_executor());
        io.poll();
        EXPECT_TRUE(w.place->wake(wake_reason::ready));
    }
    EXPECT_EQ(w.frames, 0);
    EXPECT_FALSE(w.reason.has_value());
}

/// Waits in its destructor's way: what a frame does while its context is being destroyed.
struct waits_again {
    any_executor executor;
    waiter& other;
    ~waits_again() { other.start(executor); }
};

TEST(suspension, wait_that_begins_while_the_context_goes_is_destroyed_too) {
    struct frame {
        static awaitable<void> run(std::shared_ptr<suspension> place, waiter* late) {
            any_executor const executor = co_await asio::this_coro::executor;
            waits_again const at_the_end{executor, *late};
            co_await suspension::wait(place);
        }
    };
    waiter late;
    auto const place = std::make_shared<suspension>();
    {
        asio::io_context io;
        asio::co_spawn(io, frame::run(place, &late), asio::detached);
        io.poll();
    }
    EXPECT_EQ(late.frames, 0);
    EXPECT_EQ(late.place.use_count(), 1);
}

TEST(context_gate, lets_nobody_in_once_its_context_is_gone) {
    std::shared_ptr<context_gate> gate;
    {
        asio::io_context io;
        gate = gate_of(io.get_executor());
        EXPECT_EQ(gate, gate_of(asio::make_strand(io)));
        EXPECT_TRUE(static_cast<bool>(gate->enter()));
    }
    EXPECT_FALSE(static_cast<bool>(gate->enter()));
}

struct member : context_gate::member {
    int told = 0;
    void context_gone() noexcept override { ++told; }
};

/// Leaves in its destructor, as whoever is added has to.
struct short_lived : member {
    explicit short_lived(std::shared_ptr<context_gate> g) : gate(std::move(g)) {}
    ~short_lived() override { gate->remove(*this); }
    std::shared_ptr<context_gate> gate;
};

TEST(context_gate, tells_its_members_once_and_takes_no_new_ones) {
    auto const stays = std::make_shared<member>();
    auto const leaves = std::make_shared<member>();
    std::shared_ptr<context_gate> gate;
    {
        asio::io_context io;
        gate = gate_of(io.get_executor());
        EXPECT_TRUE(gate->add(stays));
        EXPECT_TRUE(gate->add(leaves));
        EXPECT_TRUE(gate->add(std::make_shared<short_lived>(gate)));
        gate->remove(*leaves);
    }
    EXPECT_EQ(stays->told, 1);
    EXPECT_EQ(leaves->told, 0);
    EXPECT_FALSE(gate->add(leaves));
    gate->remove(*stays);
}

TEST(context_gate, destruction_waits_for_whoever_is_inside) {
    auto io = std::make_unique<asio::io_context>();
    auto const gate = gate_of(io->get_executor());
    std::optional<context_gate::pass> pass(gate->enter());
    std::atomic<bool> gone{false};
    std::thread destroyer([&] {
        io.reset();
        gone = true;
    });
    while (static_cast<bool>(gate->enter())) std::this_thread::yield();
    EXPECT_FALSE(gone);
    pass.reset();
    destroyer.join();
    EXPECT_TRUE(gone);
}

}  // namespace
}  // namespace suspension_test
