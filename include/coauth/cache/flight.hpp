// SPDX-License-Identifier: BSL-1.0
//
// One token request on behalf of everybody who needs that token. Owned by all who hold a ticket:
// the cache entry, the fetch, and whoever waits; the last one to leave retires it.

#ifndef COAUTH_CACHE_FLIGHT_HPP
#define COAUTH_CACHE_FLIGHT_HPP

#include <coauth/cache/cache_core.hpp>
#include <coauth/cache/fetch_report.hpp>
#include <coauth/cache/flight_control.hpp>
#include <coauth/cache/token_record.hpp>
#include <coauth/clock.hpp>
#include <coauth/detail/suspension.hpp>
#include <coauth/error.hpp>
#include <coauth/observer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace coauth::detail {

class fetch_run;
class token_fetcher;

struct flight : hazard_domain::retirable {
    /// `led`: with a ticket for the caller who needs the token, and waits as `leader` unless that
    /// is null.
    flight(std::shared_ptr<cache_core> c, fetch_reason why, std::string const& traced,
           time_point at, duration deadline, bool led, flight_waiter* leader)
        : control(led, leader),
          reason(why),
          traceparent(traced),
          allowed(deadline),
          core(std::move(c)),
          start_(at.time_since_epoch().count()) {}

    flight_control control;

    /// Becomes `rejected` when somebody joins after a 401.
    atomic<fetch_reason> reason;
    static_assert(std::atomic<fetch_reason>::is_always_lock_free);
    /// Of the call that started it (W3C Trace Context); empty without.
    std::string const traceparent;
    duration const allowed;
    fetch_report report;
    /// Among the fetches of the cache.
    flight_limit::place turn;

    [[nodiscard]] time_point not_before() const noexcept {
        return time_point(duration(start_.load(std::memory_order_relaxed)));  // sync: set_start()
    }
    [[nodiscard]] time_point deadline() const noexcept {
        return saturating_add(not_before(), allowed);
    }
    /// When it is still there at that time, nobody runs its executor. A while after its deadline,
    /// for its own timer to end it first.
    [[nodiscard]] time_point overdue() const noexcept {
        return saturating_add(deadline(), std::min<duration>(std::chrono::seconds(1), allowed));
    }
    /// By the one who starts it, and by its fetch while that waits for its turn.
    void set_start(time_point at) noexcept {
        // sync: none needed, a late view is one of an earlier deadline, and whoever finds that
        // passed looks again
        start_.store(at.time_since_epoch().count(), std::memory_order_relaxed);
    }

    // Guarded by the entry's mutex.

    /// The API origin whose 401 caused it; empty for other reasons.
    std::string origin;
    /// The running fetch, the gate of the context where alone it may be touched, and whose it is,
    /// so that a stop can end it. Written once, by attach().
    std::weak_ptr<fetch_run> run;
    std::shared_ptr<context_gate> gate;
    std::weak_ptr<token_fetcher> fetcher;
    bool at_home = false;  ///< It runs on its fetcher's own executor.

    /// Common to all coroutines that the fetch awaits: tells a fetch that asks for its own token.
    void begun(asio::cancellation_slot fetching) noexcept {
        fetching_ = fetching;
        begun_.store(true, std::memory_order_release);  // sync: fetched_by()
    }
    [[nodiscard]] bool fetched_by(asio::cancellation_slot caller) const noexcept {
        // sync: acquire, for begun(); the fetch itself comes after that
        return begun_.load(std::memory_order_acquire) && caller.is_connected() &&
               fetching_ == caller;
    }

    // Written once before the waiters are called, read by them afterwards.

    record_share token;
    error failure;                      ///< With a token: the old one, which is still good.
    duration pause = duration::zero();  ///< How long the failure is remembered.
    /// The server sent the very token that this fetch was to replace.
    bool same_token = false;

    /// Gives a ticket back.
    void leave() noexcept {
        if (!control.leave()) return;
        // Somebody may still look at the control word: all else goes now.
        token = record_share();
        std::shared_ptr<cache_core> const last = std::move(core);
        last->domain->retire(this);
    }

    std::shared_ptr<cache_core> core;

private:
    atomic<std::int64_t> start_;
    static_assert(std::atomic<std::int64_t>::is_always_lock_free);
    atomic<bool> begun_{false};
    static_assert(std::atomic<bool>::is_always_lock_free);
    asio::cancellation_slot fetching_;
};

/// A ticket, and the suspension that waits with it, if any. Leaves when it goes. One thread; a
/// suspension only on its executor.
class flight_place {
public:
    flight_place() = default;
    /// Adopts a ticket that its owner had from the start.
    explicit flight_place(flight& f) noexcept : flight_(&f) {}
    flight_place(flight_place&& other) noexcept
        : flight_(std::exchange(other.flight_, nullptr)),
          waiting_(std::move(other.waiting_)),
          ticket_(other.ticket_),
          counted_(other.counted_) {}
    flight_place& operator=(flight_place&& other) noexcept {
        if (this != &other) {
            reset();
            flight_ = std::exchange(other.flight_, nullptr);
            waiting_ = std::move(other.waiting_);
            ticket_ = other.ticket_;
            counted_ = other.counted_;
        }
        return *this;
    }
    ~flight_place() { reset(); }

    /// Nowhere yet; to wait on `executor`, or only to look on when that is empty.
    [[nodiscard]] static flight_place on(any_executor const& executor) {
        flight_place p;
        if (executor) {
            auto made = std::make_shared<suspension>();
            made->enlist(executor);
            p.waiting_ = std::move(made);
        }
        return p;
    }

    /// What stands in the first cell of a flight that is led. Null without an executor.
    [[nodiscard]] flight_waiter* leader() const noexcept { return waiting_.get(); }
    void lead(flight& f) noexcept {
        flight_ = &f;
        ticket_ = flight_control::references;
    }

    /// False when the flight has ended. `f` is protected by the caller.
    [[nodiscard]] bool join(flight& f) {
        auto const how = f.control.join(waiting_.get(), ticket_);
        flight_ = &f;
        if (how == flight_control::joined::waiting) return true;
        if (waiting_) waiting_->discharge();
        if (how == flight_control::joined::settled) {
            waiting_->wake(wake_reason::ready);
            return true;
        }
        waiting_.reset();
        reset();
        if (how == flight_control::joined::full) throw std::bad_alloc();
        return false;
    }
    /// Its leaving early is to be counted.
    void count() noexcept {
        counted_ = true;
        cache_counters::add(flight_->core->counters.joins);
    }

    /// One more ticket, without a suspension.
    [[nodiscard]] flight_place another() const noexcept {
        flight_->control.share();
        return flight_place(*flight_);
    }

    [[nodiscard]] explicit operator bool() const noexcept { return flight_ != nullptr; }
    [[nodiscard]] flight* operator->() const noexcept { return flight_; }
    [[nodiscard]] flight& operator*() const noexcept { return *flight_; }
    [[nodiscard]] std::shared_ptr<suspension> const& waiting() const noexcept { return waiting_; }

private:
    void reset() noexcept {
        flight* const f = std::exchange(flight_, nullptr);
        bool const early =
            waiting_ != nullptr && (f == nullptr || f->control.withdraw(*waiting_, ticket_));
        if (early) waiting_->discharge();
        waiting_.reset();
        if (f == nullptr) return;
        if (early && counted_) cache_counters::add(f->core->counters.leaves);
        f->leave();
    }

    flight* flight_ = nullptr;
    std::shared_ptr<suspension> waiting_;
    flight_control::ticket ticket_ = 0;
    bool counted_ = false;
};

}  // namespace coauth::detail

#endif
