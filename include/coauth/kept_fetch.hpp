// SPDX-License-Identifier: BSL-1.0
//
// One fetch of a source that has a token store: look, lock, look again, decide; what the server
// brings is saved before the lock is let go. Runs on the executor of its fetch, a sequential one.

#ifndef COAUTH_KEPT_FETCH_HPP
#define COAUTH_KEPT_FETCH_HPP

#include <coauth/cache/token_fetcher.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/within.hpp>
#include <coauth/store/store_lock.hpp>
#include <coauth/store/stored_token.hpp>
#include <coauth/token_keeping.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace coauth::detail {

class kept_fetch {
public:
    /// `order` is changed: the record may have another refresh token than the cache.
    kept_fetch(std::shared_ptr<token_keeping> keeping, std::shared_ptr<fetch_order> order)
        : keeping_(std::move(keeping)), order_(std::move(order)), epoch_(keeping_->epoch()) {}

    /// A token of the store that makes a token request needless. Nothing: `order->by` is what to
    /// go by, and nobody else renews meanwhile.
    [[nodiscard]] static awaitable<std::optional<fetched_token>> begin(
        std::shared_ptr<kept_fetch> self) {
        bool answers = co_await look(self);
        std::optional<fetched_token> found = self->adopt();
        // A store that does not answer is done without: its lock would not answer either.
        if (found || !answers) co_return std::move(found);
        co_await take_lock(self);
        answers = co_await look(self);
        found = self->adopt();
        if (found) self->lock_.release();
        if (!found) self->go_by_record();
        co_return std::move(found);
    }

    /// The server has refused the refresh token. True: somebody has stored another one since,
    /// which is in `order->by` now. Else that refresh token is in no record any more.
    [[nodiscard]] static awaitable<bool> another_refresh_token(std::shared_ptr<kept_fetch> self) {
        secret& refused = self->order_->by.refresh_token;
        bool const answers = co_await look(self);
        if (!answers || !self->seen_ || self->seen_->refresh_token.empty()) co_return false;
        stored_token& record = *self->seen_;
        if (record.refresh_token != refused) {
            refused = record.refresh_token.clone();
            self->order_->by.scope = record.scope;
            co_return true;
        }
        // Nobody has come in between, since the lock is ours.
        record.refresh_token = secret();
        if (record.access_token.empty()) {
            result<void> const done = co_await token_keeping::erase(self->keeping_);
        } else {
            stored_token rest = std::move(record);
            self->seen_.reset();
            result<void> const done = co_await put(self, std::move(rest));
        }
        co_return false;
    }

    /// The server has given this one. A refresh token that the store does not have yet is saved
    /// before this ends, at most token_keeping::limit late; the rest is saved behind the callers.
    [[nodiscard]] static awaitable<void> keep(std::shared_ptr<kept_fetch> self,
                                              stored_token record) {
        // Who holds the lock will save a token of his own. A person is not asked twice for that.
        bool const by_others = self->held_elsewhere_ && !self->order_->signed_in;
        if (by_others) co_return;
        any_executor const executor = co_await asio::this_coro::executor;
        secret const& fresh = record.refresh_token;
        bool const changed =
            !fresh.empty() && (!self->seen_ || self->seen_->refresh_token != fresh);
        auto saving = save(self, std::move(record));
        if (!changed) {
            asio::co_spawn(executor, std::move(saving), asio::detached);
            co_return;
        }
        result<void> const done =
            co_await within(std::move(saving), token_keeping::limit, abandoned::goes_on);
        if (!done) self->keeping_->tell(store_operation::save, done.error());
    }

    /// Somebody else held the lock to the end of the patience, and renews perhaps.
    [[nodiscard]] bool held_elsewhere() const noexcept { return held_elsewhere_; }

private:
    /// The clocks of a record and of the cache are that far apart at most, where they speak of the
    /// same token.
    static constexpr duration same_time = std::chrono::milliseconds(100);

    /// False: the store does not answer.
    static awaitable<bool> look(std::shared_ptr<kept_fetch> self) {
        self->seen_.reset();
        if (self->keeping_->erase_is_due()) {
            result<void> const done = co_await token_keeping::erase(self->keeping_);
            co_return static_cast<bool>(done);
        }
        auto found = co_await token_keeping::load(self->keeping_);
        bool const answers = found || found.error().is(errc::store_record_unreadable) ||
                             found.error().is(errc::store_record_newer);
        if (found) self->seen_ = *std::move(found);
        co_return answers;
    }

    static awaitable<void> take_lock(std::shared_ptr<kept_fetch> self) {
        // What is left of the time is for the token request.
        duration const rest = self->order_->deadline - self->keeping_->now();
        auto held = co_await token_keeping::lock(self->keeping_, rest / 4 * 3);
        self->held_elsewhere_ = !held && held.error().is(errc::deadline_exceeded);
        if (held) self->lock_ = *std::move(held);
    }

    static awaitable<void> save(std::shared_ptr<kept_fetch> self, stored_token record) {
        pending_work::ticket const busy(self->keeping_->behind());
        result<void> const done = co_await put(self, std::move(record));
        self->lock_.release();
    }

    /// What has been forgotten since the fetch began is not there afterwards.
    static awaitable<result<void>> put(std::shared_ptr<kept_fetch> self, stored_token record) {
        std::shared_ptr<token_keeping> const keeping = self->keeping_;
        bool const wanted = keeping->epoch() == self->epoch_;
        if (!wanted) co_return result<void>();
        result<void> done = co_await token_keeping::save(keeping, std::move(record), self->epoch_);
        bool const forgotten = keeping->epoch() != self->epoch_;
        if (forgotten) done = co_await token_keeping::erase(keeping);
        co_return std::move(done);
    }

    /// The record is not from before the token of the cache: a save may have failed.
    [[nodiscard]] bool is_up_to_date() const {
        token_renewal const& by = order_->by;
        if (!seen_) return false;
        return by.access_token.empty() ||
               seen_->issued_at + same_time >= token_keeping::wall_time(by.started);
    }

    [[nodiscard]] std::optional<fetched_token> adopt() const {
        // What a person has just signed in for is newer than any record.
        if (order_->signed_in) return std::nullopt;
        token_renewal const& by = order_->by;
        if (!is_up_to_date() || seen_->access_token == by.access_token) return std::nullopt;
        // After erase() and clear() a token of before is none.
        bool const erased = order_->why == fetch_reason::forced && by.access_token.empty();
        if (erased) return std::nullopt;
        std::optional<fetched_token> token = keeping_->revive(*seen_);
        if (token) keeping_->tell_loaded(*token);
        return token;
    }

    void go_by_record() {
        token_renewal& by = order_->by;
        // It may be on its way to the server at this moment, and be used up by that.
        if (held_elsewhere_) by.refresh_token = secret();
        if (held_elsewhere_ || !is_up_to_date()) return;
        // What was refused is not tried again; somebody else's may be good, after a sign-in.
        if (by.refresh_refused && seen_->access_token == by.access_token) return;
        by.refresh_refused = by.refresh_refused && seen_->refresh_token.empty();
        by.refresh_token = seen_->refresh_token.clone();
        by.scope = seen_->scope;
    }

    std::shared_ptr<token_keeping> const keeping_;
    std::shared_ptr<fetch_order> const order_;
    std::uint64_t const epoch_;
    store_lock lock_;
    bool held_elsewhere_ = false;
    /// The record as it was last seen.
    std::optional<stored_token> seen_;
};

}  // namespace coauth::detail

#endif
