// SPDX-License-Identifier: BSL-1.0
//
// Whom a TLS client trusts and who it says it is: what a user fills in. Plain values; the result is
// a http::tls_context.

#ifndef COAUTH_HTTP_TLS_CONFIG_HPP
#define COAUTH_HTTP_TLS_CONFIG_HPP

#include <coauth/secret.hpp>

#include <memory>
#include <openssl/types.h>
#include <optional>
#include <string>

namespace coauth {

enum class tls_version : unsigned char { tls_1_2, tls_1_3 };

/// Says, in the program's own text, that any certificate is good: no chain, no host name is looked
/// at, and whoever is on the way can read and change everything. For experiments only.
struct i_accept_any_certificate_t {
    explicit i_accept_any_certificate_t() = default;
};

/// Everything left out is safe: the system's CA certificates, full verification, TLS 1.2 or later.
struct tls_config {
    /// Trust the CA certificates of this machine. When false, only `ca_file` and `ca_pem` count.
    bool system_trust = true;
    /// A PEM file with CA certificates to trust. This file and those of the client are read again
    /// when they change.
    std::string ca_file = {};
    /// The same as PEM text.
    std::string ca_pem = {};

    /// The client's certificate, then the rest of its chain: a PEM file, or PEM text.
    std::string certificate_file = {};
    std::string certificate_pem = {};
    /// Its private key: a PEM file, or PEM text. Empty: it stands with the certificate.
    std::string private_key_file = {};
    std::string private_key_pem = {};
    /// In place of both, a key that OpenSSL has already, such as one that stays in a hardware
    /// module behind a provider or an engine (`std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free)`). Not
    /// part of a configuration that is read.
    std::shared_ptr<EVP_PKEY> private_key = nullptr;
    /// Opens an encrypted private key. Nobody is ever asked on the terminal.
    std::optional<secret_reference> private_key_password = std::nullopt;

    tls_version min_version = tls_version::tls_1_2;

    /// The one way to lose verification; see there.
    std::optional<i_accept_any_certificate_t> insecure = std::nullopt;
};

/// Whom `config` trusts, without who it says it is.
[[nodiscard]] inline tls_config without_certificate(tls_config const& config) {
    return {.system_trust = config.system_trust,
            .ca_file = config.ca_file,
            .ca_pem = config.ca_pem,
            .min_version = config.min_version,
            .insecure = config.insecure};
}

}  // namespace coauth

#endif
