// SPDX-License-Identifier: BSL-1.0
//
// Which 401 says that the token is at fault (RFC 6750 §3.1, RFC 9449 §7.1, RFC 9470). Pure.

#ifndef COAUTH_PROTOCOL_UNAUTHORIZED_HPP
#define COAUTH_PROTOCOL_UNAUTHORIZED_HPP

#include <coauth/codec/challenge.hpp>
#include <coauth/codec/http_fields.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace coauth {

/// True when another token may help: there is no challenge that could be read, or one of the
/// schemes Bearer and DPoP without an error or with invalid_token. insufficient_user_authentication
/// and insufficient_scope need a person or a configuration, and a challenge of other schemes alone
/// was not meant for a token.
[[nodiscard]] inline bool renewal_may_help(int status, std::vector<challenge> const& challenges) {
    if (status != 401) return false;
    if (challenges.empty()) return true;
    for (challenge const& one : challenges) {
        if (!iequals(one.scheme, "Bearer") && !iequals(one.scheme, "DPoP")) continue;
        std::optional<std::string_view> const error = one.parameter("error");
        if (!error || *error == "invalid_token") return true;
    }
    return false;
}

}  // namespace coauth

#endif
