// SPDX-License-Identifier: BSL-1.0
//
// The coroutine behind a miss: waits for the flight of its key, alone responsible for its own
// deadline and cancellation. Runs on the executor of whoever awaits it.

#ifndef COAUTH_CACHE_ACQUIRE_HPP
#define COAUTH_CACHE_ACQUIRE_HPP

#include <coauth/cache/cache_entry.hpp>
#include <coauth/cache/fetch_run.hpp>
#include <coauth/cache/token_decision.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
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
    void note_end(detail::flight const& f, duration waited) const {
        if (note_ == nullptr) return;
        note_->waited += waited;
        note_->exchanges = f.report.records();
    }

private:
    time_point deadline_;
    std::uint64_t generation_ = 0;
    std::string origin_;
    std::string traceparent_;
    token_decision* note_ = nullptr;
    std::weak_ptr<suspension>* report_ = nullptr;
    bool rejected_ = false;
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
        if (a.failure) co_return std::move(*a.failure);
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
        demand.note_end(*a.flight, entry->policy().clock.now() - now);
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
        bool const again = stopped && first && !fetcher->stopped();
        if (!again) co_return std::move(answer);
    }
}

}  // namespace coauth::detail

#endif
