// SPDX-License-Identifier: BSL-1.0
//
// private_key_jwt: an assertion that the client signs with its private key (RFC 7523; OpenID
// Connect Core §9): RS256, PS256, ES256 or EdDSA. The server knows the public key only.

#ifndef COAUTH_CLIENT_AUTH_PRIVATE_KEY_JWT_HPP
#define COAUTH_CLIENT_AUTH_PRIVATE_KEY_JWT_HPP

#include <coauth/client_auth/client_assertion.hpp>
#include <coauth/client_auth/client_authentication.hpp>
#include <coauth/client_auth/signing_key_source.hpp>
#include <coauth/config.hpp>

#include <memory>
#include <string>

namespace coauth {

/// `private_key_jwt("orders", secret::from_file("/run/secrets/orders.pem"))`. Signing blocks the
/// source's executor for about a millisecond with RSA, for much less with the others.
class private_key_jwt {
public:
    /// Throws coauth::exception for options out of their range.
    private_key_jwt(std::string client_id, signing_key_source key,
                    client_assertion_options options = {});

    [[nodiscard]] std::string const& client_id() const noexcept;

    [[nodiscard]] awaitable<token_request> authenticate(token_request request) const;

    [[nodiscard]] secret cache_identity() const;
    [[nodiscard]] std::string const& store_identity() const noexcept;

private:
    struct state;

    static awaitable<token_request> authenticate(token_request request,
                                                 std::shared_ptr<state const> self);

    std::shared_ptr<state const> state_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/client_auth/private_key_jwt_impl.hpp>
#endif

#endif
