// SPDX-License-Identifier: BSL-1.0
//
// One coroutine waiting for something that is not an operation of Asio: a token that somebody else
// fetches, a free connection, a name being resolved. Woken from any thread, exactly once, by a post
// to its own executor, never inline; cancelled through its own slot; destroyed with its context. It
// may stand in a line as well, which then keeps it alive.

#ifndef COAUTH_DETAIL_SUSPENSION_HPP
#define COAUTH_DETAIL_SUSPENSION_HPP

#include <coauth/config.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/context_gate.hpp>
#include <coauth/detail/flight_waiter.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

namespace coauth::detail {

enum class wake_reason : unsigned char { ready, cancelled, expired };

class suspension : public context_gate::member,
                   public flight_waiter,
                   public std::enable_shared_from_this<suspension> {
public:
    suspension() noexcept : flight_waiter(&suspension::called) {}

    /// Before it is put into a line; on `executor`, the one that the coroutine will wait on.
    void enlist(any_executor executor) {
        std::shared_ptr<context_gate> gate = gate_of(executor);
        std::lock_guard const lock(mutex_);
        attach(std::move(executor), std::move(gate));
        enlisted_ = shared_from_this();
    }

    /// It stands in no line any more, and has not been called.
    void discharge() noexcept {
        std::shared_ptr<suspension> self;
        any_executor executor;
        std::lock_guard const lock(mutex_);
        self = std::move(enlisted_);
        executor = detach();
    }

    /// Any thread. False when it has been woken before, by its line too, or its context is going
    /// away. May come before the wait begins. Throws std::bad_alloc when the post does; it has not
    /// been woken then.
    bool wake(wake_reason reason) {
        std::lock_guard const lock(mutex_);
        if (woken_ || (enlisted_ && is_next())) return false;
        // Posted under the mutex: a context that is being destroyed needs it in context_gone(),
        // which comes before anything that a post touches is gone. The handler stays here until the
        // delivery runs, so that neither that destruction nor a post that fails loses it.
        if (handler_) asio::post(executor_, delivery{shared_from_this()});
        COAUTH_TEST_YIELD();
        woken_ = true;
        reason_ = reason;
        return true;
    }

    /// The same from a handler on the executor of the coroutine, with nothing of the coroutine
    /// below it on the stack: without memory for a post the coroutine goes on right here.
    bool wake_from_handler(wake_reason reason) {
        try {
            return wake(reason);
        } catch (std::bad_alloc const&) {}
        std::unique_ptr<erased_handler> handler;
        any_executor executor;
        {
            std::lock_guard const lock(mutex_);
            if (woken_ || (enlisted_ && is_next())) return false;
            woken_ = true;
            reason_ = reason;
            handler = std::move(handler_);
            executor = detach();
        }
        if (handler) handler->complete({}, reason);
        return true;
    }

    /// Await it once. The frame that awaits must itself hold a reference to the suspension. Throws
    /// std::bad_alloc.
    [[nodiscard]] static awaitable<wake_reason> wait(std::shared_ptr<suspension> self) {
        return asio::async_initiate<asio::use_awaitable_t<> const,
                                    void(std::exception_ptr, wake_reason)>(
            initiation{}, asio::use_awaitable, std::move(self));
    }

    void context_gone() noexcept override {
        std::unique_ptr<erased_handler> handler;
        any_executor executor;
        {
            std::lock_guard const lock(mutex_);
            woken_ = true;
            attached_ = false;
            handler = std::move(handler_);  // its destruction takes the frame along
            executor = std::exchange(executor_, any_executor());
        }
    }

private:
    struct erased_handler {
        virtual ~erased_handler() = default;
        virtual void complete(std::exception_ptr failure, wake_reason reason) = 0;
    };

    template <class Handler>
    struct handler_of final : erased_handler {
        explicit handler_of(Handler h) : handler(std::move(h)) {}
        void complete(std::exception_ptr failure, wake_reason reason) override {
            auto slot = asio::get_associated_cancellation_slot(handler);
            if (slot.is_connected()) slot.clear();
            std::move(handler)(std::move(failure), reason);
        }
        Handler handler;
    };

    struct delivery {
        std::shared_ptr<suspension> self;
        void operator()() const { self->deliver(); }
    };

    void deliver() {
        std::unique_ptr<erased_handler> handler;
        any_executor executor;
        {
            std::lock_guard const lock(mutex_);
            handler = std::move(handler_);
            executor = detach();
        }
        handler->complete({}, reason_);
    }

    static void called(flight_waiter& w, call how) {
        auto& self = static_cast<suspension&>(w);
        if (how == call::ready) {
            self.deliver_here();
        } else {
            self.discharge();
        }
    }

    /// On its executor: the line has been called.
    void deliver_here() {
        std::shared_ptr<suspension> self;
        std::unique_ptr<erased_handler> handler;
        any_executor executor;
        {
            std::lock_guard const lock(mutex_);
            self = std::move(enlisted_);
            if (!woken_) {
                woken_ = true;
                reason_ = wake_reason::ready;
                handler = std::move(handler_);  // none when it does not wait yet
            }
            executor = detach();
        }
        if (handler) handler->complete({}, wake_reason::ready);
    }

    // With the mutex held: the executor is there as long as the gate knows this.

    void attach(any_executor executor, std::shared_ptr<context_gate> gate) {
        gate->add(shared_from_this());
        attached_ = true;
        bind(std::move(executor), gate.get());
        keeps_gate_ = std::move(gate);
    }

    /// Unless a coroutine is parked here or a line may still call.
    [[nodiscard]] any_executor detach() noexcept {
        if (!attached_ || handler_ || enlisted_) return any_executor();
        gate_->remove(*this);
        attached_ = false;
        return std::exchange(executor_, any_executor());
    }

    struct canceller {
        std::weak_ptr<suspension> target;
        void operator()(asio::cancellation_type) const {
            if (auto const self = target.lock()) self->wake(wake_reason::cancelled);
        }
    };

    struct initiation {
        template <class Handler>
        void operator()(Handler handler, std::shared_ptr<suspension> self) const {
            self->park(std::move(handler));
        }
    };

    /// What an initiation throws ends the process, or loses the coroutine: which version of Asio it
    /// is decides. So what is thrown goes to the coroutine, which has been suspended already.
    template <class Handler>
    void park(Handler handler) {
        std::unique_ptr<handler_of<Handler>> erased;
        std::exception_ptr failure;
        try {
            erased = std::make_unique<handler_of<Handler>>(std::move(handler));
            keep(erased);
            return;
        } catch (...) { failure = std::current_exception(); }
        if (erased) {
            erased->complete(std::move(failure), wake_reason::cancelled);
        } else {
            std::move(handler)(std::move(failure), wake_reason::cancelled);
        }
    }

    /// Takes it last of all.
    template <class Handler>
    void keep(std::unique_ptr<handler_of<Handler>>& erased) {
        any_executor executor = asio::get_associated_executor(erased->handler);
        auto slot = asio::get_associated_cancellation_slot(erased->handler);
        if (slot.is_connected()) slot.assign(canceller{weak_from_this()});
        std::shared_ptr<context_gate> gate = gate_of(executor);
        std::lock_guard const lock(mutex_);
        // A context that is being destroyed runs no coroutine, so the gate is open here.
        if (!attached_) attach(std::move(executor), std::move(gate));
        try {
            if (woken_) asio::post(executor_, delivery{shared_from_this()});
        } catch (...) {
            executor = detach();
            throw;
        }
        handler_ = std::move(erased);
    }

    std::mutex mutex_;
    std::unique_ptr<erased_handler> handler_;
    std::shared_ptr<context_gate> keeps_gate_;
    /// Itself, while it stands in a line.
    std::shared_ptr<suspension> enlisted_;
    wake_reason reason_ = wake_reason::ready;
    bool woken_ = false;
    bool attached_ = false;
};

}  // namespace coauth::detail

#endif
