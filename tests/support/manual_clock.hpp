// SPDX-License-Identifier: BSL-1.0
//
// A clock that stands still until a test moves it. A handle; copies share the time. Any thread.

#ifndef COAUTH_TESTS_SUPPORT_MANUAL_CLOCK_HPP
#define COAUTH_TESTS_SUPPORT_MANUAL_CLOCK_HPP

#include <coauth/clock.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace coauth::tests {

class manual_clock {
public:
    [[nodiscard]] time_point now() const noexcept { return time_->now(); }
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

}  // namespace coauth::tests

#endif
