// SPDX-License-Identifier: BSL-1.0
//
// client_secret_post: id and secret as form parameters in the body (RFC 6749 §2.3.1).

#ifndef COAUTH_CLIENT_AUTH_CLIENT_SECRET_POST_HPP
#define COAUTH_CLIENT_AUTH_CLIENT_SECRET_POST_HPP

#include <coauth/client_auth/client_authentication.hpp>
#include <coauth/client_auth/secret_source.hpp>

#include <string>
#include <utility>

namespace coauth {

class client_secret_post {
public:
    client_secret_post(std::string client_id, secret_source client_secret)
        : client_id_(std::move(client_id)), secret_(std::move(client_secret)) {}

    [[nodiscard]] awaitable<token_request> authenticate(token_request request) const {
        return authenticate(std::move(request), client_id_, secret_);
    }

    [[nodiscard]] secret cache_identity() const {
        return detail::client_identity("client_secret_post", client_id_, secret_);
    }

private:
    static awaitable<token_request> authenticate(token_request request, std::string client_id,
                                                 secret_source from) {
        secret const value = co_await from.read();
        request.parameter("client_id", client_id).parameter("client_secret", value.reveal());
        request.authentication_method("client_secret_post");
        co_return request;
    }

    std::string client_id_;
    secret_source secret_;
};

}  // namespace coauth

#endif
