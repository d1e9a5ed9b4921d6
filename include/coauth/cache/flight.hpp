// SPDX-License-Identifier: BSL-1.0
//
// One token request on behalf of everybody who needs that token. Owned by the cache entry, not by
// the caller that started it. All members are guarded by the entry's mutex, except where said.

#ifndef COAUTH_CACHE_FLIGHT_HPP
#define COAUTH_CACHE_FLIGHT_HPP

#include <coauth/cache/token_record.hpp>
#include <coauth/clock.hpp>
#include <coauth/detail/suspension.hpp>
#include <coauth/error.hpp>

#include <list>
#include <memory>
#include <string>

namespace coauth::detail {

class fetch_run;
class token_fetcher;

enum class fetch_reason : unsigned char { no_cached_token, soft, rejected };

struct flight {
    fetch_reason reason = fetch_reason::no_cached_token;
    /// The API origin whose 401 caused it; empty for other reasons.
    std::string origin;
    time_point not_before;
    time_point deadline;

    /// Everybody who waits, in order of arrival.
    std::list<std::shared_ptr<suspension>> waiters;

    /// The running fetch and whose it is, so that a stop can end it.
    std::weak_ptr<fetch_run> run;
    token_fetcher const* fetcher = nullptr;

    bool settled = false;
    // Written once before the waiters are woken, read by them afterwards: no lock needed there.
    std::shared_ptr<token_record> token;
    error failure;
    /// The server sent the very token that this fetch was to replace.
    bool same_token = false;
};

}  // namespace coauth::detail

#endif
