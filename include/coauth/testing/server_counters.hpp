// SPDX-License-Identifier: BSL-1.0
//
// What a testing server counts, and a way to wait for it instead of sleeping. Any thread.

#ifndef COAUTH_TESTING_SERVER_COUNTERS_HPP
#define COAUTH_TESTING_SERVER_COUNTERS_HPP

#include <coauth/clock.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace coauth::testing {

/// The counters at one moment.
struct http_server_counters {
    std::uint64_t connections_opened = 0;
    std::uint64_t connections_open = 0;
    std::uint64_t failed_handshakes = 0;
    std::uint64_t requests = 0;  ///< Complete ones, whatever became of them.
    /// From the last byte of a request to the last byte of its answer, delays and silence included.
    std::uint64_t requests_in_flight = 0;
    std::uint64_t max_requests_in_flight = 0;
};

}  // namespace coauth::testing

namespace coauth::detail {

class server_counters {
public:
    /// Returns the number of the connection.
    std::uint64_t connection_opened() {
        return change([](auto& now) {
            ++now.connections_open;
            return ++now.connections_opened;
        });
    }
    void connection_closed() {
        change([](auto& now) { return --now.connections_open; });
    }
    void handshake_failed() {
        change([](auto& now) { return ++now.failed_handshakes; });
    }
    void request_received() {
        change([](auto& now) {
            ++now.requests_in_flight;
            now.max_requests_in_flight =
                std::max(now.max_requests_in_flight, now.requests_in_flight);
            return ++now.requests;
        });
    }
    void request_answered() {
        change([](auto& now) { return --now.requests_in_flight; });
    }

    [[nodiscard]] testing::http_server_counters now() const {
        std::lock_guard const lock(mutex_);
        return now_;
    }

    /// False when `condition(counters)` does not hold within `limit`.
    template <class Condition>
    [[nodiscard]] bool wait_until(Condition const& condition, duration limit) const {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, limit, [&] { return condition(now_); });
    }

private:
    template <class Change>
    std::uint64_t change(Change const& apply) {
        std::unique_lock lock(mutex_);
        std::uint64_t const result = apply(now_);
        lock.unlock();
        changed_.notify_all();
        return result;
    }

    std::mutex mutable mutex_;
    std::condition_variable mutable changed_;
    testing::http_server_counters now_;
};

}  // namespace coauth::detail

#endif
