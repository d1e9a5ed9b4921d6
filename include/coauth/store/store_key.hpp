// SPDX-License-Identifier: BSL-1.0
//
// Under which name a store keeps the record of one token: a SHA-256 of what decides about the
// token, the same in every process that should share it. A value.

#ifndef COAUTH_STORE_STORE_KEY_HPP
#define COAUTH_STORE_STORE_KEY_HPP

#include <coauth/config.hpp>
#include <coauth/crypto/sha256_digest.hpp>

#include <compare>
#include <string>

namespace coauth {

/// Unlike a cache_key it depends on no random key of the process; so no secret goes into it.
class store_key {
public:
    explicit store_key(sha256_digest const& digest) : digest_(digest) {}

    [[nodiscard]] sha256_digest const& digest() const noexcept { return digest_; }
    /// 64 lower-case hexadecimal digits: fit for a file name or a key of a database.
    [[nodiscard]] std::string text() const;

    friend auto operator<=>(store_key const&, store_key const&) = default;

private:
    sha256_digest digest_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/store/store_key_impl.hpp>
#endif

#endif
