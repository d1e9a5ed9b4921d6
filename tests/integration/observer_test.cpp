// SPDX-License-Identifier: BSL-1.0
//
// What an observer is told, when, and what never reaches it.

#include "support/embedded.hpp"
#include "support/recording_server.hpp"

#include <gtest/gtest.h>

#include <mutex>

namespace observer_test {
namespace {

using namespace coauth_test;

constexpr char const* traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Writes each event down as one line.
class event_list {
public:
    void operator()(coauth::token_fetched const& e) const {
        add("token_fetched " + std::string(to_string(e.why)));
    }
    void operator()(coauth::token_refreshed const&) const { add("token_refreshed"); }
    void operator()(coauth::token_fetch_failed const& e) const {
        add("token_fetch_failed " + std::string(e.failure.oauth_error()));
    }
    void operator()(coauth::token_rejected const&) const { add("token_rejected"); }
    void operator()(coauth::request_sent const& e) const {
        add("request_sent " + std::string(e.method) + " " + std::to_string(e.resend_count) +
            (e.traceparent.empty() ? "" : " traced"));
    }
    void operator()(coauth::request_retried const& e) const {
        add("request_retried " + std::string(to_string(e.why)));
    }
    void operator()(coauth::request_done const& e) const {
        add("request_done " + std::to_string(e.status_code) + " " +
            (e.failure == nullptr ? "" : e.failure->code().message()));
    }
    void operator()(coauth::connection_opened const& e) const {
        add(std::string("connection_opened") + (e.tls ? " tls" : ""));
    }
    void operator()(coauth::connection_reused const&) const { add("connection_reused"); }
    void operator()(coauth::connection_closed const& e) const {
        add("connection_closed " + std::to_string(e.responses));
    }

    [[nodiscard]] std::vector<std::string> take() const {
        std::lock_guard const lock(shared_->mutex);
        return std::exchange(shared_->lines, {});
    }

private:
    void add(std::string line) const {
        std::lock_guard const lock(shared_->mutex);
        shared_->lines.push_back(std::move(line));
    }
    struct shared {
        std::mutex mutex;
        std::vector<std::string> lines;
    };
    std::shared_ptr<shared> shared_ = std::make_shared<shared>();
};

using lines = std::vector<std::string>;

class observer_test : public ::testing::Test {
protected:
    [[nodiscard]] coauth::token_source make_source() {
        coauth::token_source_config c = token_endpoint.source();
        c.observer = of_tokens;
        return coauth::token_source(io.get_executor(), std::move(c));
    }
    [[nodiscard]] coauth::rest_client make_client(coauth::authorization a) {
        coauth::rest_client_config c;
        c.base_url = api.url("/");
        c.authorization = std::move(a);
        c.observer = of_calls;
        return coauth::rest_client(io.get_executor(), std::move(c));
    }

    asio::io_context io;
    event_list of_tokens;
    event_list of_calls;
    recording_server api{[](server_request const&) { return server_response(200); }};
    recording_token_endpoint token_endpoint;
    coauth::token_source tokens{make_source()};
    std::optional<coauth::rest_client> client{make_client(tokens)};
};

TEST_F(observer_test, is_told_of_a_first_and_a_second_call) {
    run(io, client->get("/x"));
    EXPECT_EQ(of_calls.take(),
              (lines{"connection_opened", "request_sent GET 0", "request_done 200 "}));
    EXPECT_EQ(of_tokens.take(), (lines{"connection_opened", "token_fetched no_cached_token"}));
    run(io, client->get("/x"));
    EXPECT_EQ(of_calls.take(),
              (lines{"connection_reused", "request_sent GET 0", "request_done 200 "}));
    EXPECT_EQ(of_tokens.take(), lines{});
}

TEST_F(observer_test, is_told_of_a_rejected_token_and_the_second_send) {
    run(io, client->get("/x"));
    (void)of_calls.take();
    (void)of_tokens.take();
    api.set([](server_request const& r) {
        return server_response(r.fields.find("Authorization") == "Bearer token-2" ? 200 : 401);
    });
    run(io, client->get("/x"));
    EXPECT_EQ(of_calls.take(),
              (lines{"connection_reused", "request_sent GET 0", "request_retried token_renewed",
                     "connection_reused", "request_sent GET 1", "request_done 200 "}));
    EXPECT_EQ(of_tokens.take(),
              (lines{"token_rejected", "connection_reused", "token_fetched rejected"}));
}

TEST_F(observer_test, is_told_of_a_failed_fetch_and_of_the_call_that_it_ends) {
    token_endpoint.set([](server_request const&) {
        return server_response::json(400, R"({"error":"invalid_scope"})");
    });
    auto const outcome = run(io, client->try_get("/x"));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(of_tokens.take(), (lines{"connection_opened", "token_fetch_failed invalid_scope"}));
    EXPECT_EQ(of_calls.take(), (lines{"request_done 0 " + outcome.error().code().message()}));
}

TEST_F(observer_test, is_told_when_connections_end) {
    run(io, client->get("/x"));
    run(io, client->get("/x"));
    (void)of_calls.take();
    run(io, client->stop(std::chrono::seconds(1)));
    EXPECT_EQ(of_calls.take(), (lines{"connection_closed 2"}));
}

TEST_F(observer_test, that_throws_does_no_harm) {
    coauth::rest_client_config c;
    c.base_url = api.url("/");
    c.observer = [](auto const&) { throw 1; };
    coauth::rest_client const other(io.get_executor(), std::move(c));
    EXPECT_EQ(run(io, other.get("/x")).status(), 200);
}

// R-205: the trace goes to the API as the call brought it, and with the token request that the call
// causes; baggage goes to the API only.
TEST_F(observer_test, sees_the_trace_that_goes_to_both_servers) {
    coauth::request r("GET", "/x?secret=1");
    r.header("traceparent", traceparent).header("baggage", "user=ada");
    run(io, client->send(std::move(r)));
    EXPECT_EQ(api.last().fields.find("traceparent"), traceparent);
    EXPECT_EQ(api.last().fields.find("baggage"), "user=ada");
    EXPECT_EQ(token_endpoint.last().fields.find("traceparent"), traceparent);
    EXPECT_FALSE(token_endpoint.last().fields.contains("baggage"));
    EXPECT_EQ(of_calls.take(),
              (lines{"connection_opened", "request_sent GET 0 traced", "request_done 200 "}));
}

TEST_F(observer_test, sees_no_trace_where_the_header_is_none) {
    coauth::request r("GET", "/x");
    r.header("traceparent", "00-not-a-trace-01");
    run(io, client->send(std::move(r)));
    EXPECT_EQ(api.last().fields.find("traceparent"), "00-not-a-trace-01");
    EXPECT_FALSE(token_endpoint.last().fields.contains("traceparent"));
    EXPECT_EQ(of_calls.take().at(1), "request_sent GET 0");
}

TEST_F(observer_test, may_be_left_out) {
    coauth::observer const none;
    EXPECT_FALSE(none);
}

}  // namespace
}  // namespace observer_test
