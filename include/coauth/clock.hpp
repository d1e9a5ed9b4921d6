// SPDX-License-Identifier: BSL-1.0
//
// One time line for every deadline and expiry: CLOCK_BOOTTIME, which goes on while the machine is
// suspended and does not follow changes of the wall clock. Any thread.

#ifndef COAUTH_CLOCK_HPP
#define COAUTH_CLOCK_HPP

#include <chrono>
#include <cstdint>
#include <memory>
#include <time.h>
#include <utility>

namespace coauth {

using duration = std::chrono::nanoseconds;

/// Nanoseconds since boot, suspended time included.
struct boot_clock {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<boot_clock>;
    static constexpr bool is_steady = true;

    [[nodiscard]] static time_point now() noexcept { return read(CLOCK_BOOTTIME); }

    [[nodiscard]] static time_point read(::clockid_t id) noexcept {
        ::timespec t{};
        ::clock_gettime(id, &t);
        return time_point(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
    }
};

using time_point = boot_clock::time_point;

/// The wall clock, for what is said to a server or heard from one.
[[nodiscard]] inline std::int64_t seconds_since_1970() noexcept {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// The later time, without overflow: a duration of `duration::max()` means "never".
[[nodiscard]] inline time_point saturating_add(time_point at, duration d) noexcept {
    if (d > duration::zero() && at > time_point::max() - d) return time_point::max();
    return at + d;
}

/// Where the library takes the time from: the machine (default), or the user's own clock in a test.
/// A handle; copies share the clock.
class clock {
public:
    /// A user's clock: any object whose const member `now()` gives a `coauth::time_point` and may
    /// be called from any thread.
    template <class Source>
    explicit clock(std::shared_ptr<Source> source)
        : source_(std::move(source)),
          now_([](void const* self) noexcept { return static_cast<Source const*>(self)->now(); }) {}

    clock() = default;

    [[nodiscard]] time_point now() const noexcept {
        return now_ == nullptr ? boot_clock::now() : now_(source_.get());
    }

    /// Cheaper, up to 4 ms late, and blind to a suspend since `offset` was taken.
    [[nodiscard]] time_point coarse_now(duration offset) const noexcept {
        return now_ == nullptr ? boot_clock::read(CLOCK_MONOTONIC_COARSE) + offset
                               : now_(source_.get());
    }

    /// What to add to a monotonic time to get a time on this line.
    [[nodiscard]] static duration monotonic_offset() noexcept {
        return boot_clock::now() - boot_clock::read(CLOCK_MONOTONIC);
    }

    [[nodiscard]] bool is_default() const noexcept { return now_ == nullptr; }

private:
    std::shared_ptr<void const> source_;
    time_point (*now_)(void const*) noexcept = nullptr;
};

}  // namespace coauth

#endif
