// SPDX-License-Identifier: BSL-1.0
//
// What is counted, under which names and labels, and that it is OpenMetrics.

#include <coauth/metrics.hpp>

#include "openmetrics_reader.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace metrics_test {
namespace {

using namespace std::chrono_literals;
using coauth_test::openmetrics_reader;

openmetrics_reader read(coauth::metrics const& metrics) {
    std::string text;
    metrics.write_openmetrics(text);
    openmetrics_reader page(text);
    EXPECT_EQ(page.problems, std::vector<std::string>()) << text;
    return page;
}

coauth::request_done done(std::string_view method, int status, coauth::duration took,
                          coauth::error const* failure = nullptr) {
    return {.method = method,
            .server_address = "api.example.com",
            .server_port = 443,
            .status_code = status,
            .failure = failure,
            .took = took,
            .sends = 1,
            .traceparent = {}};
}

coauth::request_sent sent(std::string_view method, unsigned resend_count) {
    return {.method = method,
            .server_address = "api.example.com",
            .server_port = 443,
            .resend_count = resend_count,
            .traceparent = {}};
}

TEST(metrics, of_nothing_are_a_page) { EXPECT_TRUE(read(coauth::metrics()).samples.empty()); }

TEST(metrics, append_to_what_is_there) {
    std::string text = "# TYPE mine counter\nmine_total 1\n";
    coauth::metrics().write_openmetrics(text);
    EXPECT_TRUE(text.starts_with("# TYPE mine counter\nmine_total 1\n# TYPE http_client_"));
}

TEST(metrics, count_calls_by_method_server_status_and_error) {
    coauth::metrics const metrics;
    coauth::observer const observer(metrics);
    for (unsigned sends : {0U, 1U}) observer(sent("GET", sends));
    observer(sent("BREW", 0));
    observer(done("GET", 200, 5ms));
    observer(done("GET", 200, 5001us));
    observer(done("GET", 503, 1h));
    coauth::error const failure(coauth::errc::deadline_exceeded, coauth::stage::wait, "late");
    observer(done("BREW", 0, -1s, &failure));
    auto const samples = read(metrics).samples;
    std::string const name = "http_client_request_duration_seconds";
    std::string const server = R"(server_address="api.example.com",server_port="443")";
    std::string const good =
        R"({http_request_method="GET",)" + server + R"(,http_response_status_code="200")";
    EXPECT_EQ(samples.at(name + "_bucket" + good + R"(,le="0.005"})"), 1);
    EXPECT_EQ(samples.at(name + "_bucket" + good + R"(,le="0.01"})"), 2);
    EXPECT_EQ(samples.at(name + "_bucket" + good + R"(,le="1.0"})"), 2);
    EXPECT_EQ(samples.at(name + "_count" + good + "}"), 2);
    EXPECT_DOUBLE_EQ(samples.at(name + "_sum" + good + "}"), 0.010001);
    EXPECT_EQ(samples.at(name + R"(_bucket{http_request_method="GET",)" + server +
                         R"(,http_response_status_code="503",error_type="503",le="10.0"})"),
              0);
    EXPECT_EQ(samples.at(name + R"(_sum{http_request_method="_OTHER",)" + server +
                         R"(,error_type="deadline_exceeded"})"),
              0);
    EXPECT_EQ(
        samples.at(R"(http_client_active_requests{http_request_method="_OTHER",)" + server + "}"),
        0);
}

TEST(metrics, count_connections_and_resends) {
    coauth::metrics const metrics;
    for (int i = 0; i != 3; ++i) {
        metrics(coauth::connection_opened{"a", 80, false, 30ms});
        metrics(coauth::connection_reused{"a", 80});
    }
    metrics(coauth::connection_closed{"a", 80, 299s, 7});
    metrics(coauth::request_retried{"GET", "a", 80, coauth::retry_reason::token_renewed});
    auto const samples = read(metrics).samples;
    std::string const server = R"({server_address="a",server_port="80"})";
    EXPECT_EQ(samples.at("http_client_open_connections" + server), 2);
    EXPECT_EQ(samples.at("coauth_connection_reuses_total" + server), 3);
    EXPECT_EQ(samples.at("coauth_connect_duration_seconds_count" + server), 3);
    EXPECT_EQ(samples.at("http_client_connection_duration_seconds_sum" + server), 299);
    EXPECT_EQ(
        samples.at("http_client_request_resends_total{server_address=\"a\",server_port=\"80\","
                   "reason=\"token_renewed\"}"),
        1);
}

TEST(metrics, count_token_fetches_by_server_reason_and_error) {
    coauth::metrics const metrics;
    constexpr std::string_view endpoint = "https://auth.example.com/tenant/token";
    metrics(coauth::token_fetched{endpoint, coauth::fetch_reason::rejected, 20ms, 1h});
    metrics(coauth::token_refreshed{endpoint, 20ms, 1h});
    coauth::error const failure(coauth::errc::token_refused, coauth::stage::token, "no");
    metrics(
        coauth::token_fetch_failed{endpoint, coauth::fetch_reason::expired, failure, 1s, 2s, true});
    coauth::error const foreign;
    metrics(coauth::token_fetch_failed{"?", coauth::fetch_reason::expired, foreign, 1s, 2s, true});
    metrics(coauth::token_rejected{endpoint, "https://api.example.com:443"});
    metrics(coauth::token_loaded{endpoint, 1h});
    metrics(coauth::store_failed{endpoint, coauth::store_operation::save, failure});
    auto const samples = read(metrics).samples;
    std::string const count = "coauth_token_fetch_duration_seconds_count{";
    std::string const server = R"(server_address="auth.example.com",server_port="443")";
    EXPECT_EQ(samples.at(count + server + R"(,reason="rejected"})"), 1);
    EXPECT_EQ(samples.at(count + server + R"(,reason="refresh_ahead"})"), 1);
    EXPECT_EQ(samples.at(count + server + R"(,reason="expired",error_type="token_refused"})"), 1);
    EXPECT_EQ(samples.at(count + R"(reason="expired",error_type="_OTHER"})"), 1);
    EXPECT_EQ(samples.at("coauth_token_rejections_total{" + server + "}"), 1);
    EXPECT_EQ(samples.at("coauth_token_loads_total{" + server + "}"), 1);
    EXPECT_EQ(samples.at("coauth_store_failures_total{" + server +
                         R"(,operation="save",error_type="token_refused"})"),
              1);
}

TEST(metrics, are_bounded_and_count_what_is_beyond_in_one_series) {
    coauth::metrics const metrics({.max_series = 3});
    for (int i = 0; i != 100; ++i) {
        metrics(coauth::connection_reused{"host" + std::to_string(i), 443});
    }
    metrics(coauth::connection_reused{"host1", 443});
    auto const samples = read(metrics).samples;
    EXPECT_EQ(samples.size(), 4U);
    EXPECT_EQ(samples.at("coauth_connection_reuses_total{otel_metric_overflow=\"true\"}"), 97);
    EXPECT_EQ(
        samples.at("coauth_connection_reuses_total{server_address=\"host1\",server_port=\"443\"}"),
        2);
}

TEST(metrics, escape_their_labels) {
    coauth::metrics const metrics;
    metrics(coauth::connection_reused{"a\"b\\c\nd", 443});
    EXPECT_EQ(read(metrics).samples.begin()->first,
              R"(coauth_connection_reuses_total{server_address="a\"b\\c\nd",server_port="443"})");
}

}  // namespace
}  // namespace metrics_test
