// SPDX-License-Identifier: BSL-1.0
//
// One connection of the testing proxy: a request, and then a tunnel, or a request that is handed
// on, again and again. Runs on the proxy's thread alone.

#ifndef COAUTH_TESTING_PROXY_CONNECTION_HPP
#define COAUTH_TESTING_PROXY_CONNECTION_HPP

#include <coauth/codec/basic_auth.hpp>
#include <coauth/codec/http1_parser.hpp>
#include <coauth/codec/http1_writer.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/uri_host.hpp>
#include <coauth/testing/request_log.hpp>
#include <coauth/testing/server_message.hpp>
#include <coauth/testing/server_wire.hpp>
#include <coauth/url.hpp>

#include <array>
#include <asio/write.hpp>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::testing {

struct proxy_server_counters {
    std::uint64_t connections = 0;
    std::uint64_t tunnels = 0;    ///< Opened by CONNECT.
    std::uint64_t forwarded = 0;  ///< Requests handed on to an http server.
    std::uint64_t refused = 0;    ///< 407, 502, and what was commanded.
};

}  // namespace coauth::testing

namespace coauth::detail {

class proxy_connection;

/// What the connections of one proxy share. It outlives them.
struct proxy_shared {
    [[nodiscard]] testing::proxy_server_counters counters() const {
        // sync: numbers for a test, nothing is read through them
        return {connections_made.load(), tunnels.load(), forwarded.load(), refused.load()};
    }

    std::map<std::string, unsigned short> hosts;
    std::optional<secret> credentials;  ///< The value of Proxy-Authorization.
    std::function<std::optional<testing::server_response>()> take_failure;
    std::function<testing::server_response(testing::server_response)> with_delay;
    request_log log;
    std::set<proxy_connection*> connections;  // the proxy's thread only
    std::atomic<std::uint64_t> connections_made{0};
    std::atomic<std::uint64_t> tunnels{0};
    std::atomic<std::uint64_t> forwarded{0};
    std::atomic<std::uint64_t> refused{0};
};

class proxy_connection : public std::enable_shared_from_this<proxy_connection> {
public:
    proxy_connection(proxy_shared& proxy, asio::ip::tcp::socket socket)
        : proxy_(proxy),
          client_(std::move(socket)),
          server_(client_.get_executor()),
          number_(++proxy.connections_made) {
        proxy_.connections.insert(this);
    }
    proxy_connection(proxy_connection const&) = delete;
    proxy_connection& operator=(proxy_connection const&) = delete;
    ~proxy_connection() { proxy_.connections.erase(this); }

    /// Closes without a farewell; what is in progress ends with an error.
    void abort() noexcept {
        std::error_code ignored;
        client_.close(ignored);
        server_.close(ignored);
    }

    static awaitable<void> serve(std::shared_ptr<proxy_connection> self) {
        for (bool again = true; again;) {
            bool const asked = co_await receive(&self->client_, &self->request_, &self->pending_);
            if (!asked) break;
            again = co_await self->answer();
        }
        self->abort();
    }

private:
    /// One message; what came behind it goes to `rest`. False when it did not come whole.
    static awaitable<bool> receive(asio::ip::tcp::socket* from, http1_parser* into,
                                   std::string* rest) {
        std::array<char, 16 * 1024> input;
        for (;;) {
            std::size_t consumed = 0;
            std::error_code ec = into->feed(*rest, consumed);
            rest->erase(0, consumed);
            if (ec) co_return false;
            if (into->complete()) co_return true;
            std::size_t const n = co_await from->async_read_some(
                asio::buffer(input), asio::redirect_error(asio::use_awaitable, ec));
            if (ec) co_return !into->finish();
            rest->append(input.data(), n);
        }
    }

    /// True when another request may follow.
    awaitable<bool> answer() {
        bool const tunnel = request_.method() == "CONNECT";
        bool const head = request_.method() == "HEAD";
        bool const keep = request_.keep_alive() && !tunnel;
        std::optional<testing::server_response> response = refusal();
        if (!response && !tunnel) response = co_await forward();
        int status = 200;
        if (response) status = response->status;
        record(status);
        if (response) {
            bool const again = co_await send(std::move(*response), head, keep);
            request_.expect(false);
            co_return again;
        }
        bool const connected = co_await connect(std::string(request_.target()));
        if (connected) {
            co_await relay(shared_from_this());
        } else {
            co_await send(testing::server_response(502), false, false);
        }
        co_return false;
    }

    std::optional<testing::server_response> refusal() {
        auto const given = request_.fields().find("Proxy-Authorization");
        std::optional<testing::server_response> refused = proxy_.take_failure();
        if (!refused && proxy_.credentials && given.value_or("") != proxy_.credentials->reveal()) {
            refused = testing::server_response(407).with_field("Proxy-Authenticate",
                                                               "Basic realm=\"proxy\"");
        }
        if (refused) ++proxy_.refused;
        return refused;
    }

    void record(int status) {
        testing::server_request seen;
        seen.method = request_.method();
        seen.target = seen.path = request_.target();
        seen.fields = request_.fields();
        seen.body = request_.body();
        seen.connection_number = number_;
        seen.request_number = ++requests_;
        proxy_.log.add(seen, status);
    }

    awaitable<bool> connect(std::string authority) {
        auto const known = proxy_.hosts.find(authority);
        std::size_t const colon = authority.rfind(':');
        std::uint16_t port = 0;
        bool ok = colon != authority.npos &&
                  parse_port(std::string_view(authority).substr(colon + 1), port);
        if (known != proxy_.hosts.end()) {
            port = known->second;
            ok = true;
        } else {
            std::string_view const host = std::string_view(authority).substr(0, colon);
            ok = ok && (host == "127.0.0.1" || host == "localhost" || host == "[::1]");
        }
        if (!ok) {
            ++proxy_.refused;
            co_return false;
        }
        std::error_code ec;
        server_ = asio::ip::tcp::socket(client_.get_executor());
        asio::ip::tcp::endpoint const to(asio::ip::address_v4::loopback(), port);
        co_await server_.async_connect(to, asio::redirect_error(asio::use_awaitable, ec));
        if (ec) ++proxy_.refused;
        co_return !ec;
    }

    static awaitable<void> relay(std::shared_ptr<proxy_connection> self) {
        ++self->proxy_.tunnels;
        std::error_code ec;
        std::string_view const opened = "HTTP/1.1 200 Connection established\r\n\r\n";
        co_await asio::async_write(self->client_, asio::buffer(opened),
                                   asio::redirect_error(asio::use_awaitable, ec));
        co_await asio::async_write(self->server_, asio::buffer(self->pending_),
                                   asio::redirect_error(asio::use_awaitable, ec));
        asio::co_spawn(self->client_.get_executor(), pump(self, false), asio::detached);
        co_await pump(self, true);
    }

    /// One direction of a tunnel. The end of one is the end of both, after what was on its way.
    static awaitable<void> pump(std::shared_ptr<proxy_connection> self, bool upwards) {
        asio::ip::tcp::socket& from = upwards ? self->client_ : self->server_;
        asio::ip::tcp::socket& to = upwards ? self->server_ : self->client_;
        std::array<char, 16 * 1024> bytes;
        std::error_code ec;
        while (!ec) {
            std::size_t const n = co_await from.async_read_some(
                asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec));
            if (ec) break;
            co_await asio::async_write(to, asio::buffer(bytes.data(), n),
                                       asio::redirect_error(asio::use_awaitable, ec));
        }
        self->abort();
    }

    /// A connection to the server for each request: the test is about the client's.
    awaitable<std::optional<testing::server_response>> forward() {
        result<url> const target = url::parse(request_.target());
        bool reached = false;
        if (target && !target.value().is_https()) {
            std::string const origin = target.value().origin();
            reached = co_await connect(origin.substr(origin.find("://") + 3));
        }
        if (!reached) co_return testing::server_response(502);
        ++proxy_.forwarded;
        wiped_buffer out;
        http1_head_writer head(out);
        head.request_line(request_.method(), target.value().target(), target.value().authority());
        for (http_field const f : request_.fields()) {
            if (!is_library_header(f.name)) head.field(f.name, f.value);
        }
        head.content_length(request_.body().size());
        head.field("Connection", "close");
        head.end();
        out.append(request_.body());
        std::error_code ec;
        co_await asio::async_write(server_, asio::buffer(out.view()),
                                   asio::redirect_error(asio::use_awaitable, ec));
        http1_parser answer(http1_parser::kind::response);
        answer.expect(request_.method() == "HEAD");
        std::string surplus;
        bool const whole = co_await receive(&server_, &answer, &surplus);
        if (!whole) co_return testing::server_response(502);
        testing::server_response response(answer.status());
        for (http_field const f : answer.fields()) {
            if (!is_library_header(f.name)) response.fields.append(f.name, f.value);
        }
        response.body = answer.take_body();
        co_return response;
    }

    awaitable<bool> send(testing::server_response response, bool head, bool keep) {
        response = proxy_.with_delay(std::move(response));
        testing::server_faults const faults = response.faults;
        std::error_code ec;
        if (faults.delay > duration::zero()) {
            asio::steady_timer timer(client_.get_executor());
            timer.expires_after(faults.delay);
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
        }
        bool const stops = faults.reset || faults.hang;
        if (!faults.close_before_response && (!stops || faults.truncate_body_at)) {
            wiped_buffer const out = server_wire_image(response, head, keep);
            co_await asio::async_write(client_, asio::buffer(out.view()),
                                       asio::redirect_error(asio::use_awaitable, ec));
        }
        std::array<char, 1024> dropped;
        while (faults.hang && !ec) {
            co_await client_.async_read_some(asio::buffer(dropped),
                                             asio::redirect_error(asio::use_awaitable, ec));
        }
        if (faults.reset) client_.set_option(asio::socket_base::linger(true, 0), ec);
        co_return keep && !ec && !stops && !faults.close_before_response && !response.raw &&
            !faults.truncate_body_at;
    }

    proxy_shared& proxy_;
    asio::ip::tcp::socket client_;
    asio::ip::tcp::socket server_;
    http1_parser request_{http1_parser::kind::request};
    std::string pending_;
    std::uint64_t const number_;
    std::uint64_t requests_ = 0;
};

}  // namespace coauth::detail

#endif
