// SPDX-License-Identifier: BSL-1.0
//
// Calls to one REST API: authorized, pooled, bounded in time. A cheap handle; copies share the
// connections. Safe from any thread and any executor, unless made with `single_threaded`.

#ifndef COAUTH_REST_CLIENT_HPP
#define COAUTH_REST_CLIENT_HPP

#include <coauth/config.hpp>
#include <coauth/detail/awaitable.hpp>
#include <coauth/request.hpp>
#include <coauth/response.hpp>
#include <coauth/rest_client_config.hpp>
#include <coauth/result.hpp>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

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
class call;
class rest_core;
}  // namespace detail

class rest_client {
public:
    /// Works on a strand of `executor`: each call hops there and back. Throws coauth::exception
    /// with condition::configuration when the configuration cannot work.
    rest_client(any_executor const& executor, rest_client_config config);

    /// Works on `executor` itself: calls awaited there run in place, others hop.
    rest_client(single_threaded_t, any_executor const& executor, rest_client_config config);

    // Each of these appends `target` to the base URL's path, and gives the response whatever its
    // status. They throw coauth::exception; the try_ forms give the same error as a value, also
    // errc::cancelled. Cancelling the await ends the call; a token being fetched for it is not
    // lost.

    [[nodiscard]] awaitable<response> get(std::string target) const;
    [[nodiscard]] awaitable<response> head(std::string target) const;
    [[nodiscard]] awaitable<response> delete_(std::string target) const;
    [[nodiscard]] awaitable<response> post(std::string target, std::string body,
                                           std::string_view type = "application/json") const;
    [[nodiscard]] awaitable<response> put(std::string target, std::string body,
                                          std::string_view type = "application/json") const;
    [[nodiscard]] awaitable<response> patch(std::string target, std::string body,
                                            std::string_view type = "application/json") const;
    [[nodiscard]] awaitable<response> send(request r) const;

    [[nodiscard]] awaitable<result<response>> try_get(std::string target) const;
    [[nodiscard]] awaitable<result<response>> try_head(std::string target) const;
    [[nodiscard]] awaitable<result<response>> try_delete(std::string target) const;
    [[nodiscard]] awaitable<result<response>> try_post(
        std::string target, std::string body, std::string_view type = "application/json") const;
    [[nodiscard]] awaitable<result<response>> try_put(
        std::string target, std::string body, std::string_view type = "application/json") const;
    [[nodiscard]] awaitable<result<response>> try_patch(
        std::string target, std::string body, std::string_view type = "application/json") const;
    [[nodiscard]] awaitable<result<response>> try_send(request r) const;

    /// Makes the first call a quick one: fetches the token, where `authorization` is a token
    /// source, and opens a connection to the base URL's origin (DNS, TLS). Sends nothing to the
    /// API. Throws coauth::exception with what would have kept a call from being sent; takes as
    /// long as a call may.
    [[nodiscard]] awaitable<void> warm_up() const;

    /// Takes no new calls (errc::stopped), gives those in flight `grace`, then ends them with
    /// errc::stopped, and closes every connection. A hook of yours that waits for something is
    /// waited for.
    [[nodiscard]] awaitable<void> stop(duration grace) const;

    /// Where calls run and hooks are called.
    [[nodiscard]] any_executor get_executor() const;

private:
    template <class Outcome>
    static awaitable<Outcome> perform(std::unique_ptr<detail::call> c);
    static awaitable<void> warm_up(std::shared_ptr<detail::rest_core> core);
    static awaitable<void> warm_up_here(std::shared_ptr<detail::rest_core> core);
    static awaitable<void> stop(std::shared_ptr<detail::rest_core> core, duration grace);
    static awaitable<void> stop_here(std::shared_ptr<detail::rest_core> core, duration grace);

    std::shared_ptr<detail::rest_core> core_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/rest_client_impl.hpp>
#endif

#endif
