// SPDX-License-Identifier: BSL-1.0
//
// Knows when an execution context goes away. Whatever of ours lives on a context but is not owned
// by it (a coroutine parked in a cache, an idle connection) is a member of that context's gate and
// is told before the context's services are gone; whoever wants to post to it from elsewhere passes
// the gate first. Any thread.

#ifndef COAUTH_DETAIL_CONTEXT_GATE_HPP
#define COAUTH_DETAIL_CONTEXT_GATE_HPP

#include <coauth/detail/asio.hpp>

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace coauth::detail {

class context_gate {
public:
    /// Something that must not outlive the context unprepared.
    class member {
    public:
        virtual ~member() = default;

        /// Called once, while the context is being destroyed, outside of every lock of the gate.
        virtual void context_gone() noexcept = 0;

    private:
        friend class context_gate;
        std::list<std::weak_ptr<member>>::iterator position_;
        bool listed_ = false;
    };

    /// Proof that the context stays alive while this object does.
    class pass {
    public:
        pass() = default;
        pass(pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
        pass& operator=(pass&& other) noexcept {
            pass taken(std::move(other));
            std::swap(gate_, taken.gate_);
            return *this;
        }
        ~pass() {
            if (gate_ != nullptr) gate_->leave();
        }
        [[nodiscard]] explicit operator bool() const noexcept { return gate_ != nullptr; }

    private:
        friend class context_gate;
        explicit pass(context_gate* gate) noexcept : gate_(gate) {}
        context_gate* gate_ = nullptr;
    };

    /// Empty once the context is being destroyed. Hold it for a post at most: destruction waits.
    [[nodiscard]] pass enter() {
        std::lock_guard const lock(mutex_);
        if (closed_) return pass(nullptr);
        ++inside_;
        return pass(this);
    }

    /// False, and nothing added, once the context is being destroyed.
    bool add(std::shared_ptr<member> const& m) {
        std::lock_guard const lock(mutex_);
        if (closed_) return false;
        members_.push_front(m);
        m->position_ = members_.begin();
        m->listed_ = true;
        return true;
    }

    /// Whoever was added does this before it is destroyed, unless it has been told; until then the
    /// context waits for it. Nothing where it was not added.
    void remove(member& m) {
        std::lock_guard const lock(mutex_);
        if (m.listed_) take_out(m);
        if (closed_ && members_.empty()) empty_.notify_all();
    }

    void close() noexcept {
        std::unique_lock lock(mutex_);
        closed_ = true;
        empty_.wait(lock, [this] { return inside_ == 0; });
        while (std::shared_ptr<member> orphan = next_orphan()) {
            take_out(*orphan);
            lock.unlock();
            orphan->context_gone();
            orphan.reset();
            lock.lock();
        }
        // Those that are left are being destroyed by somebody else at this moment.
        empty_.wait(lock, [this] { return members_.empty() && inside_ == 0; });
    }

private:
    [[nodiscard]] std::shared_ptr<member> next_orphan() const noexcept {
        for (auto const& one : members_) {
            if (std::shared_ptr<member> m = one.lock()) return m;
        }
        return nullptr;
    }

    void take_out(member& m) noexcept {
        members_.erase(m.position_);
        m.listed_ = false;
    }

    void leave() noexcept {
        std::lock_guard const lock(mutex_);
        if (--inside_ == 0 && closed_) empty_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable empty_;
    std::list<std::weak_ptr<member>> members_;
    unsigned inside_ = 0;
    bool closed_ = false;
};

class context_gate_service : public asio::execution_context::service {
public:
    using key_type = context_gate_service;
    static inline asio::execution_context::id id;

    explicit context_gate_service(asio::execution_context& context)
        : service(context), gate_(std::make_shared<context_gate>()) {}

    [[nodiscard]] std::shared_ptr<context_gate> const& gate() const noexcept { return gate_; }

private:
    void shutdown() noexcept override { gate_->close(); }

    std::shared_ptr<context_gate> gate_;
};

/// Precondition: the context behind `executor` is alive.
[[nodiscard]] inline std::shared_ptr<context_gate> gate_of(any_executor const& executor) {
    auto& context = asio::query(executor, asio::execution::context);
    return asio::use_service<context_gate_service>(context).gate();
}

}  // namespace coauth::detail

#endif
