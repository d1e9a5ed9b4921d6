// SPDX-License-Identifier: BSL-1.0
//
// Metrics that many threads count into while another one reads them.

#include <support/yield.hpp>  // first

#include <coauth/metrics.hpp>

#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

namespace metrics_test {
namespace {

using namespace std::chrono_literals;

std::size_t value_of(std::string const& page, std::string const& series) {
    std::size_t const at = page.find("\n" + series + " ");
    return at == std::string::npos ? 0 : std::stoul(page.substr(at + series.size() + 2));
}

TEST(metrics_threads, lose_no_count) {
    constexpr int threads = 4;
    constexpr int hosts = 8;  // of which the table has room for five
    constexpr int rounds = 500;
    for (int attempt = 0; attempt != 20; ++attempt) {
        coauth::metrics const metrics({.max_series = 5});
        std::atomic<int> running{threads};
        std::vector<std::thread> workers;
        for (int t = 0; t != threads; ++t) {
            workers.emplace_back([&, t] {
                coauth::observer const observer(metrics);
                for (int i = 0; i != rounds; ++i) {
                    std::string const host = "h" + std::to_string((i + t) % hosts);
                    observer(coauth::connection_reused{host, 443});
                    observer(coauth::connection_opened{host, 443, true, 1ms});
                }
                --running;
            });
        }
        std::string page;
        while (running != 0) {
            page.clear();
            metrics.write_openmetrics(page);
        }
        for (std::thread& worker : workers) worker.join();
        page.clear();
        metrics.write_openmetrics(page);
        std::size_t reuses =
            value_of(page, "coauth_connection_reuses_total{otel_metric_overflow=\"true\"}");
        std::size_t opened =
            value_of(page, "coauth_connect_duration_seconds_count{otel_metric_overflow=\"true\"}");
        std::size_t series = 0;
        for (int host = 0; host != hosts; ++host) {
            std::string const labels =
                "{server_address=\"h" + std::to_string(host) + "\",server_port=\"443\"}";
            std::size_t const n = value_of(page, "coauth_connection_reuses_total" + labels);
            reuses += n;
            series += n != 0 ? 1 : 0;
            opened += value_of(page, "coauth_connect_duration_seconds_count" + labels);
        }
        EXPECT_EQ(reuses, std::size_t{threads * rounds});
        EXPECT_EQ(opened, std::size_t{threads * rounds});
        EXPECT_LE(series, 5U);
    }
}

}  // namespace
}  // namespace metrics_test
