// SPDX-License-Identifier: BSL-1.0
//
// Bodies of store_key.hpp.

#ifndef COAUTH_STORE_STORE_KEY_IMPL_HPP
#define COAUTH_STORE_STORE_KEY_IMPL_HPP

#include <coauth/crypto/digest.hpp>
#include <coauth/store/store_key.hpp>

#include <string>

namespace coauth {

COAUTH_INLINE std::string store_key::text() const { return hex(digest_); }

}  // namespace coauth

#endif
