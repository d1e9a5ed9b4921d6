// SPDX-License-Identifier: BSL-1.0
//
// An authorization server reduced to what the cache sees of it, and callers as the facade makes
// them. The fetcher answers at once, or holds each fetch until the test answers it. Any thread.

#ifndef COAUTH_TESTS_SUPPORT_FAKE_FETCHER_HPP
#define COAUTH_TESTS_SUPPORT_FAKE_FETCHER_HPP

#include <coauth/cache/acquire.hpp>
#include <coauth/cache/token_fetcher.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coauth::tests {

/// A fetched token that lives for `lifetime` seconds; below zero: the server did not say.
inline detail::fetched_token granted(std::string const& text, long lifetime, time_point started) {
    detail::fetched_token got;
    got.response.access_token = secret(text);
    if (lifetime >= 0) got.response.expires_in = std::chrono::seconds(lifetime);
    got.started = started;
    return got;
}

inline error server_error(int status = 500) {
    return error(errc::token_endpoint_failed, stage::token).with_http_status(status);
}

class fake_fetcher : public detail::token_fetcher,
                     public std::enable_shared_from_this<fake_fetcher> {
public:
    /// What the n-th fetch (from 1) brings; may throw.
    using answer = std::function<result<detail::fetched_token>(unsigned n, time_point started)>;

    fake_fetcher(any_executor executor, coauth::clock clock)
        : executor_(std::move(executor)), gate_(detail::gate_of(executor_)), clock_(clock) {}

    /// Fetches wait from now on, until they are let go.
    void hold() { holding_ = true; }
    /// Lets the longest waiting fetch go on; false when none waits.
    bool let_go() {
        std::shared_ptr<detail::suspension> next;
        {
            std::lock_guard const lock(mutex_);
            if (held_.empty()) return false;
            next = std::move(held_.front());
            held_.pop_front();
        }
        return next->wake(detail::wake_reason::ready);
    }
    void answer_with(answer a) {
        std::lock_guard const lock(mutex_);
        answer_ = std::move(a);
    }
    void set_lifetime(long seconds) { lifetime_ = seconds; }
    void refuse() { stopped_ = true; }

    /// Fetches begun, and the most that ever ran at one time.
    [[nodiscard]] unsigned fetches() const { return fetches_; }
    [[nodiscard]] unsigned overlap() const { return overlap_; }
    [[nodiscard]] std::size_t held() const {
        std::lock_guard const lock(mutex_);
        return held_.size();
    }
    /// Called as each fetch begins.
    std::function<void()> on_fetch = [] {};

    awaitable<result<detail::fetched_token>> fetch(detail::fetch_order) override {
        return fetch(shared_from_this());
    }
    bool stopped() const noexcept override { return stopped_; }
    any_executor home() const override { return executor_; }
    std::shared_ptr<detail::context_gate> const& gate() const noexcept override { return gate_; }

private:
    struct running {
        explicit running(fake_fetcher& f) : owner(f) {
            unsigned const now = ++owner.running_;
            unsigned seen = owner.overlap_;
            while (seen < now && !owner.overlap_.compare_exchange_weak(seen, now)) {}
        }
        running(running const&) = delete;
        running& operator=(running const&) = delete;
        ~running() { --owner.running_; }
        fake_fetcher& owner;
    };

    static awaitable<result<detail::fetched_token>> fetch(std::shared_ptr<fake_fetcher> self) {
        running const mark(*self);
        unsigned const n = ++self->fetches_;
        time_point const started = self->clock_.now();
        self->on_fetch();
        if (self->holding_) {
            auto const waiting = std::make_shared<detail::suspension>();
            {
                std::lock_guard const lock(self->mutex_);
                self->held_.push_back(waiting);
            }
            detail::wake_reason const reason = co_await detail::suspension::wait(waiting);
            if (reason == detail::wake_reason::cancelled) {
                co_return error(errc::cancelled, stage::token);
            }
        }
        answer a;
        {
            std::lock_guard const lock(self->mutex_);
            a = self->answer_;
        }
        if (a) co_return a(n, started);
        co_return granted("token" + std::to_string(n), self->lifetime_, started);
    }

    any_executor const executor_;
    std::shared_ptr<detail::context_gate> const gate_;
    coauth::clock const clock_;
    mutable std::mutex mutex_;
    std::deque<std::shared_ptr<detail::suspension>> held_;
    answer answer_;
    std::atomic<bool> holding_{false};
    std::atomic<bool> stopped_{false};
    std::atomic<long> lifetime_{3600};
    std::atomic<unsigned> fetches_{0};
    std::atomic<unsigned> running_{0};
    std::atomic<unsigned> overlap_{0};
};

/// One call for a token and what came of it. `outcome` is written on the caller's executor.
struct token_call {
    std::optional<result<token_ref>> outcome;
    asio::cancellation_signal cancel;
    std::function<void()> on_end = [] {};

    [[nodiscard]] bool finished() const { return outcome.has_value(); }
    [[nodiscard]] std::string token() const {
        if (!outcome || !*outcome || !**outcome) return {};
        return std::string((**outcome).access_token());
    }
    [[nodiscard]] bool failed_with(errc e) const {
        return outcome && !*outcome && outcome->error().is(e);
    }
    [[nodiscard]] bool keeps_its_401() const { return outcome && *outcome && !**outcome; }
};
using call_handle = std::shared_ptr<token_call>;

/// One key of a cache.
struct cached_key {
    explicit cached_key(cache_policy policy)
        : core(std::make_shared<detail::cache_core>()),
          entry(std::make_shared<cache_entry>(core, std::move(policy))) {}

    std::shared_ptr<detail::cache_core> core;
    std::shared_ptr<cache_entry> entry;

    [[nodiscard]] token_cache_statistics statistics() const { return core->statistics(); }
};

/// A look into memory, with the renewal ahead of time that goes with it.
inline token_ref look(std::shared_ptr<cache_entry> const& entry,
                      std::shared_ptr<detail::token_fetcher> const& fetcher) {
    time_point const now = entry->policy().clock.now();
    bool due = false;
    token_ref token = entry->find(now, due);
    if (due) {
        cache_entry::arrival a = entry->begin_refresh(now);
        if (a.fetch) detail::fetch_run::start(entry, std::move(a.fetch), fetcher, any_executor());
    }
    return token;
}

inline awaitable<void> ask(call_handle call, std::shared_ptr<cache_entry> entry,
                           std::shared_ptr<detail::token_fetcher> fetcher,
                           detail::token_demand demand) {
    if (!demand.is_after_rejection()) {
        token_ref cached = look(entry, fetcher);
        if (cached) {
            call->outcome.emplace(std::move(cached));
            call->on_end();
            co_return;
        }
    }
    try {
        result<token_ref> got = co_await detail::acquire(entry, fetcher, demand);
        call->outcome.emplace(std::move(got));
    } catch (...) {
        // As token_source does: one that is cancelled before it begins ends by an exception.
        call->outcome.emplace(detail::fetch_run::from_exception(std::current_exception()));
    }
    call->on_end();
}

inline void start(any_executor const& executor, call_handle const& call,
                  std::shared_ptr<cache_entry> const& entry,
                  std::shared_ptr<detail::token_fetcher> const& fetcher,
                  detail::token_demand demand = detail::token_demand(time_point::max())) {
    asio::co_spawn(executor, ask(call, entry, fetcher, std::move(demand)),
                   asio::bind_cancellation_slot(call->cancel.slot(),
                                                // The signal is looked at until this is called.
                                                [call](std::exception_ptr) {}));
}

}  // namespace coauth::tests

#endif
