// SPDX-License-Identifier: BSL-1.0
//
// Makes the first event of a scenario fail, then the second, and so on until all have failed once:
// whatever a test can hook into, be it a store, a hook, a handler, an allocation or a step.

#ifndef COAUTH_TESTING_FAIL_NTH_HPP
#define COAUTH_TESTING_FAIL_NTH_HPP

#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace coauth::testing {

/// Counts the events of one run and singles one of them out. Any thread.
class fail_nth {
public:
    /// The first event is 1; 0 singles out none.
    explicit fail_nth(std::size_t n) noexcept : n_(n) {}
    fail_nth(fail_nth const&) = delete;
    fail_nth& operator=(fail_nth const&) = delete;

    /// An event. True once, for the n-th: the caller makes it fail.
    [[nodiscard]] bool point() noexcept { return ++events_ == n_; }

    /// An event that fails with an exception.
    template <class Exception>
    void point(Exception const& failure) {
        if (point()) throw failure;
    }

    [[nodiscard]] std::size_t n() const noexcept { return n_; }
    [[nodiscard]] std::size_t events() const noexcept { return events_; }
    /// There has been an n-th event.
    [[nodiscard]] bool fired() const noexcept { return n_ != 0 && events_ >= n_; }

private:
    std::size_t const n_;
    std::atomic<std::size_t> events_ = 0;
};

/// Calls `scenario(fail_nth&)` with n = 1, 2, … until a run does not come to its n-th event, which
/// is the run in which nothing fails. Returns how many different events have failed. What the
/// scenario throws ends it. Throws std::runtime_error after `limit` runs: then the scenario makes
/// an event more each time.
///
///     std::size_t const places = for_each_failure([](fail_nth& fault) {
///         store s([&] { fault.point(std::runtime_error("disk full")); });
///         …
///     });
template <class Scenario>
std::size_t for_each_failure(Scenario&& scenario, std::size_t limit = 10'000) {
    for (std::size_t n = 1; n <= limit; ++n) {
        fail_nth fault(n);
        scenario(fault);
        if (!fault.fired()) return n - 1;
    }
    throw std::runtime_error("for_each_failure: no run without a failure among " +
                             std::to_string(limit));
}

}  // namespace coauth::testing

#endif
