// SPDX-License-Identifier: BSL-1.0
//
// Bodies of digest.hpp.

#ifndef COAUTH_CRYPTO_DIGEST_IMPL_HPP
#define COAUTH_CRYPTO_DIGEST_IMPL_HPP

#include <coauth/crypto/digest.hpp>
#include <coauth/error.hpp>

#include <array>
#include <cstddef>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string>
#include <string_view>

namespace coauth {

COAUTH_INLINE void detail::digest_check(bool ok) {
    if (ok) return;
    ERR_clear_error();
    throw exception(error(errc::out_of_memory, stage::none, "OpenSSL cannot compute a SHA-256"));
}

COAUTH_INLINE void sha256_hasher::free::operator()(EVP_MD_CTX* context) const noexcept {
    EVP_MD_CTX_free(context);
}

COAUTH_INLINE sha256_hasher::sha256_hasher() : context_(EVP_MD_CTX_new()) {
    detail::digest_check(context_ != nullptr &&
                         EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

COAUTH_INLINE void sha256_hasher::add(std::string_view bytes) {
    detail::digest_check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

COAUTH_INLINE void sha256_hasher::add_part(std::string_view bytes) {
    std::array<char, 8> length{};
    for (std::size_t i = 0; i < length.size(); ++i) {
        length[i] = static_cast<char>((bytes.size() >> (8U * (7U - i))) & 0xFFU);
    }
    add({length.data(), length.size()});
    add(bytes);
}

COAUTH_INLINE sha256_digest sha256_hasher::finish() {
    sha256_digest digest{};
    detail::digest_check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    return digest;
}

COAUTH_INLINE sha256_digest sha256(std::string_view data) {
    sha256_digest digest{};
    detail::digest_check(
        EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
    return digest;
}

COAUTH_INLINE sha256_digest hmac_sha256(std::string_view key, std::string_view data) {
    sha256_digest digest{};
    unsigned size = 0;
    // A null key would mean "the one of the last call".
    char const* const bytes = key.empty() ? "" : key.data();
    detail::digest_check(HMAC(EVP_sha256(), bytes, static_cast<int>(key.size()),
                              reinterpret_cast<unsigned char const*>(data.data()), data.size(),
                              digest.data(), &size) != nullptr);
    return digest;
}

COAUTH_INLINE std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(2 * bytes.size(), '\0');
    char* to = text.data();
    for (char const c : bytes) {
        auto const byte = static_cast<unsigned char>(c);
        *to++ = digits[byte >> 4U];
        *to++ = digits[byte & 15U];
    }
    return text;
}

COAUTH_INLINE bool equal_in_constant_time(sha256_digest const& a, sha256_digest const& b) noexcept {
    return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace coauth

#endif
