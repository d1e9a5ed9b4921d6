// SPDX-License-Identifier: BSL-1.0
//
// A bad network between two sockets of this process, without privileges: the kernel asks a filter
// of the receiving socket (SO_ATTACH_FILTER) about each packet, and TCP on the other side takes
// what it drops for lost.

#ifndef COAUTH_TESTS_SUPPORT_PACKET_LOSS_HPP
#define COAUTH_TESTS_SUPPORT_PACKET_LOSS_HPP

#include <support/http_driver.hpp>

#include <array>
#include <cstdint>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <vector>

namespace coauth::tests {

/// False where this kernel has no such filters.
template <std::size_t Size>
[[nodiscard]] bool attach_filter(int fd, std::array<::sock_filter, Size> program) {
    ::sock_fprog const whole{static_cast<unsigned short>(Size), program.data()};
    return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof whole) == 0;
}

/// Every fifth packet that comes in over IPv4 is lost. Counted by the sender's identification, so
/// that a packet sent again is another one, and no run of bad luck fails a test.
[[nodiscard]] inline bool lose_every_fifth_packet(int fd) {
    constexpr auto identification = static_cast<std::uint32_t>(SKF_NET_OFF + 4);
    return attach_filter<5>(fd, {::sock_filter BPF_STMT(BPF_LD | BPF_H | BPF_ABS, identification),
                                 ::sock_filter BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 5),
                                 ::sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
                                 ::sock_filter BPF_STMT(BPF_RET | BPF_K, 0),
                                 ::sock_filter BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF)});
}

/// Nothing comes in any more, and nobody is told: what a NAT does that has forgotten a connection.
[[nodiscard]] inline bool lose_everything(int fd) {
    return attach_filter<1>(fd, {::sock_filter BPF_STMT(BPF_RET | BPF_K, 0)});
}

/// Sends no faster.
inline void limit_rate(int fd, unsigned bytes_per_second) {
    ::setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &bytes_per_second, sizeof bytes_per_second);
}

[[nodiscard]] inline ::tcp_info tcp_state(int fd) {
    ::tcp_info info{};
    ::socklen_t size = sizeof info;
    ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
    return info;
}

[[nodiscard]] inline bool is_listening(int fd) {
    int listens = 0;
    ::socklen_t size = sizeof listens;
    ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
    return listens != 0;
}

/// Both ends of the connections of this process.
[[nodiscard]] inline std::vector<int> connected_sockets() {
    std::vector<int> all = open_sockets();
    std::erase_if(all, is_listening);
    return all;
}

/// Connections that are accepted from now on have packets as on an Ethernet, both ways.
inline void use_small_packets() {
    int const size = 1400;
    for (int const fd : open_sockets()) {
        if (is_listening(fd)) ::setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &size, sizeof size);
    }
}

}  // namespace coauth::tests

#endif
