// SPDX-License-Identifier: BSL-1.0
//
// What copies of a token_cache share: bodies of token_cache.hpp.

#ifndef COAUTH_CACHE_TOKEN_CACHE_IMPL_HPP
#define COAUTH_CACHE_TOKEN_CACHE_IMPL_HPP

#include <coauth/cache/cache_entry.hpp>
#include <coauth/cache/cache_key.hpp>
#include <coauth/cache/token_cache.hpp>
#include <coauth/crypto/random.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace coauth {

struct token_cache::shared {
    std::shared_ptr<detail::cache_core> core = std::make_shared<detail::cache_core>();
    secret const identity_key = random_secret(32);
    std::mutex mutex;
    std::unordered_map<cache_key, std::shared_ptr<cache_entry>, cache_key::hash> entries;
};

COAUTH_INLINE token_cache::token_cache() : shared_(std::make_shared<shared>()) {}

COAUTH_INLINE token_cache_statistics token_cache::statistics() const {
    return shared_->core->counters.snapshot(shared_->core->domain->hits());
}

COAUTH_INLINE std::shared_ptr<cache_entry> token_cache::bind(cache_key const& key,
                                                             cache_policy const& policy) const {
    std::lock_guard const lock(shared_->mutex);
    auto& entry = shared_->entries[key];
    if (!entry) entry = std::make_shared<cache_entry>(shared_->core, policy);
    return entry;
}

COAUTH_INLINE std::string token_cache::credential_identity(std::string_view credential) const {
    auto const digest = hmac_sha256(shared_->identity_key.reveal(), credential);
    return std::string(reinterpret_cast<char const*>(digest.data()), digest.size());
}

}  // namespace coauth

#endif
