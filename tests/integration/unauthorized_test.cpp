// SPDX-License-Identifier: BSL-1.0
//
// What a 401 does: guarantee 5, R-298, R-299 and the cool-down of an origin.

#include "support/embedded.hpp"
#include "support/recording_server.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace unauthorized_test {
namespace {

using namespace coauth_test;
using coauth::errc;

server_response refuse(std::string_view challenge) {
    server_response r(401);
    if (!challenge.empty()) r.fields.append("WWW-Authenticate", challenge);
    return r;
}

class unauthorized_test : public ::testing::Test {
protected:
    [[nodiscard]] coauth::rest_client make_client(coauth::token_source const& source) {
        coauth::rest_client_config c;
        c.base_url = api.url("/");
        c.authorization = source;
        return coauth::rest_client(io.get_executor(), std::move(c));
    }
    /// Accepts one token only.
    void accept(std::string token, std::string challenge) {
        api.set(
            [token = std::move(token), challenge = std::move(challenge)](server_request const& r) {
                if (r.fields.find("Authorization") == "Bearer " + token)
                    return server_response(200);
                return refuse(challenge);
            });
    }

    asio::io_context io;
    recording_server api{[](server_request const&) { return server_response(200); }};
    recording_token_endpoint token_endpoint;
    coauth::token_source tokens{io.get_executor(), token_endpoint.source()};
    coauth::rest_client client{make_client(tokens)};
};

TEST_F(unauthorized_test,
       is_renewed_and_resent_once_when_the_token_may_be_at_fault) {  // R-298, R-299
    int round = 0;
    for (char const* challenge :
         {"", "Bearer", "Bearer realm=\"x\"", "Basic realm=\"b\", Bearer error=\"invalid_token\"",
          "DPoP algs=\"ES256\"", "bearer ERROR=\"invalid_token\"", "(((malformed"}) {
        coauth::token_source const own(io.get_executor(), token_endpoint.source());
        std::size_t const fetched = token_endpoint.count();
        accept("token-" + std::to_string(fetched + 2), challenge);
        std::size_t const calls = api.count();
        coauth::request r("GET", "/x");
        r.authorization(own);
        EXPECT_EQ(run(io, client.send(std::move(r))).status(), 200) << challenge;
        EXPECT_EQ(api.count() - calls, 2U) << challenge;
        EXPECT_EQ(token_endpoint.count() - fetched, 2U) << challenge;
        ++round;
    }
    EXPECT_EQ(round, 7);
}

TEST_F(unauthorized_test, is_returned_as_it_is_when_another_token_cannot_help) {  // R-299
    for (char const* challenge :
         {"Basic realm=\"x\"", "Negotiate", "Bearer error=\"insufficient_scope\", scope=\"admin\"",
          "Bearer error=\"insufficient_user_authentication\", acr_values=\"gold\", max_age=5"}) {
        api.set([challenge](server_request const&) { return refuse(challenge); });
        std::size_t const calls = api.count();
        coauth::response const answer = run(io, client.get("/x"));
        EXPECT_EQ(answer.status(), 401);
        EXPECT_EQ(api.count() - calls, 1U) << challenge;
        ASSERT_FALSE(answer.challenges().empty());
    }
    EXPECT_EQ(token_endpoint.count(), 1U);
    coauth::response const last = run(io, client.get("/x"));
    EXPECT_EQ(last.challenges().at(0).parameter("acr_values"), "gold");
}

TEST_F(unauthorized_test, a_403_is_never_retried) {
    api.set([](server_request const&) {
        return server_response(403).with_field("WWW-Authenticate",
                                               "Bearer error=\"insufficient_scope\"");
    });
    EXPECT_EQ(run(io, client.get("/x")).status(), 403);
    EXPECT_EQ(api.count(), 1U);
    EXPECT_EQ(token_endpoint.count(), 1U);
}

// R-297, R-298: the token is renewed for the next call, but a one-shot request is not sent again.
TEST_F(unauthorized_test, a_request_that_may_not_be_sent_again_keeps_its_401) {
    accept("token-2", "Bearer error=\"invalid_token\"");
    coauth::request r("POST", "/x");
    r.body("{}", "application/json").one_shot(true);
    EXPECT_EQ(run(io, client.send(std::move(r))).status(), 401);
    EXPECT_EQ(api.count(), 1U);
    EXPECT_EQ(run(io, client.get("/x")).status(), 200);
    EXPECT_EQ(token_endpoint.count(), 2U);
}

TEST_F(unauthorized_test, a_post_is_resent_with_its_body) {
    accept("token-2", "Bearer error=\"invalid_token\"");
    coauth::response const answer = run(io, client.post("/x", R"({"n":1})"));
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(api.last().body, R"({"n":1})");
}

awaitable<void> call_into(coauth::rest_client& api, std::atomic<int>& ok) {
    coauth::result<coauth::response> const answer = co_await api.try_get("/x");
    if (answer && answer->status() == 200) ++ok;
}

// R-219: one revocation, N callers, one token request, N successes.
TEST_F(unauthorized_test, one_revocation_seen_by_many_callers_costs_one_token_request) {
    run(io, client.get("/x"));
    accept("token-2", "Bearer error=\"invalid_token\"");
    std::atomic<int> ok{0};
    for (int i = 0; i < 100; ++i) asio::co_spawn(io, call_into(client, ok), coauth::rethrow);
    run_on_threads(io, 4);
    EXPECT_EQ(ok, 100);
    EXPECT_EQ(token_endpoint.count(), 2U);
    EXPECT_EQ(tokens.statistics().invalidations, 1U);
}

// An API that rejects every token must not drive the authorization server, nor starve others.
TEST_F(unauthorized_test, an_origin_that_rejects_a_renewed_token_cools_down_alone) {
    recording_server other([](server_request const&) { return server_response(200); });
    coauth::rest_client_config c;
    c.base_url = other.url("/");
    c.authorization = tokens;
    coauth::rest_client const healthy(io.get_executor(), std::move(c));
    api.set([](server_request const&) { return refuse("Bearer"); });
    for (int i = 0; i < 20; ++i) EXPECT_EQ(run(io, client.get("/x")).status(), 401);
    EXPECT_EQ(token_endpoint.count(), 2U);
    EXPECT_EQ(tokens.statistics().cooldowns, 1U);
    EXPECT_EQ(run(io, healthy.get("/x")).status(), 200);
    EXPECT_EQ(token_endpoint.count(), 2U);
}

TEST_F(unauthorized_test, the_same_token_again_is_no_renewal_and_is_not_resent) {
    token_endpoint.set([](server_request const&) { return token_answer("always-the-same"); });
    api.set([](server_request const&) { return refuse("Bearer error=\"invalid_token\""); });
    EXPECT_EQ(run(io, client.get("/x")).status(), 401);
    EXPECT_EQ(api.count(), 1U);
    EXPECT_EQ(token_endpoint.count(), 2U);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(run(io, client.get("/x")).status(), 401);
    EXPECT_EQ(token_endpoint.count(), 2U);
}

// A failed fetch fails the call: it is not sent without a token (guarantee 8).
TEST_F(unauthorized_test, a_failed_token_request_fails_the_call_and_sends_nothing) {
    token_endpoint.set([](server_request const&) {
        return server_response::json(401, R"({"error":"invalid_client"})");
    });
    auto const failed = run(io, client.try_get("/x"));
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error().is(errc::client_refused));
    EXPECT_EQ(failed.error().code(), coauth::condition::credentials_refused);
    EXPECT_EQ(failed.error().http_status(), 401);
    EXPECT_NE(failed.error().hint().find("client_secret_post"), std::string::npos);
    EXPECT_EQ(api.count(), 0U);
    auto const again = run(io, client.try_get("/x"));
    EXPECT_TRUE(again.error().is(errc::client_refused));
    EXPECT_EQ(token_endpoint.count(), 1U) << "answered from memory while it backs off";
    tokens.retry_now();
    token_endpoint.set([](server_request const&) { return token_answer("good"); });
    EXPECT_EQ(run(io, client.get("/x")).status(), 200);
}

}  // namespace
}  // namespace unauthorized_test
