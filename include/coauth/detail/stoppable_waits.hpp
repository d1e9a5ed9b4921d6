// SPDX-License-Identifier: BSL-1.0
//
// Waits for a person, who may take for ever, that a stop has to end. Any thread.

#ifndef COAUTH_DETAIL_STOPPABLE_WAITS_HPP
#define COAUTH_DETAIL_STOPPABLE_WAITS_HPP

#include <coauth/detail/suspension.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <vector>

namespace coauth::detail {

class stoppable_waits {
public:
    /// Before it is waited for; it is woken as cancelled where the stop has come already.
    void add(std::shared_ptr<suspension> const& one) {
        std::lock_guard const lock(mutex_);
        std::erase_if(waits_, [](auto const& w) { return w.expired(); });
        if (stopped_) {
            one->wake(wake_reason::cancelled);
        } else {
            waits_.push_back(one);
        }
    }

    void stop() noexcept {
        std::vector<std::weak_ptr<suspension>> waits;
        {
            std::lock_guard const lock(mutex_);
            stopped_ = true;
            waits.swap(waits_);
        }
        for (auto const& one : waits) {
            try {
                auto const waiting = one.lock();
                if (waiting) waiting->wake(wake_reason::cancelled);
            } catch (std::exception const&) {  // out of memory: its own deadline ends it
            }
        }
    }

private:
    std::mutex mutex_;
    std::vector<std::weak_ptr<suspension>> waits_;
    bool stopped_ = false;
};

}  // namespace coauth::detail

#endif
