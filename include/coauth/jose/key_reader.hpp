// SPDX-License-Identifier: BSL-1.0
//
// A private key out of the text or bytes that a user has: PEM (RFC 7468), PKCS#12 (RFC 7292) or a
// JWK. Reads only; what the key is good for is looked at by signing_key. Pure functions.

#ifndef COAUTH_JOSE_KEY_READER_HPP
#define COAUTH_JOSE_KEY_READER_HPP

#include <coauth/crypto/pem.hpp>
#include <coauth/jose/jwk_reader.hpp>

#include <cstddef>
#include <openssl/pkcs12.h>
#include <string>
#include <string_view>

namespace coauth::detail {

/// Of the first certificate in a PEM text that belongs to the key; empty without one.
[[nodiscard]] inline std::string thumbprint_beside(std::string_view pem, EVP_PKEY const* key) {
    bio_ptr const bio = memory_bio(pem);
    secret none;
    for (;;) {
        x509_handle const found(PEM_read_bio_X509(bio.get(), nullptr, give_password, &none));
        if (!found) return {};
        if (X509_check_private_key(found.get(), key) == 1)
            return certificate_thumbprint(found.get());
    }
}

[[nodiscard]] inline result<read_key> read_pem_key(std::string_view text, secret const& password) {
    read_key read;
    read.key = read_private_key_pem(text, password);
    if (!read.key) {
        bool const encrypted = text.find("ENCRYPTED") != std::string_view::npos;
        return unusable_key(encrypted ? "the PEM text is encrypted, and the password is missing or "
                                        "wrong"
                                      : "there is no private key in the PEM text");
    }
    read.certificate_thumbprint = thumbprint_beside(text, read.key.get());
    return read;
}

/// How many bytes the DER value that begins here has in all; 0 when that cannot be told.
[[nodiscard]] inline std::size_t der_size(std::string_view bytes) noexcept {
    auto const at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    if (bytes.size() < 2) return 0;
    if (at(1) < 0x80) return 2U + at(1);
    std::size_t const digits = at(1) & 0x7FU;
    if (digits == 0 || digits > 4 || bytes.size() < 2 + digits) return 0;
    std::size_t size = 0;
    for (std::size_t i = 0; i != digits; ++i) size = size << 8U | at(2 + i);
    return 2 + digits + size;
}

[[nodiscard]] inline result<read_key> read_pkcs12(std::string_view bytes, secret const& password) {
    // Whoever reads a secret from a file drops a line end, which may have been the end of the DER.
    wiped_buffer whole;
    whole.append(bytes);
    std::size_t const missing = der_size(bytes) - bytes.size();
    if (missing == 2) whole.push_back('\r');
    if (missing == 1 || missing == 2) whole.push_back('\n');

    auto const* at = reinterpret_cast<unsigned char const*>(whole.view().data());
    openssl_ptr<PKCS12, PKCS12_free> const container(
        d2i_PKCS12(nullptr, &at, static_cast<long>(whole.size())));
    if (!container) return unusable_key("neither PEM, nor PKCS#12, nor a JWK");
    wiped_buffer terminated;
    terminated.append(password.reveal());
    terminated.push_back('\0');
    EVP_PKEY* key = nullptr;
    X509* certificate = nullptr;
    char const* const text = &terminated.view().front();
    int const parsed = PKCS12_parse(container.get(), text, &key, &certificate, nullptr);
    read_key read;
    read.key.reset(key);
    x509_handle const owned(certificate);
    if (parsed != 1) {
        return unusable_key(
            "the PKCS#12 cannot be opened: the password is missing or wrong, or it "
            "is encrypted in a way that OpenSSL 3 has given up");
    }
    if (!read.key) return unusable_key("there is no private key in the PKCS#12");
    if (owned) read.certificate_thumbprint = certificate_thumbprint(owned.get());
    return read;
}

[[nodiscard]] inline result<read_key> read_any_key(std::string_view text, secret const& password) {
    std::size_t const first = text.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && text[first] == '{') return read_jwk(text);
    if (text.find("-----BEGIN ") != std::string_view::npos) return read_pem_key(text, password);
    return read_pkcs12(text, password);
}

}  // namespace coauth::detail

#endif
