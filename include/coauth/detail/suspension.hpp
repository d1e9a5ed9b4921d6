// SPDX-License-Identifier: BSL-1.0
//
// One coroutine waiting for something that is not an operation of Asio: a token that somebody else
// fetches, a free connection, a name being resolved. Woken from any thread, exactly once, by a post
// to its own executor, never inline; cancelled through its own slot; destroyed with its context.

#ifndef COAUTH_DETAIL_SUSPENSION_HPP
#define COAUTH_DETAIL_SUSPENSION_HPP

#include <coauth/config.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/context_gate.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace coauth::detail {

enum class wake_reason : unsigned char { ready, cancelled, expired };

class suspension : public context_gate::member, public std::enable_shared_from_this<suspension> {
public:
    /// Any thread. False when it has been woken before, or its context is going away. May come
    /// before the wait begins. Throws std::bad_alloc when the post does; it has not been woken
    /// then.
    bool wake(wake_reason reason) {
        std::lock_guard const lock(mutex_);
        if (woken_) return false;
        // Posted under the mutex: a context that is being destroyed needs it in context_gone(),
        // which comes before anything that a post touches is gone. The handler stays here until the
        // delivery runs, so that neither that destruction nor a post that fails loses it.
        if (handler_) asio::post(executor_, delivery{shared_from_this()});
        COAUTH_TEST_YIELD();
        woken_ = true;
        reason_ = reason;
        return true;
    }

    /// Await it once. The frame that awaits must itself hold a reference to the suspension.
    [[nodiscard]] static awaitable<wake_reason> wait(std::shared_ptr<suspension> self) {
        return asio::async_initiate<asio::use_awaitable_t<> const, void(wake_reason)>(
            initiation{}, asio::use_awaitable, std::move(self));
    }

    void context_gone() noexcept override {
        std::unique_ptr<erased_handler> handler;
        any_executor executor;
        {
            std::lock_guard const lock(mutex_);
            woken_ = true;
            handler = std::move(handler_);  // its destruction takes the frame along
            executor = std::exchange(executor_, any_executor());
        }
    }

private:
    struct erased_handler {
        virtual ~erased_handler() = default;
        virtual void complete(wake_reason reason) = 0;
    };

    template <class Handler>
    struct handler_of final : erased_handler {
        explicit handler_of(Handler h) : handler(std::move(h)) {}
        void complete(wake_reason reason) override {
            auto slot = asio::get_associated_cancellation_slot(handler);
            if (slot.is_connected()) slot.clear();
            std::move(handler)(reason);
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
            executor = std::exchange(executor_, any_executor());
            gate_->remove(*this);
        }
        handler->complete(reason_);
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

    template <class Handler>
    void park(Handler handler) {
        any_executor executor = asio::get_associated_executor(handler);
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) slot.assign(canceller{weak_from_this()});
        std::shared_ptr<context_gate> gate = gate_of(executor);
        std::unique_ptr<erased_handler> erased =
            std::make_unique<handler_of<Handler>>(std::move(handler));
        std::lock_guard const lock(mutex_);
        // A context that is being destroyed runs no coroutine, so the gate is open here.
        gate->add(shared_from_this());
        handler_ = std::move(erased);
        executor_ = std::move(executor);
        gate_ = std::move(gate);
        if (woken_) asio::post(executor_, delivery{shared_from_this()});
    }

    std::mutex mutex_;
    std::unique_ptr<erased_handler> handler_;
    any_executor executor_;
    std::shared_ptr<context_gate> gate_;
    wake_reason reason_ = wake_reason::ready;
    bool woken_ = false;
};

}  // namespace coauth::detail

#endif
