// SPDX-License-Identifier: BSL-1.0
//
// The identity of a token: a SHA-256 over everything that changes the token or the right to it. A
// value.

#ifndef COAUTH_CACHE_CACHE_KEY_HPP
#define COAUTH_CACHE_CACHE_KEY_HPP

#include <coauth/crypto/digest.hpp>

namespace coauth {

class cache_key {
public:
    explicit cache_key(sha256_digest const& digest) : digest_(digest) {}

    [[nodiscard]] sha256_digest const& digest() const noexcept { return digest_; }
    friend bool operator==(cache_key const&, cache_key const&) = default;

private:
    sha256_digest digest_;
};

}  // namespace coauth

#endif
