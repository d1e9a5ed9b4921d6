// SPDX-License-Identifier: BSL-1.0
//
// What all entries of one cache share, and how the token of one key is kept.

#ifndef COAUTH_CACHE_CACHE_CORE_HPP
#define COAUTH_CACHE_CACHE_CORE_HPP

#include <coauth/cache/flight_limit.hpp>
#include <coauth/cache/statistics.hpp>
#include <coauth/cache/timeline.hpp>
#include <coauth/cache/token_cache_options.hpp>
#include <coauth/clock.hpp>
#include <coauth/detail/atomic.hpp>
#include <coauth/detail/hazard_domain.hpp>
#include <coauth/observer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace coauth {

/// How one key's tokens are kept.
struct cache_policy {
    lifetime_policy lifetime{};
    /// For one token request, resolving to the last byte. Range: above 0.
    duration fetch_deadline = std::chrono::seconds(30);
    class clock clock {};
    /// Told of tokens, with `token_endpoint` as their name.
    class observer observer {};
    std::string token_endpoint = {};
};

namespace detail {

struct cache_core {
    explicit cache_core(token_cache_options const& options = token_cache_options())
        : limit(options.max_concurrent_flights) {}

    [[nodiscard]] token_cache_statistics statistics() const {
        token_cache_statistics s = counters.snapshot(domain->hits());
        s.waiting_flights = limit.waiting();
        return s;
    }

    std::shared_ptr<hazard_domain> domain = hazard_domain::make();
    cache_counters counters;
    flight_limit limit;
    /// Called, without a lock, where a fetch starts. Set before there is an entry; may be empty.
    std::function<void()> sweep;
    atomic<std::uint64_t> next_generation{1};
};

}  // namespace detail
}  // namespace coauth

#endif
