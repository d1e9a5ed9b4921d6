// SPDX-License-Identifier: BSL-1.0
//
// client_secret_jwt: an assertion under an HMAC with the client secret, HS256 (RFC 7523; OpenID
// Connect Core §9). The secret itself is not sent.

#ifndef COAUTH_CLIENT_AUTH_CLIENT_SECRET_JWT_HPP
#define COAUTH_CLIENT_AUTH_CLIENT_SECRET_JWT_HPP

#include <coauth/client_auth/client_assertion.hpp>
#include <coauth/client_auth/client_authentication.hpp>
#include <coauth/client_auth/secret_source.hpp>
#include <coauth/config.hpp>

#include <memory>
#include <string>

namespace coauth {

/// A secret of less than 32 bytes is refused when it is read, with errc::invalid_credentials
/// (RFC 7518 §3.2).
class client_secret_jwt {
public:
    /// Throws coauth::exception for options out of their range.
    client_secret_jwt(std::string client_id, secret_source client_secret,
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
#include <coauth/client_auth/client_secret_jwt_impl.hpp>
#endif

#endif
