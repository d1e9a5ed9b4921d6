// SPDX-License-Identifier: BSL-1.0
//
// Where tokens come from: one OAuth 2.0 client at one token endpoint, with its cache. A cheap
// handle; copies share everything, and calls in flight keep it alive. Any thread.

#ifndef COAUTH_TOKEN_SOURCE_HPP
#define COAUTH_TOKEN_SOURCE_HPP

#include <coauth/cache/token_cache.hpp>
#include <coauth/cache/token_health.hpp>
#include <coauth/cache/token_ref.hpp>
#include <coauth/clock.hpp>
#include <coauth/codec/trace_context.hpp>
#include <coauth/config.hpp>
#include <coauth/detail/awaitable.hpp>
#include <coauth/quirk_counts.hpp>
#include <coauth/result.hpp>
#include <coauth/token_source_config.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

namespace detail {
class token_endpoint;
}

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

    /// While a failure is remembered, waits for the next attempt and takes what that brings. Where
    /// the next attempt lies beyond the deadline, the remembered failure is the answer at once.
    get_options& wait_through_backoff(bool wait) & {
        wait_through_backoff_ = wait;
        return *this;
    }
    get_options&& wait_through_backoff(bool wait) && {
        return std::move(wait_through_backoff(wait));
    }

    /// Goes with the token request if this call causes it (W3C Trace Context). Anything that is not
    /// a `traceparent` of version 00 is dropped.
    get_options& traceparent(std::string_view value) & {
        traceparent_ = is_traceparent(value) ? value : std::string_view();
        return *this;
    }
    get_options&& traceparent(std::string_view value) && { return std::move(traceparent(value)); }

    [[nodiscard]] duration deadline() const noexcept { return deadline_; }
    [[nodiscard]] bool wait_through_backoff() const noexcept { return wait_through_backoff_; }
    [[nodiscard]] std::string const& traceparent() const noexcept { return traceparent_; }

private:
    duration deadline_ = duration::max();
    bool wait_through_backoff_ = false;
    std::string traceparent_;
};

class token_source {
public:
    /// With a cache of its own. Token requests run on a strand of `executor`. Throws
    /// coauth::exception with condition::configuration when the configuration cannot work.
    token_source(any_executor const& executor, token_source_config config);

    /// Shares `cache` with other sources; those that could have obtained the same token with the
    /// same credentials share the token too. The first source of a token is its home: its executor
    /// runs the token requests, as long as that context lives.
    token_source(token_cache cache, any_executor const& executor, token_source_config config);

    /// A token from memory, or an empty one; lock-free, never waits. Reads a coarse clock: up to 4
    /// ms late, and blind to time that the machine has spent suspended since the token came. Starts
    /// the renewal of a token that nears its end.
    [[nodiscard]] token_ref try_cached() const;

    /// The same at a time that the caller has read from the source's clock.
    [[nodiscard]] token_ref try_cached(time_point at) const;

    /// A token, fetched if need be; all callers that wait share one token request. Throws
    /// coauth::exception. Cancelling the await, or its deadline, ends this caller's wait only.
    [[nodiscard]] awaitable<token_ref> get(get_options options = get_options()) const;

    /// The same with the error as a value, also errc::cancelled.
    [[nodiscard]] awaitable<result<token_ref>> try_get(get_options options = get_options()) const;

    /// Do not use this token any more, and fetch another when one is needed. Without effect when it
    /// has been replaced already.
    void invalidate(token_ref const& token) const;

    /// Logs out: forgets the token, for all sources that share it, and the last failure. A token
    /// request under way still answers those who wait for it, but what it brings is not kept. The
    /// next caller fetches anew, no sooner than lifetime_policy::min_refresh_interval after the
    /// last token request. The token is wiped when its last token_ref goes; the authorization
    /// server is not told. A store is told to erase its record, behind the caller; what it could
    /// not erase is not used by these sources again. Other processes keep what they have in memory.
    void erase() const noexcept;

    /// The same, and says by returning that the store of this source has erased its record. Throws
    /// coauth::exception when it has not.
    [[nodiscard]] awaitable<void> log_out() const;
    /// The same with the error as a value.
    [[nodiscard]] awaitable<result<void>> try_log_out() const;

    /// Forgets the last failure and its pause: the next caller tries again, no sooner than
    /// lifetime_policy::min_refresh_interval after the last token request.
    void retry_now() const;

    /// Gets a token and says so by returning, for instance before a service reports that it is
    /// ready. Throws coauth::exception like get().
    [[nodiscard]] awaitable<void> warm_up(get_options options = get_options()) const;

    /// How things stand with this source's token; sends nothing, never waits for a server.
    [[nodiscard]] token_health health() const;

    /// Of the whole cache, all sources that share it.
    [[nodiscard]] token_cache_statistics statistics() const { return cache_.statistics(); }

    /// What this source has forgiven the authorization server so far.
    [[nodiscard]] token_response_quirk_counts response_quirks() const;

    /// Takes no new callers (errc::stopped), gives a token request in flight `grace` to end, then
    /// cancels it. Afterwards nothing of this source runs or is connected; a store that does not
    /// end its save is left alone after 250 ms. Sources that share the cache are not stopped.
    [[nodiscard]] awaitable<void> stop(duration grace) const;

    // For the library.
    [[nodiscard]] std::shared_ptr<cache_entry> const& entry() const noexcept { return entry_; }
    [[nodiscard]] std::shared_ptr<detail::token_endpoint> const& endpoint() const noexcept {
        return endpoint_;
    }
    void refresh_ahead(time_point at) const;

private:
    static awaitable<token_ref> get(token_source self, get_options options);
    static awaitable<result<token_ref>> try_get(token_source self, get_options options);
    static awaitable<void> warm_up(token_source self, get_options options);
    static awaitable<void> stop(token_source self, duration grace);
    static awaitable<void> log_out(token_source self);
    static awaitable<result<void>> try_log_out(token_source self);

    std::shared_ptr<detail::token_endpoint> endpoint_;
    token_cache cache_;
    std::shared_ptr<cache_entry> entry_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/token_source_impl.hpp>
#endif

#endif
