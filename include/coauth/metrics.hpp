// SPDX-License-Identifier: BSL-1.0
//
// Counts what an observer is told, under the names of OpenTelemetry's semantic conventions for HTTP
// clients as Prometheus writes them, and writes it as OpenMetrics text:
//
//   coauth::metrics metrics;
//   // .observer = metrics in the configuration of sources and clients
//   std::string page;
//   metrics.write_openmetrics(page);  // application/openmetrics-text; version=1.0.0; charset=utf-8

#ifndef COAUTH_METRICS_HPP
#define COAUTH_METRICS_HPP

#include <coauth/clock.hpp>
#include <coauth/detail/metric_table.hpp>
#include <coauth/detail/openmetrics_writer.hpp>
#include <coauth/error.hpp>
#include <coauth/observer.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace coauth {

struct metrics_options {
    /// Of each metric: combinations of label values that are told apart; what is beyond is counted
    /// under otel_metric_overflow="true". Range: 1 and more.
    std::size_t max_series = 500;
};

namespace detail {

// In microseconds; both as the semantic conventions recommend.
inline constexpr std::array<std::int64_t, 14> request_duration_bounds{
    5'000,   10'000,  25'000,    50'000,    75'000,    100'000,   250'000,
    500'000, 750'000, 1'000'000, 2'500'000, 5'000'000, 7'500'000, 10'000'000};
inline constexpr std::array<std::int64_t, 14> connection_duration_bounds{
    10'000,    20'000,    50'000,     100'000,    200'000,    500'000,     1'000'000,
    2'000'000, 5'000'000, 10'000'000, 30'000'000, 60'000'000, 120'000'000, 300'000'000};

struct metrics_state {
    using counts = metric_table<metric_count>;
    using requests = metric_table<metric_histogram<request_duration_bounds>>;
    using connections = metric_table<metric_histogram<connection_duration_bounds>>;

    explicit metrics_state(std::size_t max)
        : request_duration(max),
          active_requests(max),
          resends(max),
          open_connections(max),
          connection_duration(max),
          connect_duration(max),
          connection_reuses(max),
          token_fetch_duration(max),
          token_rejections(max),
          token_loads(max),
          store_failures(max) {}

    requests request_duration;
    counts active_requests;
    counts resends;
    counts open_connections;
    connections connection_duration;
    requests connect_duration;
    counts connection_reuses;
    requests token_fetch_duration;
    counts token_rejections;
    counts token_loads;
    counts store_failures;
};

/// Values of labels in their order. Numbers stand in buffers of its own, 0 is none.
class label_list {
public:
    template <class... Values>
    explicit label_list(Values const&... values) {
        (add(values), ...);
    }
    label_list(label_list const&) = delete;
    label_list& operator=(label_list const&) = delete;
    operator label_values() const noexcept { return {values_.data(), size_}; }

private:
    void add(std::string_view text) noexcept { values_[size_++] = text; }
    void add(int number) {
        std::string& digits = numbers_[size_];
        if (number != 0) digits = std::to_string(number);
        values_[size_++] = digits;
    }

    std::array<std::string_view, 5> values_;
    std::array<std::string, 5> numbers_;  // short enough to need no allocation
    std::size_t size_ = 0;
};

/// `error.type`.
[[nodiscard]] inline std::string_view error_type(error const& failure) noexcept {
    std::string_view const name = to_string(static_cast<errc>(failure.code().value()));
    return name.empty() ? "_OTHER" : name;
}

/// `http.request.method`: what is not among these is "_OTHER".
[[nodiscard]] inline std::string_view known_method(std::string_view method) noexcept {
    constexpr std::array<std::string_view, 10> methods{
        "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "QUERY"};
    return std::find(methods.begin(), methods.end(), method) == methods.end() ? "_OTHER" : method;
}

}  // namespace detail

/// An observer. A handle: copies count into the same series. Any thread; takes no lock, and
/// allocates only where a combination of label values comes for the first time. Labels hold no
/// path, no query and nothing that a server said but its status code.
class metrics {
public:
    explicit metrics(metrics_options options = {})
        : state_(std::make_shared<detail::metrics_state>(
              std::max<std::size_t>(options.max_series, 1))) {}

    void operator()(request_sent const& e) const {
        if (e.resend_count == 0) active(e.method, e.server_address, e.server_port, 1);
    }
    void operator()(request_retried const& e) const {
        state_->resends.at(detail::label_list(e.server_address, e.server_port, to_string(e.why)))
            .add(1);
    }
    void operator()(request_done const& e) const {
        if (e.sends != 0) active(e.method, e.server_address, e.server_port, -1);
        // As the conventions have it: a status that means failure is its own error type.
        std::string const failure = e.failure != nullptr
                                        ? std::string(detail::error_type(*e.failure))
                                    : e.status_code >= 400 ? std::to_string(e.status_code)
                                                           : std::string();
        state_->request_duration
            .at(detail::label_list(detail::known_method(e.method), e.server_address, e.server_port,
                                   e.status_code, failure))
            .observe(microseconds(e.took));
    }
    void operator()(connection_opened const& e) const {
        detail::label_list const where(e.server_address, e.server_port);
        state_->open_connections.at(where).add(1);
        state_->connect_duration.at(where).observe(microseconds(e.took));
    }
    void operator()(connection_reused const& e) const {
        state_->connection_reuses.at(detail::label_list(e.server_address, e.server_port)).add(1);
    }
    void operator()(connection_closed const& e) const {
        detail::label_list const where(e.server_address, e.server_port);
        state_->open_connections.at(where).add(-1);
        state_->connection_duration.at(where).observe(microseconds(e.age));
    }
    void operator()(token_fetched const& e) const { fetched(e.token_endpoint, e.why, {}, e.took); }
    void operator()(token_refreshed const& e) const {
        fetched(e.token_endpoint, fetch_reason::refresh_ahead, {}, e.took);
    }
    void operator()(token_fetch_failed const& e) const {
        fetched(e.token_endpoint, e.why, detail::error_type(e.failure), e.took);
    }
    void operator()(token_rejected const& e) const {
        count(state_->token_rejections, e.token_endpoint);
    }
    void operator()(token_loaded const& e) const { count(state_->token_loads, e.token_endpoint); }
    void operator()(store_failed const& e) const {
        count(state_->store_failures, e.token_endpoint, to_string(e.operation),
              detail::error_type(e.failure));
    }

    /// Appends all of it, "# EOF" included. OpenMetrics 1.0, which Prometheus reads. Any thread.
    void write_openmetrics(std::string& out) const;

private:
    [[nodiscard]] static std::int64_t microseconds(duration d) noexcept {
        return std::chrono::duration_cast<std::chrono::microseconds>(d).count();
    }
    void active(std::string_view method, std::string_view address, std::uint16_t port,
                int change) const {
        state_->active_requests.at(detail::label_list(detail::known_method(method), address, port))
            .add(change);
    }
    template <class... Labels>
    static void count(detail::metrics_state::counts& of, std::string_view endpoint,
                      Labels const&... labels) {
        series(of, endpoint, labels...).add(1);
    }
    /// What is about tokens is rare: the URL may be parsed.
    template <class Table, class... Labels>
    static auto& series(Table& of, std::string_view endpoint, Labels const&... labels) {
        auto const server = url::parse(endpoint);
        return of.at(detail::label_list(server ? std::string_view(server->host()) : "",
                                        server ? server->port() : 0, labels...));
    }
    void fetched(std::string_view endpoint, fetch_reason why, std::string_view failure,
                 duration took) const {
        series(state_->token_fetch_duration, endpoint, to_string(why), failure)
            .observe(microseconds(took));
    }

    std::shared_ptr<detail::metrics_state> state_;
};

inline void metrics::write_openmetrics(std::string& out) const {
    using names = std::array<std::string_view, 5>;
    constexpr names request{"http_request_method", "server_address", "server_port",
                            "http_response_status_code", "error_type"};
    constexpr names server{"server_address", "server_port"};
    constexpr names resend{"server_address", "server_port", "reason"};
    constexpr names fetch{"server_address", "server_port", "reason", "error_type"};
    detail::openmetrics_writer writer(out);
    writer.write({"http_client_request_duration_seconds", "histogram",
                  "Duration of calls: token, wait for a connection and resends included.", request},
                 state_->request_duration);
    writer.write({"http_client_active_requests", "gauge",
                  "Calls of which a request has been sent and that are not over.", request},
                 state_->active_requests);
    writer.write(
        {"http_client_request_resends", "counter", "Requests that were sent again.", resend},
        state_->resends);
    writer.write({"http_client_open_connections", "gauge", "Connections, in use or idle.", server},
                 state_->open_connections);
    writer.write({"http_client_connection_duration_seconds", "histogram",
                  "Lifetime of connections that are closed.", server},
                 state_->connection_duration);
    writer.write({"coauth_connect_duration_seconds", "histogram",
                  "Time to open a connection: DNS, TCP and TLS.", server},
                 state_->connect_duration);
    writer.write({"coauth_connection_reuses", "counter",
                  "Requests on a connection that had been used before.", server},
                 state_->connection_reuses);
    writer.write({"coauth_token_fetch_duration_seconds", "histogram",
                  "Duration of token fetches, in the background (refresh_ahead) or not.", fetch},
                 state_->token_fetch_duration);
    writer.write({"coauth_token_rejections", "counter",
                  "Tokens that were given up before their time.", server},
                 state_->token_rejections);
    constexpr names store{"server_address", "server_port", "operation", "error_type"};
    writer.write({"coauth_token_loads", "counter",
                  "Tokens out of the store, in the place of a token request.", server},
                 state_->token_loads);
    writer.write({"coauth_store_failures", "counter",
                  "Operations of the token store that failed or took too long.", store},
                 state_->store_failures);
    writer.end();
}

}  // namespace coauth

#endif
