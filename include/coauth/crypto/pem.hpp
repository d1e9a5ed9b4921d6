// SPDX-License-Identifier: BSL-1.0
//
// Private keys out of PEM text (RFC 7468), encrypted ones too, and what reading with OpenSSL needs.
// Nobody is ever asked for a password on the terminal. Any thread.

#ifndef COAUTH_CRYPTO_PEM_HPP
#define COAUTH_CRYPTO_PEM_HPP

#include <coauth/codec/base64.hpp>
#include <coauth/crypto/digest.hpp>
#include <coauth/crypto/openssl_error.hpp>
#include <coauth/crypto/private_key.hpp>
#include <coauth/secret.hpp>

#include <cstddef>
#include <cstring>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string>
#include <string_view>

namespace coauth::detail {

using bio_ptr = openssl_ptr<BIO, BIO_free_all>;
using x509_handle = openssl_ptr<X509, X509_free>;
using key_handle = openssl_ptr<EVP_PKEY, EVP_PKEY_free>;

[[nodiscard]] inline bio_ptr memory_bio(std::string_view text) {
    return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// For OpenSSL, which would ask on the terminal without it; `user` is a secret const*.
inline int give_password(char* out, int size, int /*for writing*/, void* user) noexcept {
    std::string_view const text = static_cast<secret const*>(user)->reveal();
    if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(out, text.data(), text.size());
    return static_cast<int>(text.size());
}

/// The first private key of a PEM text; null, with OpenSSL's error queue filled, when there is none
/// or the password is missing or wrong.
[[nodiscard]] inline key_handle read_private_key_pem(std::string_view text,
                                                     secret const& password) {
    return key_handle(read_private_key(text, give_password, const_cast<secret*>(&password)));
}

/// `x5t#S256` (RFC 7515 §4.1.8).
[[nodiscard]] inline std::string certificate_thumbprint(X509 const* certificate) {
    sha256_digest digest{};
    digest_check(X509_digest(certificate, EVP_sha256(), digest.data(), nullptr) == 1);
    return base64url_encode(as_bytes(digest));
}

}  // namespace coauth::detail

#endif
