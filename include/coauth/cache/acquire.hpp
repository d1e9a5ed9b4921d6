// SPDX-License-Identifier: BSL-1.0
//
// The coroutine behind a miss: waits for the flight of its key, alone responsible for its own
// deadline and cancellation. Runs on the executor of whoever awaits it.

#ifndef COAUTH_CACHE_ACQUIRE_HPP
#define COAUTH_CACHE_ACQUIRE_HPP

#include <coauth/cache/cache_entry.hpp>
#include <coauth/cache/credential_look.hpp>
#include <coauth/cache/fetch_run.hpp>
#include <coauth/cache/token_decision.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

/// What a caller wants from a cache entry.
class token_demand {
public:
    explicit token_demand(time_point deadline) : deadline_(deadline) {}

    /// After a 401 of `origin` to the token of `generation`.
    token_demand&& after_rejection(std::uint64_t generation, std::string origin) && {
        rejected_ = true;
        generation_ = generation;
        origin_ = std::move(origin);
        return std::move(*this);
    }

    /// While a failure is remembered, the next attempt is waited for.
    void wait_through_backoff(bool wait) noexcept { through_backoff_ = wait; }
    /// How long to wait now, before another look, for the attempt that follows a remembered
    /// failure; empty where that is the answer. In steps, since a mended secret, retry_now() or
    /// another caller may end the pause at any time.
    [[nodiscard]] std::optional<duration> pause(cache_entry& entry, time_point now) {
        if (!through_backoff_) return std::nullopt;
        if (!next_attempt_) {
            std::optional<duration> const rest = entry.health(now).next_attempt_in;
            if (!rest) return duration::zero();
            next_attempt_ = saturating_add(now, *rest);
        }
        if (now >= *next_attempt_ || *next_attempt_ > deadline_) return std::nullopt;
        return std::min<duration>(*next_attempt_ - now, std::chrono::seconds(1));
    }

    /// Goes with the fetch if this caller starts it (W3C Trace Context).
    void trace(std::string_view traceparent) { traceparent_ = traceparent; }
    /// Where to write down how it went. `place` outlives the await.
    void note_to(token_decision& place) noexcept { note_ = &place; }

    /// Where to leave the suspension that is waited for, so that its owner can be stopped. `place`
    /// outlives the await.
    void report_wait_to(std::weak_ptr<suspension>& place) noexcept { report_ = &place; }
    void report(std::shared_ptr<suspension> const& waiting) const {
        if (report_ != nullptr) *report_ = waiting;
    }

    [[nodiscard]] time_point deadline() const noexcept { return deadline_; }
    [[nodiscard]] bool is_after_rejection() const noexcept { return rejected_; }
    [[nodiscard]] cache_entry::arrival arrive(cache_entry& entry, time_point now,
                                              any_executor const& executor) const {
        return rejected_ ? entry.reject(now, generation_, origin_, executor, traceparent_)
                         : entry.miss(now, executor, traceparent_);
    }

    void note_arrival(cache_entry::arrival const& a) const {
        if (note_ == nullptr) return;
        using outcome = token_decision::outcome;
        bool const empty = !a.flight && !a.failure && !a.token;
        note_->how = a.fetch     ? outcome::fetched
                     : a.flight  ? outcome::joined
                     : a.failure ? outcome::remembered_failure
                     : empty     ? outcome::rejection_not_believed
                                 : outcome::hit;
        note_->why = a.why;
        if (a.flight) a.flight->report.want();
    }
    /// A caller may wait for one flight after another.
    void note_end(detail::flight const& f, clock const& by, time_point since) const {
        if (note_ == nullptr) return;
        note_->waited += by.now() - since;
        exchange_records const said = f.report.records();
        note_->exchanges.insert(note_->exchanges.end(), said.begin(), said.end());
    }

private:
    time_point deadline_;
    std::uint64_t generation_ = 0;
    std::string origin_;
    std::string traceparent_;
    token_decision* note_ = nullptr;
    std::weak_ptr<suspension>* report_ = nullptr;
    std::optional<time_point> next_attempt_;
    bool rejected_ = false;
    bool through_backoff_ = false;
};

/// A token, an error, or (only after a rejection) an empty token: the caller keeps its 401.
/// A cancelled await ends as errc::cancelled, and the flight goes on.
inline awaitable<result<token_ref>> acquire(std::shared_ptr<cache_entry> entry,
                                            std::shared_ptr<token_fetcher> fetcher,
                                            token_demand demand) {
    any_executor const executor = co_await asio::this_coro::executor;
    asio::cancellation_state const own = co_await asio::this_coro::cancellation_state;
    for (bool first = true;; first = false) {
        time_point const now = entry->policy().clock.now();
        cache_entry::arrival a = demand.arrive(*entry, now, executor);
        demand.note_arrival(a);
        if (a.failure) {
            auto const asked = credential_look::whom_to_ask(*entry, fetcher, *a.failure, now);
            std::optional<duration> pause = demand.pause(*entry, now);
            if (!asked && !pause) co_return std::move(*a.failure);
            auto const waiting = std::make_shared<suspension>();
            demand.report(waiting);
            std::shared_ptr<credential_look> look;
            if (asked) look = credential_look::start(entry, asked, waiting);
            asio::steady_timer timer(executor);
            duration const limit = asked ? credential_look::patience : *pause;
            wake_at(timer, std::min(demand.deadline() - now, limit), waiting);
            wake_reason const reason = co_await suspension::wait(waiting);
            if (reason == wake_reason::cancelled) co_return error(errc::cancelled, stage::token);
            bool const changed = reason == wake_reason::ready && look->found_another();
            if (!changed && !pause) co_return std::move(*a.failure);
            if (fetcher->stopped()) co_return error(errc::stopped, stage::token);
            continue;
        }
        if (!a.flight) co_return std::move(a.token);

        demand.report(a.flight.waiting());
        if (a.fetch) {
            fetch_run::start(entry, std::move(a.fetch), fetcher, executor);
        } else if (a.flight->fetched_by(own.slot())) {
            co_return error(errc::invalid_configuration, stage::token,
                            "the fetch of a token asks for that same token");
        }
        // A flight that outlives its deadline sits on a context that nobody runs: then this caller
        // fails it and starts anew.
        time_point const limit = std::min(demand.deadline(), a.flight->overdue());
        asio::steady_timer timer(executor);
        if (limit != time_point::max()) wake_at(timer, limit - now, a.flight.waiting());
        wake_reason const reason = co_await suspension::wait(a.flight.waiting());
        demand.note_end(*a.flight, entry->policy().clock, now);
        if (reason == wake_reason::cancelled) co_return error(errc::cancelled, stage::token);
        if (reason == wake_reason::expired && limit == demand.deadline()) {
            co_return error(errc::deadline_exceeded, stage::token,
                            "the caller's deadline passed while it waited for a token");
        }
        if (reason == wake_reason::expired) {
            // Unless its fetch has waited for its turn meanwhile, which puts its deadline off.
            if (a.flight->overdue() == limit) entry->give_up(*a.flight);
            continue;
        }
        result<token_ref> answer = entry->answer(*a.flight, demand.is_after_rejection());
        // Another source of the same token was stopped with its fetch; this one has not been. Once,
        // so that a fetch which says so of itself ends.
        bool const stopped = !answer && answer.error().is(errc::stopped);
        // Or the token has been rejected since it came: another one is on its way, or will be.
        bool const rejected = answer && *answer && answer->rejected();
        bool const again = first && !fetcher->stopped() && (stopped || rejected);
        if (!again) co_return std::move(answer);
    }
}

}  // namespace coauth::detail

#endif
