// SPDX-License-Identifier: BSL-1.0
//
// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104) through OpenSSL's EVP. Functions: any thread;
// a hasher: not synchronised.

#ifndef COAUTH_CRYPTO_DIGEST_HPP
#define COAUTH_CRYPTO_DIGEST_HPP

#include <coauth/config.hpp>
#include <coauth/crypto/sha256_digest.hpp>

#include <memory>
#include <openssl/types.h>
#include <string>
#include <string_view>

namespace coauth {

namespace detail {

/// OpenSSL refuses these only when it is out of memory or has no SHA-256.
void digest_check(bool ok);

}  // namespace detail

/// SHA-256 of what comes in pieces. Keeps nothing of the input beyond finish().
class sha256_hasher {
public:
    sha256_hasher();

    void add(std::string_view bytes);

    /// Its length first, so that two lists of parts are equal only if their parts are.
    void add_part(std::string_view bytes);

    /// Once.
    [[nodiscard]] sha256_digest finish();

private:
    struct free {
        void operator()(EVP_MD_CTX* context) const noexcept;
    };
    std::unique_ptr<EVP_MD_CTX, free> context_;  // wiped by OpenSSL when it is freed
};

[[nodiscard]] sha256_digest sha256(std::string_view data);

[[nodiscard]] sha256_digest hmac_sha256(std::string_view key, std::string_view data);

/// The digest as bytes, for what takes a string_view (base64url_encode).
[[nodiscard]] inline std::string_view as_bytes(sha256_digest const& digest) noexcept {
    return {reinterpret_cast<char const*>(digest.data()), digest.size()};
}

/// Lower-case hexadecimal.
[[nodiscard]] std::string hex(std::string_view bytes);
[[nodiscard]] inline std::string hex(sha256_digest const& digest) { return hex(as_bytes(digest)); }

/// Equal, in a time that does not depend on where they differ.
[[nodiscard]] bool equal_in_constant_time(sha256_digest const& a, sha256_digest const& b) noexcept;

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/crypto/digest_impl.hpp>
#endif

#endif
