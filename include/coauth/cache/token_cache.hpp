// SPDX-License-Identifier: BSL-1.0
//
// Tokens by key, shared by any number of token sources. A cheap handle; copies share the cache. Any
// thread.

#ifndef COAUTH_CACHE_TOKEN_CACHE_HPP
#define COAUTH_CACHE_TOKEN_CACHE_HPP

#include <coauth/cache/statistics.hpp>
#include <coauth/cache/token_cache_options.hpp>
#include <coauth/cache/token_ref.hpp>
#include <coauth/clock.hpp>
#include <coauth/config.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace coauth {

class cache_entry;
class cache_key;
struct cache_policy;

class token_cache {
public:
    token_cache();
    /// Throws coauth::exception (errc::invalid_configuration) for a number out of range.
    explicit token_cache(token_cache_options const& options);

    [[nodiscard]] token_cache_statistics statistics() const;

    /// The entry of `key`, made when there is none. The policy of the first caller holds. Hold the
    /// entry: then no call for its token looks anything up.
    [[nodiscard]] std::shared_ptr<cache_entry> bind(cache_key const& key,
                                                    cache_policy const& policy) const;

    /// The token of `key`, or an empty one; lock-free, also while the cache grows. For those who
    /// cannot hold an entry for each of their keys. `refresh_due` as for cache_entry::find().
    [[nodiscard]] token_ref find(cache_key const& key, time_point now, bool& refresh_due) const;

    /// Forgets the token of `key`, and the last failure with its pause. A token request under way
    /// still answers those who wait for it, but what it brings is not kept: the next caller fetches
    /// anew. Wiped when the last token_ref goes.
    void erase(cache_key const& key) const noexcept;

    /// The same for all keys.
    void clear() const noexcept;

    /// Names a credential in a key without giving it away: HMAC-SHA-256 under a random key of this
    /// cache, so that a digest seen in a dump is of no use to guess a weak secret.
    [[nodiscard]] std::string credential_identity(std::string_view credential) const;

private:
    struct shared;

    std::shared_ptr<shared> shared_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/cache/token_cache_impl.hpp>
#endif

#endif
