// SPDX-License-Identifier: BSL-1.0
//
// Drives http::exchange the way the facade does, for tests of the transport.

#ifndef COAUTH_TESTS_SUPPORT_HTTP_DRIVER_HPP
#define COAUTH_TESTS_SUPPORT_HTTP_DRIVER_HPP

#include <coauth/codec/http1_writer.hpp>
#include <coauth/http/exchange.hpp>

#include <cstdint>
#include <cstdlib>
#include <dirent.h>
#include <memory>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace coauth::tests {

/// One call and what came of it.
struct call_record {
    call_record() = default;

    std::string method = "GET";
    std::string target = "/";
    std::string request_body;
    http::exchange_options options;

    bool finished = false;
    coauth::error error;
    int status = 0;
    std::string body;
    bool reused = false;
    unsigned sends = 0;
    unsigned composed = 0;
};

using call_handle = std::shared_ptr<call_record>;

inline call_handle get_from(std::shared_ptr<http::endpoint> endpoint) {
    auto call = std::make_shared<call_record>();
    call->options.endpoint = std::move(endpoint);
    call->options.repeatable = true;
    return call;
}

inline call_handle post_to(std::shared_ptr<http::endpoint> endpoint, std::string body = "x=1") {
    auto call = std::make_shared<call_record>();
    call->options.endpoint = std::move(endpoint);
    call->method = "POST";
    call->request_body = std::move(body);
    return call;
}

inline void compose(call_record& call, http::exchange& x) {
    ++call.composed;
    http_fields const none;
    std::optional<std::uint64_t> length;
    if (call.method == "POST") length = call.request_body.size();
    write_request_head(x.output(), call.method, call.target, "localhost", none, length);
    x.send(call.request_body);
}

inline void take_result(call_record& call, http::exchange& x) {
    call.error = x.error();
    call.reused = x.reused();
    call.sends = x.sends();
    if (!call.error) {
        call.status = x.status();
        call.body = x.take_body();
    }
    call.finished = true;
}

inline asio::awaitable<void> drive(std::shared_ptr<http::transport> transport, call_handle call) {
    http::exchange x(transport, call->options);
    for (;;) {
        bool const writable = co_await x.until_compose();
        if (!writable) break;
        compose(*call, x);
    }
    take_result(*call, x);
}

/// Sockets and files that are open now.
inline std::vector<int> open_descriptors() {
    struct closer {
        void operator()(DIR* d) const { ::closedir(d); }
    };
    std::unique_ptr<DIR, closer> const directory(::opendir("/proc/self/fd"));
    std::vector<int> open;
    while (::dirent const* const entry = ::readdir(directory.get())) {
        int const fd = std::atoi(entry->d_name);
        if (entry->d_name[0] != '.' && fd != ::dirfd(directory.get())) open.push_back(fd);
    }
    return open;
}

/// Internet sockets among them.
inline std::vector<int> open_sockets() {
    std::vector<int> sockets;
    for (int const fd : open_descriptors()) {
        ::sockaddr_storage address{};
        ::socklen_t size = sizeof address;
        bool const is_one =
            ::getsockname(fd, reinterpret_cast<::sockaddr*>(&address), &size) == 0 &&
            (address.ss_family == AF_INET || address.ss_family == AF_INET6);
        if (is_one) sockets.push_back(fd);
    }
    return sockets;
}

/// A transport on an io_context of its own, and calls on it one after another or together.
class http_client {
public:
    explicit http_client(http::transport_options options = {})
        : transport_(http::transport::make(io_.get_executor(), std::move(options))) {}

    [[nodiscard]] asio::io_context& io() { return io_; }
    [[nodiscard]] std::shared_ptr<http::transport> const& transport() { return transport_; }
    [[nodiscard]] std::shared_ptr<http::endpoint> at(std::string const& text) {
        return transport_->endpoint_for(url::parse(text).value());
    }

    [[nodiscard]] std::size_t open() const { return transport_->open_connections(); }

    void start(call_handle const& call) {
        asio::co_spawn(io_, drive(transport_, call), asio::detached);
    }
    /// Returns when nothing is left to do.
    void run() {
        io_.restart();
        io_.run();
    }
    call_handle run(call_handle call) {
        start(call);
        run();
        return call;
    }

private:
    asio::io_context io_{1};
    std::shared_ptr<http::transport> transport_;
};

}  // namespace coauth::tests

#endif
