// SPDX-License-Identifier: BSL-1.0
//
// What a SHA-256 comes to. A value.

#ifndef COAUTH_CRYPTO_SHA256_DIGEST_HPP
#define COAUTH_CRYPTO_SHA256_DIGEST_HPP

#include <array>

namespace coauth {

using sha256_digest = std::array<unsigned char, 32>;

}  // namespace coauth

#endif
