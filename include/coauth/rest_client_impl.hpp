// SPDX-License-Identifier: BSL-1.0
//
// How a client drives a call, and how it stops: bodies of rest_client.hpp.

#ifndef COAUTH_REST_CLIENT_IMPL_HPP
#define COAUTH_REST_CLIENT_IMPL_HPP

#include <coauth/call.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/http/exchange.hpp>
#include <coauth/rest_client.hpp>
#include <coauth/rest_core.hpp>

#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

namespace coauth {

namespace detail {

/// Throws in place of the coroutine: clang would keep the temporary error in the frame.
[[nodiscard]] inline any_executor executor_of(call const& c) {
    if (!c.executor()) throw exception(error(errc::executor_gone));
    return c.executor();
}

[[nodiscard]] inline bool is_cancellation(std::exception_ptr const& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (std::system_error const& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) { return false; }
}

/// What was thrown out of a call, as the error that a try_ member gives.
[[nodiscard]] inline error error_of(std::exception_ptr const& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (exception const& e) { return e.error(); } catch (std::bad_alloc const&) {
        return error(errc::out_of_memory);
    } catch (std::exception const& e) {
        if (is_cancellation(thrown)) return error(errc::cancelled);
        return error(errc::hook_failed, stage::hook, e.what());
    } catch (...) { return error(errc::hook_failed, stage::hook); }
}

/// Tells a call that its coroutine ends with an exception, so that log and observer say which. Null
/// where the call has gone to another executor.
inline void abandon(call* c, std::exception_ptr const& thrown) noexcept {
    if (c == nullptr) return;
    try {
        c->abandon(error_of(thrown));
    } catch (std::bad_alloc const&) { c->abandon(error(errc::out_of_memory)); }
}

/// A cancelled await is errc::cancelled; what a hook of the user threw goes to the user as it is.
[[noreturn]] inline response outcome_of(std::exception_ptr const& thrown,
                                        std::in_place_type_t<response>) {
    if (is_cancellation(thrown)) throw exception(error(errc::cancelled));
    std::rethrow_exception(thrown);
}

inline result<response> outcome_of(std::exception_ptr const& thrown,
                                   std::in_place_type_t<result<response>>) {
    return error_of(thrown);
}

}  // namespace detail

COAUTH_INLINE rest_client::rest_client(any_executor const& executor, rest_client_config config)
    : core_(std::make_shared<detail::rest_core>(asio::make_strand(executor), std::move(config))) {}

COAUTH_INLINE rest_client::rest_client(single_threaded_t, any_executor const& executor,
                                       rest_client_config config)
    : core_(std::make_shared<detail::rest_core>(executor, std::move(config))) {}

COAUTH_INLINE any_executor rest_client::get_executor() const {
    return core_->transport->executor();
}

/// The one coroutine of an ordinary call: everything rare is in coroutines of its own, and
/// everything large in the call, so that Asio can recycle the frame.
template <class Outcome>
awaitable<Outcome> rest_client::perform(std::unique_ptr<detail::call> c) {
    any_executor const here = co_await asio::this_coro::executor;
    std::exception_ptr thrown;
    try {
        any_executor const there = detail::executor_of(*c);
        if (here != there) {
            co_return co_await asio::co_spawn(there, perform<Outcome>(std::move(c)),
                                              asio::use_awaitable);
        }
        c->begin();
        for (;;) {
            detail::call::step const next = c->next();
            if (next == detail::call::step::done) break;
            if (next == detail::call::step::work) {
                co_await c->work();
            } else {
                std::error_code ec;
                std::size_t const n = co_await c->io(ec);
                c->io_done(ec, n);
            }
        }
        co_return c->finish(std::in_place_type<Outcome>);
    } catch (...) { thrown = std::current_exception(); }
    detail::abandon(c.get(), thrown);
    co_return detail::outcome_of(thrown, std::in_place_type<Outcome>);
}

COAUTH_INLINE awaitable<void> rest_client::warm_up() const { return warm_up(core_); }

COAUTH_INLINE awaitable<void> rest_client::warm_up(std::shared_ptr<detail::rest_core> core) {
    any_executor const there = core->transport->executor();
    if (!there) throw exception(error(errc::executor_gone));
    co_await asio::co_spawn(there, warm_up_here(core), asio::use_awaitable);
}

COAUTH_INLINE awaitable<void> rest_client::warm_up_here(std::shared_ptr<detail::rest_core> core) {
    if (core->stopping()) throw exception(error(errc::stopped));
    time_point const deadline = saturating_add(boot_clock::now(), core->config.call_deadline);
    authorization const& how = core->config.authorization;
    if (auto const* tokens = how.tokens()) {
        co_await tokens->warm_up(get_options().deadline(core->config.call_deadline));
    }
    http::exchange_options o = core->way_to(std::nullopt, how);
    o.total_deadline = deadline;
    http::exchange x(core->transport, std::move(o));
    bool const idle = x.try_open();
    if (!idle) co_await x.open();
    if (x.error()) throw exception(x.error());
    x.give_back();
}

COAUTH_INLINE awaitable<void> rest_client::stop(std::shared_ptr<detail::rest_core> core,
                                                duration grace) {
    any_executor const there = core->transport->executor();
    if (!there) co_return;
    co_await asio::co_spawn(there, stop_here(core, grace), asio::use_awaitable);
}

COAUTH_INLINE awaitable<void> rest_client::stop_here(std::shared_ptr<detail::rest_core> core,
                                                     duration grace) {
    any_executor const executor = co_await asio::this_coro::executor;
    core->refuse();
    if (!core->idle()) {
        auto const waiting = std::make_shared<detail::suspension>();
        core->wake_when_idle(waiting);
        asio::steady_timer timer(executor);
        detail::wake_at(timer, grace, waiting);
        detail::wake_reason const reason = co_await detail::suspension::wait(waiting);
        if (reason != detail::wake_reason::ready) core->abort_calls();
    }
    core->transport->stop_now();
    if (!core->idle()) {
        auto const waiting = std::make_shared<detail::suspension>();
        core->wake_when_idle(waiting);
        co_await detail::suspension::wait(waiting);
    }
}

COAUTH_INLINE awaitable<response> rest_client::get(std::string target) const {
    return send(request("GET", std::move(target)));
}

COAUTH_INLINE awaitable<response> rest_client::head(std::string target) const {
    return send(request("HEAD", std::move(target)));
}

COAUTH_INLINE awaitable<response> rest_client::delete_(std::string target) const {
    return send(request("DELETE", std::move(target)));
}

COAUTH_INLINE awaitable<response> rest_client::post(std::string target, std::string body,
                                                    std::string_view type) const {
    return send(request("POST", std::move(target)).body(std::move(body), type));
}

COAUTH_INLINE awaitable<response> rest_client::put(std::string target, std::string body,
                                                   std::string_view type) const {
    return send(request("PUT", std::move(target)).body(std::move(body), type));
}

COAUTH_INLINE awaitable<response> rest_client::patch(std::string target, std::string body,
                                                     std::string_view type) const {
    return send(request("PATCH", std::move(target)).body(std::move(body), type));
}

COAUTH_INLINE awaitable<result<response>> rest_client::try_get(std::string target) const {
    return try_send(request("GET", std::move(target)));
}

COAUTH_INLINE awaitable<result<response>> rest_client::try_head(std::string target) const {
    return try_send(request("HEAD", std::move(target)));
}

COAUTH_INLINE awaitable<result<response>> rest_client::try_delete(std::string target) const {
    return try_send(request("DELETE", std::move(target)));
}

COAUTH_INLINE awaitable<result<response>> rest_client::try_post(std::string target,
                                                                std::string body,
                                                                std::string_view type) const {
    return try_send(request("POST", std::move(target)).body(std::move(body), type));
}

COAUTH_INLINE awaitable<result<response>> rest_client::try_put(std::string target, std::string body,
                                                               std::string_view type) const {
    return try_send(request("PUT", std::move(target)).body(std::move(body), type));
}

COAUTH_INLINE awaitable<result<response>> rest_client::try_patch(std::string target,
                                                                 std::string body,
                                                                 std::string_view type) const {
    return try_send(request("PATCH", std::move(target)).body(std::move(body), type));
}

COAUTH_INLINE awaitable<response> rest_client::send(request r) const {
    return perform<response>(std::make_unique<detail::call>(core_, std::move(r)));
}

COAUTH_INLINE awaitable<result<response>> rest_client::try_send(request r) const {
    return perform<result<response>>(std::make_unique<detail::call>(core_, std::move(r)));
}

COAUTH_INLINE awaitable<void> rest_client::stop(duration grace) const { return stop(core_, grace); }

}  // namespace coauth

#endif
