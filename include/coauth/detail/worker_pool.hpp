// SPDX-License-Identifier: BSL-1.0
//
// A few threads for calls that block. Started when they are needed, named by nobody, deaf to
// signals. Any thread.

#ifndef COAUTH_DETAIL_WORKER_POOL_HPP
#define COAUTH_DETAIL_WORKER_POOL_HPP

#include <coauth/config.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <signal.h>
#include <thread>
#include <utility>
#include <vector>

namespace coauth::detail {

class worker_pool {
public:
    explicit worker_pool(std::size_t threads) : limit_(threads) {}
    worker_pool(worker_pool const&) = delete;
    worker_pool& operator=(worker_pool const&) = delete;

    /// What has been given is still done: it may be the only copy of a refresh token. Waits for it,
    /// unless it is a job itself that destroys the pool.
    ~worker_pool() {
        {
            std::lock_guard const lock(queue_->mutex);
            queue_->closed = true;
        }
        queue_->more.notify_all();
        for (std::thread& one : threads_) {
            if (one.get_id() == std::this_thread::get_id()) {
                one.detach();
            } else {
                one.join();
            }
        }
    }

    /// Runs `job`, which must not throw, in the order of coming where there is one thread. Throws
    /// std::system_error when there is no thread and none can be had.
    void run(std::function<void()> job) {
        std::shared_ptr<queue> const shared = queue_;  // the job may end the pool before this ends
        {
            std::lock_guard const lock(shared->mutex);
            shared->jobs.push_back(std::move(job));
            if (shared->idle < shared->jobs.size() && threads_.size() < limit_) add_thread();
        }
        shared->more.notify_one();
    }

private:
    struct queue {
        std::mutex mutex;
        std::condition_variable more;
        std::deque<std::function<void()>> jobs;
        std::size_t idle = 0;
        bool closed = false;
    };

    /// Under the mutex.
    void add_thread() {
        ::sigset_t all;
        ::sigset_t before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);  // inherited by the thread
        try {
            threads_.emplace_back([shared = queue_] { work(*shared); });
        } catch (...) {
            ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
            if (!threads_.empty()) return;
            queue_->jobs.pop_back();
            throw;
        }
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    static void work(queue& shared) {
        std::unique_lock lock(shared.mutex);
        for (;;) {
            ++shared.idle;
            shared.more.wait(lock, [&] { return shared.closed || !shared.jobs.empty(); });
            --shared.idle;
            if (shared.jobs.empty()) return;
            std::function<void()> job = std::move(shared.jobs.front());
            shared.jobs.pop_front();
            lock.unlock();
            job();
            job = nullptr;  // what it holds goes outside of the lock
            lock.lock();
        }
    }

    std::size_t const limit_;
    std::shared_ptr<queue> const queue_ = std::make_shared<queue>();
    std::vector<std::thread> threads_;
};

}  // namespace coauth::detail

#endif
