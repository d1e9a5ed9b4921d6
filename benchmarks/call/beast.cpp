// SPDX-License-Identifier: BSL-1.0
//
// The calls of the benchmark with Boost.Beast on Boost.Asio's awaitable: one stream per connection,
// tcp_stream's deadline set for each request.

#include "measure.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <vector>

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

using plain_stream = beast::tcp_stream;
using tls_stream = beast::ssl_stream<beast::tcp_stream>;

template <class Stream>
struct connection {
    Stream stream;
    beast::flat_buffer buffer;
};

net::ip::tcp::endpoint endpoint_of(bench::options const& o) {
    return {net::ip::make_address(std::string(bench::host)),
            static_cast<unsigned short>(std::stoul(o.port))};
}

net::awaitable<void> open(connection<plain_stream>& c, bench::options const& o) {
    c.stream.expires_after(bench::deadline);
    co_await c.stream.async_connect(endpoint_of(o), net::use_awaitable);
    c.stream.socket().set_option(net::ip::tcp::no_delay(true));
}

net::awaitable<void> open(connection<tls_stream>& c, bench::options const& o) {
    auto& lowest = beast::get_lowest_layer(c.stream);
    lowest.expires_after(bench::deadline);
    co_await lowest.async_connect(endpoint_of(o), net::use_awaitable);
    lowest.socket().set_option(net::ip::tcp::no_delay(true));
    co_await c.stream.async_handshake(net::ssl::stream_base::client, net::use_awaitable);
}

template <class Stream>
net::awaitable<void> work(connection<Stream>& c, bench::options const& o, long count,
                          bench::measurement& m) {
    std::string const authority = std::string(bench::host) + ':' + o.port;
    std::string const authorization = "Bearer " + o.token;
    for (long i = 0; i < count; ++i) {
        auto const began = m.request_begins();
        beast::get_lowest_layer(c.stream).expires_after(bench::deadline);
        http::request<http::empty_body> request(
            http::verb::get, beast::string_view(bench::target.data(), bench::target.size()), 11);
        request.set(http::field::host, authority);
        request.set(http::field::authorization, authorization);
        request.set(http::field::accept_encoding, "identity");
        co_await http::async_write(c.stream, request, net::use_awaitable);
        http::response<http::string_body> response;
        co_await http::async_read(c.stream, c.buffer, response, net::use_awaitable);
        bool const good =
            response.result() == http::status::ok && response.body().size() == bench::body_size;
        m.request_ended(began, good);
    }
}

template <class Stream>
void measure(net::io_context& io, std::vector<std::unique_ptr<connection<Stream>>>& all,
             bench::options const& o) {
    bench::measurement m(o);
    auto const rethrow = [](std::exception_ptr thrown) {
        if (thrown) std::rethrow_exception(thrown);
    };
    auto const run = [&](long count) {
        for (auto& c : all) net::co_spawn(io, work(*c, o, count, m), rethrow);
        io.restart();
        io.run();
    };
    for (auto& c : all) net::co_spawn(io, open(*c, o), rethrow);
    io.run();
    run(bench::options::warm_up());
    m.start();
    run(o.per_connection());
    m.print();
}

}  // namespace

int main(int argc, char** argv) try {
    bench::options const o = bench::parse(argc, argv);
    net::io_context io(1);
    if (!o.tls) {
        std::vector<std::unique_ptr<connection<plain_stream>>> all;
        for (int i = 0; i < o.connections; ++i) {
            all.emplace_back(new connection<plain_stream>{plain_stream(io), {}});
        }
        measure(io, all, o);
    } else {
        net::ssl::context context(net::ssl::context::tls_client);
        context.load_verify_file(o.ca_file);
        context.set_verify_mode(net::ssl::verify_peer);
        std::vector<std::unique_ptr<connection<tls_stream>>> all;
        for (int i = 0; i < o.connections; ++i) {
            all.emplace_back(new connection<tls_stream>{tls_stream(io, context), {}});
            all.back()->stream.set_verify_callback(
                net::ssl::host_name_verification(std::string(bench::host)));
        }
        measure(io, all, o);
    }
} catch (std::exception const& e) {
    std::cerr << "call_beast: " << e.what() << '\n';
    return 1;
}
