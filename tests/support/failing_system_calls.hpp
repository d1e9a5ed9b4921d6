// SPDX-License-Identifier: BSL-1.0
//
// Makes system calls of this thread fail. A program that uses this has its own socket(), connect()
// and so on, which call those of the C library.

#ifndef COAUTH_TESTS_SUPPORT_FAILING_SYSTEM_CALLS_HPP
#define COAUTH_TESTS_SUPPORT_FAILING_SYSTEM_CALLS_HPP

#include <coauth/testing/fail_nth.hpp>

#include <cstddef>

namespace coauth_test {

/// Sets of them.
enum system_calls : unsigned {
    calls_socket = 1,
    calls_connect = 2,
    calls_send = 4,     ///< send, sendmsg, write
    calls_receive = 8,  ///< recv, recvmsg, read
    calls_poll = 16,    ///< poll, epoll_wait
};

/// While it lives, those calls of this thread count; the n-th of them, or all, fail.
class failing_system_calls {
public:
    /// Each is an event of `fault`, which must outlive it.
    failing_system_calls(unsigned which, int error_number,
                         coauth::testing::fail_nth& fault) noexcept;
    failing_system_calls(unsigned which, int error_number) noexcept;
    failing_system_calls(failing_system_calls const&) = delete;
    failing_system_calls& operator=(failing_system_calls const&) = delete;
    ~failing_system_calls();

    [[nodiscard]] std::size_t failures() const noexcept { return failures_; }
    /// To be asked by the replaced functions: whether this call fails, and errno is set.
    [[nodiscard]] bool strikes(unsigned one) noexcept;

private:
    unsigned const which_;
    int const error_number_;
    coauth::testing::fail_nth* const fault_ = nullptr;
    std::size_t failures_ = 0;
};

}  // namespace coauth_test

#endif
