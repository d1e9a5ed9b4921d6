// SPDX-License-Identifier: BSL-1.0
//
// A client that proves who it is by an assertion: what client_secret_jwt and private_key_jwt have
// in common. Copyable handle; const use from any thread.

#ifndef COAUTH_CLIENT_AUTH_ASSERTION_CLIENT_HPP
#define COAUTH_CLIENT_AUTH_ASSERTION_CLIENT_HPP

#include <coauth/client_auth/client_assertion.hpp>
#include <coauth/client_auth/client_authentication.hpp>
#include <coauth/client_auth/secret_source.hpp>
#include <coauth/client_auth/signing_key_source.hpp>
#include <coauth/config.hpp>

#include <memory>
#include <string>

namespace coauth::detail {

class assertion_client {
public:
    [[nodiscard]] awaitable<token_request> authenticate(token_request request) const;

    [[nodiscard]] secret cache_identity() const;
    [[nodiscard]] std::string const& client_id() const noexcept;

protected:
    assertion_client(std::string client_id, secret_source client_secret,
                     client_assertion_options options);
    assertion_client(std::string client_id, signing_key_source key,
                     client_assertion_options options);

private:
    struct state;

    static awaitable<token_request> with_secret(token_request request,
                                                std::shared_ptr<state const> self);
    static awaitable<token_request> with_key(token_request request,
                                             std::shared_ptr<state const> self);

    std::shared_ptr<state const> state_;
};

}  // namespace coauth::detail

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/client_auth/assertion_client_impl.hpp>
#endif

#endif
