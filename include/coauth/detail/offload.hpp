// SPDX-License-Identifier: BSL-1.0
//
// Awaits a call that blocks, made on a thread of a worker_pool. Runs on the executor of whoever
// awaits it, which stays free meanwhile.

#ifndef COAUTH_DETAIL_OFFLOAD_HPP
#define COAUTH_DETAIL_OFFLOAD_HPP

#include <coauth/detail/asio.hpp>
#include <coauth/detail/store_failure.hpp>
#include <coauth/detail/suspension.hpp>
#include <coauth/detail/worker_pool.hpp>
#include <coauth/result.hpp>

#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

namespace coauth::detail {

template <class Work>
struct offloaded {
    using value_type = std::invoke_result_t<Work&>;

    explicit offloaded(Work w) : work(std::move(w)) {}

    void operator()() noexcept {
        try {
            if constexpr (std::is_void_v<value_type>) {
                (*work)();
                outcome = result<void>();
            } else {
                outcome = result<value_type>((*work)());
            }
        } catch (...) { outcome = store_failure(std::current_exception()); }
        // It may hold the owner of the pool, whose end is the caller's business while there is one.
        work.reset();
        // Nobody else can wake the caller: memory is waited for.
        for (bool told = false; !told;) {
            try {
                waiting->wake(wake_reason::ready);
                told = true;
            } catch (std::bad_alloc const&) { std::this_thread::yield(); }
        }
    }

    std::optional<Work> work;
    result<value_type> outcome;
    std::shared_ptr<suspension> waiting = std::make_shared<suspension>();
};

/// What `work` returns, or throws, as coauth::exception. A cancelled wait ends as errc::cancelled;
/// the call goes on, and what it gives is dropped.
template <class Work>
awaitable<std::invoke_result_t<Work&>> offload(std::shared_ptr<worker_pool> pool, Work work) {
    auto const job = std::make_shared<offloaded<Work>>(std::move(work));
    pool->run([job] { (*job)(); });
    wake_reason const reason = co_await suspension::wait(job->waiting);
    if (reason == wake_reason::cancelled) throw exception(error(errc::cancelled, stage::store));
    co_return std::move(job->outcome).value();
}

}  // namespace coauth::detail

#endif
