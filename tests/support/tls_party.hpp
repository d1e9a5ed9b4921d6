// SPDX-License-Identifier: BSL-1.0
//
// A certificate authority, a server that it has certified, and a client that trusts it.

#ifndef COAUTH_TESTS_SUPPORT_TLS_PARTY_HPP
#define COAUTH_TESTS_SUPPORT_TLS_PARTY_HPP

#include <coauth/http/transport.hpp>
#include <coauth/testing/pki.hpp>
#include <support/raw_server.hpp>

#include <optional>
#include <string>

namespace coauth::tests {

[[nodiscard]] inline raw_tls tls_with(coauth::testing::certificate const& certificate) {
    raw_tls tls;
    tls.certificate_pem = certificate.certificate_pem;
    tls.private_key_pem = certificate.private_key_pem;
    return tls;
}

struct tls_party {
    coauth::testing::certificate_authority authority;

    /// For "localhost" and 127.0.0.1.
    [[nodiscard]] raw_tls server() const { return tls_with(authority.server()); }
    [[nodiscard]] std::optional<raw_tls> server_if(bool tls) const {
        return tls ? std::optional<raw_tls>(server()) : std::nullopt;
    }

    /// Trusts the authority and nobody else.
    [[nodiscard]] tls_config client() const {
        tls_config config;
        config.system_trust = false;
        config.ca_pem = authority.ca_pem();
        return config;
    }
    [[nodiscard]] http::transport_options options() const {
        http::transport_options o;
        o.tls = http::tls_context::make(client()).value();
        return o;
    }
};

}  // namespace coauth::tests

#endif
