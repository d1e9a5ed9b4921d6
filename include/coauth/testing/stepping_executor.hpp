// SPDX-License-Identifier: BSL-1.0
//
// Runs handlers one at a time, when a test says so: for "what if it is cancelled just now?", at
// every point there is. One thread.

#ifndef COAUTH_TESTING_STEPPING_EXECUTOR_HPP
#define COAUTH_TESTING_STEPPING_EXECUTOR_HPP

#include <coauth/clock.hpp>
#include <coauth/detail/asio.hpp>

#include <chrono>
#include <cstddef>
#include <stdexcept>

namespace coauth::testing {

/// An io_context and a count. With a memory_network on the same executor everything happens in
/// these steps, in the same order each time; servers with threads of their own are waited for.
/// Destroying it destroys what still waits, as with any io_context.
class stepping_executor {
public:
    using executor_type = asio::io_context::executor_type;

    /// `patience` bounds every wait for something to do, and so a test that hangs.
    explicit stepping_executor(duration patience = std::chrono::seconds(20))
        : patience_(patience) {}

    [[nodiscard]] executor_type get_executor() noexcept { return io_.get_executor(); }
    [[nodiscard]] asio::io_context& context() noexcept { return io_; }

    /// Runs the next handler; waits for it if need be. False: there is no work left. Throws
    /// std::runtime_error when patience has run out, and what the handler throws.
    bool step() {
        io_.restart();
        if (io_.run_one_for(patience_) != 0) return count();
        if (io_.stopped()) return false;
        throw std::runtime_error("stepping_executor: nothing has happened in the time given");
    }

    /// The same without waiting. False: nothing is ready.
    bool step_if_ready() {
        io_.restart();
        return io_.poll_one() != 0 && count();
    }

    /// Steps until `condition()` holds. False when the work ends, or `limit` steps have been made,
    /// before it does.
    template <class Condition>
    [[nodiscard]] bool run_until(Condition&& condition, std::size_t limit = 1'000'000) {
        for (; !condition(); --limit) {
            if (limit == 0 || !step()) return false;
        }
        return true;
    }

    /// Runs what is ready, and what that makes ready, without waiting for anything: afterwards only
    /// timers, silent connections and other threads are left. Returns the number of steps; throws
    /// std::runtime_error when they do not end within `limit`.
    std::size_t drain(std::size_t limit = 1'000'000) {
        std::size_t const before = steps_;
        while (step_if_ready()) {
            if (steps_ - before > limit) {
                throw std::runtime_error("stepping_executor: drain() does not come to an end");
            }
        }
        return steps_ - before;
    }

    /// Steps until the work ends, for what waits for timers or other threads. An executor that
    /// serves a memory_network has no such end: drain() it.
    std::size_t run() {
        std::size_t const before = steps_;
        while (step()) {}
        return steps_ - before;
    }

    /// Handlers that have been run.
    [[nodiscard]] std::size_t steps() const noexcept { return steps_; }

private:
    bool count() noexcept {
        ++steps_;
        return true;
    }

    asio::io_context io_{1};
    duration patience_;
    std::size_t steps_ = 0;
};

}  // namespace coauth::testing

#endif
