// SPDX-License-Identifier: BSL-1.0
//
// The methods that send nothing but the client identifier, in the body: tls_client_auth and
// self_signed_tls_client_auth, where the certificate of the TLS connection is the credential
// (RFC 8705 §2), and none, for clients that have no credential at all (RFC 6749 §2.1).

#ifndef COAUTH_CLIENT_AUTH_TLS_CLIENT_AUTH_HPP
#define COAUTH_CLIENT_AUTH_TLS_CLIENT_AUTH_HPP

#include <coauth/client_auth/client_authentication.hpp>
#include <coauth/config.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace coauth {
namespace detail {

class client_id_in_body {
public:
    /// `method`: as registered with IANA, static storage.
    client_id_in_body(std::string_view method, std::string client_id)
        : method_(method), client_id_(std::move(client_id)) {}

    [[nodiscard]] std::string const& client_id() const noexcept { return client_id_; }

    [[nodiscard]] awaitable<token_request> authenticate(token_request request) const;
    [[nodiscard]] std::string cache_identity() const {
        return std::string(method_) + " " + client_id_;
    }

private:
    static awaitable<token_request> authenticate(token_request request, std::string method,
                                                 std::string client_id);

    std::string_view method_;
    std::string client_id_;
};

}  // namespace detail

/// The server knows the certificate by its subject and trusts its issuer (RFC 8705 §2.1). The
/// certificate is that of `token_source_config::tls`; the token URL is the server's for mTLS.
class tls_client_auth : public detail::client_id_in_body {
public:
    static constexpr bool needs_client_certificate = true;
    explicit tls_client_auth(std::string client_id)
        : client_id_in_body("tls_client_auth", std::move(client_id)) {}
};

/// The same with a certificate that was registered itself (RFC 8705 §2.2); nobody has to have
/// signed it.
class self_signed_tls_client_auth : public detail::client_id_in_body {
public:
    static constexpr bool needs_client_certificate = true;
    explicit self_signed_tls_client_auth(std::string client_id)
        : client_id_in_body("self_signed_tls_client_auth", std::move(client_id)) {}
};

/// The method `none` (RFC 7591 §2): programs on devices and desktops, which cannot keep a secret.
/// A source refuses it together with the client credentials grant (RFC 6749 §4.4).
class public_client : public detail::client_id_in_body {
public:
    static constexpr bool is_public = true;
    explicit public_client(std::string client_id)
        : client_id_in_body("none", std::move(client_id)) {}
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/client_auth/tls_client_auth_impl.hpp>
#endif

#endif
