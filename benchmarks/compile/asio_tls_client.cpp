// SPDX-License-Identifier: BSL-1.0
//
// The yardstick of a user's program: a TLS client coroutine on Asio alone, which resolves,
// connects, writes one request and prints the answer. No tokens, no deadlines, no pool.

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/connect.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/ssl.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <exception>
#include <iostream>
#include <string>

namespace {

asio::awaitable<void> list_users(asio::ssl::context& tls) {
    auto const executor = co_await asio::this_coro::executor;
    asio::ip::tcp::resolver resolver(executor);
    auto const found =
        co_await resolver.async_resolve("api.example.com", "443", asio::use_awaitable);
    asio::ssl::stream<asio::ip::tcp::socket> stream(executor, tls);
    co_await asio::async_connect(stream.lowest_layer(), found, asio::use_awaitable);
    stream.set_verify_callback(asio::ssl::host_name_verification("api.example.com"));
    co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);

    std::string const request = "GET /v1/users HTTP/1.1\r\nHost: api.example.com\r\n\r\n";
    co_await asio::async_write(stream, asio::buffer(request), asio::use_awaitable);
    std::string answer;
    co_await asio::async_read_until(stream, asio::dynamic_buffer(answer), "\r\n\r\n",
                                    asio::use_awaitable);
    std::cout << answer;
}

}  // namespace

int main() {
    asio::io_context io;
    asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.set_default_verify_paths();
    tls.set_verify_mode(asio::ssl::verify_peer);
    asio::co_spawn(io, list_users(tls), asio::detached);
    try {
        io.run();
    } catch (std::exception const& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
