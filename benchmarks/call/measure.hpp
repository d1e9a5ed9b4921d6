// SPDX-License-Identifier: BSL-1.0
//
// What every program of the call benchmark does alike: its arguments, and what is measured of it.
//
// call_… <plain|tls> <port> <connections> <requests> <token file> <CA file> [mode]
//
// GET /v1/data on 127.0.0.1 with a bearer token; `requests` of them after some to warm up, over
// connections that are kept alive. Prints one line of JSON.

#ifndef COAUTH_BENCHMARKS_CALL_MEASURE_HPP
#define COAUTH_BENCHMARKS_CALL_MEASURE_HPP

#include "../support/allocations.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <vector>

namespace bench {

struct options {
    bool tls = false;
    std::string port;
    int connections = 0;
    long requests = 0;
    std::string token;
    std::string ca_file;
    std::string mode;

    [[nodiscard]] std::string origin() const {
        return (tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + port;
    }
    /// Of one connection, in the phase that is not measured.
    [[nodiscard]] static long warm_up() { return 3; }
    [[nodiscard]] long per_connection() const { return requests / connections; }
};

inline constexpr std::string_view host = "127.0.0.1";
inline constexpr std::string_view target = "/v1/data";
inline constexpr std::chrono::seconds deadline{30};
inline constexpr std::size_t body_size = 293;

[[nodiscard]] inline options parse(int argc, char** argv) {
    if (argc < 7) {
        throw std::runtime_error(
            "usage: <plain|tls> <port> <connections> <requests> <token file> <CA file> [mode]");
    }
    options o;
    o.tls = std::string_view(argv[1]) == "tls";
    o.port = argv[2];
    o.connections = std::max(1, std::atoi(argv[3]));
    o.requests = std::atol(argv[4]);
    std::ifstream(argv[5]) >> o.token;
    o.ca_file = argv[6];
    if (argc > 7) o.mode = argv[7];
    return o;
}

/// Of the phase between start() and print().
class measurement {
public:
    explicit measurement(options const& o) : connections_(o.connections) {
        if (connections_ == 1) latencies_.reserve(static_cast<std::size_t>(o.requests) + 100);
    }

    void start() {
        latencies_.clear();
        done_ = 0;
        failed_ = 0;
        cpu_ = cpu_now();
        allocations_ = allocations();
    }

    using time_point = std::chrono::steady_clock::time_point;
    /// The latency of single requests is taken only where there is one connection.
    [[nodiscard]] time_point request_begins() const {
        return connections_ == 1 ? std::chrono::steady_clock::now() : time_point();
    }
    void request_ended(time_point began, bool good) {
        if (connections_ == 1) latencies_.push_back(std::chrono::steady_clock::now() - began);
        ++done_;
        if (!good) ++failed_;
    }

    void print() {
        auto const n = static_cast<double>(std::max<long>(done_, 1));
        double const per_request = static_cast<double>(allocations() - allocations_) / n;
        std::cout << "{\"requests\":" << done_ << ",\"failed\":" << failed_
                  << ",\"cpu_us\":" << (cpu_now() - cpu_) / n << ",\"allocations\":" << per_request
                  << ",\"peak_kb\":" << peak_kb() << ",\"p50_us\":" << latency(0.5)
                  << ",\"p99_us\":" << latency(0.99) << "}\n";
    }

private:
    /// User and system time, in microseconds.
    [[nodiscard]] static double cpu_now() {
        auto const micros = [](::timeval t) {
            return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
        };
        ::rusage used{};
        ::getrusage(RUSAGE_SELF, &used);
        return micros(used.ru_utime) + micros(used.ru_stime);
    }
    /// Not ru_maxrss, which begins with that of the process that started this one.
    [[nodiscard]] static long peak_kb() {
        std::ifstream status("/proc/self/status");
        std::string word;
        while (status >> word && word != "VmHWM:") {}
        long kb = 0;
        status >> kb;
        return kb;
    }
    [[nodiscard]] double latency(double share) {
        if (latencies_.empty()) return 0;
        std::sort(latencies_.begin(), latencies_.end());
        auto const last = static_cast<double>(latencies_.size() - 1);
        auto const found = latencies_[static_cast<std::size_t>(share * last)];
        return std::chrono::duration<double, std::micro>(found).count();
    }

    int connections_;
    long done_ = 0;
    long failed_ = 0;
    double cpu_ = 0;
    std::uint64_t allocations_ = 0;
    std::vector<std::chrono::steady_clock::duration> latencies_;
};

}  // namespace bench

#endif
