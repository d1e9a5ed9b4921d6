// SPDX-License-Identifier: BSL-1.0
//
// One connection of the testing HTTP server: handshake, request, answer, again. Runs on the
// server's thread alone.

#ifndef COAUTH_TESTING_SERVER_CONNECTION_HPP
#define COAUTH_TESTING_SERVER_CONNECTION_HPP

#include <coauth/clock.hpp>
#include <coauth/codec/base64.hpp>
#include <coauth/codec/form.hpp>
#include <coauth/codec/http1_parser.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/secret.hpp>
#include <coauth/testing/memory_socket.hpp>
#include <coauth/testing/server_counters.hpp>
#include <coauth/testing/server_message.hpp>
#include <coauth/testing/server_wire.hpp>

#include <array>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/write.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

class server_connection;

/// What the connections of one server share.
struct server_shared {
    testing::server_handler handler;
    http1_limits limits;
    duration idle_timeout{};
    std::size_t max_connections = 0;
    std::optional<asio::ssl::context> tls;
    std::set<server_connection*> connections;  // the server's thread only
    bool stopped = false;                      // the same
    server_counters counters;

    void close_connections();
    /// The handler is not called any more.
    void stop() {
        stopped = true;
        close_connections();
    }
};

class server_connection : public std::enable_shared_from_this<server_connection> {
public:
    /// `peer`: the other end, where that is in this process.
    server_connection(std::shared_ptr<server_shared> server, asio::ip::tcp::socket socket,
                      std::optional<memory_peer> const& peer)
        : shared_(std::move(server)),
          server_(*shared_),
          socket_(std::move(socket)),
          peer_(peer),
          timer_(socket_.get_executor()),
          parser_(http1_parser::kind::request, server_.limits),
          number_(server_.counters.connection_opened()) {
        if (server_.tls) tls_.emplace(socket_, *server_.tls);
        server_.connections.insert(this);
    }
    server_connection(server_connection const&) = delete;
    server_connection& operator=(server_connection const&) = delete;
    ~server_connection() {
        server_.connections.erase(this);
        server_.counters.connection_closed();
    }

    /// Closes without a farewell; what is in progress ends with an error.
    void abort() noexcept {
        std::error_code ignored;
        socket_.close(ignored);
    }

    static awaitable<void> serve(std::shared_ptr<server_connection> self) {
        bool const secured = co_await self->handshake();
        bool again = secured;
        while (again) {
            int const status = co_await self->receive();
            if (status == 0) break;
            again = co_await self->answer(status);
        }
        self->timer_.cancel();
        self->abort();
    }

private:
    /// Counts one request as being worked on, also where its coroutine is destroyed half-way.
    class in_flight {
    public:
        explicit in_flight(server_counters& counters) : counters_(counters) {
            counters_.request_received();
        }
        in_flight(in_flight const&) = delete;
        in_flight& operator=(in_flight const&) = delete;
        ~in_flight() { counters_.request_answered(); }

    private:
        server_counters& counters_;
    };

    awaitable<bool> handshake() {
        if (!tls_) co_return true;
        abort_after(server_.idle_timeout);
        std::error_code ec;
        co_await tls_->async_handshake(asio::ssl::stream_base::server,
                                       asio::redirect_error(asio::use_awaitable, ec));
        if (ec) {
            server_.counters.handshake_failed();
            co_return false;
        }
        describe_peer(tls_->native_handle());
        co_return true;
    }

    void describe_peer(SSL* ssl) {
        tls_version_ = SSL_get_version(ssl);
        char const* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        if (name != nullptr) server_name_ = name;
        std::unique_ptr<X509, decltype(&X509_free)> const peer(SSL_get1_peer_certificate(ssl),
                                                               &X509_free);
        unsigned char digest[32];
        if (peer == nullptr || X509_digest(peer.get(), EVP_sha256(), digest, nullptr) != 1) return;
        client_certificate_ =
            base64url_encode({reinterpret_cast<char const*>(digest), sizeof digest});
    }

    /// 200: a request has been read. 0: the client has gone. Anything else: what to answer to
    /// something that is not acceptable.
    awaitable<int> receive() {
        parser_.expect(false);
        for (;;) {
            std::size_t consumed = 0;
            std::error_code const problem =
                parser_.feed({input_.data() + begin_, end_ - begin_}, consumed);
            begin_ += consumed;
            if (problem == errc::body_too_large) co_return 413;
            if (problem == errc::header_too_large) co_return 431;
            if (problem) co_return 400;
            if (parser_.complete()) co_return 200;
            abort_after(server_.idle_timeout);
            std::error_code ec;
            begin_ = 0;
            end_ = co_await read_some(ec);
            if (ec) co_return 0;
        }
    }

    /// Refuses what is no request. True when the connection may carry another one.
    awaitable<bool> answer(int status) {
        timer_.cancel();
        if (status != 200) {
            bool const never = co_await send(testing::server_response(status), false, false);
            co_return never;
        }
        in_flight const counted(server_.counters);
        bool const keep = parser_.keep_alive();
        bool const head = parser_.method() == "HEAD";
        testing::server_response response = co_await handle();
        bool const again = co_await send(std::move(response), head, keep);
        co_return again;
    }

    awaitable<testing::server_response> handle() {
        testing::server_request request;
        request.method = parser_.method();
        request.target = parser_.target();
        std::size_t const question = request.target.find('?');
        request.path = request.target.substr(0, question);
        if (question != std::string::npos) {
            auto decoded = form_decode(std::string_view(request.target).substr(question + 1));
            if (!decoded) co_return testing::server_response(400);
            request.query = std::move(*decoded);
        }
        request.fields = std::move(parser_.fields());
        request.body = parser_.take_body();
        request.connection_number = number_;
        request.request_number = ++requests_;
        request.tls_version = tls_version_;
        request.server_name = server_name_;
        request.client_certificate = client_certificate_;
        if (server_.stopped) co_return testing::server_response(503);
        try {
            testing::server_response response = co_await server_.handler(std::move(request));
            co_return response;
        } catch (std::exception const& e) {
            co_return testing::server_response(500, "text/plain", e.what());
        }
    }

    awaitable<bool> send(testing::server_response response, bool head, bool keep) {
        testing::server_faults const faults = response.faults;
        if (faults.delay > duration::zero()) co_await pause(faults.delay);
        bool const stops = faults.reset || faults.hang;
        bool const silent = faults.close_before_response || (stops && !faults.truncate_body_at);
        std::error_code ec;
        if (!silent) {
            output_ = server_wire_image(response, head, keep);
            abort_after(server_.idle_timeout);
            if (faults.byte_interval > duration::zero()) {
                ec = co_await trickle(faults.byte_interval);
            } else {
                co_await write(output_.view(), ec);
            }
            timer_.cancel();
        }
        if (faults.hang) co_await drain();
        if (faults.reset) reset_on_close();
        bool const broken = silent || stops || faults.truncate_body_at || ec;
        if (broken || (keep && !response.raw)) co_return !broken;
        co_await say_goodbye();
        co_return false;
    }

    void reset_on_close() {
        std::error_code ignored;
        if (peer_)
            peer_->leave_unread_byte();
        else
            socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    }

    awaitable<std::error_code> trickle(duration interval) {
        std::error_code ec;
        for (std::size_t i = 0; i != output_.size() && !ec; ++i) {
            abort_after(server_.idle_timeout);
            co_await write(output_.view().substr(i, 1), ec);
            timer_.cancel();
            co_await pause(interval);
        }
        co_return ec;
    }

    /// close_notify and FIN, then a short wait for the client's: closing a socket that has unread
    /// bytes would reset the connection, and the answer could be lost with it.
    awaitable<void> say_goodbye() {
        abort_after(std::chrono::milliseconds(500));
        std::error_code ec;
        if (tls_) co_await tls_->async_shutdown(asio::redirect_error(asio::use_awaitable, ec));
        socket_.shutdown(asio::socket_base::shutdown_send, ec);
        co_await drain();
    }

    /// Reads and drops whatever comes until the client closes or abort() is called.
    awaitable<void> drain() {
        std::error_code ec;
        while (!ec) {
            co_await socket_.async_read_some(asio::buffer(input_),
                                             asio::redirect_error(asio::use_awaitable, ec));
        }
    }

    awaitable<void> pause(duration time) {
        asio::steady_timer timer(socket_.get_executor());
        timer.expires_after(time);
        std::error_code ec;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    }

    void abort_after(duration time) {
        timer_.expires_after(time);
        timer_.async_wait([weak = weak_from_this()](std::error_code ec) {
            auto const self = ec ? nullptr : weak.lock();
            // Armed anew after this completion had been queued?
            if (self == nullptr || self->timer_.expiry() > std::chrono::steady_clock::now()) return;
            self->abort();
        });
    }

    awaitable<std::size_t> read_some(std::error_code& ec) {
        auto const room = asio::buffer(input_);
        if (tls_) {
            return tls_->async_read_some(room, asio::redirect_error(asio::use_awaitable, ec));
        }
        return socket_.async_read_some(room, asio::redirect_error(asio::use_awaitable, ec));
    }

    awaitable<std::size_t> write(std::string_view bytes, std::error_code& ec) {
        auto const data = asio::buffer(bytes);
        if (tls_) {
            return asio::async_write(*tls_, data, asio::redirect_error(asio::use_awaitable, ec));
        }
        return asio::async_write(socket_, data, asio::redirect_error(asio::use_awaitable, ec));
    }

    std::shared_ptr<server_shared> const shared_;
    server_shared& server_;
    asio::ip::tcp::socket socket_;
    std::optional<memory_peer> const peer_;
    std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
    asio::steady_timer timer_;
    http1_parser parser_;
    std::uint64_t const number_;
    std::uint64_t requests_ = 0;
    std::string tls_version_;
    std::string server_name_;
    std::string client_certificate_;
    std::array<char, 16 * 1024> input_{};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    wiped_buffer output_;
};

inline void server_shared::close_connections() {
    for (auto* const connection : connections) connection->abort();
}

}  // namespace coauth::detail

#endif
