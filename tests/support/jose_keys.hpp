// SPDX-License-Identifier: BSL-1.0
//
// Keys made by OpenSSL directly, in every form in which a user may have one, and a reader of JWTs
// that shares no code with the library but base64url.

#ifndef COAUTH_TESTS_SUPPORT_JOSE_KEYS_HPP
#define COAUTH_TESTS_SUPPORT_JOSE_KEYS_HPP

#include <coauth/codec/base64.hpp>
#include <coauth/crypto/pem.hpp>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace coauth_test {

using coauth::detail::bio_ptr;
using coauth::detail::key_handle;
using coauth::detail::openssl_ptr;
using coauth::detail::x509_handle;

inline constexpr char const* key_password = "changeit";

template <class Write>
[[nodiscard]] std::string written(Write write) {
    bio_ptr const bio(BIO_new(BIO_s_mem()));
    if (write(bio.get()) != 1) throw std::runtime_error("OpenSSL writes nothing");
    char* data = nullptr;
    long const size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

class test_key {
public:
    /// Takes it over.
    explicit test_key(EVP_PKEY* key) : key_(key) {
        if (key == nullptr) throw std::runtime_error("OpenSSL makes no key");
    }
    static test_key rsa(unsigned bits = 2048) { return test_key(EVP_RSA_gen(bits)); }
    static test_key ec(char const* curve = "P-256") { return test_key(EVP_EC_gen(curve)); }
    static test_key ed25519() { return test_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }
    /// Of the algorithm "RS256", "PS256", "ES256" or "EdDSA"; made once.
    static test_key const& of(std::string_view algorithm) {
        static test_key const with_rsa = rsa();
        static test_key const with_ec = ec();
        static test_key const with_ed25519 = ed25519();
        if (algorithm == "ES256") return with_ec;
        return algorithm == "EdDSA" ? with_ed25519 : with_rsa;
    }

    [[nodiscard]] std::string pkcs8() const {
        return written([&](BIO* to) {
            return PEM_write_bio_PKCS8PrivateKey(to, key_.get(), nullptr, nullptr, 0, nullptr,
                                                 nullptr);
        });
    }
    [[nodiscard]] std::string encrypted_pkcs8() const {
        return written([&](BIO* to) {
            return PEM_write_bio_PKCS8PrivateKey(to, key_.get(), EVP_aes_256_cbc(), key_password, 8,
                                                 nullptr, nullptr);
        });
    }
    /// PKCS#1 or SEC 1.
    [[nodiscard]] std::string traditional() const {
        return written([&](BIO* to) {
            return PEM_write_bio_PrivateKey_traditional(to, key_.get(), nullptr, nullptr, 0,
                                                        nullptr, nullptr);
        });
    }
    [[nodiscard]] std::string public_pem() const {
        return written([&](BIO* to) { return PEM_write_bio_PUBKEY(to, key_.get()); });
    }
    [[nodiscard]] std::string certificate_pem() const {
        return written([&](BIO* to) { return PEM_write_bio_X509(to, certificate().get()); });
    }
    [[nodiscard]] std::string pkcs12() const {
        openssl_ptr<PKCS12, PKCS12_free> const container(PKCS12_create(
            key_password, "client", key_.get(), certificate().get(), nullptr, 0, 0, 0, 0, 0));
        return written([&](BIO* to) { return i2d_PKCS12_bio(to, container.get()); });
    }
    /// `x5t#S256` of the certificate in certificate_pem() and pkcs12().
    [[nodiscard]] std::string certificate_thumbprint() const {
        std::vector<unsigned char> der(4096);
        unsigned char* end = der.data();
        int const size = i2d_X509(certificate().get(), &end);
        unsigned char digest[32];
        EVP_Digest(der.data(), static_cast<std::size_t>(size), digest, nullptr, EVP_sha256(),
                   nullptr);
        return coauth::base64url_encode({reinterpret_cast<char const*>(digest), sizeof digest});
    }

    /// Verifies a compact JWS with the public part.
    [[nodiscard]] bool verifies(std::string_view algorithm, std::string_view message,
                                std::string signature) const {
        if (algorithm == "ES256" && !to_der(signature)) return false;
        openssl_ptr<EVP_MD_CTX, EVP_MD_CTX_free> const context(EVP_MD_CTX_new());
        EVP_PKEY_CTX* options = nullptr;
        EVP_MD const* const hash = algorithm == "EdDSA" ? nullptr : EVP_sha256();
        if (EVP_DigestVerifyInit(context.get(), &options, hash, nullptr, key_.get()) != 1) {
            return false;
        }
        if (algorithm == "PS256") {
            EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
            EVP_PKEY_CTX_set_rsa_pss_saltlen(options, 32);  // RFC 7518 §3.5: that of the hash
        }
        return EVP_DigestVerify(
                   context.get(), reinterpret_cast<unsigned char const*>(signature.data()),
                   signature.size(), reinterpret_cast<unsigned char const*>(message.data()),
                   message.size()) == 1;
    }

    [[nodiscard]] EVP_PKEY* native() const noexcept { return key_.get(); }

private:
    [[nodiscard]] static bool to_der(std::string& raw) {
        if (raw.size() != 64) return false;
        auto const* const bytes = reinterpret_cast<unsigned char const*>(raw.data());
        openssl_ptr<ECDSA_SIG, ECDSA_SIG_free> const parts(ECDSA_SIG_new());
        ECDSA_SIG_set0(parts.get(), BN_bin2bn(bytes, 32, nullptr),
                       BN_bin2bn(bytes + 32, 32, nullptr));
        unsigned char der[80];
        unsigned char* end = der;
        raw.assign(reinterpret_cast<char const*>(der),
                   static_cast<std::size_t>(i2d_ECDSA_SIG(parts.get(), &end)));
        return true;
    }

    [[nodiscard]] x509_handle const& certificate() const {
        if (certificate_) return certificate_;
        certificate_.reset(X509_new());
        X509* const c = certificate_.get();
        ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
        X509_gmtime_adj(X509_getm_notBefore(c), 0);
        X509_gmtime_adj(X509_getm_notAfter(c), 3600);
        X509_set_pubkey(c, key_.get());
        X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_ASC,
                                   reinterpret_cast<unsigned char const*>("client"), -1, -1, 0);
        X509_set_issuer_name(c, X509_get_subject_name(c));
        bool const pure = EVP_PKEY_is_a(key_.get(), "ED25519") == 1;
        if (X509_sign(c, key_.get(), pure ? nullptr : EVP_sha256()) == 0) {
            throw std::runtime_error("OpenSSL signs no certificate");
        }
        return certificate_;
    }

    key_handle key_;
    mutable x509_handle certificate_;
};

/// The three parts of a compact JWS, decoded; empty where it is none.
struct compact_jws {
    explicit compact_jws(std::string_view text) {
        std::size_t const first = text.find('.');
        std::size_t const second = text.rfind('.');
        if (first == second || text.find('.', first + 1) != second) return;
        message = text.substr(0, second);
        header = coauth::base64url_decode(text.substr(0, first)).value_or("");
        claims = coauth::base64url_decode(text.substr(first + 1, second - first - 1)).value_or("");
        signature = coauth::base64url_decode(text.substr(second + 1)).value_or("");
    }
    std::string message;
    std::string header;
    std::string claims;
    std::string signature;
};

}  // namespace coauth_test

#endif
