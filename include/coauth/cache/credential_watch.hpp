// SPDX-License-Identifier: BSL-1.0
//
// When a fetcher may be asked whether its credential has changed: once a second at most, and one
// look at a time. Any thread.

#ifndef COAUTH_CACHE_CREDENTIAL_WATCH_HPP
#define COAUTH_CACHE_CREDENTIAL_WATCH_HPP

#include <coauth/clock.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>

namespace coauth::detail {

class credential_look;

class credential_watch {
public:
    static constexpr duration interval = std::chrono::seconds(1);

    /// A look is of no use before that time; max(): until further notice.
    void not_before(time_point at) noexcept {
        next_.store(at.time_since_epoch().count(), std::memory_order_relaxed);  // sync: take()
    }

    /// True for the one caller who is to look now.
    [[nodiscard]] bool take(time_point now) {
        if (!due(now)) return false;
        std::lock_guard const lock(mutex_);
        if (!due(now) || !running_.expired()) return false;
        not_before(saturating_add(now, interval));
        return true;
    }

    void begin(std::shared_ptr<credential_look> const& look) {
        std::lock_guard const lock(mutex_);
        running_ = look;
    }
    [[nodiscard]] std::shared_ptr<credential_look> running() {
        std::lock_guard const lock(mutex_);
        return running_.lock();
    }

private:
    [[nodiscard]] bool due(time_point now) const noexcept {
        // sync: a hint that saves a lock; whoever has the lock decides
        return now.time_since_epoch().count() >= next_.load(std::memory_order_relaxed);
    }

    std::atomic<duration::rep> next_{time_point::max().time_since_epoch().count()};
    static_assert(std::atomic<duration::rep>::is_always_lock_free);
    std::mutex mutex_;
    std::weak_ptr<credential_look> running_;
};

}  // namespace coauth::detail

#endif
