// SPDX-License-Identifier: BSL-1.0
//
// What a source has to do with its token store beyond one fetch: which record is its own, what of
// it is still to be erased, and whom to tell of failures. A store that fails is never more than a
// miss and an event. Any thread; its coroutines run on sequential executors.

#ifndef COAUTH_TOKEN_KEEPING_HPP
#define COAUTH_TOKEN_KEEPING_HPP

#include <coauth/cache/timeline.hpp>
#include <coauth/cache/token_fetcher.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/pending_work.hpp>
#include <coauth/observer.hpp>
#include <coauth/store/token_records.hpp>
#include <coauth/token_source_config.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coauth::detail {

class token_keeping {
public:
    /// How long an answer of the store is waited for.
    static constexpr duration limit = std::chrono::milliseconds(250);

    /// `endpoint`: as events name it.
    token_keeping(token_source_config const& config, store_key const& key, std::string endpoint)
        : records_(config.store, limit),
          key_(key),
          lifetime_(config.lifetime),
          patience_(config.fetch_deadline),
          clock_(config.clock),
          observer_(config.observer),
          endpoint_(std::move(endpoint)) {}

    [[nodiscard]] time_point now() const noexcept { return clock_.now(); }

    /// What the wall clock said, or will say, at that time. Stores outlive a boot, so they have the
    /// wall clock's times.
    [[nodiscard]] static stored_token::wall_clock::time_point wall_time(time_point at) {
        // A thread that is put aside between two looks would move the one clock against the other.
        time_point before;
        stored_token::wall_clock::time_point wall;
        for (int tries = 0; tries != 10; ++tries) {
            before = boot_clock::now();
            wall = stored_token::wall_clock::now();
            if (boot_clock::now() - before < std::chrono::microseconds(20)) break;
        }
        return wall + (at - before);
    }

    /// The token of a record as it was when it was fetched; nothing where a caller would not be
    /// given it any more.
    [[nodiscard]] std::optional<fetched_token> revive(stored_token const& record) const {
        time_point const at = now();
        auto const wall = wall_time(at);
        bool const lives = record.left(wall) != duration::zero() &&
                           record.expires_at - record.issued_at >= std::chrono::seconds(1);
        if (record.access_token.empty() || !lives) return std::nullopt;
        fetched_token token;
        token.started = at - (wall - record.issued_at);
        token.response.access_token = record.access_token.clone();
        token.response.refresh_token = record.refresh_token.clone();
        token.response.token_type = record.token_type;
        token.response.scope = record.scope;
        token.response.expires_in =
            std::chrono::floor<std::chrono::seconds>(record.expires_at - record.issued_at);
        timeline const times =
            make_timeline(lifetime_, token.started, token.response.expires_in, std::nullopt, 0);
        if (at >= times.hard) return std::nullopt;
        return token;
    }

    [[nodiscard]] stored_token record_of(fetched_token const& token) const {
        token_response const& r = token.response;
        stored_token record;
        record.access_token = r.access_token.clone();
        if (!token.refresh_refused) record.refresh_token = r.refresh_token.clone();
        record.token_type = r.token_type;
        record.scope = r.scope;
        record.issued_at = wall_time(token.started);
        timeline const times =
            make_timeline(lifetime_, token.started, r.expires_in, std::nullopt, 0);
        record.expires_at = record.issued_at + (times.expiry - times.started);
        return record;
    }

    // The operations of the store. Each tells of its failure. `self` outlives what is awaited.

    [[nodiscard]] static awaitable<result<std::optional<stored_token>>> load(
        std::shared_ptr<token_keeping> self) {
        auto found = co_await self->records_.try_load(self->key_);
        if (!found) self->tell(store_operation::load, found.error());
        co_return std::move(found);
    }

    [[nodiscard]] static awaitable<result<store_lock>> lock(std::shared_ptr<token_keeping> self,
                                                            duration patience) {
        auto held = co_await self->records_.try_lock(self->key_, patience);
        if (!held) self->tell(store_operation::lock, held.error());
        co_return std::move(held);
    }

    /// Takes as long as a fetch may: whoever saves holds the lock, since a record that is not
    /// written yet must not be read.
    [[nodiscard]] static awaitable<result<void>> save(std::shared_ptr<token_keeping> self,
                                                      stored_token record, std::uint64_t epoch) {
        auto done = co_await self->records_.try_save(self->key_, record, self->patience_);
        if (done) self->erased_up_to(epoch);
        if (!done) self->tell(store_operation::save, done.error());
        co_return std::move(done);
    }

    [[nodiscard]] static awaitable<result<void>> erase(std::shared_ptr<token_keeping> self) {
        std::uint64_t const epoch = self->epoch();
        auto done = co_await self->records_.try_erase(self->key_);
        if (done) self->erased_up_to(epoch);
        if (!done) self->tell(store_operation::erase, done.error());
        co_return std::move(done);
    }

    /// The record is to go: what has begun before is not saved any more, and what was stored before
    /// is not taken for a token any more, even where the store cannot erase it now.
    std::uint64_t forget() noexcept {
        // sync: relaxed, a number that carries no other data; epoch()
        return forgotten_.fetch_add(1, std::memory_order_relaxed) + 1;
    }
    /// How often it has been forgotten.
    [[nodiscard]] std::uint64_t epoch() const noexcept {
        return forgotten_.load(std::memory_order_relaxed);  // sync: forget()
    }
    [[nodiscard]] bool erase_is_due() const noexcept {
        return erased_.load(std::memory_order_relaxed) < epoch();  // sync: erased_up_to()
    }

    /// After forget(). Whoever renews the token is waited for, but not for long.
    [[nodiscard]] static awaitable<result<void>> erase_forgotten(
        std::shared_ptr<token_keeping> self) {
        pending_work::ticket const busy(self->behind_);
        auto const held = co_await lock(self, limit);
        result<void> done;
        if (self->erase_is_due()) done = co_await erase(self);
        co_return std::move(done);
    }

    /// What goes on behind the callers: saves and erasures.
    [[nodiscard]] std::shared_ptr<pending_work> const& behind() const noexcept { return behind_; }

    void tell(store_operation operation, error const& failure) const {
        if (failure.is(errc::cancelled) || !observer_) return;
        observer_(store_failed{endpoint_, operation, failure});
    }
    void tell_loaded(fetched_token const& token) const {
        if (!observer_) return;
        observer_(token_loaded{endpoint_, token.started + *token.response.expires_in - now()});
    }

private:
    void erased_up_to(std::uint64_t epoch) noexcept {
        std::uint64_t seen = erased_.load(std::memory_order_relaxed);  // sync: below
        // sync: relaxed, as forget()
        while (seen < epoch &&
               !erased_.compare_exchange_weak(seen, epoch, std::memory_order_relaxed)) {}
    }

    token_records const records_;
    store_key const key_;
    lifetime_policy const lifetime_;
    duration const patience_;
    class clock const clock_;
    class observer const observer_;
    std::string const endpoint_;
    std::shared_ptr<pending_work> const behind_ = std::make_shared<pending_work>();
    std::atomic<std::uint64_t> forgotten_{0};
    /// Of which of them nothing is left in the store.
    std::atomic<std::uint64_t> erased_{0};
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
};

}  // namespace coauth::detail

#endif
