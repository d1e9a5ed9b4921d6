// SPDX-License-Identifier: BSL-1.0
//
// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104) through OpenSSL's EVP. Functions: any thread;
// a hasher: not synchronised.

#ifndef COAUTH_CRYPTO_DIGEST_HPP
#define COAUTH_CRYPTO_DIGEST_HPP

#include <coauth/error.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <span>
#include <string>
#include <string_view>

namespace coauth {

using sha256_digest = std::array<unsigned char, 32>;

namespace detail {

/// OpenSSL refuses these only when it is out of memory or has no SHA-256.
inline void digest_check(bool ok) {
    if (ok) return;
    ERR_clear_error();
    throw exception(error(errc::out_of_memory, stage::none, "OpenSSL cannot compute a SHA-256"));
}

}  // namespace detail

/// SHA-256 of what comes in pieces. Keeps nothing of the input beyond finish().
class sha256_hasher {
public:
    sha256_hasher() : context_(EVP_MD_CTX_new()) {
        detail::digest_check(context_ != nullptr &&
                             EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
    }

    void add(std::string_view bytes) {
        detail::digest_check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
    }

    /// Its length first, so that two lists of parts are equal only if their parts are.
    void add_part(std::string_view bytes) {
        std::array<char, 8> length{};
        for (std::size_t i = 0; i < length.size(); ++i) {
            length[i] = static_cast<char>((bytes.size() >> (8U * (7U - i))) & 0xFFU);
        }
        add({length.data(), length.size()});
        add(bytes);
    }

    /// Once.
    [[nodiscard]] sha256_digest finish() {
        sha256_digest digest{};
        detail::digest_check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
        return digest;
    }

private:
    struct free {
        void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, free> context_;  // wiped by OpenSSL when it is freed
};

[[nodiscard]] inline sha256_digest sha256(std::string_view data) {
    sha256_digest digest{};
    detail::digest_check(
        EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
    return digest;
}

[[nodiscard]] inline sha256_digest hmac_sha256(std::string_view key, std::string_view data) {
    sha256_digest digest{};
    unsigned size = 0;
    // A null key would mean "the one of the last call".
    char const* const bytes = key.empty() ? "" : key.data();
    detail::digest_check(HMAC(EVP_sha256(), bytes, static_cast<int>(key.size()),
                              reinterpret_cast<unsigned char const*>(data.data()), data.size(),
                              digest.data(), &size) != nullptr);
    return digest;
}

/// The digest as bytes, for what takes a string_view (base64url_encode).
[[nodiscard]] inline std::string_view as_bytes(sha256_digest const& digest) noexcept {
    return {reinterpret_cast<char const*>(digest.data()), digest.size()};
}

/// Lower-case hexadecimal.
[[nodiscard]] inline std::string hex(std::span<unsigned char const> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(2 * bytes.size(), '\0');
    char* to = text.data();
    for (unsigned char const byte : bytes) {
        *to++ = digits[byte >> 4U];
        *to++ = digits[byte & 15U];
    }
    return text;
}

/// Equal, in a time that does not depend on where they differ.
[[nodiscard]] inline bool equal_in_constant_time(sha256_digest const& a,
                                                 sha256_digest const& b) noexcept {
    return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace coauth

#endif
