// SPDX-License-Identifier: BSL-1.0
//
// Opens TCP sockets the way every connection of the library wants them. Any thread.

#ifndef COAUTH_HTTP_SOCKET_OPTIONS_HPP
#define COAUTH_HTTP_SOCKET_OPTIONS_HPP

#include <coauth/detail/asio.hpp>

#include <cerrno>
#include <chrono>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace coauth::detail {

inline void set_socket_option(int fd, int level, int name, int value) noexcept {
    ::setsockopt(fd, level, name, &value, sizeof value);  // an old kernel may lack one: no loss
}

/// How long what has been sent may go without an acknowledgement, or the peer's window stay shut,
/// before the connection ends with ETIMEDOUT (RFC 5482, kept to this side).
inline void set_user_timeout(int fd, std::chrono::milliseconds time) noexcept {
#ifdef __linux__
    set_socket_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(time.count()));
#else
    static_cast<void>(fd);
    static_cast<void>(time);
#endif
}
inline constexpr std::chrono::milliseconds usual_user_timeout = std::chrono::seconds(30);

/// Not inherited by programs that this one starts; no delay for small writes; a peer that has
/// vanished is noticed within half a minute, while idle as well as while data is on its way.
inline void open_tcp_socket(asio::ip::tcp::socket& socket, asio::ip::tcp const& protocol,
                            std::error_code& ec) {
    int const fd =
        ::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    if (fd < 0) {
        ec = {errno, asio::error::get_system_category()};
        return;
    }
    set_socket_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_socket_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef __linux__
    set_socket_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
    set_socket_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set_socket_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
#endif
    set_user_timeout(fd, usual_user_timeout);
    socket.assign(protocol, fd, ec);
    if (ec) ::close(fd);
}

}  // namespace coauth::detail

#endif
