// SPDX-License-Identifier: BSL-1.0
//
// What the cache knows of the world outside: something that fetches a token, and where it runs.

#ifndef COAUTH_CACHE_TOKEN_FETCHER_HPP
#define COAUTH_CACHE_TOKEN_FETCHER_HPP

#include <coauth/cache/credential_watch.hpp>
#include <coauth/cache/fetch_report.hpp>
#include <coauth/clock.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/context_gate.hpp>
#include <coauth/observer.hpp>
#include <coauth/result.hpp>
#include <coauth/secret.hpp>
#include <coauth/token.hpp>

#include <memory>
#include <optional>
#include <string>

namespace coauth::detail {

struct fetched_token {
    token_response response;
    /// When the token request was begun: lifetimes count from here.
    time_point started;
    /// Refresh tokens are of no use to this key; the one that came with this token shall not be
    /// tried.
    bool refresh_refused = false;
};

/// What a renewal may go by: of the token that it replaces.
struct token_renewal {
    /// Empty: there is none, or it is not to be used.
    secret refresh_token{};
    /// What an answer without a scope means (RFC 6749 §6).
    std::optional<std::string> scope{};
    /// Empty: there is nothing to replace.
    secret access_token{};
    /// When its token request was begun.
    time_point started{};
    /// Refresh tokens are of no use to this key.
    bool refresh_refused = false;
};

/// What a fetch is told.
struct fetch_order {
    time_point deadline;
    fetch_reason why = fetch_reason::no_cached_token;
    /// To be passed on; empty without.
    std::string traceparent = {};
    /// Null where nobody can ask.
    std::shared_ptr<fetch_report> report = nullptr;
    token_renewal by = {};
};

class token_fetcher {
public:
    virtual ~token_fetcher() = default;

    /// Runs on `home` where that is still alive, else on an executor of the cache's choice, always
    /// a sequential one. May throw; may take as long as it likes: the flight has its own deadline.
    [[nodiscard]] virtual awaitable<result<fetched_token>> fetch(fetch_order order) = 0;

    /// Whether it would prove itself with another secret now than in its last fetch. Runs like
    /// fetch(); an exception means no.
    [[nodiscard]] virtual awaitable<bool> credential_changed() { co_return false; }
    [[nodiscard]] credential_watch& credential() noexcept { return credential_; }

    /// The user has given the token up: what is kept of it beyond the cache is erased too. Any
    /// thread.
    virtual void forget() noexcept {}

    /// It takes no more work.
    [[nodiscard]] virtual bool stopped() const noexcept = 0;

    /// A sequential executor, and the gate of its context. The executor may be used only after the
    /// gate has been passed.
    [[nodiscard]] virtual any_executor home() const = 0;
    [[nodiscard]] virtual std::shared_ptr<context_gate> const& gate() const noexcept = 0;

private:
    credential_watch credential_;
};

}  // namespace coauth::detail

#endif
