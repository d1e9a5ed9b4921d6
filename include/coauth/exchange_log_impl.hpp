// SPDX-License-Identifier: BSL-1.0
//
// What copies of a log share: bodies of exchange_log.hpp.

#ifndef COAUTH_EXCHANGE_LOG_IMPL_HPP
#define COAUTH_EXCHANGE_LOG_IMPL_HPP

#include <coauth/exchange_log.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace coauth {

struct exchange_log::shared {
    explicit shared(exchange_log_options o) : options(std::move(o)) {}
    exchange_log_options const options;
    mutable std::mutex mutex;
    std::deque<std::shared_ptr<call_record const>> calls;
    std::uint64_t count = 0;
    std::uint64_t dropped = 0;
};

COAUTH_INLINE exchange_log::exchange_log(exchange_log_options options)
    : shared_(std::make_shared<shared>(std::move(options))) {}

COAUTH_INLINE std::vector<std::shared_ptr<call_record const>> exchange_log::calls() const {
    std::lock_guard const lock(shared_->mutex);
    return {shared_->calls.begin(), shared_->calls.end()};
}

COAUTH_INLINE std::shared_ptr<call_record const> exchange_log::last() const {
    std::lock_guard const lock(shared_->mutex);
    return shared_->calls.empty() ? nullptr : shared_->calls.back();
}

COAUTH_INLINE std::uint64_t exchange_log::dropped() const {
    std::lock_guard const lock(shared_->mutex);
    return shared_->dropped;
}

COAUTH_INLINE void exchange_log::clear() const {
    std::lock_guard const lock(shared_->mutex);
    shared_->calls.clear();
}

COAUTH_INLINE void exchange_log::add(call_record call) const {
    std::lock_guard const lock(shared_->mutex);
    call.number = ++shared_->count;
    shared_->calls.push_back(std::make_shared<call_record const>(std::move(call)));
    if (shared_->calls.size() <= shared_->options.max_calls) return;
    shared_->calls.pop_front();
    ++shared_->dropped;
}

COAUTH_INLINE exchange_log_options const& exchange_log::options() const noexcept {
    return shared_->options;
}

}  // namespace coauth

#endif
