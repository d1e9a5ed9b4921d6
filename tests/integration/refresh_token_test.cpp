// SPDX-License-Identifier: BSL-1.0
//
// A refresh token that came with an access token: renewal goes by it first, and by the initial
// grant where it does not work.

#include "support/embedded.hpp"
#include "support/recording_server.hpp"
#include <coauth/codec/form.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace refresh_token_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Counts its tokens and hands out a refresh token with each: token-1 and test-refresh-1, …
class refresh_token_test : public ::testing::Test {
protected:
    refresh_token_test() {
        endpoint.set([this](server_request const& r) { return answer(r); });
    }

    server_response answer(server_request const& r) {
        std::lock_guard const lock(mutex);
        bodies.push_back(r.body);
        bool const refresh = r.body.find("grant_type=refresh_token") != std::string::npos;
        if (refresh && refusal.status != 200) return refusal;
        std::string const n = std::to_string(bodies.size());
        std::string body =
            R"({"access_token":"token-)" + n + R"(","token_type":"Bearer","expires_in":3600)";
        if (rotate || !refresh) body += R"(,"refresh_token":"test-refresh-)" + n + '"';
        if (!refresh) body += R"(,"scope":"read")";
        return server_response::json(200, body + "}");
    }

    [[nodiscard]] coauth::token_source make_source(bool ignore = false) {
        coauth::token_source_config c = endpoint.source();
        c.clock = clock;
        c.scope = "read write";
        c.audience = "https://api.test";
        c.response.ignore_refresh_token = ignore;
        return coauth::token_source(io.get_executor(), std::move(c));
    }
    /// 200: not at all. A connection that is reset does not order the threads.
    void refuse_with(server_response r) {
        std::lock_guard const lock(mutex);
        refusal = std::move(r);
    }
    std::string next_token(coauth::token_source const& from) {
        return std::string(run(io, from.get()).access_token());
    }

    std::mutex mutex;
    std::vector<std::string> bodies;
    bool rotate = true;
    server_response refusal{200};
    asio::io_context io;
    coauth::testing::manual_clock clock;
    recording_token_endpoint endpoint;
    coauth::token_source tokens{make_source()};
};

// R-025, R-255
TEST_F(refresh_token_test, renews_by_it_and_asks_for_no_scope) {
    EXPECT_EQ(next_token(tokens), "token-1");
    clock.advance(2h);
    EXPECT_EQ(next_token(tokens), "token-2");
    EXPECT_THAT(bodies, ElementsAre(HasSubstr("grant_type=client_credentials"),
                                    "grant_type=refresh_token&refresh_token=test-refresh-1"));
}

// R-028, R-252
TEST_F(refresh_token_test, that_is_rotated_is_not_used_again) {
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(next_token(tokens));
        clock.advance(2h);
    }
    ASSERT_EQ(bodies.size(), 3U);
    EXPECT_THAT(bodies[1], HasSubstr("refresh_token=test-refresh-1"));
    EXPECT_THAT(bodies[2], HasSubstr("refresh_token=test-refresh-2"));
}

// R-027, R-251
TEST_F(refresh_token_test, is_kept_with_its_scope_where_no_other_one_is_sent) {
    rotate = false;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(run(io, tokens.get()).scope(), "read");
        clock.advance(2h);
    }
    ASSERT_EQ(bodies.size(), 3U);
    EXPECT_EQ(bodies[1], bodies[2]);
}

// R-025: never reauthorization_required, and not tried again.
TEST_F(refresh_token_test, that_is_refused_gives_way_to_the_grant_within_the_same_call_for_good) {
    refusal = server_response::json(400, R"({"error":"invalid_grant"})");
    static_cast<void>(next_token(tokens));
    clock.advance(2h);
    EXPECT_EQ(next_token(tokens), "token-3");
    clock.advance(2h);
    EXPECT_EQ(next_token(tokens), "token-4");
    EXPECT_THAT(bodies,
                ElementsAre(HasSubstr("client_credentials"), HasSubstr("refresh_token="),
                            HasSubstr("client_credentials"), HasSubstr("client_credentials")));
    EXPECT_EQ(tokens.statistics().fetches, 3U);
    EXPECT_FALSE(tokens.health().last_error);
}

// R-088
TEST_F(refresh_token_test, is_kept_where_the_server_is_busy_or_refuses_the_client_and_asked_once) {
    static_cast<void>(next_token(tokens));
    clock.advance(2h);
    server_response busy(429);
    busy.fields.set("Retry-After", "3");
    for (server_response const& no :
         {busy, server_response(503),
          server_response::json(401, R"({"error":"invalid_client"})")}) {
        std::size_t const before = endpoint.count();
        refuse_with(no);
        EXPECT_EQ(run(io, tokens.try_get()).error().http_status(), no.status);
        EXPECT_EQ(endpoint.count(), before + 1) << no.status;
        clock.advance(10s);
    }
    refuse_with(server_response(200));
    static_cast<void>(next_token(tokens));
    std::lock_guard const lock(mutex);
    EXPECT_THAT(bodies.back(), HasSubstr("refresh_token=test-refresh-1"));
}

TEST_F(refresh_token_test, survives_a_connection_that_was_cut) {
    static_cast<void>(next_token(tokens));
    clock.advance(2h);
    refuse_with(server_response(503).with_faults({.reset = true}));
    EXPECT_TRUE(run(io, tokens.try_get()).error().is(errc::connection_reset));
    refuse_with(server_response(200));
    clock.advance(5s);
    static_cast<void>(next_token(tokens));
    std::lock_guard const lock(mutex);
    EXPECT_THAT(bodies.back(), HasSubstr("refresh_token=test-refresh-1"));
}

TEST_F(refresh_token_test, that_was_not_answered_is_followed_by_no_other_request_after_a_stop) {
    static_cast<void>(next_token(tokens));
    clock.advance(2h);
    refuse_with(server_response(503).with_faults({.hang = true}));
    std::optional<coauth::error> ended;
    asio::co_spawn(io, tokens.try_get(),
                   [&](std::exception_ptr, coauth::result<coauth::token_ref> got) {
                       if (!got) ended = got.error();
                   });
    io.restart();
    while (endpoint.count() < 2) io.poll();
    run(io, tokens.stop(0s));
    io.restart();
    io.run();
    ASSERT_TRUE(ended);
    EXPECT_TRUE(ended->is(errc::stopped)) << ended->what();
    EXPECT_EQ(endpoint.count(), 2U);
}

// R-245
TEST_F(refresh_token_test, is_used_once_by_all_whose_token_was_rejected) {
    recording_server api{[](server_request const& r) {
        bool const old = *r.fields.find("Authorization") == "Bearer token-1";
        return server_response(old ? 401 : 200);
    }};
    coauth::rest_client_config c;
    c.base_url = api.url("/");
    c.authorization = tokens;
    coauth::rest_client const client(io.get_executor(), std::move(c));
    static_cast<void>(next_token(tokens));
    int good = 0;
    for (int i = 0; i < 50; ++i) {
        asio::co_spawn(io, client.try_get("/x"),
                       [&](std::exception_ptr, coauth::result<coauth::response> got) {
                           if (got && got->status() == 200) ++good;
                       });
    }
    io.restart();
    io.run();
    EXPECT_EQ(good, 50);
    EXPECT_THAT(bodies, ElementsAre(HasSubstr("client_credentials"),
                                    HasSubstr("refresh_token=test-refresh-1")));
}

TEST_F(refresh_token_test, is_dropped_unseen_where_the_source_is_told_so) {
    coauth::token_source const without = make_source(true);
    static_cast<void>(next_token(without));
    clock.advance(2h);
    static_cast<void>(next_token(without));
    EXPECT_THAT(bodies.back(), HasSubstr("client_credentials"));
}

TEST_F(refresh_token_test, shows_both_requests_to_the_caller_who_records) {
    recording_server api{[](server_request const&) { return server_response(200); }};
    coauth::exchange_log const log;
    coauth::rest_client_config c;
    c.base_url = api.url("/");
    c.authorization = tokens;
    c.log = log;
    coauth::rest_client const client(io.get_executor(), std::move(c));
    refusal = server_response::json(400, R"({"error":"invalid_grant"})");
    static_cast<void>(next_token(tokens));
    clock.advance(2h);
    run(io, client.get("/x"));
    ASSERT_EQ(log.last()->tokens.size(), 1U);
    auto const& said = log.last()->tokens[0].exchanges;
    ASSERT_EQ(said.size(), 2U);
    EXPECT_THAT(said[0]->request_body.text, HasSubstr("grant_type=refresh_token"));
    EXPECT_THAT(said[0]->request_body.text, Not(HasSubstr("test-refresh-1")));
    EXPECT_EQ(said[0]->status, 400);
    EXPECT_THAT(said[1]->request_body.text, HasSubstr("grant_type=client_credentials"));
    EXPECT_EQ(said[1]->status, 200);
}

}  // namespace
}  // namespace refresh_token_test
