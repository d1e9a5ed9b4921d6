// SPDX-License-Identifier: BSL-1.0
//
// Somebody who waits in a line, and the way the line is called: in order, each on its own executor,
// in batches, never inside of the call. Nothing is allocated per waiter.

#ifndef COAUTH_DETAIL_FLIGHT_WAITER_HPP
#define COAUTH_DETAIL_FLIGHT_WAITER_HPP

#include <coauth/config.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/atomic.hpp>
#include <coauth/detail/context_gate.hpp>

#include <cstddef>
#include <thread>
#include <utility>

namespace coauth::detail {

/// Owned by whoever waits, who keeps it alive until it has been called or has left its line.
class flight_waiter {
public:
    enum class call : unsigned char {
        ready,      ///< On the waiter's executor. What it throws leaves the executor's run().
        abandoned,  ///< Nobody will run the executor any more; on any thread. Does not throw.
    };
    using function = void (*)(flight_waiter& self, call how);

    explicit flight_waiter(function called) noexcept : called_(called) {}
    flight_waiter(flight_waiter const&) = delete;
    flight_waiter& operator=(flight_waiter const&) = delete;

    /// Before it waits. With a gate, that of the executor's context, the context may go at any
    /// time, and only the gate is touched then. Without one it stays until the waiter is called.
    void bind(any_executor executor, context_gate* gate = nullptr) noexcept {
        executor_ = std::move(executor);
        gate_ = gate;
    }

protected:
    ~flight_waiter() = default;

    /// It will be called: what else it might have waited for comes too late.
    [[nodiscard]] bool is_next() const noexcept {
        return next_.load(std::memory_order_relaxed) != this;  // sync: none, see follow()
    }

    any_executor executor_;
    context_gate* gate_ = nullptr;

private:
    friend class flight_delivery;

    /// Puts `after` behind this one, or nobody.
    void follow(flight_waiter* after) noexcept {
        // sync: none, a post leads to those who follow the link, and is_next() may be late
        next_.store(after, std::memory_order_relaxed);
    }
    [[nodiscard]] flight_waiter* next() const noexcept {
        return next_.load(std::memory_order_relaxed);  // sync: as above
    }

    /// In a batch; itself before that.
    atomic<flight_waiter*> next_{this};
    static_assert(std::atomic<flight_waiter*>::is_always_lock_free);
    function const called_;
};

/// Calls waiters that no longer stand in a line. One thread.
class flight_delivery {
public:
    /// More would serialise the threads of a pool; fewer would pay more posts.
    static constexpr std::size_t batch_size = 16;

    flight_delivery() = default;
    flight_delivery(flight_delivery const&) = delete;
    flight_delivery& operator=(flight_delivery const&) = delete;
    ~flight_delivery() { flush(); }

    void add(flight_waiter& w) noexcept {
        w.follow(nullptr);
        if (!enter(w)) {
            w.called_(w, flight_waiter::call::abandoned);
            return;
        }
        if (size_ == batch_size || (size_ != 0 && w.executor_ != first_->executor_)) flush();
        if (size_ == 0) {
            first_ = &w;
        } else {
            last_->follow(&w);
        }
        last_ = &w;
        ++size_;
    }

private:
    /// Waiters of one executor, in order. Destroyed without having run, it abandons them.
    class batch {
    public:
        explicit batch(flight_waiter* first) noexcept : next_(first) {}
        batch(batch&& other) noexcept : next_(std::exchange(other.next_, nullptr)) {}
        batch& operator=(batch&&) = delete;
        ~batch() {
            if (next_ != nullptr && rescue() != nullptr) {
                *rescue() = next_;
                return;
            }
            while (next_ != nullptr) call(flight_waiter::call::abandoned);
        }

        void operator()() {
            try {
                while (next_ != nullptr) call(flight_waiter::call::ready);
            } catch (...) {
                post(std::exchange(next_, nullptr));
                throw;
            }
        }

        /// Memory is waited for, but not for long: then the waiters are abandoned.
        static void post(flight_waiter* first) noexcept {
            for (int tries = 0; first != nullptr && tries != 16; ++tries) {
                if (tries != 0) std::this_thread::yield();
                flight_waiter* left = nullptr;
                rescue() = &left;
                try {
                    asio::post(first->executor_, batch(first));
                } catch (...) {}
                rescue() = nullptr;
                first = left;
            }
            batch const abandoned(first);
        }

    private:
        /// Where this thread's post leaves the waiters if it throws.
        static flight_waiter**& rescue() noexcept {
            thread_local constinit flight_waiter** place = nullptr;
            return place;
        }

        void call(flight_waiter::call how) {
            flight_waiter& w = *next_;
            next_ = w.next();  // `w` may be gone after the call
            w.called_(w, how);
        }

        flight_waiter* next_;
    };

    /// Sees to it that the context of `w` cannot go before the next waiter is added.
    [[nodiscard]] bool enter(flight_waiter const& w) noexcept {
        if (w.gate_ != gate_) {
            flush();
            inside_ = context_gate::pass();
            gate_ = w.gate_;
            if (gate_ != nullptr) inside_ = gate_->enter();
        }
        bool const open = gate_ == nullptr || static_cast<bool>(inside_);
        if (!open) gate_ = nullptr;  // it may be gone with its last waiter
        return open;
    }

    void flush() noexcept {
        if (size_ == 0) return;
        COAUTH_TEST_YIELD();
        batch::post(first_);
        size_ = 0;
    }

    context_gate::pass inside_;
    context_gate* gate_ = nullptr;
    flight_waiter* first_ = nullptr;
    flight_waiter* last_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace coauth::detail

#endif
