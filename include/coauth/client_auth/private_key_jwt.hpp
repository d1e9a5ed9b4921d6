// SPDX-License-Identifier: BSL-1.0
//
// private_key_jwt: an assertion that the client signs with its private key (RFC 7523; OpenID
// Connect Core §9): RS256, PS256, ES256 or EdDSA. The server knows the public key only.

#ifndef COAUTH_CLIENT_AUTH_PRIVATE_KEY_JWT_HPP
#define COAUTH_CLIENT_AUTH_PRIVATE_KEY_JWT_HPP

#include <coauth/client_auth/assertion_client.hpp>

#include <string>
#include <utility>

namespace coauth {

/// `private_key_jwt("orders", secret::from_file("/run/secrets/orders.pem"))`. Signing blocks the
/// source's executor for about a millisecond with RSA, for much less with the others.
class private_key_jwt : public detail::assertion_client {
public:
    /// Throws coauth::exception for options out of their range.
    private_key_jwt(std::string client_id, signing_key_source key,
                    client_assertion_options options = {})
        : assertion_client(std::move(client_id), std::move(key), std::move(options)) {}
};

}  // namespace coauth

#endif
