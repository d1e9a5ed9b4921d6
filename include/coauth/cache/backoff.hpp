// SPDX-License-Identifier: BSL-1.0
//
// How long a failed token request is answered from memory. Pure arithmetic; not synchronised.

#ifndef COAUTH_CACHE_BACKOFF_HPP
#define COAUTH_CACHE_BACKOFF_HPP

#include <coauth/clock.hpp>
#include <coauth/protocol/failure.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

namespace coauth {

/// Doubling, or 1.6-fold, and never shortened by its jitter. One per key.
class backoff {
public:
    static constexpr duration first = std::chrono::seconds(1);
    static constexpr duration longest_transient = std::chrono::seconds(30);
    static constexpr duration longest_definitive = std::chrono::seconds(60);
    static constexpr std::chrono::seconds longest_retry_after{60};
    static constexpr double jitter = 0.2;

    /// The pause after one more failure. `random`: in [0, 1). A Retry-After takes its place.
    [[nodiscard]] duration next(failure_kind kind, std::optional<std::chrono::seconds> retry_after,
                                double random) noexcept {
        bool const definitive = kind == failure_kind::definitive;
        duration const longest = definitive ? longest_definitive : longest_transient;
        double const factor = definitive ? 2.0 : 1.6;
        duration const step =
            std::min(longest, step_ == duration::zero() ? first : scaled(step_, factor));
        step_ = step;
        if (retry_after) {
            return std::clamp(*retry_after, std::chrono::seconds(0), longest_retry_after);
        }
        return step + scaled(step, jitter * random);
    }

    void reset() noexcept { step_ = duration::zero(); }

private:
    [[nodiscard]] static duration scaled(duration d, double factor) noexcept {
        return duration(static_cast<duration::rep>(static_cast<double>(d.count()) * factor));
    }

    duration step_ = duration::zero();
};

}  // namespace coauth

#endif
