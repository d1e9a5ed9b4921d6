// SPDX-License-Identifier: BSL-1.0
//
// A full barrier between two sides of which one is hot. The hot side keeps only the compiler from
// reordering; the cold side makes every running thread of the process pass a full barrier
// (membarrier(2), Linux 4.14). Any thread.

#ifndef COAUTH_DETAIL_ASYMMETRIC_BARRIER_HPP
#define COAUTH_DETAIL_ASYMMETRIC_BARRIER_HPP

#include <atomic>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace coauth::detail {

struct asymmetric_barrier {
    /// Asks for the process to be allowed to use heavy(). False where the system has no such
    /// thing: then both sides must use seq_cst accesses.
    [[nodiscard]] static bool prepare() noexcept {
#ifdef COAUTH_TEST_HEAVY_BARRIER
        return true;
#else
        return command(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
#endif
    }

    /// For the hot side, between its store and its load.
    static void light() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

    /// For the cold side, between its store and its loads. False when the system failed to do it.
    /// Precondition: prepare() has succeeded. Takes some microseconds.
    [[nodiscard]] static bool heavy() noexcept {
#ifdef COAUTH_TEST_HEAVY_BARRIER
        COAUTH_TEST_HEAVY_BARRIER();
        return true;
#else
        return command(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
#endif
    }

private:
    [[maybe_unused]] static bool command(int what) noexcept {
        return ::syscall(SYS_membarrier, what, 0, 0) == 0;
    }
};

}  // namespace coauth::detail

#endif
