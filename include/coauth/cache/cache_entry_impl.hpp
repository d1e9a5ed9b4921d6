// SPDX-License-Identifier: BSL-1.0
//
// The miss path of a cache entry. Included by cache_entry.hpp.

#ifndef COAUTH_CACHE_CACHE_ENTRY_IMPL_HPP
#define COAUTH_CACHE_CACHE_ENTRY_IMPL_HPP

#include <coauth/cache/cache_entry.hpp>

namespace coauth {

inline cache_entry::arrival cache_entry::miss(time_point now, std::string const& traceparent) {
    detail::cache_counters::add(core_->counters.misses);
    settle_overdue(now);
    arrival a;
    std::lock_guard const lock(mutex_);
    // Somebody may have brought a token between the caller's look and this lock.
    if (owner_ && owner_->valid(now)) {
        a.token = reference(*owner_);
        return a;
    }
    if (!flight_ && answer_from_memory(a, now)) return a;
    join(a, now, owner_ ? fetch_reason::expired : fetch_reason::no_cached_token, {}, traceparent);
    return a;
}

inline cache_entry::arrival cache_entry::begin_refresh(time_point now) {
    settle_overdue(now);
    arrival a;
    std::lock_guard const lock(mutex_);
    bool const due = owner_ && !owner_->fresh(now) && owner_->valid(now);
    if (!due || flight_ || (last_failure_ && now < retry_at_)) return a;
    start_flight(now, fetch_reason::refresh_ahead, {});
    detail::cache_counters::add(core_->counters.background_refreshes);
    a.flight = flight_;
    a.launch = true;
    return a;
}

inline cache_entry::arrival cache_entry::reject(time_point now, std::uint64_t generation,
                                                std::string const& origin,
                                                std::string const& traceparent) {
    settle_overdue(now);
    arrival a;
    std::unique_lock lock(mutex_);
    bool const is_current = owner_ && owner_->generation == generation && !owner_->rejected();
    if (is_current) {
        if (cooldowns_.cooling(origin, now)) return a;
        if (renewed_for_ == origin && cooldowns_.begin(origin, generation, now)) {
            detail::cache_counters::add(core_->counters.cooldowns);
            return a;
        }
        owner_->reject();
        detail::cache_counters::add(core_->counters.invalidations);
    }
    if (owner_ && owner_->valid(now)) {
        a.token = reference(*owner_);
    } else if (flight_ || !answer_from_memory(a, now)) {
        join(a, now, fetch_reason::rejected, origin, traceparent);
    }
    lock.unlock();
    if (is_current) tell_rejected(origin);
    return a;
}

inline void cache_entry::rejected_again(time_point now, std::uint64_t generation,
                                        std::string const& origin) {
    std::lock_guard const lock(mutex_);
    if (!owner_ || owner_->generation != generation) return;
    watching_.store(true, std::memory_order_release);  // sync: accepted()
    if (!cooldowns_.cooling(origin, now) && cooldowns_.begin(origin, generation, now)) {
        detail::cache_counters::add(core_->counters.cooldowns);
    }
}

inline void cache_entry::accepted(std::uint64_t generation, std::string const& origin) {
    if (!watching_.load(std::memory_order_acquire)) return;  // sync: the stores of true
    std::lock_guard const lock(mutex_);
    if (!owner_ || owner_->generation != generation) return;
    cooldowns_.end(origin);
    if (renewed_for_ == origin) renewed_for_.clear();
    watching_.store(!renewed_for_.empty() || !cooldowns_.empty(),
                    std::memory_order_release);  // sync: the load above
}

inline void cache_entry::invalidate(std::uint64_t generation) {
    {
        std::lock_guard const lock(mutex_);
        if (!owner_ || owner_->generation != generation || owner_->rejected()) return;
        owner_->reject();
        detail::cache_counters::add(core_->counters.invalidations);
    }
    tell_rejected({});
}

inline void cache_entry::retry_now() {
    std::lock_guard const lock(mutex_);
    // The failure had put the renewal ahead of time off as well.
    if (last_failure_ && owner_) owner_->move_soft(policy_.clock.now());
    last_failure_.reset();
    backoff_.reset();
}

inline void cache_entry::erase() noexcept {
    std::shared_ptr<detail::token_record> gone;
    std::lock_guard const lock(mutex_);
    current_.store(nullptr, std::memory_order_seq_cst);  // sync: protect()
    gone = std::move(owner_);
    last_failure_.reset();
    backoff_.reset();
    if (flight_) flight_->detached = true;
    flight_.reset();
    in_flight_.store(false, std::memory_order_relaxed);  // sync: a hint for check()
}

inline bool cache_entry::idle(time_point now) noexcept {
    std::lock_guard const lock(mutex_);
    bool const failing = last_failure_ && now < retry_at_;
    return !flight_ && !failing && cooldowns_.empty() && !(owner_ && owner_->usable(now));
}

inline void cache_entry::set_home(std::shared_ptr<detail::token_fetcher> const& fetcher) {
    std::lock_guard const lock(mutex_);
    if (home_.expired() || home_.lock() == hung_.lock()) home_ = fetcher;
}

inline std::shared_ptr<detail::token_fetcher> cache_entry::home() {
    std::lock_guard const lock(mutex_);
    return home_.lock();
}

inline bool cache_entry::hangs(std::shared_ptr<detail::token_fetcher> const& fetcher) {
    std::lock_guard const lock(mutex_);
    return hung_.lock() == fetcher;
}

inline void cache_entry::attach(detail::flight& f, std::shared_ptr<detail::fetch_run> const& run,
                                std::shared_ptr<detail::context_gate> gate,
                                std::shared_ptr<detail::token_fetcher> const& fetcher,
                                bool at_home) {
    std::lock_guard const lock(mutex_);
    f.run = run;
    f.gate = std::move(gate);
    f.fetcher = fetcher;
    f.at_home = at_home;
}

inline bool cache_entry::begin_fetch(detail::flight& f, asio::cancellation_slot fetching) {
    std::lock_guard const lock(mutex_);
    // It is being run after all, so that the next fetch may go there again.
    if (f.at_home && hung_.lock() == f.fetcher.lock()) hung_.reset();
    f.fetching = fetching;
    return !f.settled;
}

inline bool cache_entry::fetched_by(detail::flight const& f, asio::cancellation_slot caller) {
    std::lock_guard const lock(mutex_);
    return caller.is_connected() && f.fetching == caller;
}

inline std::shared_ptr<detail::flight> cache_entry::running(
    detail::token_fetcher const* fetcher, std::shared_ptr<detail::suspension> const& waiting) {
    std::lock_guard const lock(mutex_);
    if (!flight_ || flight_->fetcher.lock().get() != fetcher) return nullptr;
    if (waiting) flight_->waiters.push_back(waiting);
    return flight_;
}

inline void cache_entry::leave(arrival& a) {
    std::lock_guard const lock(mutex_);
    // A settled flight has handed its waiters over; the position is in another list then.
    if (a.flight->settled) return;
    a.flight->waiters.erase(a.position);
    detail::cache_counters::add(core_->counters.leaves);
}

inline result<token_ref> cache_entry::answer(detail::flight const& f, bool after_rejection) {
    if (after_rejection && f.same_token) return token_ref();
    if (f.token && !f.failure) return reference(*f.token);
    // The old token, unless it has been rejected or has expired since the flight ended.
    if (f.token && f.token->usable(policy_.clock.now())) {
        detail::cache_counters::add(core_->counters.stale_served);
        return reference(*f.token);
    }
    return f.failure;
}

inline void cache_entry::give_up(std::shared_ptr<detail::flight> const& f) noexcept {
    {
        std::lock_guard const lock(mutex_);
        if (!f->settled && f->at_home) hung_ = f->fetcher;
    }
    settle(f, error(errc::broken_flight, stage::token));
}

inline void cache_entry::settle_overdue(time_point now) {
    std::shared_ptr<detail::flight> overdue;
    {
        std::lock_guard const lock(mutex_);
        if (flight_ && now > flight_->overdue) overdue = flight_;
    }
    if (overdue) give_up(overdue);
}

inline bool cache_entry::answer_from_memory(arrival& a, time_point now) {
    if (!last_failure_ || now >= retry_at_) return false;
    if (owner_ && owner_->usable(now)) {
        a.token = reference(*owner_);
        detail::cache_counters::add(core_->counters.stale_served);
    } else {
        a.failure = *last_failure_;
        detail::cache_counters::add(core_->counters.answered_from_memory);
    }
    return true;
}

inline void cache_entry::join(arrival& a, time_point now, fetch_reason reason,
                              std::string const& origin, std::string const& traceparent) {
    // Whatever may throw comes first: a flight that has been made will be started.
    a.waiting = std::make_shared<detail::suspension>();
    std::list<std::shared_ptr<detail::suspension>> place{a.waiting};
    a.position = place.begin();
    if (!flight_) {
        start_flight(now, reason, origin);
        flight_->traceparent = traceparent;
        a.launch = true;
    } else if (reason == fetch_reason::rejected && flight_->reason != fetch_reason::rejected) {
        // What it brings is now also the answer to this rejection.
        flight_->origin = origin;
        flight_->reason = reason;
    }
    a.flight = flight_;
    a.why = flight_->reason;
    a.flight->waiters.splice(a.flight->waiters.end(), place);
    detail::cache_counters::add(core_->counters.joins);
}

inline void cache_entry::start_flight(time_point now, fetch_reason reason,
                                      std::string const& origin) {
    auto f = std::make_shared<detail::flight>();
    f->reason = reason;
    f->origin = origin;
    f->not_before = now;
    if (last_start_ && reason != fetch_reason::rejected) {
        f->not_before =
            std::max(now, saturating_add(*last_start_, policy_.lifetime.min_refresh_interval));
    }
    f->deadline = saturating_add(f->not_before, policy_.fetch_deadline);
    // A while for its own timer to end it first.
    duration const grace = std::min<duration>(std::chrono::seconds(1), policy_.fetch_deadline);
    f->overdue = saturating_add(f->deadline, grace);
    last_start_ = f->not_before;
    flight_ = std::move(f);
    in_flight_.store(true, std::memory_order_relaxed);  // sync: a hint for check()
    detail::cache_counters::add(core_->counters.fetches);
    detail::cache_counters::add(core_->counters.current_flights);
}

inline void cache_entry::settle(std::shared_ptr<detail::flight> const& f,
                                result<detail::fetched_token> outcome) noexcept {
    std::list<std::shared_ptr<detail::suspension>> waiters;
    std::shared_ptr<detail::token_record> replaced;
    time_point const now = policy_.clock.now();
    {
        std::lock_guard const lock(mutex_);
        if (f->settled) return;
        try {
            if (outcome) {
                replaced = publish(*f, now, *outcome);
            } else {
                remember(*f, now, std::move(outcome).error());
            }
        } catch (...) { f->failure = error(errc::out_of_memory, stage::token); }
        f->settled = true;
        if (flight_ == f) {
            flight_.reset();
            in_flight_.store(false, std::memory_order_relaxed);  // sync: a hint for check()
        }
        detail::cache_counters::drop(core_->counters.current_flights);
        waiters.swap(f->waiters);
    }
    for (auto const& waiter : waiters) {
        // One that cannot be posted to for lack of memory wakes by its own timer.
        try {
            waiter->wake(detail::wake_reason::ready);
        } catch (...) {}
    }
    if (policy_.observer) tell_settled(*f, now);
}

inline void cache_entry::tell_rejected(std::string const& origin) const {
    if (policy_.observer) policy_.observer(token_rejected{policy_.token_endpoint, origin});
}

/// What it reads is not written any more: the flight is settled.
inline void cache_entry::tell_settled(detail::flight const& f, time_point now) const {
    duration const took = now - f.not_before;
    std::string const& endpoint = policy_.token_endpoint;
    if (f.token && !f.failure) {
        duration const lifetime = f.token->expiry - now;
        if (f.reason == fetch_reason::refresh_ahead) {
            policy_.observer(token_refreshed{endpoint, took, lifetime});
        } else {
            policy_.observer(token_fetched{endpoint, f.reason, took, lifetime});
        }
        return;
    }
    policy_.observer(token_fetch_failed{endpoint, f.reason, f.failure, took, f.pause,
                                        f.token && f.token->usable(now)});
}

inline detail::fetch_order cache_entry::order(detail::flight const& f) {
    std::lock_guard const lock(mutex_);
    return {f.deadline, f.reason, f.traceparent, nullptr};
}

inline token_health cache_entry::health(time_point now) {
    token_health h;
    h.token_endpoint = policy_.token_endpoint;
    std::lock_guard const lock(mutex_);
    h.ready = owner_ && owner_->valid(now);
    if (owner_ && owner_->usable(now)) {
        h.valid_for = owner_->expiry - now;
        h.valid_until =
            std::chrono::system_clock::now() +
            std::chrono::duration_cast<std::chrono::system_clock::duration>(*h.valid_for);
    }
    h.last_error = last_failure_;
    if (last_failure_ && now < retry_at_) h.next_attempt_in = retry_at_ - now;
    h.fetching = flight_ != nullptr;
    return h;
}

inline std::shared_ptr<detail::token_record> cache_entry::publish(
    detail::flight& f, time_point now, detail::fetched_token const& got) {
    timeline times = make_timeline(policy_.lifetime, got.started, got.response.expires_in,
                                   got.response.refresh_in, random_unit());
    // sync: the number is unique, nothing else is read through it
    std::uint64_t const number = core_->next_generation.fetch_add(1, std::memory_order_relaxed);
    auto const domain = core_->domain;
    auto* const raw = new detail::token_record(number, got.response, times);
    std::shared_ptr<detail::token_record> record(
        raw, [domain](detail::token_record* r) { domain->retire(r); });
    bool const same = owner_ && owner_->authorization.view() == record->authorization.view();
    bool const vouched_for = same && owner_->rejected();
    if (same && !vouched_for) record->move_soft(soft_after_same_token(times, now));
    bool const for_rejection = f.reason == fetch_reason::rejected;
    // The last thing that may throw; from here on the token is in use.
    if (vouched_for && for_rejection && cooldowns_.begin(f.origin, number, now)) {
        detail::cache_counters::add(core_->counters.cooldowns);
    }
    f.same_token = vouched_for;
    renewed_for_ = for_rejection ? std::move(f.origin) : std::string();
    if (for_rejection) watching_.store(true, std::memory_order_release);  // sync: accepted()
    last_failure_.reset();
    backoff_.reset();
    f.token = record;
    if (f.detached) return nullptr;
    // sync: seq_cst with protect(): a reader that announced the old record is seen by its
    // retirement
    current_.store(record.get(), std::memory_order_seq_cst);
    return std::exchange(owner_, std::move(record));
}

inline void cache_entry::remember(detail::flight& f, time_point now, error failure) {
    failure_kind const kind = classify_failure(failure);
    auto& c = core_->counters;
    detail::cache_counters::add(kind == failure_kind::transient    ? c.failures_transient
                                : kind == failure_kind::definitive ? c.failures_definitive
                                                                   : c.failures_other);
    if (owner_ && owner_->usable(now)) f.token = owner_;
    // Also what is not remembered spaces the renewals ahead of time: nobody waits for those.
    time_point next_ahead = saturating_add(now, policy_.lifetime.min_refresh_interval);
    if (kind != failure_kind::not_remembered) {
        std::optional<error> copy(failure);
        last_failure_ = std::move(copy);
        retry_at_ =
            saturating_add(now, backoff_.next(kind, last_failure_->retry_after(), random_unit()));
        next_ahead = retry_at_;
        f.pause = retry_at_ - now;
    }
    if (owner_ && owner_->valid(now)) owner_->move_soft(next_ahead);
    f.failure = std::move(failure);
}

}  // namespace coauth

#endif
