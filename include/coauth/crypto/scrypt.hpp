// SPDX-License-Identifier: BSL-1.0
//
// A key out of a passphrase: scrypt (RFC 7914) through OpenSSL's EVP. Any thread; slow on purpose.

#ifndef COAUTH_CRYPTO_SCRYPT_HPP
#define COAUTH_CRYPTO_SCRYPT_HPP

#include <coauth/error.hpp>
#include <coauth/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string_view>

namespace coauth {

/// Work factors of RFC 7914 §2. The defaults take 32 MiB and about a quarter of a second.
struct scrypt_cost {
    std::uint64_t n = 1U << 15U;
    std::uint64_t r = 8;
    std::uint64_t p = 3;
};

/// `size` bytes, 1 to 64. Throws coauth::exception(errc::out_of_memory) when OpenSSL cannot, which
/// also means factors that are out of range.
[[nodiscard]] inline secret scrypt(std::string_view passphrase, std::string_view salt,
                                   std::size_t size, scrypt_cost const& cost = {}) {
    struct wiped {
        unsigned char bytes[64] = {};
        ~wiped() { detail::wipe(bytes, sizeof bytes); }
    } key;
    std::uint64_t const memory = 128 * cost.r * (cost.n + cost.p + 2) + 4096;
    // A null passphrase would mean that the factors are only checked.
    char const* const text = passphrase.empty() ? "" : passphrase.data();
    bool const derived =
        size >= 1 && size <= sizeof key.bytes &&
        EVP_PBE_scrypt(text, passphrase.size(), reinterpret_cast<unsigned char const*>(salt.data()),
                       salt.size(), cost.n, cost.r, cost.p, memory, key.bytes, size) == 1;
    if (derived) return secret(std::string_view(reinterpret_cast<char*>(key.bytes), size));
    ERR_clear_error();
    throw exception(error(errc::out_of_memory, stage::none, "OpenSSL cannot derive a key"));
}

}  // namespace coauth

#endif
