// SPDX-License-Identifier: BSL-1.0
//
// A clock that stands still until a test moves it. A handle; copies share the time. Any thread.

#ifndef COAUTH_TESTING_MANUAL_CLOCK_HPP
#define COAUTH_TESTING_MANUAL_CLOCK_HPP

#include <coauth/clock.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace coauth::testing {

/// For `token_source_config::clock` and `authorization_server_options::clock`. It drives what is
/// decided by looking at the time: lifetimes of tokens on both sides, renewal ahead of them, the
/// pauses after failures. It does not drive what waits on a timer of Asio: deadlines, delays of
/// the testing servers, a pause that a caller waits out. Give source and server the same clock.
class manual_clock {
public:
    /// One hour after boot, so that a test can also look back.
    manual_clock() = default;

    [[nodiscard]] time_point now() const noexcept { return time_->now(); }
    /// Forward; backward when `d` is negative.
    void advance(duration d) const noexcept {
        // sync: relaxed, a time carries no other data
        time_->ticks.fetch_add(d.count(), std::memory_order_relaxed);
    }
    operator coauth::clock() const { return coauth::clock(time_); }

private:
    struct shared_time {
        std::atomic<std::int64_t> ticks{duration(std::chrono::hours(1)).count()};
        [[nodiscard]] time_point now() const noexcept {
            // sync: see advance()
            return time_point(duration(ticks.load(std::memory_order_relaxed)));
        }
    };
    std::shared_ptr<shared_time> time_ = std::make_shared<shared_time>();
};

}  // namespace coauth::testing

#endif
