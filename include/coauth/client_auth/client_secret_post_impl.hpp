// SPDX-License-Identifier: BSL-1.0
//
// Bodies of client_secret_post.hpp.

#ifndef COAUTH_CLIENT_AUTH_CLIENT_SECRET_POST_IMPL_HPP
#define COAUTH_CLIENT_AUTH_CLIENT_SECRET_POST_IMPL_HPP

#include <coauth/client_auth/client_secret_post.hpp>

#include <string>
#include <utility>

namespace coauth {

COAUTH_INLINE client_secret_post::client_secret_post(std::string client_id,
                                                     secret_source client_secret)
    : client_id_(std::move(client_id)), secret_(std::move(client_secret)) {}

COAUTH_INLINE secret client_secret_post::cache_identity() const {
    return detail::client_identity("client_secret_post", client_id_, secret_);
}

COAUTH_INLINE awaitable<token_request> client_secret_post::authenticate(
    token_request request) const {
    return authenticate(std::move(request), client_id_, secret_);
}

COAUTH_INLINE awaitable<token_request> client_secret_post::authenticate(token_request request,
                                                                        std::string client_id,
                                                                        secret_source from) {
    secret const value = co_await from.read();
    request.parameter("client_id", client_id).parameter("client_secret", value.reveal());
    request.authentication_method("client_secret_post");
    if (!from.is_fixed()) request.credential(value.reveal());
    co_return request;
}

}  // namespace coauth

#endif
