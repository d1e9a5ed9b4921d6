// SPDX-License-Identifier: BSL-1.0
//
// A private certificate authority in memory (EC P-256, fresh for each run, nothing on disk), and
// the certificates that a TLS test needs: good, expired, not yet valid, for another host,
// self-signed, of another authority, through an intermediate one. An authority may be used from any
// thread; a certificate is a plain value. RFC 5280.

#ifndef COAUTH_TESTING_PKI_HPP
#define COAUTH_TESTING_PKI_HPP

#include <coauth/codec/base64.hpp>

#include <chrono>
#include <memory>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace coauth::testing {

/// A certificate with its private key.
struct certificate {
    std::string certificate_pem;  ///< The certificate, then intermediate authorities; not the root.
    std::string private_key_pem;  ///< PKCS#8, not encrypted.
    std::string thumbprint;       ///< base64url(SHA-256 of the DER): `x5t#S256` of RFC 8705 §3.1.
};

/// What a certificate says. The defaults suit a server on loopback.
struct certificate_options {
    std::string common_name = "localhost";
    /// subjectAltName; none of both: the extension is left out. A name may hold any byte, also NUL.
    std::vector<std::string> dns_names = {"localhost"};
    std::vector<std::string> ip_addresses = {"127.0.0.1", "::1"};
    /// The validity window, counted from now; both may lie in the past or in the future.
    std::chrono::seconds not_before = std::chrono::hours(-1);
    std::chrono::seconds not_after = std::chrono::hours(24);
};

}  // namespace coauth::testing

namespace coauth::detail {

template <auto Free>
struct openssl_free {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};

using x509_ptr = std::unique_ptr<X509, openssl_free<X509_free>>;
using evp_pkey_ptr = std::unique_ptr<EVP_PKEY, openssl_free<EVP_PKEY_free>>;

inline void pki_check(bool ok, char const* what) {
    if (ok) return;
    ERR_clear_error();
    throw std::runtime_error(std::string("coauth::testing: OpenSSL: ") + what);
}

/// The text that `write(BIO*)` produces.
template <class Write>
[[nodiscard]] std::string pki_pem(Write write) {
    std::unique_ptr<BIO, openssl_free<BIO_free_all>> const bio(BIO_new(BIO_s_mem()));
    pki_check(bio != nullptr && write(bio.get()) == 1, "PEM");
    char* data = nullptr;
    long const size = BIO_get_mem_data(bio.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}

inline void pki_extension(X509* cert, X509* issuer, int nid, char const* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
    std::unique_ptr<X509_EXTENSION, openssl_free<X509_EXTENSION_free>> const extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    pki_check(extension != nullptr && X509_add_ext(cert, extension.get(), -1) == 1, value);
}

inline void pki_alternative_names(X509* cert, testing::certificate_options const& options) {
    if (options.dns_names.empty() && options.ip_addresses.empty()) return;
    std::unique_ptr<GENERAL_NAMES, openssl_free<GENERAL_NAMES_free>> const names(
        GENERAL_NAMES_new());
    auto const add = [&](int type, ASN1_STRING* value) {
        pki_check(value != nullptr, "subjectAltName");
        GENERAL_NAME* const name = GENERAL_NAME_new();
        GENERAL_NAME_set0_value(name, type, value);
        sk_GENERAL_NAME_push(names.get(), name);
    };
    for (std::string const& dns : options.dns_names) {
        ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
        ASN1_STRING_set(text, dns.data(), static_cast<int>(dns.size()));
        add(GEN_DNS, text);
    }
    for (std::string const& ip : options.ip_addresses) add(GEN_IPADD, a2i_IPADDRESS(ip.c_str()));
    pki_check(X509_add1_ext_i2d(cert, NID_subject_alt_name, names.get(), 0, 0) == 1,
              "subjectAltName");
}

[[nodiscard]] inline evp_pkey_ptr pki_new_key() {
    evp_pkey_ptr key(EVP_EC_gen("P-256"));
    pki_check(key != nullptr, "EC key");
    return key;
}

/// Everything of a certificate except extensions and signature.
[[nodiscard]] inline x509_ptr pki_new_certificate(EVP_PKEY* key,
                                                  testing::certificate_options const& options) {
    x509_ptr cert(X509_new());
    unsigned char serial[16];
    pki_check(cert != nullptr && RAND_bytes(serial, sizeof serial) == 1, "X509");
    serial[0] = static_cast<unsigned char>((serial[0] & 0x3FU) | 0x40U);  // positive, full length
    std::unique_ptr<BIGNUM, openssl_free<BN_free>> const number(
        BN_bin2bn(serial, sizeof serial, nullptr));
    auto const* const name = reinterpret_cast<unsigned char const*>(options.common_name.data());
    bool const ok =
        X509_set_version(cert.get(), X509_VERSION_3) == 1 &&
        BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(cert.get())) != nullptr &&
        X509_gmtime_adj(X509_getm_notBefore(cert.get()), options.not_before.count()) != nullptr &&
        X509_gmtime_adj(X509_getm_notAfter(cert.get()), options.not_after.count()) != nullptr &&
        X509_NAME_add_entry_by_NID(X509_get_subject_name(cert.get()), NID_commonName,
                                   V_ASN1_UTF8STRING, name,
                                   static_cast<int>(options.common_name.size()), -1, 0) == 1 &&
        X509_set_pubkey(cert.get(), key) == 1;
    pki_check(ok, "X509");
    return cert;
}

inline void pki_sign(X509* cert, X509* issuer, EVP_PKEY* issuer_key) {
    pki_extension(cert, issuer, NID_subject_key_identifier, "hash");
    if (issuer != cert) pki_extension(cert, issuer, NID_authority_key_identifier, "keyid:always");
    pki_check(X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1 &&
                  X509_sign(cert, issuer_key, EVP_sha256()) > 0,
              "X509_sign");
}

[[nodiscard]] inline std::string pki_pem_of(X509* cert) {
    return pki_pem([cert](BIO* bio) { return PEM_write_bio_X509(bio, cert); });
}

[[nodiscard]] inline testing::certificate pki_export(X509* cert, EVP_PKEY* key) {
    unsigned char digest[32];
    pki_check(X509_digest(cert, EVP_sha256(), digest, nullptr) == 1, "X509_digest");
    return {.certificate_pem = pki_pem_of(cert),
            .private_key_pem = pki_pem([key](BIO* bio) {
                return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
            }),
            .thumbprint = base64url_encode({reinterpret_cast<char const*>(digest), sizeof digest})};
}

}  // namespace coauth::detail

namespace coauth::testing {

/// Issues certificates. Copies share the same key. Every member throws std::runtime_error when
/// OpenSSL fails, for instance at an IP address that is none.
class certificate_authority {
public:
    /// A root authority.
    explicit certificate_authority(std::string name = "coauth testing authority")
        : certificate_authority(std::move(name), nullptr) {}

    /// An authority whose own certificate is signed by this one. What it issues carries that
    /// certificate along.
    [[nodiscard]] certificate_authority intermediate(std::string name) const {
        return certificate_authority(std::move(name), this);
    }

    /// The authority's own certificate, for a client that shall trust it.
    [[nodiscard]] std::string const& ca_pem() const noexcept { return pem_; }

    /// For a server (extended key usage serverAuth).
    [[nodiscard]] certificate server(certificate_options const& options = {}) const {
        return issue(options, "serverAuth");
    }

    /// For a client (extended key usage clientAuth).
    [[nodiscard]] certificate client(certificate_options const& options = {
                                         .common_name = "client",
                                         .dns_names = {},
                                         .ip_addresses = {}}) const {
        return issue(options, "clientAuth");
    }

private:
    certificate_authority(std::string name, certificate_authority const* parent)
        : key_(detail::pki_new_key()) {
        detail::x509_ptr cert = detail::pki_new_certificate(
            key_.get(), {.common_name = std::move(name), .dns_names = {}, .ip_addresses = {}});
        X509* const issuer = parent == nullptr ? cert.get() : parent->certificate_.get();
        detail::pki_extension(cert.get(), issuer, NID_basic_constraints, "critical,CA:TRUE");
        detail::pki_extension(cert.get(), issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
        detail::pki_sign(cert.get(), issuer, parent == nullptr ? key_.get() : parent->key_.get());
        pem_ = detail::pki_pem_of(cert.get());
        if (parent != nullptr) chain_pem_ = pem_ + parent->chain_pem_;
        certificate_ = std::move(cert);
    }

    [[nodiscard]] certificate issue(certificate_options const& options, char const* usage) const {
        detail::evp_pkey_ptr const key = detail::pki_new_key();
        detail::x509_ptr const cert = detail::pki_new_certificate(key.get(), options);
        detail::pki_extension(cert.get(), certificate_.get(), NID_basic_constraints,
                              "critical,CA:FALSE");
        detail::pki_extension(cert.get(), certificate_.get(), NID_key_usage,
                              "critical,digitalSignature");
        detail::pki_extension(cert.get(), certificate_.get(), NID_ext_key_usage, usage);
        detail::pki_alternative_names(cert.get(), options);
        detail::pki_sign(cert.get(), certificate_.get(), key_.get());
        certificate issued = detail::pki_export(cert.get(), key.get());
        issued.certificate_pem += chain_pem_;
        return issued;
    }

    std::shared_ptr<EVP_PKEY> key_;
    std::shared_ptr<X509> certificate_;
    std::string pem_;
    std::string chain_pem_;
};

/// A certificate that vouches for itself, usable by a server and by a client.
[[nodiscard]] inline certificate make_self_signed(certificate_options const& options = {}) {
    detail::evp_pkey_ptr const key = detail::pki_new_key();
    detail::x509_ptr const cert = detail::pki_new_certificate(key.get(), options);
    detail::pki_extension(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:FALSE");
    detail::pki_alternative_names(cert.get(), options);
    detail::pki_sign(cert.get(), cert.get(), key.get());
    return detail::pki_export(cert.get(), key.get());
}

}  // namespace coauth::testing

#endif
