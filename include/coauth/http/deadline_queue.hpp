// SPDX-License-Identifier: BSL-1.0
//
// Every deadline of a transport behind one timer: an intrusive heap of time stamps. The timer is
// armed only while there are entries, so an idle transport keeps no io_context running. Everything
// on one sequential executor; not synchronised, but for the end of an empty one.

#ifndef COAUTH_HTTP_DEADLINE_QUEUE_HPP
#define COAUTH_HTTP_DEADLINE_QUEUE_HPP

#include <coauth/clock.hpp>
#include <coauth/detail/asio.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <vector>

namespace coauth::http {

class deadline_queue : public std::enable_shared_from_this<deadline_queue> {
public:
    /// Base of whatever has a deadline. Leaves the queue by itself when it is destroyed.
    class entry {
    public:
        entry() = default;
        entry(entry const&) = delete;
        entry& operator=(entry const&) = delete;
        virtual ~entry() { cancel_deadline(); }

        /// On the queue's executor, from the timer; the entry is out of the queue by then and may
        /// come back. Must not destroy other entries.
        virtual void deadline_passed() noexcept = 0;

    protected:
        void cancel_deadline() noexcept {
            if (queue_ != nullptr) queue_->remove(*this);
        }

    private:
        friend class deadline_queue;
        deadline_queue* queue_ = nullptr;
        std::size_t position_ = 0;
        time_point at_{};    ///< what the owner wants
        time_point sort_{};  ///< what the heap is ordered by, never later than at_
    };

    /// Precondition: the context behind `executor` is alive.
    explicit deadline_queue(any_executor const& executor) : executor_(executor), timer_(executor) {}

    /// O(log n); moving an entry to a later time costs nothing, it is looked at when its old time
    /// comes. time_point::max() is never: the entry leaves. Throws std::bad_alloc.
    void set(entry& e, time_point at) {
        if (at == time_point::max()) {
            if (e.queue_ != nullptr) remove(e);
            return;
        }
        e.at_ = at;
        if (e.queue_ == nullptr) {
            if (!timer_) return;  // the context has gone
            heap_.push_back(&e);
            e.queue_ = this;
            e.sort_ = at;
            sift_up(heap_.size() - 1);
        } else if (at < e.sort_) {
            e.sort_ = at;
            sift_up(e.position_);
        } else {
            return;
        }
        if (heap_.front()->sort_ < armed_for_) arm();
    }

    void remove(entry& e) noexcept {
        if (e.queue_ != this) return;
        take_out(e.position_);
        if (heap_.empty()) look_soon();
    }

    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

    /// Forgets all entries and everything of Asio: the context is going away. From any thread where
    /// there are no entries.
    void context_gone() noexcept {
        std::lock_guard const lock(end_);
        for (entry* const e : heap_) e->queue_ = nullptr;
        heap_.clear();
        timer_.reset();
        executor_ = any_executor();
    }

private:
    struct on_timer {
        std::weak_ptr<deadline_queue> queue;
        std::size_t armed;
        void operator()(std::error_code const&) const {
            auto const self = queue.lock();
            if (self && self->is_due(armed)) self->expire();
        }
    };
    struct on_look {
        std::weak_ptr<deadline_queue> queue;
        void operator()() const {
            auto const self = queue.lock();
            if (!self) return;
            std::lock_guard const lock(self->end_);
            self->stop_if_empty();
        }
    };

    /// False also where nobody is left: entries keep the end away, an empty queue may have it now.
    [[nodiscard]] bool is_due(std::size_t armed) noexcept {
        std::lock_guard const lock(end_);
        if (!timer_ || armed != arm_count_) return false;
        armed_for_ = time_point::max();
        return !heap_.empty();
    }

    void arm() {
        time_point const at = heap_.front()->sort_;
        time_point const now = boot_clock::now();
        duration const rest = at > now ? at - now : duration::zero();
        armed_for_ = time_point::max();  // should there be no memory: the next set() tries again
        // Far deadlines are looked at once an hour: steady_timer counts no suspended time.
        timer_->expires_after(std::min<duration>(rest, std::chrono::hours(1)));
        timer_->async_wait(
            asio::bind_executor(executor_, on_timer{weak_from_this(), ++arm_count_}));
        armed_for_ = at;
    }

    void expire() noexcept {
        time_point const now = boot_clock::now();
        while (!heap_.empty() && heap_.front()->sort_ <= now) {
            entry& e = *heap_.front();
            if (e.at_ > now) {
                e.sort_ = e.at_;
                sift_down(0);
            } else {
                take_out(0);
                e.deadline_passed();
            }
        }
        if (!timer_ || heap_.empty() || armed_for_ != time_point::max()) return;
        try {
            arm();
        } catch (std::exception const&) {  // see there
        }
    }

    /// A caller that makes one request after another would cancel and arm the timer each time; so
    /// the timer is given up only when the queue is still empty after the handler that runs now.
    void look_soon() noexcept {
        if (!timer_ || armed_for_ == time_point::max() || looking_) return;
        try {
            asio::post(executor_, on_look{weak_from_this()});
            looking_ = true;
        } catch (std::exception const&) { stop_if_empty(); }
    }

    void stop_if_empty() noexcept {
        looking_ = false;
        if (!timer_ || !heap_.empty()) return;
        armed_for_ = time_point::max();
        ++arm_count_;
        try {
            timer_->cancel();
        } catch (std::exception const&) {  // declared, never thrown
        }
    }

    void place(std::size_t position, entry* e) noexcept {
        heap_[position] = e;
        e->position_ = position;
    }

    void sift_up(std::size_t position) noexcept {
        entry* const e = heap_[position];
        while (position != 0) {
            std::size_t const parent = (position - 1) / 2;
            if (heap_[parent]->sort_ <= e->sort_) break;
            place(position, heap_[parent]);
            position = parent;
        }
        place(position, e);
    }

    void sift_down(std::size_t position) noexcept {
        entry* const e = heap_[position];
        for (;;) {
            std::size_t child = 2 * position + 1;
            if (child >= heap_.size()) break;
            if (child + 1 < heap_.size() && heap_[child + 1]->sort_ < heap_[child]->sort_) ++child;
            if (e->sort_ <= heap_[child]->sort_) break;
            place(position, heap_[child]);
            position = child;
        }
        place(position, e);
    }

    void take_out(std::size_t position) noexcept {
        heap_[position]->queue_ = nullptr;
        entry* const last = heap_.back();
        heap_.pop_back();
        if (position == heap_.size()) return;
        place(position, last);
        sift_up(position);
        sift_down(last->position_);
    }

    /// Held by what the timer and its end do without an entry's leave: whoever drops the transport
    /// may do so on another thread, while they run.
    std::mutex end_;
    any_executor executor_;
    std::optional<asio::steady_timer> timer_;
    std::vector<entry*> heap_;
    time_point armed_for_ = time_point::max();
    std::size_t arm_count_ = 0;
    bool looking_ = false;
};

}  // namespace coauth::http

#endif
