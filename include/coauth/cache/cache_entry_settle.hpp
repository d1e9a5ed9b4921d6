// SPDX-License-Identifier: BSL-1.0
//
// How the flights of a cache entry end, and what ends without one. Included by cache_entry.hpp.

#ifndef COAUTH_CACHE_CACHE_ENTRY_SETTLE_HPP
#define COAUTH_CACHE_CACHE_ENTRY_SETTLE_HPP

#include <coauth/cache/cache_entry.hpp>

#include <mutex>

namespace coauth {

// The order of a settlement: claim, publish, land. The claim makes it happen once; land() takes the
// flight out of the entry after all has been published, and only then closes it, so that whoever
// finds no flight, or a closed one, finds what it brought.

inline void cache_entry::settle(detail::flight& f, result<detail::fetched_token> outcome) noexcept {
    time_point const now = clock_.now();
    claim const c = f.control.settle();
    if (c != claim::lost) conclude(f, std::move(outcome), now, c == claim::won);
}

inline void cache_entry::give_up(detail::flight& f) noexcept {
    time_point const now = clock_.now();
    claim const c = f.control.settle();
    if (c == claim::lost) return;
    {
        std::lock_guard const lock(mutex_);
        if (f.at_home) hung_ = f.fetcher;
    }
    conclude(f, error(errc::broken_flight, stage::token), now, c == claim::won);
}

/// True when it was, and has been given up, or has ended. `f` is protected by the caller.
inline bool cache_entry::give_up_overdue(detail::flight& f, time_point now) {
    // One that is being settled may be joined: it ends without anybody's help.
    if (now <= f.overdue() || f.control.is_claimed()) return false;
    detail::flight_place mine;
    if (mine.join(f)) give_up(f);
    return true;
}

/// By whoever has claimed the flight. `owned`: it is still the entry's.
inline void cache_entry::conclude(detail::flight& f, result<detail::fetched_token> outcome,
                                  time_point now, bool owned) noexcept {
    try {
        if (outcome) {
            publish(f, now, *outcome, owned);
        } else {
            remember(f, now, std::move(outcome).error(), owned);
        }
    } catch (...) { f.failure = error(errc::out_of_memory, stage::token); }
    land(f, now);
    if (policy_->observer) tell_settled(f, now);
}

inline void cache_entry::publish(detail::flight& f, time_point now,
                                 detail::fetched_token const& got, bool owned) {
    timeline const times = make_timeline(policy_->lifetime, got.started, got.response.expires_in,
                                         got.response.refresh_in, random_unit());
    // sync: the number is unique, nothing else is read through it
    std::uint64_t const number = core_->next_generation.fetch_add(1, std::memory_order_relaxed);
    detail::record_share record(domain(), new detail::token_record(number, got.response, times));
    if (owned) {
        bool vouched_for = false;
        {
            detail::hazard_guard const current(domain(), current_);
            bool const same =
                current && current->authorization.view() == record->authorization.view();
            vouched_for = same && current->rejected();
            if (same && !vouched_for) record->move_soft(soft_after_same_token(times, now));
        }
        note_renewal(f, now, number, vouched_for);
        // From here on nothing throws.
        f.same_token = vouched_for;
        // sync: renewal() of the next flight
        refresh_refused_.store(got.refresh_refused, std::memory_order_relaxed);
        forced_.store(false, std::memory_order_relaxed);  // sync: none, for people
        COAUTH_TEST_YIELD();
        // sync: seq_cst with hazard_domain::protect(): a reader that announced the old record is
        // seen by its retirement
        drop(current_.exchange(record.share().release(), std::memory_order_seq_cst));
        drop(failed_.exchange(nullptr, std::memory_order_seq_cst));  // sync: as above
    }
    f.token = std::move(record);
}

inline void cache_entry::note_renewal(detail::flight& f, time_point now, std::uint64_t generation,
                                      bool vouched_for) {
    std::lock_guard const lock(mutex_);
    // sync: the mutex, see adopt_rejection()
    bool const for_rejection = f.reason.load(std::memory_order_relaxed) == fetch_reason::rejected;
    if (!for_rejection) {
        if (origins_) origins_->renewed_for({}, generation);
        return;
    }
    detail::origin_cooldowns& known = origins();
    if (vouched_for && known.begin(f.origin, generation, now)) {
        detail::cache_counters::add(core_->counters.cooldowns);
    }
    known.renewed_for(std::move(f.origin), generation);
    watching_.store(true, std::memory_order_release);  // sync: accepted()
}

inline void cache_entry::remember(detail::flight& f, time_point now, error failure, bool owned) {
    failure_kind const kind = classify_failure(failure);
    auto& c = core_->counters;
    detail::cache_counters::add(kind == failure_kind::transient    ? c.failures_transient
                                : kind == failure_kind::definitive ? c.failures_definitive
                                                                   : c.failures_other);
    if (owned) {
        // The refresh token, if there was one, has been refused.
        if (failure.is(errc::reauthorization_required)) {
            refresh_refused_.store(true, std::memory_order_relaxed);  // sync: renewal()
        }
        // Also what is not remembered spaces the renewals ahead of time: nobody waits for those.
        time_point next_ahead = saturating_add(now, policy_->lifetime.min_refresh_interval);
        detail::hazard_guard const current(domain(), current_);
        if (kind != failure_kind::not_remembered) {
            backoff steps;
            {
                detail::hazard_guard const last(domain(), failed_);
                if (last) steps = last->steps;
            }
            duration const pause = steps.next(kind, failure.retry_after(), random_unit());
            next_ahead = saturating_add(now, pause);
            f.pause = next_ahead - now;
            auto made = std::make_unique<detail::remembered_failure>(
                failure, next_ahead, steps, current ? current->generation : 0);
            // sync: seq_cst with hazard_domain::protect(), as for current_
            drop(failed_.exchange(made.release(), std::memory_order_seq_cst));
        }
        if (current && current->usable(now)) f.token = detail::record_share::of(domain(), *current);
        if (current && current->valid(now)) current->move_soft(next_ahead);
    }
    f.failure = std::move(failure);
}

/// Ends a flight that has just begun when no fetch is needed any more, because of what another one
/// has brought. A token that was rejected meanwhile needs one all the more.
inline bool cache_entry::settle_from_memory(detail::flight& f, time_point now) noexcept {
    detail::record_share token;
    error failure;
    try {
        // sync: the ticket of the fetch, which the caller has
        bool const ahead = f.reason.load(std::memory_order_relaxed) == fetch_reason::refresh_ahead;
        if (ahead && refresh_due(now)) return false;
        if (remembers_failure(now)) {
            detail::hazard_guard const failed(domain(), failed_);
            if (failed) failure = failed->failure;
        }
        detail::hazard_guard const current(domain(), current_);
        bool const good = current && (failure ? current->usable(now) : current->valid(now));
        if (good) token = detail::record_share::of(domain(), *current);
    } catch (...) { return false; }
    if (!token && !failure) return false;
    if (f.control.settle() != claim::lost) {
        f.token = std::move(token);
        f.failure = std::move(failure);
        land(f, now);
    }
    return true;
}

/// By whoever has claimed the flight: makes room for the next one and calls everybody.
inline void cache_entry::land(detail::flight& f, time_point now) noexcept {
    detail::flight* mine = &f;
    COAUTH_TEST_YIELD();
    // sync: seq_cst with hazard_domain::protect(); release for take_off()
    if (flight_.compare_exchange_strong(mine, nullptr, std::memory_order_seq_cst)) f.leave();
    detail::cache_counters::drop(core_->counters.current_flights);
    core_->limit.leave(f.turn, now);
    detail::flight_delivery delivery;
    f.control.close([&](detail::flight_waiter& w) { delivery.add(w); });
}

/// What it reads is not written any more: the flight is settled.
inline void cache_entry::tell_settled(detail::flight const& f, time_point now) const {
    duration const took = now - f.not_before();
    std::string const& endpoint = policy_->token_endpoint;
    fetch_reason const why = f.reason.load(std::memory_order_relaxed);  // sync: none, for people
    if (f.token && !f.failure) {
        duration const lifetime = f.token->expiry - now;
        if (why == fetch_reason::refresh_ahead) {
            policy_->observer(token_refreshed{endpoint, took, lifetime});
        } else {
            policy_->observer(token_fetched{endpoint, why, took, lifetime});
        }
        return;
    }
    policy_->observer(token_fetch_failed{endpoint, why, f.failure, took, f.pause,
                                         f.token && f.token->usable(now)});
}

inline result<token_ref> cache_entry::answer(detail::flight const& f, bool after_rejection) {
    if (after_rejection && f.same_token) return token_ref();
    if (f.token && !f.failure) return reference(*f.token);
    // The old token, unless it has been rejected or has expired since the flight ended.
    if (f.token && f.token->usable(clock_.now())) {
        detail::cache_counters::add(core_->counters.stale_served);
        return reference(*f.token);
    }
    return f.failure;
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

inline bool cache_entry::take_turn(detail::flight& f, std::shared_ptr<detail::suspension> wake) {
    if (f.control.is_claimed()) return true;
    time_point const now = clock_.now();
    bool const mine =
        core_->limit.enter(f.turn, now, f.overdue() - f.not_before(), std::move(wake));
    // Its time begins when it is its turn; until then each question puts it off.
    time_point const at = std::max(now, f.not_before());
    f.set_start(at);
    // sync: the next holder of the flight comes after this one
    last_start_.store(at.time_since_epoch().count(), std::memory_order_relaxed);
    return mine;
}

inline bool cache_entry::begin_fetch(detail::flight& f, asio::cancellation_slot fetching) {
    f.begun(fetching);
    std::lock_guard const lock(mutex_);
    // It is being run after all, so that the next fetch may go there again.
    if (f.at_home && hung_.lock() == f.fetcher.lock()) hung_.reset();
    return !f.control.is_claimed();
}

inline detail::flight_place cache_entry::running(detail::token_fetcher const* fetcher,
                                                 any_executor const& executor) {
    detail::hazard_guard const f(domain(), flight_);
    if (!f) return {};
    {
        std::lock_guard const lock(mutex_);
        if (f->fetcher.lock().get() != fetcher) return {};
    }
    auto place = detail::flight_place::on(executor);
    if (!place.join(*f)) return {};
    return place;
}

inline detail::token_renewal cache_entry::renewal() const {
    detail::token_renewal by;
    // sync: publish() of the last flight, which came before this one
    by.refresh_refused = refresh_refused_.load(std::memory_order_relaxed);
    detail::hazard_guard const current(domain(), current_);
    if (!current) return by;
    by.scope = current->scope;
    by.access_token = secret(current->access_token());
    by.started = current->started;
    if (!by.refresh_refused) by.refresh_token = current->refresh_token.clone();
    return by;
}

inline void cache_entry::retry_now() {
    detail::remembered_failure* const failed =
        failed_.exchange(nullptr, std::memory_order_seq_cst);  // sync: hazard_domain::protect()
    if (failed == nullptr) return;
    std::uint64_t const put_off = failed->generation;
    drop(failed);
    detail::hazard_guard const current(domain(), current_);
    if (current && current->generation == put_off) current->move_soft(clock_.now());
}

inline void cache_entry::erase() noexcept {
    forced_.store(true, std::memory_order_relaxed);  // sync: none, for people
    // sync: seq_cst with hazard_domain::protect(). The entry's ticket comes with the pointer.
    detail::flight* const f = flight_.exchange(nullptr, std::memory_order_seq_cst);
    if (f != nullptr) {
        COAUTH_TEST_YIELD();
        if (!f->control.disown()) {
            // It is being published at this very moment. What it brings is erased below.
            while (!f->control.is_closed()) COAUTH_TEST_PAUSE();
        }
        f->leave();
    }
    drop(current_.exchange(nullptr, std::memory_order_seq_cst));  // sync: hazard_domain::protect()
    drop(failed_.exchange(nullptr, std::memory_order_seq_cst));   // sync: hazard_domain::protect()
    refresh_refused_.store(false, std::memory_order_relaxed);     // sync: renewal()
}

inline void cache_entry::sign_in(std::unique_ptr<detail::fetched_token> token) {
    std::lock_guard const lock(mutex_);
    signed_in_ = std::move(token);
}

inline bool cache_entry::has_sign_in() const {
    std::lock_guard const lock(mutex_);
    return signed_in_ != nullptr;
}

inline std::unique_ptr<detail::fetched_token> cache_entry::take_sign_in() {
    std::lock_guard const lock(mutex_);
    return std::move(signed_in_);
}

inline bool cache_entry::idle(time_point now) const noexcept {
    try {
        // sync: a hint, unless nobody else has the entry
        if (flight_.load(std::memory_order_relaxed) != nullptr) return false;
        if (remembers_failure(now)) return false;
        if (earliest(now, fetch_reason::expired) != now) return false;
        {
            detail::hazard_guard const current(domain(), current_);
            if (current && current->usable(now)) return false;
        }
        std::lock_guard const lock(mutex_);
        return !origins_ || !origins_->cooling(now);
    } catch (...) { return false; }
}

inline cache_entry::~cache_entry() {
    {
        detail::flight_place last;
        detail::flight* const f = flight_.load(std::memory_order_acquire);  // sync: take_off()
        // Nobody has started it: its fetch would hold the entry.
        if (f != nullptr && last.join(*f)) settle(*f, error(errc::broken_flight, stage::token));
    }
    erase();
}

}  // namespace coauth

#endif
