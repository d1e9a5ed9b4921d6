// SPDX-License-Identifier: BSL-1.0
//
// Work that goes on behind those who asked for it, and somebody who waits for its end. Any thread.

#ifndef COAUTH_DETAIL_PENDING_WORK_HPP
#define COAUTH_DETAIL_PENDING_WORK_HPP

#include <coauth/clock.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/suspension.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

namespace coauth::detail {

class pending_work {
public:
    /// Held by a piece of work, also by one whose context goes.
    class ticket {
    public:
        explicit ticket(std::shared_ptr<pending_work> of) : of_(std::move(of)) {
            std::lock_guard const lock(of_->mutex_);
            ++of_->count_;
        }
        ticket(ticket const&) = delete;
        ticket& operator=(ticket const&) = delete;
        ~ticket() { of_->ended(); }

    private:
        std::shared_ptr<pending_work> of_;
    };

    /// Until there is none, at most for `patience`. On a sequential executor.
    static awaitable<void> wait(std::shared_ptr<pending_work> self, duration patience) {
        any_executor const executor = co_await asio::this_coro::executor;
        auto const waiting = std::make_shared<suspension>();
        bool const none = !self->enlist(waiting);
        if (none) co_return;
        asio::steady_timer timer(executor, patience);
        timer.async_wait([weak = std::weak_ptr<suspension>(waiting)](std::error_code ec) {
            auto const target = weak.lock();
            if (!ec && target) target->wake_from_handler(wake_reason::expired);
        });
        static_cast<void>(co_await suspension::wait(waiting));
    }

private:
    bool enlist(std::shared_ptr<suspension> who) {
        std::lock_guard const lock(mutex_);
        if (count_ != 0) waiting_.push_back(std::move(who));
        return count_ != 0;
    }
    void ended() noexcept {
        std::vector<std::shared_ptr<suspension>> called;
        {
            std::lock_guard const lock(mutex_);
            if (--count_ == 0) called.swap(waiting_);
        }
        for (auto const& one : called) {
            // Whoever cannot be called for want of memory is called by his timer.
            try {
                one->wake(wake_reason::ready);
            } catch (...) {}
        }
    }

    std::mutex mutex_;
    std::size_t count_ = 0;
    std::vector<std::shared_ptr<suspension>> waiting_;
};

}  // namespace coauth::detail

#endif
