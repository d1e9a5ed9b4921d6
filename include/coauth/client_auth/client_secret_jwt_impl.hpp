// SPDX-License-Identifier: BSL-1.0
//
// Bodies of client_secret_jwt.hpp.

#ifndef COAUTH_CLIENT_AUTH_CLIENT_SECRET_JWT_IMPL_HPP
#define COAUTH_CLIENT_AUTH_CLIENT_SECRET_JWT_IMPL_HPP

#include <coauth/client_auth/client_secret_jwt.hpp>
#include <coauth/crypto/digest.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

struct client_secret_jwt::state {
    detail::assertion_maker assertion;
    secret_source client_secret;
};

COAUTH_INLINE client_secret_jwt::client_secret_jwt(std::string client_id,
                                                   secret_source client_secret,
                                                   client_assertion_options options)
    : state_(std::make_shared<state const>(state{
          detail::assertion_maker("client_secret_jwt", std::move(client_id), std::move(options)),
          std::move(client_secret)})) {}

COAUTH_INLINE std::string const& client_secret_jwt::client_id() const noexcept {
    return state_->assertion.client_id();
}

COAUTH_INLINE secret client_secret_jwt::cache_identity() const {
    return state_->assertion.identity(state_->client_secret.identity());
}

COAUTH_INLINE std::string const& client_secret_jwt::store_identity() const noexcept {
    return state_->assertion.client_id();
}

COAUTH_INLINE awaitable<token_request> client_secret_jwt::authenticate(
    token_request request) const {
    return authenticate(std::move(request), state_);
}

COAUTH_INLINE awaitable<token_request> client_secret_jwt::authenticate(
    token_request request, std::shared_ptr<state const> self) {
    secret const value = co_await self->client_secret.read();
    if (value.size() < sha256_digest().size()) {
        throw exception(error(errc::invalid_credentials, stage::configuration,
                              "client_secret_jwt needs a secret of 32 bytes (RFC 7518 §3.2)"));
    }
    self->assertion.put_into(request, {.algorithm = "HS256"},
                             [&](detail::wiped_buffer& out, std::string_view message) {
                                 out.append(as_bytes(hmac_sha256(value.reveal(), message)));
                             });
    co_return request;
}

}  // namespace coauth

#endif
