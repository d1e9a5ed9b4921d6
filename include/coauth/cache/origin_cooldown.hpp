// SPDX-License-Identifier: BSL-1.0
//
// An API that answers 401 for a missing permission rejects every token, however new. Left alone it
// would drive the authorization server and throw away the tokens of all others. So an origin that
// rejects a token just renewed for it is not believed for a while. Guarded by its owner.

#ifndef COAUTH_CACHE_ORIGIN_COOLDOWN_HPP
#define COAUTH_CACHE_ORIGIN_COOLDOWN_HPP

#include <coauth/clock.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace coauth::detail {

class origin_cooldowns {
public:
    static constexpr duration first = std::chrono::seconds(1);
    static constexpr duration longest = std::chrono::seconds(60);
    static constexpr std::size_t max_origins = 256;

    [[nodiscard]] bool cooling(std::string const& origin, time_point now) const {
        auto const it = origins_.find(origin);
        return it != origins_.end() && now < it->second.until;
    }

    /// Any origin at all.
    [[nodiscard]] bool cooling(time_point now) const {
        return std::any_of(origins_.begin(), origins_.end(),
                           [now](auto const& o) { return now < o.second.until; });
    }

    /// The token of `generation` has been fetched because of the origin; an empty one: of nobody.
    void renewed_for(std::string origin, std::uint64_t generation) noexcept {
        renewed_for_ = std::move(origin);
        generation_ = generation;
    }
    [[nodiscard]] bool was_renewed_for(std::string const& origin,
                                       std::uint64_t generation) const noexcept {
        return generation == generation_ && !renewed_for_.empty() && renewed_for_ == origin;
    }

    /// The origin rejected this generation, which had been fetched because of it. False when that
    /// has been counted before.
    bool begin(std::string const& origin, std::uint64_t generation, time_point now) {
        if (origins_.size() >= max_origins && !origins_.contains(origin)) forget_earliest();
        state& s = origins_[origin];
        if (s.generation == generation) return false;
        s.generation = generation;
        s.step = s.step == duration::zero() ? first : std::min(longest, 2 * s.step);
        s.until = saturating_add(now, s.step);
        return true;
    }

    /// The origin accepted a token.
    void end(std::string const& origin) {
        origins_.erase(origin);
        if (renewed_for_ == origin) renewed_for_.clear();
    }

    [[nodiscard]] bool empty() const noexcept { return origins_.empty() && renewed_for_.empty(); }

private:
    struct state {
        time_point until;
        duration step = duration::zero();
        std::uint64_t generation = 0;
    };

    void forget_earliest() {
        origins_.erase(std::min_element(
            origins_.begin(), origins_.end(),
            [](auto const& a, auto const& b) { return a.second.until < b.second.until; }));
    }

    std::map<std::string, state> origins_;
    std::string renewed_for_;
    std::uint64_t generation_ = 0;
};

}  // namespace coauth::detail

#endif
