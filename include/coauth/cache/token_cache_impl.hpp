// SPDX-License-Identifier: BSL-1.0
//
// What copies of a token_cache share: bodies of token_cache.hpp.

#ifndef COAUTH_CACHE_TOKEN_CACHE_IMPL_HPP
#define COAUTH_CACHE_TOKEN_CACHE_IMPL_HPP

#include <coauth/cache/cache_entry.hpp>
#include <coauth/cache/cache_key.hpp>
#include <coauth/cache/entry_map.hpp>
#include <coauth/cache/token_cache.hpp>
#include <coauth/crypto/random.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace coauth {

struct token_cache::shared {
    explicit shared(token_cache_options const& options)
        : core(std::make_shared<detail::cache_core>(options)),
          entries(std::make_shared<detail::entry_map>(core, options.max_entries)) {
        // An entry may outlive the cache.
        core->sweep = [weak = std::weak_ptr(entries)] {
            if (auto const map = weak.lock()) map->sweep();
        };
    }

    std::shared_ptr<detail::cache_core> core;
    secret const identity_key = random_secret(32);
    std::shared_ptr<detail::entry_map> entries;
};

COAUTH_INLINE token_cache::token_cache() : token_cache(token_cache_options()) {}

COAUTH_INLINE token_cache::token_cache(token_cache_options const& options)
    : shared_(std::make_shared<shared>(options)) {
    if (options.max_entries != 0 && options.max_concurrent_flights != 0) return;
    throw exception(error(errc::invalid_configuration, stage::configuration,
                          "a number of token_cache_options is 0"));
}

COAUTH_INLINE token_cache_statistics token_cache::statistics() const {
    return shared_->core->statistics();
}

COAUTH_INLINE std::shared_ptr<cache_entry> token_cache::bind(cache_key const& key,
                                                             cache_policy const& policy) const {
    return shared_->entries->bind(key, policy);
}

COAUTH_INLINE token_ref token_cache::find(cache_key const& key, time_point now,
                                          bool& refresh_due) const {
    return shared_->entries->find(key, now, refresh_due);
}

COAUTH_INLINE void token_cache::erase(cache_key const& key) const noexcept {
    shared_->entries->erase(key);
}

COAUTH_INLINE void token_cache::clear() const noexcept { shared_->entries->clear(); }

COAUTH_INLINE std::string token_cache::credential_identity(std::string_view credential) const {
    auto const digest = hmac_sha256(shared_->identity_key.reveal(), credential);
    return std::string(reinterpret_cast<char const*>(digest.data()), digest.size());
}

}  // namespace coauth

#endif
