// SPDX-License-Identifier: BSL-1.0
//
// An embedded HTTP/1.1 server for tests, on 127.0.0.1, plain or over TLS, or in a memory_network.
// It has a thread and an io_context of its own, answers through one handler, and misbehaves on
// command. Members may be called from any thread but the server's own.

#ifndef COAUTH_TESTING_HTTP_SERVER_HPP
#define COAUTH_TESTING_HTTP_SERVER_HPP

#include <coauth/clock.hpp>
#include <coauth/codec/http1_limits.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/http/tls_config.hpp>
#include <coauth/testing/accept_loop.hpp>
#include <coauth/testing/memory_hosts.hpp>
#include <coauth/testing/pki.hpp>
#include <coauth/testing/server_connection.hpp>
#include <coauth/testing/server_counters.hpp>
#include <coauth/testing/server_message.hpp>

#include <asio/executor_work_guard.hpp>
#include <asio/ssl/context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <openssl/ssl.h>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace coauth::testing {

enum class client_certificates : unsigned char {
    not_requested,
    requested,  ///< A client may come without one.
    required,
};

/// How a server is set up. Every field has a default: plain HTTP on a free port.
struct http_server_options {
    unsigned short port = 0;         ///< 0: any free one.
    std::string host = "127.0.0.1";  ///< How URLs name the server; it listens on 127.0.0.1 only.

    std::optional<certificate> tls = std::nullopt;  ///< With it the server speaks TLS 1.2 and 1.3.
    tls_version min_tls_version = tls_version::tls_1_2;
    tls_version max_tls_version = tls_version::tls_1_3;
    client_certificates client_certificate = client_certificates::not_requested;
    std::string client_ca_pem = {};  ///< Who vouches for clients; empty: any certificate will do.

    std::size_t max_connections = 1024;               ///< Those above it are closed at once.
    http1_limits limits = {};                         ///< Answered with 400, 413 or 431.
    duration idle_timeout = std::chrono::minutes(1);  ///< Between requests, and within one.

    /// memory_network::at() sets it: no port, no TLS; `port`, `host` and `tls` do not matter.
    std::shared_ptr<detail::memory_address const> network = nullptr;
};

/// Serves from construction to destruction. Connections are kept alive; requests that come in one
/// packet are answered in order. Where a memory_network has given it an executor, it has no thread,
/// and members are called on that executor, or while nobody runs it.
class http_server {
public:
    /// Throws std::system_error when the port is taken or certificate and key do not fit,
    /// std::invalid_argument when another server stands at that place of the network.
    http_server(http_server_options options, server_handler handler)
        : shared_(std::make_shared<detail::server_shared>()), network_(std::move(options.network)) {
        shared_->handler = std::move(handler);
        shared_->limits = options.limits;
        shared_->idle_timeout = options.idle_timeout;
        shared_->max_connections = options.max_connections;
        executor_ = network_ ? network_->executor : any_executor();
        if (!executor_) {
            io_ = std::make_unique<asio::io_context>(1);
            executor_ = io_->get_executor();
        }
        network_ ? listen_in_memory() : listen_on_loopback(options);
        if (!io_) return;
        thread_ = std::thread([io = io_.get()] {
            auto const work = asio::make_work_guard(*io);
            io->run();
        });
    }
    http_server(http_server const&) = delete;
    http_server& operator=(http_server const&) = delete;
    ~http_server() { stop(); }

    /// Closes the port and every connection at once; waits for the handler's present step only. The
    /// port can then be refused, or taken by another server. Idempotent.
    void stop() {
        std::lock_guard const lock(mutex_);
        if (!executor_) return;
        if (network_) network_->hosts->close(network_->origin);
        executor_ = any_executor();
        if (io_) {
            io_->stop();
            thread_.join();
            io_.reset();
        } else {
            shared_->stop();
        }
    }

    /// Closes every connection, idle or not, without close_notify; new ones are accepted.
    void close_connections() {
        std::lock_guard const lock(mutex_);
        if (executor_) asio::post(executor_, [shared = shared_] { shared->close_connections(); });
    }

    /// Of loopback.
    [[nodiscard]] unsigned short port() const noexcept { return port_; }
    [[nodiscard]] bool is_tls() const noexcept { return shared_->tls.has_value(); }
    /// "https://127.0.0.1:1234"; in a memory_network "https://auth.example.com".
    [[nodiscard]] std::string const& origin() const noexcept { return origin_; }
    /// Precondition: the path begins with '/'.
    [[nodiscard]] std::string url(std::string_view path) const {
        return std::string(origin_).append(path);
    }

    [[nodiscard]] http_server_counters counters() const { return shared_->counters.now(); }
    /// Waits until `condition(http_server_counters const&)` holds; false when it does not within
    /// `limit`. The condition must not call the server.
    template <class Condition>
    [[nodiscard]] bool wait_until(Condition const& condition,
                                  duration limit = std::chrono::seconds(20)) const {
        return shared_->counters.wait_until(condition, limit);
    }

private:
    static asio::ssl::context make_tls(http_server_options const& options) {
        asio::ssl::context context(asio::ssl::context::tls_server);
        SSL_CTX* const native = context.native_handle();
        auto const number = [](tls_version v) {
            return v == tls_version::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
        };
        SSL_CTX_set_min_proto_version(native, number(options.min_tls_version));
        SSL_CTX_set_max_proto_version(native, number(options.max_tls_version));
        context.use_certificate_chain(asio::buffer(options.tls->certificate_pem));
        context.use_private_key(asio::buffer(options.tls->private_key_pem),
                                asio::ssl::context::pem);
        if (options.client_certificate == client_certificates::not_requested) return context;
        // Without an id of its own a server refuses to resume sessions of verified clients.
        constexpr unsigned char session_context[] = "coauth";
        SSL_CTX_set_session_id_context(native, session_context, sizeof session_context);
        asio::ssl::verify_mode mode = asio::ssl::verify_peer;
        if (options.client_certificate == client_certificates::required) {
            mode |= asio::ssl::verify_fail_if_no_peer_cert;
        }
        context.set_verify_mode(mode);
        if (options.client_ca_pem.empty()) {
            context.set_verify_callback([](bool, asio::ssl::verify_context&) { return true; });
        } else {
            context.add_certificate_authority(asio::buffer(options.client_ca_pem));
        }
        return context;
    }

    void listen_in_memory() {
        std::string_view const scheme = network_->origin.scheme();
        origin_ = std::string(scheme) + "://" + network_->origin.authority();
        auto accept = [shared = shared_, executor = executor_](detail::descriptor end,
                                                               detail::memory_peer client) {
            asio::post(executor, [shared, executor, client, end = std::move(end)]() mutable {
                std::error_code ec;
                auto socket = detail::as_stream_socket(executor, std::move(end), ec);
                if (!ec) welcome(shared, std::move(socket), client);
            });
        };
        network_->hosts->listen(network_->origin, std::move(accept));
    }

    void listen_on_loopback(http_server_options const& options) {
        if (options.tls) shared_->tls = make_tls(options);
        using asio::ip::tcp;
        tcp::acceptor acceptor(executor_, {asio::ip::address_v4::loopback(), options.port}, true);
        acceptor.listen(4096);
        port_ = acceptor.local_endpoint().port();
        origin_ = (is_tls() ? "https://" : "http://") + options.host + ':' + std::to_string(port_);
        auto const take = [shared = shared_](asio::ip::tcp::socket socket) {
            welcome(shared, std::move(socket), std::nullopt);
        };
        asio::co_spawn(executor_, detail::accept_connections(std::move(acceptor), take),
                       asio::detached);
    }

    static void welcome(std::shared_ptr<detail::server_shared> const& shared,
                        asio::ip::tcp::socket socket,
                        std::optional<detail::memory_peer> const& peer) {
        if (shared->stopped || shared->connections.size() >= shared->max_connections) return;
        any_executor const executor = socket.get_executor();
        auto connection =
            std::make_shared<detail::server_connection>(shared, std::move(socket), peer);
        asio::co_spawn(executor, detail::server_connection::serve(std::move(connection)),
                       asio::detached);
    }

    std::shared_ptr<detail::server_shared> const shared_;
    std::shared_ptr<detail::memory_address const> const network_;
    std::string origin_;
    unsigned short port_ = 0;
    std::mutex mutex_;
    any_executor executor_;  ///< empty once it has been stopped
    std::unique_ptr<asio::io_context> io_;
    std::thread thread_;
};

}  // namespace coauth::testing

#endif
