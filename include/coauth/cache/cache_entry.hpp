// SPDX-License-Identifier: BSL-1.0
//
// Everything about the token of one key: the token itself, the fetch that renews it, who waits for
// it, and what went wrong last. Hits, joining, leaving and settling are lock-free; what is rare (a
// rejection, the start of a fetch) takes a mutex, which is never held across a suspension, a post
// or code of a user. Any thread.

#ifndef COAUTH_CACHE_CACHE_ENTRY_HPP
#define COAUTH_CACHE_CACHE_ENTRY_HPP

#include <coauth/cache/cache_core.hpp>
#include <coauth/cache/flight.hpp>
#include <coauth/cache/origin_cooldown.hpp>
#include <coauth/cache/remembered_failure.hpp>
#include <coauth/cache/token_fetcher.hpp>
#include <coauth/cache/token_health.hpp>
#include <coauth/cache/token_record.hpp>
#include <coauth/cache/token_ref.hpp>
#include <coauth/crypto/random.hpp>
#include <coauth/detail/atomic.hpp>
#include <coauth/detail/hazard_domain.hpp>
#include <coauth/detail/hazard_guard.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coauth {

class cache_entry : public std::enable_shared_from_this<cache_entry> {
public:
    /// A call that found a token, or an error, or waits for a flight.
    struct arrival {
        token_ref token;
        std::optional<error> failure;
        detail::flight_place flight;
        /// The flight is new: the caller starts its fetch with this ticket.
        detail::flight_place fetch;
        fetch_reason why = fetch_reason::no_cached_token;
    };

    cache_entry(std::shared_ptr<detail::cache_core> core,
                std::shared_ptr<cache_policy const> policy)
        : core_(std::move(core)), policy_(std::move(policy)), clock_(policy_->clock) {}
    cache_entry(std::shared_ptr<detail::cache_core> core, cache_policy policy)
        : cache_entry(std::move(core), std::make_shared<cache_policy const>(std::move(policy))) {}
    cache_entry(cache_entry const&) = delete;
    cache_entry& operator=(cache_entry const&) = delete;
    ~cache_entry();

    [[nodiscard]] cache_policy const& policy() const noexcept { return *policy_; }

    // The hit path.

    /// Calls `f(record)` when there is a valid token; false on a miss. `f` must not suspend.
    /// `refresh_due` is set when the token is old enough for begin_refresh().
    template <class F>
    [[gnu::always_inline]] bool visit(time_point now, bool& refresh_due, F&& f) {
        detail::hazard_guard const record(*core_->domain, current_);
        if (!record || !check(*record, now, refresh_due)) return false;
        record.count_hit();
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
            return clock_.coarse_now(record.monotonic_offset);
        });
    }

    // The miss path. A caller with an executor, its own, waits there; without one it only looks on.

    /// A caller that needs a token and found none. `traceparent` goes with the fetch if it is the
    /// one who starts it.
    [[nodiscard]] arrival miss(time_point now, any_executor const& executor = {},
                               std::string const& traceparent = {});

    /// The token may be renewed ahead of time: starts a flight unless there is one, or a pause.
    [[nodiscard]] arrival begin_refresh(time_point now);

    /// An API origin answered 401 to the token of `generation`. With an empty answer (no token, no
    /// error, no flight) the rejection is not believed and the 401 is the caller's to keep.
    [[nodiscard]] arrival reject(time_point now, std::uint64_t generation,
                                 std::string const& origin, any_executor const& executor = {},
                                 std::string const& traceparent = {});

    /// The origin answered 401 also to the token that it was renewed with.
    void rejected_again(time_point now, std::uint64_t generation, std::string const& origin);

    /// The origin accepted the token of `generation`. One load when nobody is watched.
    void accepted(std::uint64_t generation, std::string const& origin);

    /// Whatever the reason: the token of this generation is not to be used any more.
    void invalidate(std::uint64_t generation);

    /// Forgets the last failure and its pause. The minimum refresh interval still holds.
    void retry_now();

    /// Forgets token, failure and pause. Who waits for a flight gets what it brings, and nobody
    /// else does. The minimum refresh interval still holds.
    void erase() noexcept;

    /// A person has signed in: the next fetch brings this token. Its caller erases the entry
    /// before.
    void sign_in(std::unique_ptr<detail::fetched_token> token);
    /// No fetch has brought it yet.
    [[nodiscard]] bool has_sign_in() const;
    [[nodiscard]] std::unique_ptr<detail::fetched_token> take_sign_in();

    /// Nothing would be lost without this entry, as long as nobody holds it: no flight, no token
    /// that can be used, nothing remembered.
    [[nodiscard]] bool idle(time_point now) const noexcept;

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

    /// What the next fetch may go by, also when the token itself has been rejected.
    [[nodiscard]] detail::token_renewal renewal() const;

    /// How things stand; sends nothing.
    [[nodiscard]] token_health health(time_point now) const;

    /// It is the fetch's turn, or the flight has ended. False: `wake` is woken when it is. To be
    /// asked again after that, and at least every half of the fetch's deadline: so its waiters see
    /// that somebody runs its executor.
    [[nodiscard]] bool take_turn(detail::flight& f, std::shared_ptr<detail::suspension> wake);

    /// The fetch is about to begin. False when nobody wants it any more.
    [[nodiscard]] bool begin_fetch(detail::flight& f, asio::cancellation_slot fetching);

    /// A place to wait for the flight that `fetcher` serves, if there is one.
    [[nodiscard]] detail::flight_place running(detail::token_fetcher const* fetcher,
                                               any_executor const& executor);

    // Preconditions of the rest: the caller has a ticket of the flight.

    /// The flight is overdue: nobody runs its executor, and nobody will wait for it any more.
    void give_up(detail::flight& f) noexcept;

    /// The answer for a caller whose flight has settled. Empty token and no error: keep the 401.
    [[nodiscard]] result<token_ref> answer(detail::flight const& f, bool after_rejection);

    /// Ends a flight: publishes what it brought and calls everybody. Only the first call counts.
    /// Where memory is lacking the flight has failed with errc::out_of_memory.
    void settle(detail::flight& f, result<detail::fetched_token> outcome) noexcept;

private:
    [[nodiscard]] bool check(detail::token_record const& record, time_point now,
                             bool& refresh_due) const noexcept {
        if (record.fresh(now)) return true;
        if (!record.valid(now)) return false;
        // sync: a hint, see begin_refresh()
        refresh_due = flight_.load(std::memory_order_relaxed) == nullptr;
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

    /// Of a record that somebody has a share in.
    [[nodiscard]] token_ref reference(detail::token_record const& record) {
        return token_ref(*core_->domain, core_->domain->protect(&record), &record);
    }

    /// The present token if it is `good`.
    template <class Good>
    [[nodiscard]] token_ref token_if(Good&& good) {
        detail::token_record* record = nullptr;
        detail::hazard_domain::slot* const slot = core_->domain->protect(current_, record);
        token_ref token(*core_->domain, slot, record);
        if (slot == nullptr || !good(*record)) return {};
        return token;
    }

    struct caller;
    using claim = detail::flight_control::claim;

    [[nodiscard]] detail::hazard_domain& domain() const noexcept { return *core_->domain; }
    void seek(arrival& a, caller const& who);
    [[nodiscard]] bool join(arrival& a, detail::flight& f, caller const& who);
    [[nodiscard]] bool give_up_overdue(detail::flight& f, time_point now);
    void adopt_rejection(detail::flight& f, std::string const& origin);
    [[nodiscard]] bool launch(arrival& a, caller const& who);
    [[nodiscard]] bool take_off(std::unique_ptr<detail::flight>& made) noexcept;
    void start(detail::flight& f, time_point now, fetch_reason why) noexcept;
    [[nodiscard]] fetch_reason why_none() const noexcept;
    [[nodiscard]] time_point earliest(time_point now, fetch_reason why) const noexcept;
    [[nodiscard]] bool refresh_due(time_point now) const;
    [[nodiscard]] bool remembers_failure(time_point now) const;
    [[nodiscard]] bool answer_from_memory(arrival& a, time_point now);
    [[nodiscard]] bool settle_from_memory(detail::flight& f, time_point now) noexcept;
    [[nodiscard]] bool is_current(std::uint64_t generation) const;
    [[nodiscard]] bool believe(detail::token_record& record, std::string const& origin,
                               time_point now, bool& first);

    void conclude(detail::flight& f, result<detail::fetched_token> outcome, time_point now,
                  bool owned) noexcept;
    void publish(detail::flight& f, time_point now, detail::fetched_token const& got, bool owned);
    void remember(detail::flight& f, time_point now, error failure, bool owned);
    void note_renewal(detail::flight& f, time_point now, std::uint64_t generation,
                      bool vouched_for);
    void land(detail::flight& f, time_point now) noexcept;
    void drop(detail::token_record* unlinked) noexcept {
        detail::record_share const last(domain(), unlinked);
    }
    void drop(detail::remembered_failure* unlinked) noexcept {
        if (unlinked != nullptr) domain().retire(unlinked);
    }
    [[nodiscard]] detail::origin_cooldowns& origins();
    void tell_rejected(std::string const& origin) const;
    void tell_settled(detail::flight const& f, time_point now) const;

    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::min();

    std::shared_ptr<detail::cache_core> const core_;
    std::shared_ptr<cache_policy const> const policy_;
    class clock const clock_;

    /// What readers see. Written by the holder of the flight, and by erase().
    detail::atomic<detail::token_record*> current_{nullptr};
    static_assert(std::atomic<detail::token_record*>::is_always_lock_free);
    /// The last failure, from the moment it is remembered until a token comes.
    detail::atomic<detail::remembered_failure*> failed_{nullptr};
    static_assert(std::atomic<detail::remembered_failure*>::is_always_lock_free);
    /// Who puts a flight here may start a fetch, and publishes what it brings; with a ticket.
    detail::atomic<detail::flight*> flight_{nullptr};
    static_assert(std::atomic<detail::flight*>::is_always_lock_free);
    /// When the last fetch was to begin, in nanoseconds of boot_clock.
    detail::atomic<std::int64_t> last_start_{never};
    static_assert(std::atomic<std::int64_t>::is_always_lock_free);
    /// A refresh token has been refused: this key does without, until one from elsewhere is good.
    detail::atomic<bool> refresh_refused_{false};
    /// There is something in origins_.
    detail::atomic<bool> watching_{false};
    /// The last token was given up by hand.
    detail::atomic<bool> forced_{false};
    static_assert(std::atomic<bool>::is_always_lock_free);

    mutable detail::mutex mutex_;
    std::unique_ptr<detail::origin_cooldowns> origins_;  ///< None before the first rejection.
    std::unique_ptr<detail::fetched_token> signed_in_;
    std::weak_ptr<detail::token_fetcher> home_;
    /// The one whose flight was overdue last.
    std::weak_ptr<detail::token_fetcher> hung_;
};

}  // namespace coauth

#include <coauth/cache/cache_entry_impl.hpp>
#include <coauth/cache/cache_entry_settle.hpp>

#endif
