// SPDX-License-Identifier: BSL-1.0
//
// An embedded HTTP proxy for tests, on 127.0.0.1: tunnels and forwards to servers of this machine,
// asks for Basic credentials, misbehaves on command, and remembers what it was told. It has a
// thread and an io_context of its own. Members may be called from any thread but that one.

#ifndef COAUTH_TESTING_PROXY_SERVER_HPP
#define COAUTH_TESTING_PROXY_SERVER_HPP

#include <coauth/clock.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/testing/accept_loop.hpp>
#include <coauth/testing/fault_control.hpp>
#include <coauth/testing/proxy_connection.hpp>
#include <coauth/testing/request_log.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace coauth::testing {

/// How a proxy is set up. Every field has a default: an open proxy on a free port.
struct proxy_server_options {
    unsigned short port = 0;  ///< 0: any free one.
    /// Empty: nobody is asked for credentials.
    std::string user = {};
    std::string password = {};
    /// "api.test:443" to the port of a server on 127.0.0.1: names that no resolver has to know. The
    /// hosts 127.0.0.1, ::1 and localhost are known; all others are answered with 502.
    std::map<std::string, unsigned short> hosts = {};
};

/// Serves from construction to destruction. Commands of fault_control are its answers to CONNECT
/// and to forwarded requests; what runs inside a tunnel is out of its sight.
class proxy_server : public fault_control {
public:
    /// Throws std::system_error when the port is taken.
    explicit proxy_server(proxy_server_options options = {})
        : io_(std::make_unique<asio::io_context>(1)) {
        shared_.hosts = std::move(options.hosts);
        if (!options.user.empty()) {
            shared_.credentials = basic_auth(options.user, options.password);
        }
        shared_.take_failure = [this] { return take_failure(); };
        shared_.with_delay = [this](server_response r) { return with_delay(std::move(r)); };
        using asio::ip::tcp;
        tcp::acceptor acceptor(*io_, {asio::ip::address_v4::loopback(), options.port}, true);
        acceptor.listen(1024);
        port_ = acceptor.local_endpoint().port();
        auto const take = [this](asio::ip::tcp::socket socket) { welcome(std::move(socket)); };
        asio::co_spawn(*io_, detail::accept_connections(std::move(acceptor), take), asio::detached);
        thread_ = std::thread([io = io_.get()] { io->run(); });
    }
    proxy_server(proxy_server const&) = delete;
    proxy_server& operator=(proxy_server const&) = delete;
    ~proxy_server() { stop(); }

    /// Closes the port, every connection and every tunnel at once. Idempotent.
    void stop() {
        std::lock_guard const lock(mutex_);
        if (io_ == nullptr) return;
        io_->stop();
        thread_.join();
        io_.reset();
    }

    /// Closes every connection and every tunnel; new ones are accepted.
    void close_connections() {
        std::lock_guard const lock(mutex_);
        if (io_ == nullptr) return;
        asio::post(*io_, [this] {
            for (auto* const connection : shared_.connections) connection->abort();
        });
    }

    [[nodiscard]] unsigned short port() const noexcept { return port_; }
    /// "http://127.0.0.1:1234", for proxy_config::url.
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    /// Of all connections so far; a tunnel counts from the moment when it was opened.
    [[nodiscard]] proxy_server_counters counters() const { return shared_.counters(); }
    /// What it has been asked for, the last 256: the path is the target as it came. Values of
    /// credentials are redacted, names are not.
    [[nodiscard]] std::vector<recorded_request> requests() const { return shared_.log.records(); }

private:
    void welcome(asio::ip::tcp::socket socket) {
        any_executor const executor = socket.get_executor();
        auto connection = std::make_shared<detail::proxy_connection>(shared_, std::move(socket));
        asio::co_spawn(executor, detail::proxy_connection::serve(std::move(connection)),
                       asio::detached);
    }

    // The order matters: coroutines that are destroyed with the io_context use what stands above.
    unsigned short port_ = 0;
    detail::proxy_shared shared_;
    std::mutex mutex_;
    std::unique_ptr<asio::io_context> io_;
    std::thread thread_;
};

}  // namespace coauth::testing

#endif
