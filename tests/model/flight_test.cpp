// SPDX-License-Identifier: BSL-1.0
//
// Every interleaving of the real flight_control, ticket_cells and hazard_domain: join, withdraw,
// settle, close, disown, leave, and the end of the flight. The outcome and the waiters are ours.

#include <model/explorer.hpp>

#include <coauth/cache/flight_control.hpp>
#include <coauth/detail/hazard_domain.hpp>
#include <coauth/detail/hazard_guard.hpp>

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>

namespace {

using coauth::detail::atomic;
using coauth::detail::flight_control;
using coauth::detail::flight_waiter;
using coauth::detail::hazard_domain;
using coauth::detail::hazard_guard;
using coauth::tests::explore;
using coauth::tests::findings;
using coauth::tests::model;
using coauth::tests::require;

/// Written by whoever settles; a plain variable that is checked, not explored.
struct lone_flight : hazard_domain::retirable {
    lone_flight(int& counter, flight_waiter* leader) : alive(counter), control(leader) { ++alive; }
    lone_flight(lone_flight const&) = delete;
    lone_flight& operator=(lone_flight const&) = delete;
    ~lone_flight() { --alive; }
    int& alive;
    int outcome = 0;
    flight_control control;
};

/// A caller: in the line, or out of it again, or called.
struct caller : flight_waiter {
    caller() : flight_waiter(nullptr) {}
    lone_flight* flight = nullptr;
    flight_control::ticket ticket = flight_control::references;
    bool waits = false, came_late = false;
    /// Its own thread leaves the flight. Otherwise it does so as soon as it is called.
    bool may_withdraw = false;
    int called = 0;
};

/// What a cache entry does with its flight, without tokens.
class world {
public:
    explicit world(bool led = true) {
        auto* const f = new lone_flight(alive, led ? &leader : nullptr);
        leader.flight = f;
        leader.waits = led;
        fetched = f;
        place_.store(f);
        // Domains are used again: the next schedule is to have one that nobody has used.
        static_cast<void>(new auto(domain));
    }

    /// A thread's slots, so that only what a caller does is explored.
    void warm() { hazard_guard<lone_flight> const once(*domain, place_); }

    void join(caller& w) {
        hazard_guard const f(*domain, place_);
        if (!f) {
            w.came_late = true;
            return;
        }
        w.flight = &*f;
        switch (f->control.join(&w, w.ticket)) {
            case flight_control::joined::waiting: w.waits = true; break;
            case flight_control::joined::settled:
                require(f->outcome != 0, "settled without an outcome");
                leave(*f);
                break;
            case flight_control::joined::closed:
                w.came_late = true;
                require(f->outcome != 0, "closed without an outcome");
                leave(*f);
                break;
            case flight_control::joined::full: require(false, "no cell");
        }
    }
    /// The end of a caller's place in the line, whether it has been called or not.
    void withdraw(caller& w) {
        if (!w.waits) return;
        if (w.flight->control.withdraw(w, w.ticket)) {
            require(w.called == 0, "withdrawn after it was called");
            w.waits = false;
        }
        leave(*w.flight);
    }
    /// With a ticket.
    void settle(lone_flight& f, int outcome) {
        auto const claimed = f.control.settle();
        if (claimed == flight_control::claim::lost) return;
        require(f.outcome == 0, "settled twice");
        if (claimed == flight_control::claim::won) {
            require(!gone, "an erased flight is published");
            published = outcome;
        }
        f.outcome = outcome;
        lone_flight* mine = &f;
        if (place_.compare_exchange_strong(mine, nullptr)) leave(f);
        f.control.close([this](flight_waiter& w) { resume(static_cast<caller&>(w)); });
    }
    void fetch(int outcome = 1) {
        settle(*fetched, outcome);
        leave(*fetched);
    }
    /// A caller finds the flight overdue.
    void give_up() {
        hazard_guard const f(*domain, place_);
        if (!f) return;
        flight_control::ticket ticket = 0;
        if (f->control.join(nullptr, ticket) == flight_control::joined::waiting) settle(*f, 2);
        leave(*f);
    }
    void erase() {
        lone_flight* const f = place_.exchange(nullptr);
        if (f != nullptr) {
            if (!f->control.disown()) {
                while (!f->control.is_closed()) COAUTH_TEST_PAUSE();
            }
            leave(*f);
        }
        published = 0;
        gone = true;
    }
    void end() {
        require(place_.load() == nullptr, "the flight stands in the entry for ever");
        for (caller* w : {&leader, &first, &second}) {
            require(!w->waits || w->called == 1, "lost: nobody called a waiter");
        }
        require(alive == 0, "a flight was never freed, or twice");
    }

    std::shared_ptr<hazard_domain> domain = hazard_domain::make();
    int alive = 0;
    int published = 0;
    bool gone = false;
    caller leader, first, second;
    lone_flight* fetched = nullptr;

private:
    void resume(caller& w) {
        require(++w.called == 1, "called twice");
        require(w.flight->outcome != 0, "called without an outcome");
        if (!w.may_withdraw) leave(*w.flight);
    }
    void leave(lone_flight& f) {
        if (f.control.leave()) domain->retire(&f);
    }

    atomic<lone_flight*> place_{nullptr};
};

using world_ptr = std::shared_ptr<world>;

template <class F>
void explore_flight(F&& threads, std::size_t at_least, bool led = true) {
    findings const f = explore([&](model& m) {
        auto const w = std::make_shared<world>(led);
        threads(m, w);
        m.at_end([w] { w->end(); });
    });
    EXPECT_TRUE(f.right()) << f.text();
    EXPECT_GE(f.schedules, at_least);
    ::testing::Test::RecordProperty("schedules", std::to_string(f.schedules));
}

/// A thread with its slots.
void add(model& m, world_ptr const& w, std::function<void()> body) {
    m.thread(std::move(body), [w] { w->warm(); });
}

TEST(flight_model, caller_joins_while_the_flight_settles) {
    explore_flight(
        [](model& m, world_ptr const& w) {
            add(m, w, [w] { w->join(w->first); });
            add(m, w, [w] { w->fetch(); });
        },
        5);
}

TEST(flight_model, leader_is_cancelled_while_another_joins_and_the_flight_settles) {
    explore_flight(
        [](model& m, world_ptr const& w) {
            w->leader.may_withdraw = true;
            add(m, w, [w] { w->withdraw(w->leader); });
            add(m, w, [w] { w->join(w->first); });
            add(m, w, [w] { w->fetch(); });
        },
        50);
}

TEST(flight_model, caller_joins_and_is_cancelled_while_the_flight_settles) {
    explore_flight(
        [](model& m, world_ptr const& w) {
            w->first.may_withdraw = true;
            add(m, w, [w] {
                w->join(w->first);
                w->withdraw(w->first);
            });
            add(m, w, [w] { w->fetch(); });
        },
        10);
}

TEST(flight_model, two_callers_join_while_the_flight_settles) {
    explore_flight(
        [](model& m, world_ptr const& w) {
            add(m, w, [w] { w->join(w->first); });
            add(m, w, [w] { w->join(w->second); });
            add(m, w, [w] { w->fetch(); });
        },
        100, false);
}

TEST(flight_model, flight_is_given_up_while_it_settles_and_another_joins) {
    explore_flight(
        [](model& m, world_ptr const& w) {
            add(m, w, [w] { w->give_up(); });
            add(m, w, [w] { w->join(w->first); });
            add(m, w, [w] { w->fetch(); });
        },
        100, false);
}

TEST(flight_model, erase_wins_over_a_late_publish_and_loses_nobody) {
    explore_flight(
        [](model& m, world_ptr const& w) {
            add(m, w, [w] { w->erase(); });
            add(m, w, [w] { w->join(w->first); });
            add(m, w, [w] { w->fetch(); });
        },
        100, false);
}

}  // namespace
