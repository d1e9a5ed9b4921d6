// SPDX-License-Identifier: BSL-1.0
//
// Keeps the last calls with everything that was said in them, redacted, for whoever wants to see
// both sides: a developer, a support case. Bounded. A handle; copies share the log. Any thread.
//
//   coauth::exchange_log log;
//   co_await api.send(coauth::request("GET", "/users").log(log));
//   std::cout << coauth::to_text(log);             // exchange_log_text.hpp
//   std::ofstream("call.har") << coauth::to_har(log);  // exchange_log_har.hpp

#ifndef COAUTH_EXCHANGE_LOG_HPP
#define COAUTH_EXCHANGE_LOG_HPP

#include <coauth/exchange_record.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace coauth {

struct exchange_log_options {
    /// The oldest ones are dropped. Range: 1 and more.
    std::size_t max_calls = 100;
    /// A body beyond it is replaced by its size; in bytes.
    std::size_t max_body = std::size_t{64} * 1024;
    /// Names of headers, parameters and JSON members to be redacted besides those that the library
    /// knows; a name matches where it contains one of these, without case.
    std::vector<std::string> also_redact = {};
};

class exchange_log {
public:
    explicit exchange_log(exchange_log_options options = {})
        : shared_(std::make_shared<shared>(std::move(options))) {}

    /// The calls that have ended, oldest first.
    [[nodiscard]] std::vector<std::shared_ptr<call_record const>> calls() const {
        std::lock_guard const lock(shared_->mutex);
        return {shared_->calls.begin(), shared_->calls.end()};
    }
    /// The last one that has ended; null without.
    [[nodiscard]] std::shared_ptr<call_record const> last() const {
        std::lock_guard const lock(shared_->mutex);
        return shared_->calls.empty() ? nullptr : shared_->calls.back();
    }
    /// Calls that had to make room.
    [[nodiscard]] std::uint64_t dropped() const {
        std::lock_guard const lock(shared_->mutex);
        return shared_->dropped;
    }
    void clear() const {
        std::lock_guard const lock(shared_->mutex);
        shared_->calls.clear();
    }
    [[nodiscard]] exchange_log_options const& options() const noexcept { return shared_->options; }

    /// For the library: a call has ended. Numbers it.
    void add(call_record call) const {
        std::lock_guard const lock(shared_->mutex);
        call.number = ++shared_->count;
        shared_->calls.push_back(std::make_shared<call_record const>(std::move(call)));
        if (shared_->calls.size() <= shared_->options.max_calls) return;
        shared_->calls.pop_front();
        ++shared_->dropped;
    }

private:
    struct shared {
        explicit shared(exchange_log_options o) : options(std::move(o)) {}
        exchange_log_options const options;
        mutable std::mutex mutex;
        std::deque<std::shared_ptr<call_record const>> calls;
        std::uint64_t count = 0;
        std::uint64_t dropped = 0;
    };

    std::shared_ptr<shared> shared_;
};

}  // namespace coauth

#endif
