// SPDX-License-Identifier: BSL-1.0
//
// Where tokens come from: one OAuth 2.0 client at one token endpoint, with its cache. A cheap
// handle; copies share everything, and calls in flight keep it alive. Any thread.

#ifndef COAUTH_TOKEN_SOURCE_HPP
#define COAUTH_TOKEN_SOURCE_HPP

#include <coauth/cache/acquire.hpp>
#include <coauth/cache/token_cache.hpp>
#include <coauth/client_auth/client_authentication.hpp>
#include <coauth/codec/trace_context.hpp>
#include <coauth/token_endpoint.hpp>
#include <coauth/token_source_config.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

/// What one call of token_source::get() wants otherwise.
class get_options {
public:
    get_options() = default;
    /// How long this caller waits for a token; the fetch itself goes on for the others.
    get_options& deadline(duration d) & {
        deadline_ = d;
        return *this;
    }
    get_options&& deadline(duration d) && { return std::move(deadline(d)); }

    /// Goes with the token request if this call causes it (W3C Trace Context). Anything that is not
    /// a `traceparent` of version 00 is dropped.
    get_options& traceparent(std::string_view value) & {
        traceparent_ = is_traceparent(value) ? value : std::string_view();
        return *this;
    }
    get_options&& traceparent(std::string_view value) && { return std::move(traceparent(value)); }

    [[nodiscard]] duration deadline() const noexcept { return deadline_; }
    [[nodiscard]] std::string const& traceparent() const noexcept { return traceparent_; }

private:
    duration deadline_ = duration::max();
    std::string traceparent_;
};

class token_source {
public:
    /// With a cache of its own. Token requests run on a strand of `executor`. Throws
    /// coauth::exception with condition::configuration when the configuration cannot work.
    token_source(any_executor const& executor, token_source_config config)
        : token_source(token_cache(), executor, std::move(config)) {}

    /// Shares `cache` with other sources; those that could have obtained the same token with the
    /// same credentials share the token too. The first source of a token is its home: its executor
    /// runs the token requests, as long as that context lives.
    token_source(token_cache cache, any_executor const& executor, token_source_config config)
        : endpoint_(std::make_shared<detail::token_endpoint>(executor, std::move(config))),
          cache_(std::move(cache)),
          entry_(cache_.bind(endpoint_->identify(cache_), endpoint_->policy())) {
        entry_->set_home(endpoint_);
    }

    /// A token from memory, or an empty one; lock-free, never waits. Reads a coarse clock: up to 4
    /// ms late, and blind to time that the machine has spent suspended since the token came. Starts
    /// the renewal of a token that nears its end.
    [[nodiscard]] token_ref try_cached() const {
        bool refresh_due = false;
        token_ref token = entry_->find(refresh_due);
        if (refresh_due) refresh_ahead(entry_->policy().clock.now());
        return token;
    }

    /// The same at a time that the caller has read from the source's clock.
    [[nodiscard]] token_ref try_cached(time_point at) const {
        bool refresh_due = false;
        token_ref token = entry_->find(at, refresh_due);
        if (refresh_due) refresh_ahead(at);
        return token;
    }

    /// A token, fetched if need be; all callers that wait share one token request. Throws
    /// coauth::exception. Cancelling the await, or its deadline, ends this caller's wait only.
    [[nodiscard]] awaitable<token_ref> get(get_options options = get_options()) const {
        return get(*this, std::move(options));
    }

    /// The same with the error as a value, also errc::cancelled.
    [[nodiscard]] awaitable<result<token_ref>> try_get(get_options options = get_options()) const {
        return try_get(*this, std::move(options));
    }

    /// Do not use this token any more, and fetch another when one is needed. Without effect when it
    /// has been replaced already.
    void invalidate(token_ref const& token) const { entry_->invalidate(token.generation()); }

    /// Forgets the last failure and its pause: the next caller tries again, no sooner than
    /// lifetime_policy::min_refresh_interval after the last token request.
    void retry_now() const { entry_->retry_now(); }

    /// Gets a token and says so by returning, for instance before a service reports that it is
    /// ready. Throws coauth::exception like get().
    [[nodiscard]] awaitable<void> warm_up(get_options options = get_options()) const {
        return warm_up(*this, std::move(options));
    }

    /// How things stand with this source's token; sends nothing, never waits for a server.
    [[nodiscard]] token_health health() const {
        return entry_->health(entry_->policy().clock.now());
    }

    /// Of the whole cache, all sources that share it.
    [[nodiscard]] token_cache_statistics statistics() const { return cache_.statistics(); }

    /// What this source has forgiven the authorization server so far.
    [[nodiscard]] token_response_quirk_counts response_quirks() const {
        return endpoint_->quirks();
    }

    /// Takes no new callers (errc::stopped), gives a token request in flight `grace` to end, then
    /// cancels it. Afterwards nothing of this source runs or is connected. Sources that share the
    /// cache are not stopped.
    [[nodiscard]] awaitable<void> stop(duration grace) const { return stop(*this, grace); }

    // For the library.
    [[nodiscard]] std::shared_ptr<cache_entry> const& entry() const noexcept { return entry_; }
    [[nodiscard]] std::shared_ptr<detail::token_endpoint> const& endpoint() const noexcept {
        return endpoint_;
    }
    void refresh_ahead(time_point at) const {
        if (endpoint_->stopped()) return;
        cache_entry::arrival const a = entry_->begin_refresh(at);
        if (a.launch) detail::fetch_run::start(entry_, a.flight, endpoint_, any_executor());
    }

private:
    static awaitable<token_ref> get(token_source self, get_options options) {
        result<token_ref> token = co_await try_get(self, std::move(options));
        co_return std::move(token).value();
    }

    static awaitable<result<token_ref>> try_get(token_source self, get_options options) {
        time_point const now = self.entry_->policy().clock.now();
        token_ref cached = self.try_cached(now);
        if (cached) co_return std::move(cached);
        if (self.endpoint_->stopped()) co_return error(errc::stopped, stage::token);
        detail::token_demand demand(saturating_add(now, options.deadline()));
        demand.trace(options.traceparent());
        try {
            result<token_ref> fetched =
                co_await detail::acquire(self.entry_, self.endpoint_, std::move(demand));
            co_return std::move(fetched);
        } catch (...) { co_return detail::fetch_run::from_exception(std::current_exception()); }
    }

    static awaitable<void> warm_up(token_source self, get_options options) {
        token_ref const token = co_await get(self, std::move(options));
    }

    static awaitable<void> stop(token_source self, duration grace) {
        self.endpoint_->refuse();
        any_executor const executor = co_await asio::this_coro::executor;
        auto const waiting = std::make_shared<detail::suspension>();
        auto const flight = self.entry_->running(self.endpoint_.get(), waiting);
        if (flight) {
            asio::steady_timer timer(executor);
            detail::wake_at(timer, grace, waiting);
            detail::wake_reason const reason = co_await detail::suspension::wait(waiting);
            if (reason != detail::wake_reason::ready) {
                detail::fetch_run::end(*self.entry_, flight, error(errc::stopped, stage::token));
            }
        }
        co_await self.endpoint_->close();
    }

    std::shared_ptr<detail::token_endpoint> endpoint_;
    token_cache cache_;
    std::shared_ptr<cache_entry> entry_;
};

}  // namespace coauth

#endif
