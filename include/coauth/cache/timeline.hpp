// SPDX-License-Identifier: BSL-1.0
//
// When a token is due for renewal: pure arithmetic on one time line, saturating, so that no
// lifetime a server may send overflows it.

#ifndef COAUTH_CACHE_TIMELINE_HPP
#define COAUTH_CACHE_TIMELINE_HPP

#include <coauth/clock.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

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

namespace detail {

[[nodiscard]] inline duration share_of(duration whole, double share) noexcept {
    return duration(static_cast<duration::rep>(static_cast<double>(whole.count()) * share));
}

}  // namespace detail

/// `started`: when the token request was begun. A lifetime of zero or less is an unknown one.
/// `random`: in [0, 1), drawn once per token.
[[nodiscard]] inline timeline make_timeline(lifetime_policy const& policy, time_point started,
                                            std::optional<std::chrono::seconds> expires_in,
                                            std::optional<std::chrono::seconds> refresh_in,
                                            double random) noexcept {
    // Whole seconds are cut before they become nanoseconds: any number of them may come.
    constexpr std::chrono::seconds none(0);
    constexpr std::chrono::seconds longest = std::chrono::hours(24 * 3652);
    bool const known = expires_in && *expires_in > none;
    duration const lifetime = known ? duration(std::min(*expires_in, longest))
                                    : std::clamp<duration>(policy.unknown_lifetime, none, longest);
    timeline t{};
    t.started = started;
    t.expiry = saturating_add(started, lifetime);
    t.hard = t.expiry -
             std::min(policy.expiry_margin, detail::share_of(lifetime, policy.expiry_margin_share));
    t.hard = std::max(started, t.hard);
    if (!known) {
        t.soft = t.hard;
        return t;
    }
    bool const told = refresh_in && *refresh_in > none && *refresh_in < longest &&
                      duration(*refresh_in) < lifetime;
    time_point const due =
        told ? saturating_add(started, *refresh_in)
             : t.expiry - std::min(policy.refresh_ahead,
                                   detail::share_of(lifetime, policy.refresh_ahead_share));
    duration const spread =
        std::min(policy.jitter, detail::share_of(lifetime, policy.jitter_share));
    t.soft = std::clamp(due - detail::share_of(spread, random), started, t.hard);
    return t;
}

/// The background renewal brought the same token again: try next at half of the rest.
[[nodiscard]] inline time_point soft_after_same_token(timeline const& t, time_point now) noexcept {
    duration const half = (t.hard - now) / 2;
    return std::min(t.hard, now + std::max<duration>(half, std::chrono::seconds(10)));
}

}  // namespace coauth

#endif
