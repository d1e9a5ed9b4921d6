// SPDX-License-Identifier: BSL-1.0
//
// Calls to one REST API: authorized, pooled, bounded in time. A cheap handle; copies share the
// connections. Safe from any thread and any executor, unless made with `single_threaded`.

#ifndef COAUTH_REST_CLIENT_HPP
#define COAUTH_REST_CLIENT_HPP

#include <coauth/call.hpp>
#include <coauth/request.hpp>
#include <coauth/response.hpp>
#include <coauth/rest_client_config.hpp>
#include <coauth/rest_core.hpp>

#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace coauth {

/// The caller's promise that one thread at a time runs the executor.
struct single_threaded_t {
    explicit single_threaded_t() = default;
};
inline constexpr single_threaded_t single_threaded{};

/// For asio::co_spawn: an exception of the coroutine leaves io_context::run(), instead of being
/// swallowed as with asio::detached.
struct rethrow_t {
    template <class... Results>
    void operator()(std::exception_ptr thrown, Results&&...) const {
        if (thrown) std::rethrow_exception(std::move(thrown));
    }
};
inline constexpr rethrow_t rethrow{};

namespace detail {

[[nodiscard]] inline bool is_cancellation(std::exception_ptr const& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (std::system_error const& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) { return false; }
}

/// Throws in place of the coroutine: clang would keep the temporary error in the frame.
[[nodiscard]] inline any_executor executor_of(call const& c) {
    if (!c.executor()) throw exception(error(errc::executor_gone));
    return c.executor();
}

/// A cancelled await is errc::cancelled; what a hook of the user threw goes to the user as it is.
[[noreturn]] inline response outcome_of(std::exception_ptr const& thrown,
                                        std::in_place_type_t<response>) {
    if (is_cancellation(thrown)) throw exception(error(errc::cancelled));
    std::rethrow_exception(thrown);
}

inline result<response> outcome_of(std::exception_ptr const& thrown,
                                   std::in_place_type_t<result<response>>) {
    try {
        std::rethrow_exception(thrown);
    } catch (exception const& e) { return e.error(); } catch (std::bad_alloc const&) {
        return error(errc::out_of_memory);
    } catch (std::exception const& e) {
        if (is_cancellation(thrown)) return error(errc::cancelled);
        return error(errc::hook_failed, stage::hook, e.what());
    } catch (...) { return error(errc::hook_failed, stage::hook); }
}

}  // namespace detail

class rest_client {
public:
    /// Works on a strand of `executor`: each call hops there and back. Throws coauth::exception
    /// with condition::configuration when the configuration cannot work.
    rest_client(any_executor const& executor, rest_client_config config)
        : core_(std::make_shared<detail::rest_core>(asio::make_strand(executor),
                                                    std::move(config))) {}

    /// Works on `executor` itself: calls awaited there run in place, others hop.
    rest_client(single_threaded_t, any_executor const& executor, rest_client_config config)
        : core_(std::make_shared<detail::rest_core>(executor, std::move(config))) {}

    // Each of these appends `target` to the base URL's path, and gives the response whatever its
    // status. They throw coauth::exception; the try_ forms give the same error as a value, also
    // errc::cancelled. Cancelling the await ends the call; a token being fetched for it is not
    // lost.

    [[nodiscard]] awaitable<response> get(std::string target) const {
        return send(request("GET", std::move(target)));
    }
    [[nodiscard]] awaitable<response> head(std::string target) const {
        return send(request("HEAD", std::move(target)));
    }
    [[nodiscard]] awaitable<response> delete_(std::string target) const {
        return send(request("DELETE", std::move(target)));
    }
    [[nodiscard]] awaitable<response> post(std::string target, std::string body,
                                           std::string_view type = "application/json") const {
        return send(request("POST", std::move(target)).body(std::move(body), type));
    }
    [[nodiscard]] awaitable<response> put(std::string target, std::string body,
                                          std::string_view type = "application/json") const {
        return send(request("PUT", std::move(target)).body(std::move(body), type));
    }
    [[nodiscard]] awaitable<response> patch(std::string target, std::string body,
                                            std::string_view type = "application/json") const {
        return send(request("PATCH", std::move(target)).body(std::move(body), type));
    }
    [[nodiscard]] awaitable<response> send(request r) const {
        return perform<response>(std::make_unique<detail::call>(core_, std::move(r)));
    }

    [[nodiscard]] awaitable<result<response>> try_get(std::string target) const {
        return try_send(request("GET", std::move(target)));
    }
    [[nodiscard]] awaitable<result<response>> try_head(std::string target) const {
        return try_send(request("HEAD", std::move(target)));
    }
    [[nodiscard]] awaitable<result<response>> try_delete(std::string target) const {
        return try_send(request("DELETE", std::move(target)));
    }
    [[nodiscard]] awaitable<result<response>> try_post(
        std::string target, std::string body, std::string_view type = "application/json") const {
        return try_send(request("POST", std::move(target)).body(std::move(body), type));
    }
    [[nodiscard]] awaitable<result<response>> try_put(
        std::string target, std::string body, std::string_view type = "application/json") const {
        return try_send(request("PUT", std::move(target)).body(std::move(body), type));
    }
    [[nodiscard]] awaitable<result<response>> try_patch(
        std::string target, std::string body, std::string_view type = "application/json") const {
        return try_send(request("PATCH", std::move(target)).body(std::move(body), type));
    }
    [[nodiscard]] awaitable<result<response>> try_send(request r) const {
        return perform<result<response>>(std::make_unique<detail::call>(core_, std::move(r)));
    }

    /// Makes the first call a quick one: fetches the token, where `authorization` is a token
    /// source, and opens a connection to the base URL's origin (DNS, TLS). Sends nothing to the
    /// API. Throws coauth::exception with what would have kept a call from being sent; takes as
    /// long as a call may.
    [[nodiscard]] awaitable<void> warm_up() const { return warm_up(core_); }

    /// Takes no new calls (errc::stopped), gives those in flight `grace`, then ends them with
    /// errc::stopped, and closes every connection. A hook of yours that waits for something is
    /// waited for.
    [[nodiscard]] awaitable<void> stop(duration grace) const { return stop(core_, grace); }

    /// Where calls run and hooks are called.
    [[nodiscard]] any_executor get_executor() const { return core_->transport->executor(); }

private:
    template <class Outcome>
    static awaitable<Outcome> perform(std::unique_ptr<detail::call> c);
    static awaitable<void> warm_up(std::shared_ptr<detail::rest_core> core);
    static awaitable<void> warm_up_here(std::shared_ptr<detail::rest_core> core);
    static awaitable<void> stop(std::shared_ptr<detail::rest_core> core, duration grace);
    static awaitable<void> stop_here(std::shared_ptr<detail::rest_core> core, duration grace);

    std::shared_ptr<detail::rest_core> core_;
};

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
    co_return detail::outcome_of(thrown, std::in_place_type<Outcome>);
}

inline awaitable<void> rest_client::warm_up(std::shared_ptr<detail::rest_core> core) {
    any_executor const there = core->transport->executor();
    if (!there) throw exception(error(errc::executor_gone));
    co_await asio::co_spawn(there, warm_up_here(core), asio::use_awaitable);
}

inline awaitable<void> rest_client::warm_up_here(std::shared_ptr<detail::rest_core> core) {
    time_point const deadline = saturating_add(boot_clock::now(), core->config.call_deadline);
    auto const& how = core->config.authorization.what();
    if (auto const* tokens = std::get_if<token_source>(&how)) {
        co_await tokens->warm_up(get_options().deadline(core->config.call_deadline));
    }
    http::exchange_options o;
    o.total_deadline = deadline;
    if (auto const* own = std::get_if<client_certificate>(&how)) {
        o.origin = *core->base;
        o.tls = own->tls();
    } else {
        o.endpoint = core->endpoint();
    }
    http::exchange x(core->transport, std::move(o));
    bool const idle = x.try_open();
    if (!idle) co_await x.open();
    if (x.error()) throw exception(x.error());
    x.give_back();
}

inline awaitable<void> rest_client::stop(std::shared_ptr<detail::rest_core> core, duration grace) {
    any_executor const there = core->transport->executor();
    if (!there) co_return;
    co_await asio::co_spawn(there, stop_here(core, grace), asio::use_awaitable);
}

inline awaitable<void> rest_client::stop_here(std::shared_ptr<detail::rest_core> core,
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

}  // namespace coauth

#endif
