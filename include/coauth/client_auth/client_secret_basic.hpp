// SPDX-License-Identifier: BSL-1.0
//
// client_secret_basic: id and secret in an HTTP Basic header (RFC 6749 §2.3.1).

#ifndef COAUTH_CLIENT_AUTH_CLIENT_SECRET_BASIC_HPP
#define COAUTH_CLIENT_AUTH_CLIENT_SECRET_BASIC_HPP

#include <coauth/client_auth/client_authentication.hpp>
#include <coauth/client_auth/secret_source.hpp>
#include <coauth/config.hpp>

#include <string>

namespace coauth {

/// RFC 6749 has id and secret form-urlencoded before they go into the header, but many servers do
/// not decode. Letters, digits and `* - . _` are the same bytes in both modes.
enum class basic_credentials : unsigned char {
    rfc6749,  ///< as the RFC says (Appendix B)
    raw,      ///< as they are; an id with ':' is then refused
};

class client_secret_basic {
public:
    client_secret_basic(std::string client_id, secret_source client_secret,
                        basic_credentials encoding = basic_credentials::rfc6749);

    [[nodiscard]] std::string const& client_id() const noexcept { return client_id_; }

    [[nodiscard]] awaitable<token_request> authenticate(token_request request) const;

    [[nodiscard]] secret cache_identity() const;

private:
    static awaitable<token_request> authenticate(token_request request, std::string client_id,
                                                 secret_source from, basic_credentials encoding);

    std::string client_id_;
    secret_source secret_;
    basic_credentials encoding_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/client_auth/client_secret_basic_impl.hpp>
#endif

#endif
