// SPDX-License-Identifier: BSL-1.0
//
// The bytes of one connection, plain or through TLS. There is one awaited operation for both, a
// read of the socket, so Asio's machinery is instantiated once; writes are tried at once and go on
// when the socket can take more. Not synchronised.

#ifndef COAUTH_HTTP_STREAM_HPP
#define COAUTH_HTTP_STREAM_HPP

#include <coauth/detail/asio.hpp>
#include <coauth/http/tls_engine.hpp>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace coauth::http {

class stream {
public:
    explicit stream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

    /// From here on everything goes through TLS, beginning with a handshake.
    void start_tls(tls_edition const& edition, std::string const& host) {
        tls_.emplace(edition, host);
    }
    /// Null on a plain connection.
    [[nodiscard]] tls_engine* tls() noexcept { return tls_ ? &*tls_ : nullptr; }
    [[nodiscard]] asio::ip::tcp::socket& socket() noexcept { return socket_; }

    /// The raw bytes that the socket has: text of the message, or input for tls().
    [[nodiscard]] awaitable<std::size_t> read_some(char* out, std::size_t room,
                                                   std::error_code& ec) {
        return socket_.async_read_some(asio::buffer(out, room),
                                       asio::redirect_error(asio::use_awaitable, ec));
    }

    /// The same, only what is there already; would_block when there is nothing, eof at the end.
    std::size_t try_read(char* out, std::size_t room, std::error_code& ec) noexcept {
        for (;;) {
            ::ssize_t const n = ::recv(socket_.native_handle(), out, room, MSG_DONTWAIT);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) ec = last_error();
            if (n == 0) ec = asio::error::eof;
            return n > 0 ? static_cast<std::size_t>(n) : 0;
        }
    }

    /// Sends what the socket takes of `data`, at most one TLS record, and says how much that was.
    /// would_block: nothing more goes now. Over TLS, bytes count as sent when they are encrypted.
    std::size_t try_write(std::string_view data, std::error_code& ec) {
        if (!tls_) return try_send(data, ec);
        if (!flush(ec)) return 0;
        std::size_t taken = 0;
        if (tls_->write(data, taken) != tls_status::ok) {
            ec = tls_->cause() ? tls_->cause() : asio::error::broken_pipe;
            return 0;
        }
        flush(ec);
        return taken;
    }

    /// Sends what TLS has ready. False, with `ec`, when not all of it went.
    bool flush(std::error_code& ec) noexcept {
        while (tls_ && !tls_->output().empty()) {
            tls_->sent(try_send(tls_->output(), ec));
            if (ec) return false;
        }
        return true;
    }

    /// Says goodbye where TLS wants it and it goes at once; an awaited read ends.
    void close() noexcept {
        std::error_code ec;
        if (tls_ && socket_.is_open()) {
            tls_->say_goodbye();
            flush(ec);
        }
        socket_.close(ec);
    }

private:
    static std::error_code last_error() noexcept {
        if (errno == EAGAIN || errno == EWOULDBLOCK) return asio::error::would_block;
        return {errno, asio::error::get_system_category()};
    }

    std::size_t try_send(std::string_view data, std::error_code& ec) noexcept {
        for (;;) {
            ::ssize_t const n = ::send(socket_.native_handle(), data.data(), data.size(),
                                       MSG_DONTWAIT | MSG_NOSIGNAL);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) ec = last_error();
            return n > 0 ? static_cast<std::size_t>(n) : 0;
        }
    }

    asio::ip::tcp::socket socket_;
    std::optional<tls_engine> tls_;
};

}  // namespace coauth::http

#endif
