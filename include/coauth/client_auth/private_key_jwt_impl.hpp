// SPDX-License-Identifier: BSL-1.0
//
// Bodies of private_key_jwt.hpp.

#ifndef COAUTH_CLIENT_AUTH_PRIVATE_KEY_JWT_IMPL_HPP
#define COAUTH_CLIENT_AUTH_PRIVATE_KEY_JWT_IMPL_HPP

#include <coauth/client_auth/private_key_jwt.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

struct private_key_jwt::state {
    detail::assertion_maker assertion;
    signing_key_source key;
};

COAUTH_INLINE private_key_jwt::private_key_jwt(std::string client_id, signing_key_source key,
                                               client_assertion_options options)
    : state_(std::make_shared<state const>(state{
          detail::assertion_maker("private_key_jwt", std::move(client_id), std::move(options)),
          std::move(key)})) {}

COAUTH_INLINE std::string const& private_key_jwt::client_id() const noexcept {
    return state_->assertion.client_id();
}

COAUTH_INLINE secret private_key_jwt::cache_identity() const {
    return state_->assertion.identity(state_->key.identity());
}

COAUTH_INLINE std::string const& private_key_jwt::store_identity() const noexcept {
    return state_->assertion.client_id();
}

COAUTH_INLINE awaitable<token_request> private_key_jwt::authenticate(token_request request) const {
    return authenticate(std::move(request), state_);
}

COAUTH_INLINE awaitable<token_request> private_key_jwt::authenticate(
    token_request request, std::shared_ptr<state const> self) {
    signing_key const key = co_await self->key.read();
    detail::assertion_key const about{to_string(key.algorithm()), key.key_id(),
                                      key.certificate_thumbprint()};
    self->assertion.put_into(
        request, about,
        [&](detail::wiped_buffer& out, std::string_view message) { key.sign_to(out, message); });
    co_return request;
}

}  // namespace coauth

#endif
