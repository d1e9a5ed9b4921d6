// SPDX-License-Identifier: BSL-1.0

#include <coauth/detail/asymmetric_barrier.hpp>
#include <coauth/detail/hazard_domain.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <memory>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace asymmetric_barrier_test {
namespace {

using coauth::detail::asymmetric_barrier;
using coauth::detail::hazard_domain;

struct object : hazard_domain::retirable {
    explicit object(int& counter) : alive(counter) { ++alive; }
    object(object const&) = delete;
    object& operator=(object const&) = delete;
    ~object() { --alive; }
    int& alive;
};

/// As on a kernel, or in a sandbox, without membarrier(2); for good. False when that cannot be had.
bool take_membarrier_away() {
    std::array<sock_filter, 4> program = {{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),  // the number of the system call
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    sock_fprog const filter{static_cast<unsigned short>(program.size()), program.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

constexpr int good = 0;
constexpr int not_filtered = 77;

/// What `f` returns in a process of its own.
template <class F>
int in_a_process(F&& f) {
    pid_t const child = ::fork();
    if (child == 0) ::_exit(f());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// A held object stays, and goes with the slot; one that nobody holds goes at once.
int use(hazard_domain& domain) {
    int alive = 0;
    std::atomic<object*> source{new object(alive)};
    object* seen = nullptr;
    hazard_domain::slot* const held = domain.protect(source, seen);
    domain.retire(source.exchange(new object(alive)));  // sync: protect()
    if (alive != 2) return 1;
    domain.release(held);
    if (alive != 1) return 2;
    domain.retire(source.exchange(nullptr));  // sync: protect()
    return alive == 0 ? good : 3;
}

TEST(asymmetric_barrier, is_there_on_the_systems_that_are_supported) {
    ASSERT_TRUE(asymmetric_barrier::prepare());
    EXPECT_TRUE(asymmetric_barrier::heavy());
}

TEST(asymmetric_barrier, domain_does_without_where_the_system_has_none) {
    int const outcome = in_a_process([] {
        if (!take_membarrier_away()) return not_filtered;
        std::vector<std::shared_ptr<hazard_domain>> earlier;  // those made while it was there
        for (int i = 0; i < 100; ++i) earlier.push_back(hazard_domain::make());
        return use(*hazard_domain::make());
    });
    if (outcome == not_filtered) GTEST_SKIP() << "this system does not filter system calls";
    EXPECT_EQ(outcome, good);
}

TEST(asymmetric_barrier, domain_frees_nothing_while_the_system_refuses_the_barrier) {
    int const outcome = in_a_process([] {
        auto const domain = hazard_domain::make();
        int alive = 0;
        auto* const retired = new object(alive);
        if (!take_membarrier_away()) return not_filtered;
        domain->retire(retired);
        return alive == 1 ? good : 1;
    });
    if (outcome == not_filtered) GTEST_SKIP() << "this system does not filter system calls";
    EXPECT_EQ(outcome, good);
}

}  // namespace
}  // namespace asymmetric_barrier_test
