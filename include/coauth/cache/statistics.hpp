// SPDX-License-Identifier: BSL-1.0
//
// What a token cache has done so far, for operators.

#ifndef COAUTH_CACHE_STATISTICS_HPP
#define COAUTH_CACHE_STATISTICS_HPP

#include <atomic>
#include <cstdint>

namespace coauth {

/// A snapshot. Counters only grow; each is exact, but they are not read at one instant.
struct token_cache_statistics {
    std::uint64_t hits = 0;     ///< Calls answered from memory without waiting.
    std::uint64_t misses = 0;   ///< Calls that found no valid token.
    std::uint64_t joins = 0;    ///< Misses that waited for a fetch.
    std::uint64_t leaves = 0;   ///< Waiting calls that were cancelled or timed out.
    std::uint64_t fetches = 0;  ///< Fetches started: token requests, from the cache's view.
    std::uint64_t background_refreshes = 0;  ///< Of those, the ones nobody waited for at the start.
    std::uint64_t failures_transient = 0;
    std::uint64_t failures_definitive = 0;
    std::uint64_t failures_other = 0;
    std::uint64_t answered_from_memory = 0;  ///< Calls that got a remembered failure.
    std::uint64_t stale_served = 0;   ///< Calls that got the old token because renewal failed.
    std::uint64_t invalidations = 0;  ///< Tokens rejected by an API or by invalidate().
    std::uint64_t cooldowns = 0;      ///< An origin rejected a token just renewed for it.
    std::uint64_t current_flights = 0;
    std::uint64_t waiting_flights = 0;  ///< Of those, the ones that wait for their turn.
    std::uint64_t entries = 0;          ///< Keys there are.
    std::uint64_t evictions = 0;        ///< Keys dropped to make room: nobody held them.
    std::uint64_t swept = 0;  ///< Keys dropped in passing: nothing of them was of use any more.
    /// Keys added beyond max_entries, because none was found that nobody held.
    std::uint64_t entries_beyond_bound = 0;
};

namespace detail {

/// The cold counters; hits are counted in the readers' own slots.
struct cache_counters {
    // sync: none, statistics only
    using counter = std::atomic<std::uint64_t>;
    counter misses{0};
    counter joins{0};
    counter leaves{0};
    counter fetches{0};
    counter background_refreshes{0};
    counter failures_transient{0};
    counter failures_definitive{0};
    counter failures_other{0};
    counter answered_from_memory{0};
    counter stale_served{0};
    counter invalidations{0};
    counter cooldowns{0};
    counter current_flights{0};
    counter entries{0};
    counter evictions{0};
    counter swept{0};
    counter entries_beyond_bound{0};

    static void add(counter& c, std::uint64_t n = 1) noexcept {
        c.fetch_add(n, std::memory_order_relaxed);
    }  // sync: none
    static void drop(counter& c) noexcept {
        c.fetch_sub(1, std::memory_order_relaxed);
    }  // sync: none

    [[nodiscard]] token_cache_statistics snapshot(std::uint64_t hits) const noexcept {
        auto const get = [](counter const& c) {
            return c.load(std::memory_order_relaxed);
        };  // sync: none
        token_cache_statistics s;
        s.hits = hits;
        s.misses = get(misses);
        s.joins = get(joins);
        s.leaves = get(leaves);
        s.fetches = get(fetches);
        s.background_refreshes = get(background_refreshes);
        s.failures_transient = get(failures_transient);
        s.failures_definitive = get(failures_definitive);
        s.failures_other = get(failures_other);
        s.answered_from_memory = get(answered_from_memory);
        s.stale_served = get(stale_served);
        s.invalidations = get(invalidations);
        s.cooldowns = get(cooldowns);
        s.current_flights = get(current_flights);
        s.entries = get(entries);
        s.evictions = get(evictions);
        s.swept = get(swept);
        s.entries_beyond_bound = get(entries_beyond_bound);
        return s;
    }
};

}  // namespace detail
}  // namespace coauth

#endif
