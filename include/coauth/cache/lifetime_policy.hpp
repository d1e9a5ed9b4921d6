// SPDX-License-Identifier: BSL-1.0
//
// The numbers that decide when a token is due for renewal, and the deadlines they lead to. Values.

#ifndef COAUTH_CACHE_LIFETIME_POLICY_HPP
#define COAUTH_CACHE_LIFETIME_POLICY_HPP

#include <coauth/clock.hpp>

#include <chrono>

namespace coauth {

/// The numbers behind the three deadlines of a token. The defaults suit almost everybody.
struct lifetime_policy {
    /// Before this much of the rest of its life a token is renewed in the background; the smaller
    /// of the two counts. Range of the share: 0 to 1.
    duration refresh_ahead = std::chrono::minutes(15);
    double refresh_ahead_share = 0.20;
    /// Before this much of the rest of its life a caller waits for a new token.
    duration expiry_margin = std::chrono::seconds(30);
    double expiry_margin_share = 0.10;
    /// Upper bounds of the random part by which the background renewal comes earlier.
    duration jitter = std::chrono::minutes(5);
    double jitter_share = 0.10;
    /// Assumed when the server does not say (RFC 6749 §5.1 only recommends expires_in).
    duration unknown_lifetime = std::chrono::minutes(10);
    /// Between the starts of two token requests for one key. A rejected token is not held by it.
    duration min_refresh_interval = std::chrono::seconds(1);
};

/// fresh until `soft`, renewed in the background until `hard`, then callers wait; dead at `expiry`.
struct timeline {
    time_point started;
    time_point soft;
    time_point hard;
    time_point expiry;
};

}  // namespace coauth

#endif
