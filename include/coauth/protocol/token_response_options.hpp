// SPDX-License-Identifier: BSL-1.0
//
// What a token response has to be, and what is forgiven. A plain value.

#ifndef COAUTH_PROTOCOL_TOKEN_RESPONSE_OPTIONS_HPP
#define COAUTH_PROTOCOL_TOKEN_RESPONSE_OPTIONS_HPP

#include <coauth/token.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace coauth {

/// What an answer has to be.
struct token_response_options {
    /// The scheme that was asked for; an answer with the other one is refused.
    token_scheme scheme = token_scheme::bearer;
    /// Refuse `expires_in` as a string or null, which RFC 6749 does not allow.
    bool strict = false;
    /// Take an answer without `token_type` for Bearer. Without effect on DPoP.
    bool assume_bearer = false;
    /// Further names that a server gives to Bearer, in any case. "DPoP" cannot be one.
    std::vector<std::string> token_type_aliases{};
    /// In bytes; a longer access token is refused.
    std::size_t max_access_token = 64 * 1024;
    /// Accept a form (`access_token=...&expires_in=...`) too.
    bool form_encoded_responses = false;
    /// Drop a refresh token unseen.
    bool ignore_refresh_token = false;
    /// A token exchange needs `issued_token_type` (RFC 8693 §2.2.1).
    bool require_issued_token_type = false;
    /// Refuse a token whose granted scope is known and lacks one of these.
    std::vector<std::string> require_scopes{};
};

}  // namespace coauth

#endif
