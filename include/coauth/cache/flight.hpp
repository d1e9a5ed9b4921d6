// SPDX-License-Identifier: BSL-1.0
//
// One token request on behalf of everybody who needs that token. Owned by the cache entry, not by
// the caller that started it. All members are guarded by the entry's mutex, except where said.

#ifndef COAUTH_CACHE_FLIGHT_HPP
#define COAUTH_CACHE_FLIGHT_HPP

#include <coauth/cache/fetch_report.hpp>
#include <coauth/cache/token_record.hpp>
#include <coauth/clock.hpp>
#include <coauth/detail/suspension.hpp>
#include <coauth/error.hpp>
#include <coauth/observer.hpp>

#include <list>
#include <memory>
#include <string>

namespace coauth::detail {

class fetch_run;
class token_fetcher;

struct flight {
    fetch_reason reason = fetch_reason::no_cached_token;
    /// The API origin whose 401 caused it; empty for other reasons.
    std::string origin;
    /// Of the call that started it (W3C Trace Context); empty without.
    std::string traceparent;
    fetch_report report;
    time_point not_before;
    time_point deadline;
    /// When it is still there at that time, nobody runs its executor.
    time_point overdue;

    /// Everybody who waits, in order of arrival.
    std::list<std::shared_ptr<suspension>> waiters;

    /// The running fetch, the gate of the context where alone it may be touched, and whose it is,
    /// so that a stop can end it. Written once, by attach().
    std::weak_ptr<fetch_run> run;
    std::shared_ptr<context_gate> gate;
    std::weak_ptr<token_fetcher> fetcher;
    bool at_home = false;  ///< It runs on its fetcher's own executor.
    /// Common to all coroutines that the fetch awaits: tells a fetch that asks for its own token.
    asio::cancellation_slot fetching;

    bool settled = false;
    /// The entry has been erased meanwhile.
    bool detached = false;
    // Written once before the waiters are woken, read by them afterwards: no lock needed there.
    std::shared_ptr<token_record> token;
    error failure;                      ///< With a token: the old one, which is still good.
    duration pause = duration::zero();  ///< How long the failure is remembered.
    /// The server sent the very token that this fetch was to replace.
    bool same_token = false;
};

}  // namespace coauth::detail

#endif
