// SPDX-License-Identifier: BSL-1.0
//
// When a token is due for renewal: pure arithmetic on one time line, saturating, so that no
// lifetime a server may send overflows it.

#ifndef COAUTH_CACHE_TIMELINE_HPP
#define COAUTH_CACHE_TIMELINE_HPP

#include <coauth/cache/lifetime_policy.hpp>
#include <coauth/clock.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

namespace coauth {

namespace detail {

/// `share`: taken for the nearest number from 0 to 1, or 0 when it is none.
[[nodiscard]] inline duration share_of(duration whole, double share) noexcept {
    share = share > 0 ? std::min(share, 1.0) : 0;
    return duration(static_cast<duration::rep>(static_cast<double>(whole.count()) * share));
}

/// The smaller one of a time and a share; never below zero.
[[nodiscard]] inline duration part_of(duration whole, duration most, double share) noexcept {
    return std::clamp(most, duration::zero(), share_of(whole, share));
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
    t.hard = t.expiry - detail::part_of(lifetime, policy.expiry_margin, policy.expiry_margin_share);
    t.hard = std::max(started, t.hard);
    if (!known) {
        t.soft = t.hard;
        return t;
    }
    bool const told = refresh_in && *refresh_in > none && *refresh_in < longest &&
                      duration(*refresh_in) < lifetime;
    time_point const due = told ? saturating_add(started, *refresh_in)
                                : t.expiry - detail::part_of(lifetime, policy.refresh_ahead,
                                                             policy.refresh_ahead_share);
    duration const spread = detail::part_of(lifetime, policy.jitter, policy.jitter_share);
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
