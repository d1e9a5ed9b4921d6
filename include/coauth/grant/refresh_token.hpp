// SPDX-License-Identifier: BSL-1.0
//
// The refresh token grant (RFC 6749 §6). Pure: builds the request, knows no sockets.

#ifndef COAUTH_GRANT_REFRESH_TOKEN_HPP
#define COAUTH_GRANT_REFRESH_TOKEN_HPP

#include <coauth/protocol/token_request.hpp>
#include <coauth/secret.hpp>
#include <coauth/url.hpp>

namespace coauth {

/// No `scope`: what was granted stays granted, and more cannot be asked for.
[[nodiscard]] inline token_request refresh_token_request(url const& token_endpoint,
                                                         secret const& refresh_token) {
    token_request r(token_endpoint, "refresh_token");
    r.parameter("refresh_token", refresh_token.reveal());
    return r;
}

}  // namespace coauth

#endif
