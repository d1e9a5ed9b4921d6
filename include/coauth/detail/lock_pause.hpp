// SPDX-License-Identifier: BSL-1.0
//
// How long to wait before a lock that somebody else holds is tried again: there is no call that
// waits for it and can be cancelled. Not synchronised.

#ifndef COAUTH_DETAIL_LOCK_PAUSE_HPP
#define COAUTH_DETAIL_LOCK_PAUSE_HPP

#include <coauth/clock.hpp>
#include <coauth/crypto/random.hpp>
#include <coauth/detail/asio.hpp>

#include <algorithm>
#include <chrono>

namespace coauth::detail {

class lock_pause {
public:
    explicit lock_pause(any_executor const& executor) : timer_(executor) {}

    /// 1 ms, then half as much again each time up to 50 ms, each up to a quarter shorter so that
    /// processes do not stay in step. Throws when it is cancelled.
    [[nodiscard]] awaitable<void> wait() {
        double const share = 1.0 - 0.25 * random_unit();
        timer_.expires_after(std::chrono::duration_cast<duration>(share * next_));
        next_ = std::min<duration>(next_ + next_ / 2, std::chrono::milliseconds(50));
        return timer_.async_wait(asio::use_awaitable);
    }

private:
    asio::steady_timer timer_;
    duration next_ = std::chrono::milliseconds(1);
};

}  // namespace coauth::detail

#endif
