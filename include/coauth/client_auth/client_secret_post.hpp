// SPDX-License-Identifier: BSL-1.0
//
// client_secret_post: id and secret as form parameters in the body (RFC 6749 §2.3.1).

#ifndef COAUTH_CLIENT_AUTH_CLIENT_SECRET_POST_HPP
#define COAUTH_CLIENT_AUTH_CLIENT_SECRET_POST_HPP

#include <coauth/client_auth/client_authentication.hpp>
#include <coauth/client_auth/secret_source.hpp>
#include <coauth/config.hpp>

#include <string>

namespace coauth {

class client_secret_post {
public:
    client_secret_post(std::string client_id, secret_source client_secret);

    [[nodiscard]] std::string const& client_id() const noexcept { return client_id_; }

    [[nodiscard]] awaitable<token_request> authenticate(token_request request) const;

    [[nodiscard]] secret cache_identity() const;

private:
    static awaitable<token_request> authenticate(token_request request, std::string client_id,
                                                 secret_source from);

    std::string client_id_;
    secret_source secret_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/client_auth/client_secret_post_impl.hpp>
#endif

#endif
