// SPDX-License-Identifier: BSL-1.0
//
// How the testing servers take their connections: for as long as their context runs, and also after
// the process has been out of descriptors.

#ifndef COAUTH_TESTING_ACCEPT_LOOP_HPP
#define COAUTH_TESTING_ACCEPT_LOOP_HPP

#include <coauth/detail/asio.hpp>
#include <coauth/detail/awaitable.hpp>

#include <chrono>
#include <functional>
#include <system_error>
#include <utility>

namespace coauth::detail {

inline awaitable<void> accept_connections(asio::ip::tcp::acceptor acceptor,
                                          std::function<void(asio::ip::tcp::socket)> welcome) {
    for (;;) {
        std::error_code ec;
        asio::ip::tcp::socket socket =
            co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, ec));
        if (ec) {
            // Most likely out of descriptors; that passes.
            asio::steady_timer timer(acceptor.get_executor());
            timer.expires_after(std::chrono::milliseconds(10));
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
            continue;
        }
        socket.set_option(asio::ip::tcp::no_delay(true), ec);
        welcome(std::move(socket));
    }
}

}  // namespace coauth::detail

#endif
