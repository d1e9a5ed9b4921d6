// SPDX-License-Identifier: BSL-1.0
//
// Connected pairs of sockets inside this process (socketpair(2)), for the in-memory network.

#ifndef COAUTH_TESTING_MEMORY_SOCKET_HPP
#define COAUTH_TESTING_MEMORY_SOCKET_HPP

#include <coauth/detail/asio.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace coauth::detail {

class descriptor {
public:
    descriptor() = default;
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(other.release()) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

/// The end at which a client is, as its server knows it; not an owner.
class memory_peer {
public:
    explicit memory_peer(descriptor const& end) noexcept : fd_(end.get()), inode_(inode(fd_)) {}

    /// Sends one byte in the client's name: a socket that is closed with unread bytes resets its
    /// connection. There is no other way to do that (SO_LINGER is for TCP). Nothing happens when
    /// the client has closed its end, and its number belongs to something else.
    void leave_unread_byte() const noexcept {
        // Only the duplicate is looked at: the client's thread may close the number at any time.
        descriptor const end(::fcntl(fd_, F_DUPFD_CLOEXEC, 0));
        if (end.get() < 0 || inode(end.get()) != inode_) return;
        static_cast<void>(::send(end.get(), "", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
    }

private:
    /// Sockets that exist at one time have different ones.
    [[nodiscard]] static ::ino_t inode(int fd) noexcept {
        struct ::stat status {};
        return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) ? status.st_ino : 0;
    }

    int fd_;
    ::ino_t inode_;
};

struct memory_pair {
    descriptor client;
    descriptor server;
};

[[nodiscard]] inline memory_pair make_memory_pair(std::error_code& ec) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
        ec = {errno, asio::error::get_system_category()};
        return {};
    }
    return {descriptor(ends[0]), descriptor(ends[1])};
}

/// Asio's operations on a stream socket do not ask for its address family.
[[nodiscard]] inline asio::ip::tcp::socket as_stream_socket(any_executor const& executor,
                                                            descriptor end, std::error_code& ec) {
    asio::ip::tcp::socket socket(executor);
    socket.assign(asio::ip::tcp::v4(), end.get(), ec);
    if (!ec) static_cast<void>(end.release());
    return socket;
}

}  // namespace coauth::detail

#endif
