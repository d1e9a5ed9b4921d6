// SPDX-License-Identifier: BSL-1.0
//
// Single flight the plain way, as the cache had it first: one mutex, one list of callbacks, one
// post each. The oracle of random schedules, and the rival of benchmarks. Any thread.

#ifndef COAUTH_TESTS_SUPPORT_MUTEX_FLIGHT_HPP
#define COAUTH_TESTS_SUPPORT_MUTEX_FLIGHT_HPP

#include <coauth/detail/asio.hpp>

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace coauth::tests {

class mutex_flight {
public:
    /// What a caller gets: a token, or an error whose name stands here.
    struct outcome {
        std::string token;
        std::string error;
    };
    using callback = std::function<void(outcome const&)>;

    struct waiter {
        any_executor executor;
        callback on_end;
    };

private:
    struct line {
        std::list<waiter> waiters;
        bool settled = false;
    };

public:
    /// Where a caller waits.
    struct place {
        std::shared_ptr<line> flight;
        std::list<waiter>::iterator position;
        bool starts_fetch = false;
    };

    /// A caller: the token there is, or a place in the flight.
    [[nodiscard]] place arrive(any_executor const& executor, callback on_end) {
        std::unique_lock lock(mutex_);
        if (!token_.empty()) {
            outcome const hit{token_, {}};
            lock.unlock();
            on_end(hit);
            return {};
        }
        place p;
        p.starts_fetch = flight_ == nullptr;
        if (p.starts_fetch) {
            flight_ = std::make_shared<line>();
            ++fetches_;
        }
        p.flight = flight_;
        p.position =
            flight_->waiters.insert(flight_->waiters.end(), waiter{executor, std::move(on_end)});
        return p;
    }

    /// False when the flight has settled.
    bool leave(place& p) {
        std::lock_guard const lock(mutex_);
        if (p.flight == nullptr || p.flight->settled) return false;
        p.flight->waiters.erase(p.position);
        p.flight.reset();
        return true;
    }

    void settle(outcome const& o) {
        std::list<waiter> called;
        {
            std::lock_guard const lock(mutex_);
            if (flight_ == nullptr) return;
            if (!o.token.empty()) token_ = o.token;
            flight_->settled = true;
            called.swap(flight_->waiters);
            flight_.reset();
        }
        for (waiter& w : called) {
            asio::post(w.executor, [o, f = std::move(w.on_end)] { f(o); });
        }
    }

    /// Only if that is the token there is.
    void invalidate(std::string const& token) {
        std::lock_guard const lock(mutex_);
        if (token_ == token) token_.clear();
    }

    [[nodiscard]] std::string token() const {
        std::lock_guard const lock(mutex_);
        return token_;
    }
    [[nodiscard]] unsigned fetches() const {
        std::lock_guard const lock(mutex_);
        return fetches_;
    }
    [[nodiscard]] bool flying() const {
        std::lock_guard const lock(mutex_);
        return flight_ != nullptr;
    }

private:
    mutable std::mutex mutex_;
    std::string token_;
    std::shared_ptr<line> flight_;
    unsigned fetches_ = 0;
};

}  // namespace coauth::tests

#endif
