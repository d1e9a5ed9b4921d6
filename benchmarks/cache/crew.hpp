// SPDX-License-Identifier: BSL-1.0
//
// The same work on several threads at the same moment, and what it costs each of them.

#ifndef COAUTH_BENCHMARKS_CACHE_CREW_HPP
#define COAUTH_BENCHMARKS_CACHE_CREW_HPP

#include "../support/cpu_time.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

namespace bench {

/// Threads leave it together, within a microsecond where each has a processor.
class starting_line {
public:
    explicit starting_line(unsigned threads) : threads_(threads) {}

    void wait() noexcept {
        unsigned const round = round_.load();
        if (arrived_.fetch_add(1) + 1 == threads_) {
            arrived_.store(0);
            round_.store(round + 1);
            return;
        }
        for (unsigned spins = 0; round_.load() == round; ++spins) {
            if (spins > 10000) std::this_thread::yield();
        }
    }

private:
    unsigned const threads_;
    std::atomic<unsigned> arrived_{0};
    std::atomic<unsigned> round_{0};
};

/// One thread's part of a burst.
struct stint {
    using clock = std::chrono::steady_clock;
    clock::time_point begun;
    clock::time_point ended;
    double cpu = 0;  ///< of one operation

    [[nodiscard]] double wall() const { return static_cast<double>((ended - begun).count()); }
    template <class F>
    void run(long operations, F const& f) {
        begun = clock::now();
        cpu = cost_of_one(operations, f);
        ended = clock::now();
    }
};

/// Whether both had a processor all the time and worked at the same time.
[[nodiscard]] inline bool overlap(stint const& a, stint const& b, long operations) {
    double const longest = std::max(a.wall(), b.wall());
    auto const common =
        static_cast<double>((std::min(a.ended, b.ended) - std::max(a.begun, b.begun)).count());
    double const worked = static_cast<double>(operations) * std::min(a.cpu, b.cpu);
    return common > 0.8 * longest && worked > 0.8 * longest;
}

/// What an operation costs when two pinned threads do it at once, to what it costs one of them
/// alone: ratio of the medians of short bursts that really overlapped. Not a number where that
/// cannot be had.
template <class F>
[[nodiscard]] double ratio_of_two_at_once(F const& f) {
    constexpr std::size_t bursts = 400;
    constexpr long operations = 20000;
    std::vector<int> const where = processors();
    if (where.size() < 2) return median({});
    std::vector<stint> alone(bursts);
    std::vector<stint> one(bursts);
    std::vector<stint> other(bursts);
    starting_line line(2);
    std::thread second([&] {
        pin(where.back());
        for (stint& s : other) {
            line.wait();  // while the first is alone
            line.wait();
            s.run(operations, f);
        }
    });
    std::thread first([&] {
        pin(where.front());
        for (std::size_t i = 0; i < bursts; ++i) {
            line.wait();
            alone[i].run(operations, f);
            line.wait();
            one[i].run(operations, f);
        }
    });
    first.join();
    second.join();
    std::vector<double> single;
    std::vector<double> both;
    for (std::size_t i = 0; i < bursts; ++i) {
        single.push_back(alone[i].cpu);
        if (overlap(one[i], other[i], operations)) both.push_back((one[i].cpu + other[i].cpu) / 2);
    }
    return both.size() < bursts / 10 ? median({}) : median(both) / median(single);
}

/// What an operation costs each of so many threads, which the system places as it likes.
template <class F>
[[nodiscard]] double cost_on(unsigned threads, F const& f) {
    constexpr long operations = 2'000'000;
    std::vector<double> costs(threads);
    std::vector<std::thread> crew;
    starting_line line(threads);
    for (double& cost : costs) {
        crew.emplace_back([&line, &cost, &f] {
            f();
            line.wait();
            cost = cost_of_one(operations, f);
        });
    }
    double sum = 0;
    for (std::size_t i = 0; i < crew.size(); ++i) {
        crew[i].join();
        sum += costs[i];
    }
    return sum / static_cast<double>(threads);
}

/// The same to what it costs one thread, least of the repetitions each.
template <class F>
[[nodiscard]] double ratio_of_four(F const& f, int repetitions) {
    least one;
    least four;
    for (int i = 0; i < repetitions; ++i) {
        one.add(cost_on(1, f));
        four.add(cost_on(4, f));
    }
    return four.value() / one.value();
}

}  // namespace bench

#endif
