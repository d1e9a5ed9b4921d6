// SPDX-License-Identifier: BSL-1.0
//
// How the token of one key is doing, for a readiness probe or an operator. A value.

#ifndef COAUTH_CACHE_TOKEN_HEALTH_HPP
#define COAUTH_CACHE_TOKEN_HEALTH_HPP

#include <coauth/clock.hpp>
#include <coauth/error.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace coauth {

struct token_health {
    /// Without its query.
    std::string token_endpoint = {};
    /// A caller would get a token now, without a request.
    bool ready = false;
    /// Until the token expires, and when that is by the wall clock; empty without a usable one.
    std::optional<duration> valid_for = std::nullopt;
    std::optional<std::chrono::system_clock::time_point> valid_until = std::nullopt;
    /// Since the token request that brought it; empty without a usable one.
    std::optional<duration> age = std::nullopt;
    /// Of the last token request, if that failed.
    std::optional<error> last_error = std::nullopt;
    /// While a failure is remembered: until the next token request may be sent.
    std::optional<duration> next_attempt_in = std::nullopt;
    /// A token request is under way.
    bool fetching = false;
};

}  // namespace coauth

#endif
