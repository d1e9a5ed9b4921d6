// SPDX-License-Identifier: BSL-1.0
//
// client_secret_jwt: an assertion under an HMAC with the client secret, HS256 (RFC 7523; OpenID
// Connect Core §9). The secret itself is not sent.

#ifndef COAUTH_CLIENT_AUTH_CLIENT_SECRET_JWT_HPP
#define COAUTH_CLIENT_AUTH_CLIENT_SECRET_JWT_HPP

#include <coauth/client_auth/assertion_client.hpp>

#include <string>
#include <utility>

namespace coauth {

/// A secret of less than 32 bytes is refused when it is read, with errc::invalid_credentials
/// (RFC 7518 §3.2).
class client_secret_jwt : public detail::assertion_client {
public:
    /// Throws coauth::exception for options out of their range.
    client_secret_jwt(std::string client_id, secret_source client_secret,
                      client_assertion_options options = {})
        : assertion_client(std::move(client_id), std::move(client_secret), std::move(options)) {}
};

}  // namespace coauth

#endif
