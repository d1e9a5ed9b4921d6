// SPDX-License-Identifier: BSL-1.0
//
// The miss path of a cache entry. Included by cache_entry.hpp.

#ifndef COAUTH_CACHE_CACHE_ENTRY_IMPL_HPP
#define COAUTH_CACHE_CACHE_ENTRY_IMPL_HPP

#include <coauth/cache/cache_entry.hpp>

namespace coauth {

inline cache_entry::arrival cache_entry::miss(time_point now) {
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
    join(a, now, detail::fetch_reason::no_cached_token, {});
    return a;
}

inline cache_entry::arrival cache_entry::begin_refresh(time_point now) {
    settle_overdue(now);
    arrival a;
    std::lock_guard const lock(mutex_);
    bool const due = owner_ && !owner_->fresh(now) && owner_->valid(now);
    if (!due || flight_ || (last_failure_ && now < retry_at_)) return a;
    start_flight(now, detail::fetch_reason::soft, {});
    detail::cache_counters::add(core_->counters.background_refreshes);
    a.flight = flight_;
    a.launch = true;
    return a;
}

inline cache_entry::arrival cache_entry::reject(time_point now, std::uint64_t generation,
                                                std::string const& origin) {
    settle_overdue(now);
    arrival a;
    std::lock_guard const lock(mutex_);
    bool const is_current = owner_ && owner_->generation == generation && !owner_->rejected();
    if (is_current) {
        if (cooldowns_.cooling(origin, now)) return a;
        if (renewed_for_ == origin && cooldowns_.begin(origin, generation, now)) {
            detail::cache_counters::add(core_->counters.cooldowns);
            return a;
        }
        owner_->reject();
        detail::cache_counters::add(core_->counters.invalidations);
        join(a, now, detail::fetch_reason::rejected, origin);
        return a;
    }
    if (owner_ && owner_->valid(now)) {
        a.token = reference(*owner_);
        return a;
    }
    if (!flight_ && answer_from_memory(a, now)) return a;
    join(a, now, detail::fetch_reason::rejected, origin);
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
    std::lock_guard const lock(mutex_);
    if (!owner_ || owner_->generation != generation || owner_->rejected()) return;
    owner_->reject();
    detail::cache_counters::add(core_->counters.invalidations);
}

inline void cache_entry::retry_now() {
    std::lock_guard const lock(mutex_);
    last_failure_.reset();
    backoff_.reset();
}

inline void cache_entry::set_home(std::shared_ptr<detail::token_fetcher> const& fetcher) {
    std::lock_guard const lock(mutex_);
    if (home_.expired()) home_ = fetcher;
}

inline std::shared_ptr<detail::token_fetcher> cache_entry::home() {
    std::lock_guard const lock(mutex_);
    return home_.lock();
}

inline void cache_entry::attach(detail::flight& f, std::shared_ptr<detail::fetch_run> const& run,
                                detail::token_fetcher const* fetcher) {
    std::lock_guard const lock(mutex_);
    f.run = run;
    f.fetcher = fetcher;
}

inline std::shared_ptr<detail::fetch_run> cache_entry::running(
    detail::token_fetcher const* fetcher, std::shared_ptr<detail::suspension> const& waiting) {
    std::lock_guard const lock(mutex_);
    if (!flight_ || flight_->fetcher != fetcher) return nullptr;
    flight_->waiters.push_back(waiting);
    return flight_->run.lock();
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
    if (f.token) return reference(*f.token);
    return f.failure;
}

/// A flight that is still there well after its deadline sits on a context that nobody runs.
inline void cache_entry::settle_overdue(time_point now) {
    std::shared_ptr<detail::flight> overdue;
    {
        std::lock_guard const lock(mutex_);
        if (flight_ && now > saturating_add(flight_->deadline, grace)) overdue = flight_;
    }
    if (!overdue) return;
    settle(overdue, error(errc::broken_flight, stage::token,
                          "the fetch did not end by its deadline: nobody runs its executor"));
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

inline void cache_entry::join(arrival& a, time_point now, detail::fetch_reason reason,
                              std::string const& origin) {
    a.waiting = std::make_shared<detail::suspension>();
    if (!flight_) {
        start_flight(now, reason, origin);
        a.launch = true;
    }
    a.flight = flight_;
    a.position = a.flight->waiters.insert(a.flight->waiters.end(), a.waiting);
    detail::cache_counters::add(core_->counters.joins);
}

inline void cache_entry::start_flight(time_point now, detail::fetch_reason reason,
                                      std::string const& origin) {
    auto f = std::make_shared<detail::flight>();
    f->reason = reason;
    f->origin = origin;
    f->not_before = now;
    if (last_start_ && reason != detail::fetch_reason::rejected) {
        f->not_before =
            std::max(now, saturating_add(*last_start_, policy_.lifetime.min_refresh_interval));
    }
    f->deadline = saturating_add(f->not_before, policy_.fetch_deadline);
    last_start_ = f->not_before;
    flight_ = std::move(f);
    in_flight_.store(true, std::memory_order_relaxed);  // sync: a hint for check()
    detail::cache_counters::add(core_->counters.fetches);
    detail::cache_counters::add(core_->counters.current_flights);
}

inline void cache_entry::settle(std::shared_ptr<detail::flight> const& f,
                                result<detail::fetched_token> outcome) {
    std::list<std::shared_ptr<detail::suspension>> waiters;
    std::shared_ptr<detail::token_record> replaced;
    {
        std::lock_guard const lock(mutex_);
        if (f->settled) return;
        time_point const now = policy_.clock.now();
        if (outcome) {
            replaced = publish(*f, now, *outcome);
        } else {
            remember(*f, now, std::move(outcome).error());
        }
        f->settled = true;
        if (flight_ == f) {
            flight_.reset();
            in_flight_.store(false, std::memory_order_relaxed);  // sync: a hint for check()
        }
        detail::cache_counters::drop(core_->counters.current_flights);
        waiters.swap(f->waiters);
    }
    for (auto const& waiter : waiters) waiter->wake(detail::wake_reason::ready);
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
    f.same_token = same && owner_->rejected();
    if (same && !owner_->rejected()) record->move_soft(soft_after_same_token(times, now));
    renewed_for_ = f.reason == detail::fetch_reason::rejected ? f.origin : std::string();
    if (f.same_token && !renewed_for_.empty() && cooldowns_.begin(renewed_for_, number, now)) {
        detail::cache_counters::add(core_->counters.cooldowns);
    }
    if (!renewed_for_.empty())
        watching_.store(true, std::memory_order_release);  // sync: accepted()
    last_failure_.reset();
    backoff_.reset();
    f.token = record;
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
    if (kind != failure_kind::not_remembered) {
        duration const pause = backoff_.next(kind, failure.retry_after(), random_unit());
        last_failure_ = failure;
        retry_at_ = saturating_add(now, pause);
        if (owner_ && owner_->valid(now)) owner_->move_soft(retry_at_);
    }
    if (owner_ && owner_->usable(now)) {
        f.token = owner_;
        detail::cache_counters::add(c.stale_served);
    }
    f.failure = std::move(failure);
}

}  // namespace coauth

#endif
