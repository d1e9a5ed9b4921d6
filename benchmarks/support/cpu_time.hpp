// SPDX-License-Identifier: BSL-1.0
//
// CPU time of things that take nanoseconds: what a thread has used, so that other programs on the
// machine count little, and the least of several repetitions.

#ifndef COAUTH_BENCHMARKS_SUPPORT_CPU_TIME_HPP
#define COAUTH_BENCHMARKS_SUPPORT_CPU_TIME_HPP

#include <algorithm>
#include <cstddef>
#include <limits>
#include <sched.h>
#include <time.h>
#include <unistd.h>
#include <vector>

namespace bench {

/// Of this thread, in nanoseconds.
[[nodiscard]] inline double thread_cpu() noexcept {
    ::timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/// The compiler must have the value, and may not move work over this line.
template <class T>
inline void keep(T const& value) noexcept {
    asm volatile("" : : "r,m"(value) : "memory");
}

/// CPU time of one of `count` calls of `f`. Not inlined, so that the same code is measured wherever
/// this is called.
template <class F>
[[nodiscard, gnu::noinline]] double cost_of_one(long count, F&& f) {
    double const begun = thread_cpu();
    for (long i = 0; i < count; ++i) f();
    return (thread_cpu() - begun) / static_cast<double>(count);
}

class least {
public:
    void add(double value) noexcept { value_ = std::min(value_, value); }
    [[nodiscard]] double value() const noexcept { return value_; }

private:
    double value_ = std::numeric_limits<double>::infinity();
};

[[nodiscard]] inline double median(std::vector<double> values) {
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// The processors this process may use.
[[nodiscard]] inline std::vector<int> processors() {
    ::cpu_set_t set;
    ::sched_getaffinity(0, sizeof set, &set);
    std::vector<int> found;
    for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &set)) found.push_back(i);
    }
    return found;
}

/// Keeps this thread on one of them.
inline void pin(int processor) noexcept {
    ::cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    ::sched_setaffinity(0, sizeof set, &set);
}

}  // namespace bench

#endif
