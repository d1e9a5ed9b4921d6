// SPDX-License-Identifier: BSL-1.0

#include "support/failing_system_calls.hpp"

#include <cerrno>
#include <dlfcn.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

namespace coauth_test {
namespace {

thread_local constinit failing_system_calls* active = nullptr;

bool fails(unsigned one) noexcept { return active != nullptr && active->strikes(one); }

/// A connection that a write finds dead is dead for reads as well.
bool send_fails(int fd) noexcept {
    if (!fails(calls_send)) return false;
    int const number = errno;
    if (number == ECONNRESET || number == EPIPE) ::shutdown(fd, SHUT_RDWR);
    errno = number;
    return true;
}

/// The C library's, or that of a sanitizer.
template <class Function>
Function* next(char const* name) noexcept {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

failing_system_calls::failing_system_calls(unsigned which, int error_number,
                                           coauth::testing::fail_nth& fault) noexcept
    : which_(which), error_number_(error_number), fault_(&fault) {
    active = this;
}
failing_system_calls::failing_system_calls(unsigned which, int error_number) noexcept
    : which_(which), error_number_(error_number) {
    active = this;
}
failing_system_calls::~failing_system_calls() { active = nullptr; }

bool failing_system_calls::strikes(unsigned one) noexcept {
    if ((which_ & one) == 0 || (fault_ != nullptr && !fault_->point())) return false;
    ++failures_;
    errno = error_number_;
    return true;
}

}  // namespace coauth_test

using namespace coauth_test;

extern "C" {

int socket(int domain, int type, int protocol) noexcept {
    static auto* const real = next<int(int, int, int)>("socket");
    return fails(calls_socket) ? -1 : real(domain, type, protocol);
}
int connect(int fd, sockaddr const* to, socklen_t size) {
    static auto* const real = next<int(int, sockaddr const*, socklen_t)>("connect");
    return fails(calls_connect) ? -1 : real(fd, to, size);
}
ssize_t send(int fd, void const* data, size_t size, int flags) {
    static auto* const real = next<ssize_t(int, void const*, size_t, int)>("send");
    return send_fails(fd) ? -1 : real(fd, data, size, flags);
}
ssize_t sendmsg(int fd, msghdr const* message, int flags) {
    static auto* const real = next<ssize_t(int, msghdr const*, int)>("sendmsg");
    return send_fails(fd) ? -1 : real(fd, message, flags);
}
ssize_t write(int fd, void const* data, size_t size) {
    static auto* const real = next<ssize_t(int, void const*, size_t)>("write");
    return send_fails(fd) ? -1 : real(fd, data, size);
}
ssize_t recv(int fd, void* out, size_t room, int flags) {
    static auto* const real = next<ssize_t(int, void*, size_t, int)>("recv");
    return fails(calls_receive) ? -1 : real(fd, out, room, flags);
}
ssize_t recvmsg(int fd, msghdr* message, int flags) {
    static auto* const real = next<ssize_t(int, msghdr*, int)>("recvmsg");
    return fails(calls_receive) ? -1 : real(fd, message, flags);
}
ssize_t read(int fd, void* out, size_t room) {
    static auto* const real = next<ssize_t(int, void*, size_t)>("read");
    return fails(calls_receive) ? -1 : real(fd, out, room);
}
int poll(pollfd* which, nfds_t count, int timeout) {
    static auto* const real = next<int(pollfd*, nfds_t, int)>("poll");
    return fails(calls_poll) ? -1 : real(which, count, timeout);
}
int epoll_wait(int fd, epoll_event* events, int most, int timeout) {
    static auto* const real = next<int(int, epoll_event*, int, int)>("epoll_wait");
    return fails(calls_poll) ? -1 : real(fd, events, most, timeout);
}

}  // extern "C"
