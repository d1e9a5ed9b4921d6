// SPDX-License-Identifier: BSL-1.0
//
// The commands a test gives to a running server: be slow, fail, recover. Any thread.

#ifndef COAUTH_TESTING_FAULT_CONTROL_HPP
#define COAUTH_TESTING_FAULT_CONTROL_HPP

#include <coauth/clock.hpp>
#include <coauth/testing/server_message.hpp>

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace coauth::testing {

/// The part of a testing server that answers on command. Commands take effect with the next request
/// that arrives; a request that is being answered is not changed.
class fault_control {
public:
    /// Every answer waits so long. The decision (a token issued, a token looked up) is made before.
    void delay(duration time) {
        std::lock_guard const lock(mutex_);
        delay_ = time;
    }

    /// The next `n` requests get this answer, be it a failure or not. Several calls queue up.
    void fail_next(std::size_t n, server_response answer) {
        std::lock_guard const lock(mutex_);
        if (n != 0) queue_.push_back({n, std::move(answer)});
    }

    /// Every request gets this answer until recover(), after those that fail_next() has queued.
    void fail_with(server_response answer) {
        std::lock_guard const lock(mutex_);
        permanent_ = std::move(answer);
    }

    /// Ends all of the above.
    void recover() {
        std::lock_guard const lock(mutex_);
        delay_ = {};
        queue_.clear();
        permanent_.reset();
    }

protected:
    fault_control() = default;
    ~fault_control() = default;

    /// The commanded answer to the request at hand, if there is one.
    [[nodiscard]] std::optional<server_response> take_failure() {
        std::lock_guard const lock(mutex_);
        if (queue_.empty()) return permanent_;
        if (--queue_.front().left != 0) return queue_.front().answer;
        std::optional<server_response> last(std::move(queue_.front().answer));
        queue_.pop_front();
        return last;
    }

    [[nodiscard]] server_response with_delay(server_response response) const {
        std::lock_guard const lock(mutex_);
        response.faults.delay += delay_;
        return response;
    }

private:
    struct queued {
        std::size_t left;
        server_response answer;
    };

    std::mutex mutable mutex_;
    duration delay_{};
    std::deque<queued> queue_;
    std::optional<server_response> permanent_;
};

}  // namespace coauth::testing

#endif
