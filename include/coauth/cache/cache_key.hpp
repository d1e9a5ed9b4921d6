// SPDX-License-Identifier: BSL-1.0
//
// The identity of a token: a SHA-256 over everything that changes the token or the right to it. A
// value.

#ifndef COAUTH_CACHE_CACHE_KEY_HPP
#define COAUTH_CACHE_CACHE_KEY_HPP

#include <coauth/crypto/digest.hpp>

#include <cstddef>
#include <cstring>

namespace coauth {

class cache_key {
public:
    explicit cache_key(sha256_digest const& digest) : digest_(digest) {}

    [[nodiscard]] sha256_digest const& digest() const noexcept { return digest_; }
    friend bool operator==(cache_key const&, cache_key const&) = default;

    struct hash {
        [[nodiscard]] std::size_t operator()(cache_key const& key) const noexcept {
            // The digest is uniform, and nobody can choose it: no seed is needed.
            std::size_t value = 0;
            std::memcpy(&value, key.digest_.data(), sizeof value);
            return value;
        }
    };

private:
    sha256_digest digest_;
};

}  // namespace coauth

#endif
