// SPDX-License-Identifier: BSL-1.0
//
// Bounds the wait for an awaitable of somebody else, who may ignore that he is cancelled. Runs on
// the executor of whoever awaits it, which is a sequential one.

#ifndef COAUTH_DETAIL_WITHIN_HPP
#define COAUTH_DETAIL_WITHIN_HPP

#include <coauth/clock.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/store_failure.hpp>
#include <coauth/detail/suspension.hpp>
#include <coauth/result.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace coauth::detail {

/// Shared with the work, which may outlive the wait.
template <class T>
struct bounded_work {
    void end(std::exception_ptr const& thrown, result<T> value) {
        outcome = thrown ? result<T>(store_failure(thrown)) : std::move(value);
        waiting->wake_from_handler(wake_reason::ready);
    }

    result<T> outcome;
    asio::cancellation_signal cancel;
    std::shared_ptr<suspension> waiting = std::make_shared<suspension>();
};

template <class T>
struct bounded_completion {
    std::shared_ptr<bounded_work<T>> shared;
    void operator()(std::exception_ptr const& thrown, T value) const {
        shared->end(thrown, std::move(value));
    }
};

template <>
struct bounded_completion<void> {
    std::shared_ptr<bounded_work<void>> shared;
    void operator()(std::exception_ptr const& thrown) const { shared->end(thrown, {}); }
};

/// What becomes of the work when it is not waited for any more.
enum class abandoned : bool { is_cancelled, goes_on };

/// What `work` gives, or its failure; errc::deadline_exceeded after `limit`, errc::cancelled when
/// the caller is cancelled. In the last two cases the work is not waited for.
template <class T>
awaitable<result<T>> within(awaitable<T> work, duration limit,
                            abandoned rest = abandoned::is_cancelled) {
    any_executor const executor = co_await asio::this_coro::executor;
    auto const shared = std::make_shared<bounded_work<T>>();
    asio::co_spawn(
        executor, std::move(work),
        asio::bind_cancellation_slot(shared->cancel.slot(), bounded_completion<T>{shared}));
    asio::steady_timer timer(executor);
    if (limit != duration::max()) {
        timer.expires_after(limit);
        std::weak_ptr<suspension> const waiting = shared->waiting;
        timer.async_wait([waiting](std::error_code ec) {
            auto const target = waiting.lock();
            if (!ec && target) target->wake_from_handler(wake_reason::expired);
        });
    }
    wake_reason const reason = co_await suspension::wait(shared->waiting);
    if (reason == wake_reason::ready) co_return std::move(shared->outcome);
    if (rest == abandoned::is_cancelled) shared->cancel.emit(asio::cancellation_type::terminal);
    if (reason == wake_reason::cancelled) co_return error(errc::cancelled, stage::store);
    co_return error(errc::deadline_exceeded, stage::store,
                    "the token store did not answer in time");
}

}  // namespace coauth::detail

#endif
