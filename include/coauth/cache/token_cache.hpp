// SPDX-License-Identifier: BSL-1.0
//
// Tokens by key, shared by any number of token sources. A cheap handle; copies share the cache. Any
// thread.

#ifndef COAUTH_CACHE_TOKEN_CACHE_HPP
#define COAUTH_CACHE_TOKEN_CACHE_HPP

#include <coauth/cache/cache_entry.hpp>
#include <coauth/cache/cache_key.hpp>
#include <coauth/crypto/random.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace coauth {

class token_cache {
public:
    token_cache() : shared_(std::make_shared<shared>()) {}

    [[nodiscard]] token_cache_statistics statistics() const {
        return shared_->core->counters.snapshot(shared_->core->domain->hits());
    }

    /// The entry of `key`, made when there is none. The policy of the first caller holds. Hold the
    /// entry: then no call for its token looks anything up.
    [[nodiscard]] std::shared_ptr<cache_entry> bind(cache_key const& key,
                                                    cache_policy const& policy) const {
        std::lock_guard const lock(shared_->mutex);
        auto& entry = shared_->entries[key];
        if (!entry) entry = std::make_shared<cache_entry>(shared_->core, policy);
        return entry;
    }

    /// Names a credential in a key without giving it away: HMAC-SHA-256 under a random key of this
    /// cache, so that a digest seen in a dump is of no use to guess a weak secret.
    [[nodiscard]] std::string credential_identity(std::string_view credential) const {
        auto const digest = hmac_sha256(shared_->identity_key.reveal(), credential);
        return std::string(reinterpret_cast<char const*>(digest.data()), digest.size());
    }

private:
    struct shared {
        std::shared_ptr<detail::cache_core> core = std::make_shared<detail::cache_core>();
        secret const identity_key = random_secret(32);
        std::mutex mutex;
        std::unordered_map<cache_key, std::shared_ptr<cache_entry>, cache_key::hash> entries;
    };

    std::shared_ptr<shared> shared_;
};

}  // namespace coauth

#endif
