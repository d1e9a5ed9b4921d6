// SPDX-License-Identifier: BSL-1.0
//
// What a token response has to be, and what is forgiven. A plain value.

#ifndef COAUTH_PROTOCOL_TOKEN_RESPONSE_OPTIONS_HPP
#define COAUTH_PROTOCOL_TOKEN_RESPONSE_OPTIONS_HPP

#include <coauth/crypto/digest.hpp>
#include <coauth/token.hpp>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
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

    /// What one source takes for a token is an error for another.
    void identify(sha256_hasher& key) const {
        auto const add = [&](std::string_view name, std::string_view value) {
            key.add_part(name);
            key.add_part(value);
        };
        add("scheme", to_string(scheme));
        add("strict", std::to_string(strict));
        add("assume_bearer", std::to_string(assume_bearer));
        add("form_encoded_responses", std::to_string(form_encoded_responses));
        add("require_issued_token_type", std::to_string(require_issued_token_type));
        add("max_access_token", std::to_string(max_access_token));
        for (auto const& name :
             std::set<std::string>(token_type_aliases.begin(), token_type_aliases.end())) {
            add("token_type_alias", name);
        }
        for (auto const& token :
             std::set<std::string>(require_scopes.begin(), require_scopes.end())) {
            add("require_scope", token);
        }
    }
};

}  // namespace coauth

#endif
