// SPDX-License-Identifier: BSL-1.0
//
// Random bytes from OpenSSL's generator, and a random fraction for jitter. Any thread.

#ifndef COAUTH_CRYPTO_RANDOM_HPP
#define COAUTH_CRYPTO_RANDOM_HPP

#include <coauth/error.hpp>
#include <coauth/secret.hpp>

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <span>
#include <string>
#include <sys/types.h>
#include <unistd.h>

namespace coauth {

/// Fills `out`. Throws coauth::exception (errc::out_of_memory, the nearest there is) when OpenSSL
/// has no randomness: going on with predictable bytes would be worse.
inline void random_bytes(std::span<unsigned char> out) {
    bool const filled = out.size() <= static_cast<std::size_t>(INT_MAX) &&
                        RAND_bytes(out.data(), static_cast<int>(out.size())) == 1;
    if (filled) return;
    ERR_clear_error();
    throw exception(error(errc::out_of_memory, stage::none, "OpenSSL has no random bytes"));
}

[[nodiscard]] inline std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    random_bytes({reinterpret_cast<unsigned char*>(bytes.data()), bytes.size()});
    return bytes;
}

/// Random bytes that nobody should see: a key, a nonce that is a credential.
[[nodiscard]] inline secret random_secret(std::size_t count) {
    struct wiped {
        std::string text;
        ~wiped() { OPENSSL_cleanse(text.data(), text.size()); }
    } const bytes{random_bytes(count)};
    return secret(bytes.text);
}

namespace detail {

/// Random bytes for what everybody may see, such as an identifier. OpenSSL takes as long for a few
/// as for many, so each thread keeps some; a forked child throws those of its parent away.
template <std::size_t Size>
[[nodiscard]] std::array<unsigned char, Size> next_random_bytes() {
    struct store {
        std::array<unsigned char, 16 * Size> bytes;
        std::size_t used = sizeof bytes;
        ::pid_t owner = 0;
    };
    thread_local store mine;
    ::pid_t const self = ::getpid();
    if (mine.used == mine.bytes.size() || mine.owner != self) {
        random_bytes(mine.bytes);
        mine.used = 0;
        mine.owner = self;
    }
    std::array<unsigned char, Size> next;
    std::memcpy(next.data(), mine.bytes.data() + mine.used, Size);
    mine.used += Size;
    return next;
}

}  // namespace detail

/// Uniform in [0, 1), for jitter. Never throws: without randomness it is 0.5.
[[nodiscard]] inline double random_unit() noexcept {
    std::uint64_t bits = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&bits), sizeof bits) != 1) {
        ERR_clear_error();
        return 0.5;
    }
    return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

}  // namespace coauth

#endif
