// SPDX-License-Identifier: BSL-1.0
//
// A person signs in, and a token source goes on by itself from there: through a browser on this
// machine (authorization code with PKCE, RFC 8252) or with a code that is typed in on any other one
// (RFC 8628). Any thread.

#ifndef COAUTH_SIGN_IN_HPP
#define COAUTH_SIGN_IN_HPP

#include <coauth/cache/token_ref.hpp>
#include <coauth/clock.hpp>
#include <coauth/config.hpp>
#include <coauth/detail/awaitable.hpp>
#include <coauth/grant/authorization_code.hpp>
#include <coauth/grant/device_code.hpp>
#include <coauth/result.hpp>
#include <coauth/token_source.hpp>

#include <chrono>
#include <functional>
#include <utility>

namespace coauth {

class sign_in_options {
public:
    sign_in_options() = default;

    /// How long to wait for the browser to come back. Range: above 0. A device code has a lifetime
    /// of its own.
    sign_in_options& deadline(duration d) & {
        deadline_ = d;
        return *this;
    }
    sign_in_options&& deadline(duration d) && { return std::move(deadline(d)); }

    /// How to wait between two questions for the outcome of a device code, in place of a timer: for
    /// tests, to move a manual clock.
    sign_in_options& pause(std::function<awaitable<void>(duration)> how) & {
        pause_ = std::move(how);
        return *this;
    }
    sign_in_options&& pause(std::function<awaitable<void>(duration)> how) && {
        return std::move(pause(std::move(how)));
    }

    [[nodiscard]] duration deadline() const noexcept { return deadline_; }
    [[nodiscard]] std::function<awaitable<void>(duration)> const& pause() const noexcept {
        return pause_;
    }

private:
    duration deadline_ = std::chrono::minutes(5);
    std::function<awaitable<void>(duration)> pause_;
};

/// Has a person sign in, and gives the source the token that comes of it, in the place of the one
/// it has; everybody who uses the source goes on with it. Throws coauth::exception:
/// errc::authorization_refused when the answer was no, errc::deadline_exceeded or
/// errc::device_code_expired when there was none, errc::invalid_configuration where the source's
/// grant needs no person, or its scope has `openid`. Cancelling the await ends the sign-in; until
/// it has succeeded the source keeps what it had.
[[nodiscard]] awaitable<token_ref> sign_in(token_source tokens, authorization_code how,
                                           sign_in_options options = sign_in_options());
[[nodiscard]] awaitable<token_ref> sign_in(token_source tokens, device_code how,
                                           sign_in_options options = sign_in_options());

/// The same with the error as a value, also errc::cancelled.
[[nodiscard]] awaitable<result<token_ref>> try_sign_in(token_source tokens, authorization_code how,
                                                       sign_in_options options = sign_in_options());
[[nodiscard]] awaitable<result<token_ref>> try_sign_in(token_source tokens, device_code how,
                                                       sign_in_options options = sign_in_options());

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/sign_in_impl.hpp>
#endif

#endif
