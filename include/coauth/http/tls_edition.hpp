// SPDX-License-Identifier: BSL-1.0
//
// What a TLS configuration and its files come to at one time, checked and loaded: trust store,
// client certificate, protocol versions and ciphers (RFC 8446, RFC 5246, RFC 9325). Immutable; any
// thread.

#ifndef COAUTH_HTTP_TLS_EDITION_HPP
#define COAUTH_HTTP_TLS_EDITION_HPP

#include <coauth/crypto/digest.hpp>
#include <coauth/crypto/openssl_error.hpp>
#include <coauth/crypto/pem.hpp>
#include <coauth/http/tls_config.hpp>
#include <coauth/http/tls_trust.hpp>
#include <coauth/http/trust_store.hpp>
#include <coauth/result.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <openssl/ssl.h>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::http {

class tls_edition {
public:
    /// See tls_context::make(). `number`: of this edition among those of a context, from 1.
    [[nodiscard]] static result<std::shared_ptr<tls_edition const>> load(tls_config const& config,
                                                                         std::uint64_t number);

    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

    /// Names whom it trusts, whether it verifies, and who it says it is: equal ids make the same
    /// decisions. For keys of caches; not a secret.
    [[nodiscard]] std::string const& trust_id() const noexcept { return trust_id_; }

    /// `x5t#S256` of the client certificate (RFC 8705 §3.1); empty where there is none.
    [[nodiscard]] std::string const& client_certificate_thumbprint() const noexcept {
        return thumbprint_;
    }

    /// False only after `tls_config::insecure`.
    [[nodiscard]] bool verifies() const noexcept { return verifies_; }

    /// For making connections. OpenSSL counts references in it, hence not const.
    [[nodiscard]] SSL_CTX* native() const noexcept { return context_.get(); }

private:
    explicit tls_edition(std::uint64_t number) : number_(number) {}

    [[nodiscard]] result<void> set_protocol(tls_config const& config);
    [[nodiscard]] result<void> load_trust(tls_config const& config);
    [[nodiscard]] result<void> load_client_certificate(tls_config const& config);
    [[nodiscard]] result<void> load_private_key(tls_config const& config,
                                                std::string_view chain_pem);
    [[nodiscard]] result<void> use_private_key(EVP_PKEY* key);

    std::uint64_t const number_;
    std::shared_ptr<trust_store const> trust_;  ///< null where nothing is verified
    detail::openssl_ptr<SSL_CTX, SSL_CTX_free> context_;
    sha256_hasher identity_;
    std::string trust_id_;
    std::string thumbprint_;
    bool verifies_ = true;
};

inline result<std::shared_ptr<tls_edition const>> tls_edition::load(tls_config const& config,
                                                                    std::uint64_t number) {
    std::shared_ptr<tls_edition> const made(new tls_edition(number));
    using step = result<void> (tls_edition::*)(tls_config const&);
    for (step const next : {step{&tls_edition::set_protocol}, step{&tls_edition::load_trust},
                            step{&tls_edition::load_client_certificate}}) {
        result<void> done = (made.get()->*next)(config);
        ERR_clear_error();
        if (!done) return std::move(done).error();
    }
    made->trust_id_ = hex(made->identity_.finish());
    return std::shared_ptr<tls_edition const>(made);
}

inline result<void> tls_edition::set_protocol(tls_config const& config) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (!context_) {
        return error(errc::out_of_memory, stage::configuration, "no TLS context")
            .with_cause(detail::take_openssl_error());
    }
    SSL_CTX* const context = context_.get();
    bool const only_1_3 = config.min_version == tls_version::tls_1_3;
    constexpr std::array<unsigned char, 9> alpn{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    // TLS 1.2 with forward secrecy and AEAD only; the suites of 1.3 are all like that. Level 2
    // refuses keys below 112 bits of strength and signatures with SHA-1.
    bool const ok =
        SSL_CTX_set_min_proto_version(context, only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_cipher_list(context,
                                "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:"
                                "!aNULL:!eNULL:!PSK:!SRP") == 1 &&
        SSL_CTX_set_alpn_protos(context, alpn.data(), alpn.size()) == 0;
    if (!ok) {
        return error(errc::invalid_configuration, stage::configuration, "TLS protocol settings")
            .with_cause(detail::take_openssl_error());
    }
    SSL_CTX_set_security_level(context, 2);
    // OpenSSL would leave what it has decrypted, tokens among it, in buffers that it gives back.
    SSL_CTX_set_options(context,
                        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_clear_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT |
                                       SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Buffers are kept between the records of a connection, and dropped while it idles.
    SSL_CTX_clear_mode(context, SSL_MODE_RELEASE_BUFFERS);
    identity_.add_part(only_1_3 ? "tls 1.3" : "tls 1.2");
    return {};
}

inline result<void> tls_edition::load_trust(tls_config const& config) {
    verifies_ = !config.insecure.has_value();
    SSL_CTX_set_verify(context_.get(), verifies_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    identity_.add_part(verifies_ ? "verified" : "not verified");
    if (!verifies_) return {};

    detail::wiped_buffer file;
    if (!config.ca_file.empty()) {
        std::error_code ec;
        file = detail::read_pem_file(config.ca_file, ec);
        if (ec) {
            return error(errc::invalid_ca_certificate, stage::configuration,
                         "no CA certificate can be read from '" + config.ca_file + "'")
                .with_cause(ec);
        }
    }
    result<std::shared_ptr<trust_store const>> trust = trust_store::load(config, file.view());
    if (!trust) return std::move(trust).error();
    trust_ = std::move(*trust);
    SSL_CTX_set1_cert_store(context_.get(), trust_->native());
    identity_.add_part(trust_->found());
    identity_.add_part(file.view());
    identity_.add_part(config.ca_pem);
    if (!trust_->found().empty() || !config.ca_file.empty() || !config.ca_pem.empty()) return {};
    return error(errc::empty_trust_store, stage::configuration, "there is no CA certificate")
        .with_hint(config.system_trust
                       ? "install the package ca-certificates, set SSL_CERT_FILE, or give "
                         "tls_config::ca_file"
                       : "system_trust is off: give tls_config::ca_file or ca_pem");
}

inline result<void> tls_edition::load_client_certificate(tls_config const& config) {
    auto const invalid = [](std::string why) {
        return error(errc::invalid_client_certificate, stage::configuration, std::move(why))
            .with_cause(detail::take_openssl_error());
    };
    if (config.certificate_file.empty() && config.certificate_pem.empty()) {
        bool const none = config.private_key_file.empty() && config.private_key_pem.empty() &&
                          config.private_key == nullptr;
        if (none) return {};
        return invalid("there is a private key, but no certificate");
    }
    detail::wiped_buffer chain;  // a private key may stand in it
    if (config.certificate_pem.empty()) {
        std::error_code ec;
        chain = detail::read_pem_file(config.certificate_file, ec);
        if (ec) {
            return error(errc::invalid_client_certificate, stage::configuration,
                         "'" + config.certificate_file + "' cannot be read")
                .with_cause(ec);
        }
    } else {
        chain.append(config.certificate_pem);
    }

    detail::pem_reader text(chain.view());
    detail::x509_handle const leaf(detail::read_certificate(text));
    if (!leaf || SSL_CTX_use_certificate(context_.get(), leaf.get()) != 1) {
        return invalid("the client certificate is not PEM, or too weak");
    }
    for (;;) {
        detail::x509_handle above(detail::read_certificate(text));
        if (!above) break;
        if (SSL_CTX_add0_chain_cert(context_.get(), above.get()) != 1) {
            return invalid("a certificate of the client's chain cannot be used");
        }
        static_cast<void>(above.release());
    }
    ERR_clear_error();

    thumbprint_ = detail::certificate_thumbprint(leaf.get());
    identity_.add_part(thumbprint_);
    return load_private_key(config, chain.view());
}

inline result<void> tls_edition::load_private_key(tls_config const& config,
                                                  std::string_view chain_pem) {
    if (config.private_key != nullptr) return use_private_key(config.private_key.get());
    secret file;
    std::string_view pem = config.private_key_pem.empty() ? chain_pem : config.private_key_pem;
    if (!config.private_key_file.empty()) {
        result<secret> read = secret::from_file(config.private_key_file).read();
        if (!read) {
            return error(errc::invalid_client_certificate, stage::configuration,
                         read.error().message());
        }
        file = std::move(*read);
        pem = file.reveal();
    }
    secret password;
    if (config.private_key_password) {
        result<secret> read = config.private_key_password->read();
        if (!read) return std::move(read).error();
        password = std::move(*read);
    }
    detail::key_handle const key = detail::read_private_key_pem(pem, password);
    return use_private_key(key.get());
}

inline result<void> tls_edition::use_private_key(EVP_PKEY* key) {
    char const* why = nullptr;
    if (key == nullptr) {
        why = "the private key cannot be read: not PEM, or the password is missing or wrong";
    } else if (SSL_CTX_use_PrivateKey(context_.get(), key) != 1 ||
               SSL_CTX_check_private_key(context_.get()) != 1) {
        why = "the private key does not belong to the client certificate";
    }
    if (why == nullptr) return {};
    return error(errc::invalid_client_certificate, stage::configuration, why)
        .with_cause(detail::take_openssl_error());
}

}  // namespace coauth::http

#endif
