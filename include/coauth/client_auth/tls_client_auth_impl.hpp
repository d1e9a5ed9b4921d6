// SPDX-License-Identifier: BSL-1.0
//
// Bodies of tls_client_auth.hpp.

#ifndef COAUTH_CLIENT_AUTH_TLS_CLIENT_AUTH_IMPL_HPP
#define COAUTH_CLIENT_AUTH_TLS_CLIENT_AUTH_IMPL_HPP

#include <coauth/client_auth/tls_client_auth.hpp>

#include <string>
#include <utility>

namespace coauth::detail {

COAUTH_INLINE awaitable<token_request> client_id_in_body::authenticate(
    token_request request) const {
    return authenticate(std::move(request), std::string(method_), client_id_);
}

COAUTH_INLINE awaitable<token_request> client_id_in_body::authenticate(token_request request,
                                                                       std::string method,
                                                                       std::string client_id) {
    request.parameter("client_id", client_id);
    request.authentication_method(method);
    co_return request;
}

}  // namespace coauth::detail

#endif
