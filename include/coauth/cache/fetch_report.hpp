// SPDX-License-Identifier: BSL-1.0
//
// What a fetch says to the authorization server and hears from it, for those of its callers who
// record. Any thread.

#ifndef COAUTH_CACHE_FETCH_REPORT_HPP
#define COAUTH_CACHE_FETCH_REPORT_HPP

#include <coauth/cache/exchange_records.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace coauth::detail {

class fetch_report {
public:
    /// Somebody will look. May be said at any time until the fetch ends.
    void want() noexcept { wanted_.store(true, std::memory_order_relaxed); }  // sync: a hint
    [[nodiscard]] bool wanted() const noexcept {
        return wanted_.load(std::memory_order_relaxed);  // sync: a hint
    }

    /// Under this number, from 0; a later one takes the place of an earlier one. An exchange is put
    /// when it is sent, and again when it is over, so that one that hangs can be seen.
    void put(std::size_t number, std::shared_ptr<exchange_record const> record) {
        std::lock_guard const lock(mutex_);
        if (records_.size() <= number) records_.resize(number + 1);
        records_[number] = std::move(record);
    }
    [[nodiscard]] std::size_t size() const {
        std::lock_guard const lock(mutex_);
        return records_.size();
    }
    [[nodiscard]] exchange_records records() const {
        std::lock_guard const lock(mutex_);
        return records_;
    }

private:
    std::atomic<bool> wanted_{false};
    mutable std::mutex mutex_;
    exchange_records records_;
};

}  // namespace coauth::detail

#endif
