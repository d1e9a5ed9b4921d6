// SPDX-License-Identifier: BSL-1.0
//
// How much a token cache takes on. A plain aggregate; do not write it inside a co_await expression
// (g++ 12).

#ifndef COAUTH_CACHE_TOKEN_CACHE_OPTIONS_HPP
#define COAUTH_CACHE_TOKEN_CACHE_OPTIONS_HPP

#include <cstddef>

namespace coauth {

struct token_cache_options {
    /// Keys kept at most. Beyond, one that is idle (nothing there that is valid or remembered) goes
    /// for one that comes, else any that nobody holds. One that a source holds, or that is being
    /// fetched, is never dropped: where there are only such, the cache grows beyond the bound, and
    /// token_cache_statistics::entries_beyond_bound counts it. Range: above 0.
    std::size_t max_entries = 100'000;
    /// Token requests at one time, of all keys. Further ones wait, first come, first served; their
    /// deadlines begin when they do. Range: above 0.
    std::size_t max_concurrent_flights = 64;
};

}  // namespace coauth

#endif
