// SPDX-License-Identifier: BSL-1.0
//
// How many fetches of a cache run at one time: so many that thousands of tokens which expire
// together do not become thousands of requests at a time. The others wait, first come, first
// served. Any thread.

#ifndef COAUTH_CACHE_FLIGHT_LIMIT_HPP
#define COAUTH_CACHE_FLIGHT_LIMIT_HPP

#include <coauth/clock.hpp>
#include <coauth/detail/atomic.hpp>
#include <coauth/detail/suspension.hpp>

#include <cstddef>
#include <iterator>
#include <list>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

namespace coauth::detail {

class flight_limit {
    /// Moves from list to list, so that only the first step needs memory.
    struct turn;
    using turns = std::list<turn>;

public:
    /// Of one flight, from its first step to its end.
    class place {
        friend class flight_limit;
        enum class state : unsigned char { outside, waiting, running, left };
        state state_ = state::outside;
        turns::iterator turn_;
    };

    /// `most`: above 0.
    explicit flight_limit(std::size_t most) : most_(most) {}
    flight_limit(flight_limit const&) = delete;
    flight_limit& operator=(flight_limit const&) = delete;

    /// True when the flight may run, or has left; it is taken to be over after `allowed`, whatever
    /// its executor does. False: `wake` is woken when it is its turn. To be asked again whenever it
    /// is woken, and now and then while it waits: only those who ask see that others are overdue.
    [[nodiscard]] bool enter(place& p, time_point now, duration allowed,
                             std::shared_ptr<suspension> wake) {
        turns fresh;
        fresh.emplace_back(p, allowed);
        std::lock_guard const lock(mutex_);
        take_from_overdue(now);
        if (p.state_ == place::state::outside) {
            p.turn_ = fresh.begin();
            p.state_ = place::state::waiting;
            waiting_.splice(waiting_.end(), fresh);
        }
        if (p.state_ != place::state::waiting) return true;
        p.turn_->wake = std::move(wake);
        admit(now, &p);
        return p.state_ != place::state::waiting;
    }

    /// The flight is over, wherever it stood. Only the first call counts.
    void leave(place& p, time_point now) noexcept {
        turns gone;
        std::lock_guard const lock(mutex_);
        if (p.state_ == place::state::waiting || p.state_ == place::state::running) {
            gone.splice(gone.end(), list_of(p), p.turn_);
        }
        p.state_ = place::state::left;
        admit(now, nullptr);
    }

    [[nodiscard]] std::size_t waiting() const {
        std::lock_guard const lock(mutex_);
        return waiting_.size();
    }
    [[nodiscard]] std::size_t running() const {
        std::lock_guard const lock(mutex_);
        return running_.size();
    }

private:
    struct turn {
        turn(place& p, duration d) : owner(&p), allowed(d) {}
        place* owner;
        duration allowed;
        time_point over;
        std::shared_ptr<suspension> wake;
    };

    [[nodiscard]] turns& list_of(place const& p) noexcept {
        return p.state_ == place::state::waiting ? waiting_ : running_;
    }

    /// Their executors are not run, or they would have left. One that comes back all the same
    /// waits again.
    void take_from_overdue(time_point now) noexcept {
        for (auto t = running_.begin(); t != running_.end();) {
            auto const next = std::next(t);
            if (t->over < now) {
                t->owner->state_ = place::state::outside;
                running_.erase(t);
            }
            t = next;
        }
    }

    void admit(time_point now, place const* asking) noexcept {
        while (!waiting_.empty() && running_.size() < most_) {
            turn& next = waiting_.front();
            next.over = saturating_add(now, next.allowed);
            next.owner->state_ = place::state::running;
            running_.splice(running_.end(), waiting_, waiting_.begin());
            std::shared_ptr<suspension> const wake = std::move(next.wake);
            if (next.owner == asking) continue;
            // Who has been woken otherwise asks again, or leaves; who cannot be woken for lack of
            // memory asks again too.
            try {
                wake->wake(wake_reason::ready);
            } catch (std::bad_alloc const&) {}
        }
    }

    std::size_t const most_;
    mutable mutex mutex_;
    turns waiting_;
    turns running_;
};

}  // namespace coauth::detail

#endif
