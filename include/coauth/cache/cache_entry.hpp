// SPDX-License-Identifier: BSL-1.0
//
// Everything about the token of one key: the token itself, the fetch that renews it, who waits for
// it, and what went wrong last. Hits are lock-free; everything else takes the entry's mutex, which
// is never held across a suspension, a post or code of a user. Any thread.

#ifndef COAUTH_CACHE_CACHE_ENTRY_HPP
#define COAUTH_CACHE_CACHE_ENTRY_HPP

#include <coauth/cache/backoff.hpp>
#include <coauth/cache/flight.hpp>
#include <coauth/cache/origin_cooldown.hpp>
#include <coauth/cache/statistics.hpp>
#include <coauth/cache/token_fetcher.hpp>
#include <coauth/cache/token_health.hpp>
#include <coauth/cache/token_record.hpp>
#include <coauth/crypto/random.hpp>
#include <coauth/detail/hazard_domain.hpp>

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace coauth {

/// How one key's tokens are kept.
struct cache_policy {
    lifetime_policy lifetime{};
    /// For one token request, resolving to the last byte. Range: above 0.
    duration fetch_deadline = std::chrono::seconds(30);
    class clock clock {};
    /// Told of tokens, with `token_endpoint` as their name.
    class observer observer {};
    std::string token_endpoint = {};
};

namespace detail {

/// What all entries of one cache share.
struct cache_core {
    std::shared_ptr<hazard_domain> domain = hazard_domain::make();
    cache_counters counters;
    std::atomic<std::uint64_t> next_generation{1};
};

}  // namespace detail

class cache_entry : public std::enable_shared_from_this<cache_entry> {
public:
    /// A call that found a token, or an error, or waits for a flight.
    struct arrival {
        token_ref token;
        std::optional<error> failure;
        std::shared_ptr<detail::flight> flight;
        std::shared_ptr<detail::suspension> waiting;
        std::list<std::shared_ptr<detail::suspension>>::iterator position;
        /// The flight is new: the caller starts its fetch, outside of every lock.
        bool launch = false;
        fetch_reason why = fetch_reason::no_cached_token;
    };

    cache_entry(std::shared_ptr<detail::cache_core> core, cache_policy policy)
        : core_(std::move(core)), policy_(std::move(policy)) {}
    cache_entry(cache_entry const&) = delete;
    cache_entry& operator=(cache_entry const&) = delete;
    ~cache_entry() { current_.store(nullptr, std::memory_order_seq_cst); }  // sync: protect()

    [[nodiscard]] cache_policy const& policy() const noexcept { return policy_; }

    // The hit path.

    /// Calls `f(record)` when there is a valid token; false on a miss. `f` must not suspend.
    /// `refresh_due` is set when the token is old enough for begin_refresh().
    template <class F>
    bool visit(time_point now, bool& refresh_due, F&& f) {
        detail::token_record* record = nullptr;
        detail::hazard_domain::glance const glance(*core_->domain, current_, record);
        if (record == nullptr || !check(*record, now, refresh_due)) return false;
        glance.count_hit();
        f(std::as_const(*record));
        return true;
    }

    /// The same with an owned handle, empty on a miss.
    [[nodiscard]] token_ref find(time_point now, bool& refresh_due) {
        return find_at(refresh_due, [now](detail::token_record const&) { return now; });
    }

    /// The same at the time of a coarse clock, which is blind to what the machine has slept since
    /// the token came.
    [[nodiscard]] token_ref find(bool& refresh_due) {
        return find_at(refresh_due, [this](detail::token_record const& record) {
            return policy_.clock.coarse_now(record.monotonic_offset);
        });
    }

    // The miss path.

    /// A caller that needs a token and found none. `traceparent` goes with the fetch if it is the
    /// one who starts it.
    [[nodiscard]] arrival miss(time_point now, std::string const& traceparent = {});

    /// The token may be renewed ahead of time: starts a flight unless there is one, or a pause.
    [[nodiscard]] arrival begin_refresh(time_point now);

    /// An API origin answered 401 to the token of `generation`. With an empty answer (no token, no
    /// error, no flight) the rejection is not believed and the 401 is the caller's to keep.
    [[nodiscard]] arrival reject(time_point now, std::uint64_t generation,
                                 std::string const& origin, std::string const& traceparent = {});

    /// The origin answered 401 also to the token that it was renewed with.
    void rejected_again(time_point now, std::uint64_t generation, std::string const& origin);

    /// The origin accepted the token of `generation`. One load when nobody is watched.
    void accepted(std::uint64_t generation, std::string const& origin);

    /// Whatever the reason: the token of this generation is not to be used any more.
    void invalidate(std::uint64_t generation);

    /// Forgets the last failure and its pause. The minimum refresh interval still holds.
    void retry_now();

    /// The fetcher whose executor runs the fetches of this key; only the first one counts.
    void set_home(std::shared_ptr<detail::token_fetcher> const& fetcher);
    [[nodiscard]] std::shared_ptr<detail::token_fetcher> home();

    /// Nobody ran the executor of this fetcher when it was last needed.
    [[nodiscard]] bool hangs(std::shared_ptr<detail::token_fetcher> const& fetcher);

    /// Says which fetch serves the flight, the gate of its context, and whether that is the home
    /// of its fetcher.
    void attach(detail::flight& f, std::shared_ptr<detail::fetch_run> const& run,
                std::shared_ptr<detail::context_gate> gate,
                std::shared_ptr<detail::token_fetcher> const& fetcher, bool at_home);

    /// What the fetch of a flight is to do.
    [[nodiscard]] detail::fetch_order order(detail::flight const& f);

    /// How things stand; sends nothing.
    [[nodiscard]] token_health health(time_point now);

    /// The fetch is about to begin. False when nobody wants it any more.
    [[nodiscard]] bool begin_fetch(detail::flight& f, asio::cancellation_slot fetching);

    /// Whether the coroutine with this slot is part of the flight's own fetch.
    [[nodiscard]] bool fetched_by(detail::flight const& f, asio::cancellation_slot caller);

    /// The flight that `fetcher` serves, if any; `waiting` (may be null) is woken when it ends.
    [[nodiscard]] std::shared_ptr<detail::flight> running(
        detail::token_fetcher const* fetcher, std::shared_ptr<detail::suspension> const& waiting);

    /// The flight is overdue: nobody runs its executor, and nobody will wait for it any more.
    void give_up(std::shared_ptr<detail::flight> const& f) noexcept;

    /// Takes a waiting caller out of its flight.
    void leave(arrival& a);

    /// The answer for a caller whose flight has settled. Empty token and no error: keep the 401.
    [[nodiscard]] result<token_ref> answer(detail::flight const& f, bool after_rejection);

    /// Ends a flight: publishes what it brought and wakes everybody. Only the first call counts.
    /// Where memory is lacking the flight has failed with errc::out_of_memory.
    void settle(std::shared_ptr<detail::flight> const& f,
                result<detail::fetched_token> outcome) noexcept;

private:
    [[nodiscard]] bool check(detail::token_record const& record, time_point now,
                             bool& refresh_due) const noexcept {
        if (record.fresh(now)) return true;
        if (!record.valid(now)) return false;
        refresh_due =
            !in_flight_.load(std::memory_order_relaxed);  // sync: a hint, see begin_refresh()
        return true;
    }

    template <class Time>
    [[nodiscard]] token_ref find_at(bool& refresh_due, Time&& time) {
        detail::token_record* record = nullptr;
        detail::hazard_domain::slot* const slot = core_->domain->protect(current_, record);
        if (slot == nullptr) return {};
        token_ref token(*core_->domain, slot, record);
        if (!check(*record, time(*record), refresh_due)) return {};
        slot->count_hit();
        return token;
    }

    [[nodiscard]] token_ref reference(detail::token_record const& record) {
        return token_ref(*core_->domain, core_->domain->protect(&record), &record);
    }

    void settle_overdue(time_point now);
    void join(arrival& a, time_point now, fetch_reason reason, std::string const& origin,
              std::string const& traceparent);
    void start_flight(time_point now, fetch_reason reason, std::string const& origin);
    void tell_rejected(std::string const& origin) const;
    void tell_settled(detail::flight const& f, time_point now) const;
    [[nodiscard]] bool answer_from_memory(arrival& a, time_point now);
    [[nodiscard]] std::shared_ptr<detail::token_record> publish(detail::flight& f, time_point now,
                                                                detail::fetched_token const& got);
    void remember(detail::flight& f, time_point now, error failure);

    std::shared_ptr<detail::cache_core> const core_;
    cache_policy const policy_;

    /// What readers see; owner_ keeps it alive. Written under the mutex.
    std::atomic<detail::token_record*> current_{nullptr};
    static_assert(std::atomic<detail::token_record*>::is_always_lock_free);
    /// There is something in origins_, or a token fetched because of a rejection.
    std::atomic<bool> watching_{false};
    std::atomic<bool> in_flight_{false};
    static_assert(std::atomic<bool>::is_always_lock_free);

    std::mutex mutex_;
    std::shared_ptr<detail::token_record> owner_;
    std::string renewed_for_;
    std::shared_ptr<detail::flight> flight_;
    std::weak_ptr<detail::token_fetcher> home_;
    /// The one whose flight was overdue last.
    std::weak_ptr<detail::token_fetcher> hung_;
    std::optional<time_point> last_start_;
    std::optional<error> last_failure_;
    time_point retry_at_;
    backoff backoff_;
    detail::origin_cooldowns cooldowns_;
};

}  // namespace coauth

#include <coauth/cache/cache_entry_impl.hpp>

#endif
