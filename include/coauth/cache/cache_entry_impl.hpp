// SPDX-License-Identifier: BSL-1.0
//
// The miss path of a cache entry: how callers arrive. Included by cache_entry.hpp.

#ifndef COAUTH_CACHE_CACHE_ENTRY_IMPL_HPP
#define COAUTH_CACHE_CACHE_ENTRY_IMPL_HPP

#include <coauth/cache/cache_entry.hpp>
#include <coauth/cache/timeline.hpp>

#include <mutex>

namespace coauth {

/// Somebody who needs a token.
struct cache_entry::caller {
    time_point now;
    any_executor const& executor;
    std::string const& traceparent;
    std::string const* origin;  ///< Of a 401; null without.
};

inline cache_entry::arrival cache_entry::miss(time_point now, any_executor const& executor,
                                              std::string const& traceparent) {
    detail::cache_counters::add(core_->counters.misses);
    arrival a;
    seek(a, caller{now, executor, traceparent, nullptr});
    return a;
}

inline cache_entry::arrival cache_entry::reject(time_point now, std::uint64_t generation,
                                                std::string const& origin,
                                                any_executor const& executor,
                                                std::string const& traceparent) {
    arrival a;
    bool first = false;
    {
        detail::hazard_guard const current(domain(), current_);
        bool const is_current =
            current && current->generation == generation && !current->rejected();
        if (is_current && !believe(*current, origin, now, first)) return a;
    }
    if (first) detail::cache_counters::add(core_->counters.invalidations);
    seek(a, caller{now, executor, traceparent, &origin});
    if (first) tell_rejected(origin);
    return a;
}

/// False when the origin keeps its 401. Else the token is rejected, and `first` says by whom.
inline bool cache_entry::believe(detail::token_record& record, std::string const& origin,
                                 time_point now, bool& first) {
    std::lock_guard const lock(mutex_);
    if (origins_) {
        if (origins_->cooling(origin, now)) return false;
        if (origins_->was_renewed_for(origin, record.generation) &&
            origins_->begin(origin, record.generation, now)) {
            detail::cache_counters::add(core_->counters.cooldowns);
            return false;
        }
    }
    first = record.reject();
    return true;
}

inline void cache_entry::seek(arrival& a, caller const& who) {
    for (;;) {
        a.token = token_if([&](auto const& record) { return record.valid(who.now); });
        if (a.token) return;
        detail::hazard_guard const f(domain(), flight_);
        if (f) {
            if (join(a, *f, who)) return;
        } else if (answer_from_memory(a, who.now) || launch(a, who)) {
            return;
        }
    }
}

/// False when that flight has ended.
inline bool cache_entry::join(arrival& a, detail::flight& f, caller const& who) {
    if (give_up_overdue(f, who.now)) return false;
    // Before the ticket: what the flight brings is to be the answer to this rejection as well.
    if (who.origin != nullptr) adopt_rejection(f, *who.origin);
    auto place = detail::flight_place::on(who.executor);
    if (!place.join(f)) return false;
    place.count();
    a.why = f.reason.load(std::memory_order_relaxed);  // sync: none, for a record
    a.flight = std::move(place);
    return true;
}

inline void cache_entry::adopt_rejection(detail::flight& f, std::string const& origin) {
    std::lock_guard const lock(mutex_);
    if (f.reason.load(std::memory_order_relaxed) == fetch_reason::rejected) return;  // sync: mutex
    f.origin = origin;
    f.reason.store(fetch_reason::rejected, std::memory_order_relaxed);  // sync: the mutex
}

/// Starts a flight. False when somebody else has come first, or when it has turned out needless.
inline bool cache_entry::launch(arrival& a, caller const& who) {
    fetch_reason const why = who.origin != nullptr ? fetch_reason::rejected : why_none();
    auto place = detail::flight_place::on(who.executor);
    auto made =
        std::make_unique<detail::flight>(core_, why, who.traceparent, earliest(who.now, why),
                                         policy_->fetch_deadline, true, place.leader());
    if (who.origin != nullptr) made->origin = *who.origin;
    detail::flight& f = *made;
    if (!take_off(made)) return false;
    place.lead(f);
    detail::flight_place fetch(f);
    // Another flight may have ended between the caller's look and this one.
    if (settle_from_memory(f, who.now)) return false;
    start(f, who.now, why);
    place.count();
    a.why = why;
    a.flight = std::move(place);
    a.fetch = std::move(fetch);
    return true;
}

inline fetch_reason cache_entry::why_none() const noexcept {
    // sync: none, for people
    if (forced_.load(std::memory_order_relaxed)) return fetch_reason::forced;
    bool const had_one = current_.load(std::memory_order_relaxed) != nullptr;
    return had_one ? fetch_reason::expired : fetch_reason::no_cached_token;
}

/// Whoever succeeds is the holder of the flight.
inline bool cache_entry::take_off(std::unique_ptr<detail::flight>& made) noexcept {
    detail::cache_counters::add(core_->counters.current_flights);
    detail::flight* none = nullptr;
    COAUTH_TEST_YIELD();
    // sync: seq_cst with hazard_domain::protect(); acquire for land(): what the last flight has
    // published is seen by settle_from_memory()
    if (flight_.compare_exchange_strong(none, made.get(), std::memory_order_seq_cst)) {
        static_cast<void>(made.release());
        return true;
    }
    detail::cache_counters::drop(core_->counters.current_flights);
    return false;
}

/// By the holder of the flight: the fetch is going to begin.
inline void cache_entry::start(detail::flight& f, time_point now, fetch_reason why) noexcept {
    time_point const at = earliest(now, why);
    f.set_start(at);
    // sync: the next holder of the flight comes after this one
    last_start_.store(at.time_since_epoch().count(), std::memory_order_relaxed);
    detail::cache_counters::add(core_->counters.fetches);
    if (core_->sweep) core_->sweep();
}

inline time_point cache_entry::earliest(time_point now, fetch_reason why) const noexcept {
    std::int64_t const last = last_start_.load(std::memory_order_relaxed);  // sync: start()
    if (last == never || why == fetch_reason::rejected) return now;
    return std::max(
        now, saturating_add(time_point(duration(last)), policy_->lifetime.min_refresh_interval));
}

inline cache_entry::arrival cache_entry::begin_refresh(time_point now) {
    arrival a;
    {
        detail::hazard_guard const f(domain(), flight_);
        if (f && !give_up_overdue(*f, now)) return a;
    }
    if (!refresh_due(now)) return a;
    auto const why = fetch_reason::refresh_ahead;
    auto made = std::make_unique<detail::flight>(core_, why, std::string(), earliest(now, why),
                                                 policy_->fetch_deadline, false, nullptr);
    detail::flight& f = *made;
    if (!take_off(made)) return a;
    detail::flight_place fetch(f);
    if (settle_from_memory(f, now)) return a;  // as in launch()
    start(f, now, why);
    detail::cache_counters::add(core_->counters.background_refreshes);
    a.fetch = std::move(fetch);
    return a;
}

inline bool cache_entry::refresh_due(time_point now) const {
    if (remembers_failure(now)) return false;
    detail::hazard_guard const current(domain(), current_);
    return current && !current->fresh(now) && current->valid(now);
}

inline bool cache_entry::remembers_failure(time_point now) const {
    detail::hazard_guard const failed(domain(), failed_);
    return failed && now < failed->retry_at;
}

inline bool cache_entry::answer_from_memory(arrival& a, time_point now) {
    detail::hazard_guard const failed(domain(), failed_);
    if (!failed || now >= failed->retry_at) return false;
    a.token = token_if([now](auto const& record) { return record.usable(now); });
    if (a.token) {
        detail::cache_counters::add(core_->counters.stale_served);
    } else {
        a.failure = failed->failure;
        detail::cache_counters::add(core_->counters.answered_from_memory);
    }
    return true;
}

inline void cache_entry::rejected_again(time_point now, std::uint64_t generation,
                                        std::string const& origin) {
    std::lock_guard const lock(mutex_);
    if (!is_current(generation)) return;
    detail::origin_cooldowns& known = origins();
    watching_.store(true, std::memory_order_release);  // sync: accepted()
    if (!known.cooling(origin, now) && known.begin(origin, generation, now)) {
        detail::cache_counters::add(core_->counters.cooldowns);
    }
}

inline void cache_entry::accepted(std::uint64_t generation, std::string const& origin) {
    if (!watching_.load(std::memory_order_acquire)) return;  // sync: the stores of true
    std::lock_guard const lock(mutex_);
    if (!origins_ || !is_current(generation)) return;
    origins_->end(origin);
    watching_.store(!origins_->empty(), std::memory_order_release);  // sync: the load above
}

inline bool cache_entry::is_current(std::uint64_t generation) const {
    detail::hazard_guard const current(domain(), current_);
    return current && current->generation == generation;
}

/// With the mutex held.
inline detail::origin_cooldowns& cache_entry::origins() {
    if (!origins_) origins_ = std::make_unique<detail::origin_cooldowns>();
    return *origins_;
}

inline void cache_entry::invalidate(std::uint64_t generation) {
    {
        detail::hazard_guard const current(domain(), current_);
        if (!current || current->generation != generation || !current->reject()) return;
    }
    forced_.store(true, std::memory_order_relaxed);  // sync: none, for people
    detail::cache_counters::add(core_->counters.invalidations);
    tell_rejected({});
}

inline void cache_entry::tell_rejected(std::string const& origin) const {
    if (policy_->observer) policy_->observer(token_rejected{policy_->token_endpoint, origin});
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

inline token_health cache_entry::health(time_point now) const {
    token_health h;
    h.token_endpoint = policy_->token_endpoint;
    {
        detail::hazard_guard const current(domain(), current_);
        h.ready = current && current->valid(now);
        if (current && current->usable(now)) {
            h.valid_for = current->expiry - now;
            h.age = now - current->started;
            h.valid_until =
                std::chrono::system_clock::now() +
                std::chrono::duration_cast<std::chrono::system_clock::duration>(*h.valid_for);
        }
    }
    {
        detail::hazard_guard const failed(domain(), failed_);
        if (failed) h.last_error = failed->failure;
        if (failed && now < failed->retry_at) h.next_attempt_in = failed->retry_at - now;
    }
    // sync: a snapshot
    h.fetching = flight_.load(std::memory_order_relaxed) != nullptr;
    return h;
}

}  // namespace coauth

#endif
