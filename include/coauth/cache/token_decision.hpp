// SPDX-License-Identifier: BSL-1.0
//
// How one caller came by its token, for whoever records it. A value.

#ifndef COAUTH_CACHE_TOKEN_DECISION_HPP
#define COAUTH_CACHE_TOKEN_DECISION_HPP

#include <coauth/cache/exchange_records.hpp>
#include <coauth/clock.hpp>
#include <coauth/observer.hpp>

#include <string_view>

namespace coauth {

struct token_decision {
    enum class outcome : unsigned char {
        hit,                     ///< From memory.
        joined,                  ///< Waited for a fetch that somebody else had started.
        fetched,                 ///< Started the fetch, and waited for it.
        remembered_failure,      ///< The last failure, from memory: its pause is not over.
        rejection_not_believed,  ///< The API rejected a token just renewed for it; it keeps its
                                 ///< 401.
    };

    outcome how = outcome::hit;
    /// Of a fetch.
    fetch_reason why = fetch_reason::no_cached_token;
    duration waited = duration::zero();
    /// With the authorization server, of the fetch that was waited for.
    detail::exchange_records exchanges = {};
};

[[nodiscard]] constexpr std::string_view to_string(token_decision::outcome how) noexcept {
    switch (how) {
        case token_decision::outcome::hit: return "hit";
        case token_decision::outcome::joined: return "joined";
        case token_decision::outcome::fetched: return "fetched";
        case token_decision::outcome::remembered_failure: return "remembered_failure";
        case token_decision::outcome::rejection_not_believed: return "rejection_not_believed";
    }
    return "";
}

}  // namespace coauth

#endif
