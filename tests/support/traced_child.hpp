// SPDX-License-Identifier: BSL-1.0
//
// Runs a piece of code in a child process and stops at each of its system calls, to kill it there,
// or to let one fail. Linux on x86-64; elsewhere, and where tracing is not allowed, the tests skip.

#ifndef COAUTH_TESTS_SUPPORT_TRACED_CHILD_HPP
#define COAUTH_TESTS_SUPPORT_TRACED_CHILD_HPP

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <functional>
#include <string>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace coauth_test {

#ifdef __x86_64__
inline constexpr bool can_trace = true;
#else
inline constexpr bool can_trace = false;
#endif

class traced_child {
public:
    /// What the child does; its result is the exit status.
    using body = std::function<int()>;
    /// Called at each stop with the number of the system call, before it when `entering`, and
    /// after. Says what to do.
    enum class verdict { go_on, kill, fail };
    using judge = std::function<verdict(long call, bool entering)>;

    /// The exit status, -1 when it was killed, -2 when tracing is not possible here.
    /// `number` is the error of a call that fails.
    static int run(body const& work, judge const& decide, int number = EIO) {
        ::pid_t const child = ::fork();
        if (child == 0) {
            if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(120);
            static_cast<void>(::raise(SIGSTOP));
            ::_exit(work());
        }
        return trace(child, decide, number);
    }

private:
    static int trace(::pid_t child, judge const& decide, int number) {
        int status = 0;
        ::waitpid(child, &status, 0);
        if (!WIFSTOPPED(status)) return -2;
        ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
        bool entering = true;
        bool failing = false;
        int signal = 0;
        for (;;) {
            ::ptrace(PTRACE_SYSCALL, child, nullptr, signal);
            signal = 0;
            ::waitpid(child, &status, 0);
            if (WIFEXITED(status)) return WEXITSTATUS(status);
            if (WIFSIGNALED(status)) return -1;
            if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
                signal = WSTOPSIG(status);
                continue;
            }
            if (!entering && failing) set_result(child, -number);
            failing = false;
            verdict const v = decide(call_of(child), entering);
            if (v == verdict::kill) {
                ::kill(child, SIGKILL);
                ::waitpid(child, &status, 0);
                return -1;
            }
            if (v == verdict::fail && entering) {
                replace_call(child);
                failing = true;
            }
            entering = !entering;
        }
    }

#ifdef __x86_64__
    static ::user_regs_struct registers(::pid_t child) {
        ::user_regs_struct r{};
        ::ptrace(PTRACE_GETREGS, child, nullptr, &r);
        return r;
    }
    static long call_of(::pid_t child) { return static_cast<long>(registers(child).orig_rax); }
    /// A call that does not exist, so that nothing happens.
    static void replace_call(::pid_t child) {
        ::user_regs_struct r = registers(child);
        r.orig_rax = static_cast<unsigned long long>(-1);
        ::ptrace(PTRACE_SETREGS, child, nullptr, &r);
    }
    static void set_result(::pid_t child, long value) {
        ::user_regs_struct r = registers(child);
        r.rax = static_cast<unsigned long long>(value);
        ::ptrace(PTRACE_SETREGS, child, nullptr, &r);
    }
#else
    static long call_of(::pid_t) { return 0; }
    static void replace_call(::pid_t) {}
    static void set_result(::pid_t, long) {}
#endif
};

}  // namespace coauth_test

#endif
