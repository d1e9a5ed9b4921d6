// SPDX-License-Identifier: BSL-1.0
//
// What a service does before it reports that it is ready, and what it can say of itself later.

#include "support/embedded.hpp"
#include "support/recording_server.hpp"
#include <coauth/testing/manual_clock.hpp>

#include <gtest/gtest.h>

namespace health_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;
using coauth::token_health;

class health_test : public ::testing::Test {
protected:
    [[nodiscard]] coauth::token_source make_source() {
        coauth::token_source_config c = token_endpoint.source();
        c.clock = clock;
        return coauth::token_source(io.get_executor(), std::move(c));
    }

    asio::io_context io;
    coauth::testing::manual_clock clock;
    recording_server api{[](server_request const&) { return server_response(200); }};
    recording_token_endpoint token_endpoint;
    coauth::token_source tokens{make_source()};
};

TEST_F(health_test, says_how_long_the_token_is_good_without_a_request) {
    token_health const before = tokens.health();
    EXPECT_FALSE(before.ready);
    EXPECT_FALSE(before.valid_for);
    EXPECT_FALSE(before.last_error);
    EXPECT_EQ(before.token_endpoint, token_endpoint.url("/token"));
    EXPECT_EQ(token_endpoint.count(), 0U);

    run(io, tokens.warm_up());
    clock.advance(10s);
    token_health const after = tokens.health();
    EXPECT_TRUE(after.ready);
    EXPECT_EQ(after.valid_for, 3590s);
    EXPECT_TRUE(after.valid_until);
    EXPECT_FALSE(after.next_attempt_in);

    clock.advance(2h);
    EXPECT_FALSE(tokens.health().ready);
    EXPECT_FALSE(tokens.health().valid_for);
    EXPECT_EQ(token_endpoint.count(), 1U);
}

TEST_F(health_test, says_what_went_wrong_last_and_when_it_is_tried_again) {
    token_endpoint.set([](server_request const&) { return server_response(503); });
    EXPECT_THROW(run(io, tokens.warm_up()), coauth::exception);
    token_health const h = tokens.health();
    EXPECT_FALSE(h.ready);
    ASSERT_TRUE(h.last_error);
    EXPECT_TRUE(h.last_error->is(errc::token_endpoint_failed));
    ASSERT_TRUE(h.next_attempt_in);
    EXPECT_GE(*h.next_attempt_in, 1s);
    EXPECT_LE(*h.next_attempt_in, 1200ms);
    clock.advance(2s);
    EXPECT_FALSE(tokens.health().next_attempt_in);
    EXPECT_TRUE(tokens.health().last_error);
}

TEST_F(health_test, a_patient_caller_waits_for_the_next_attempt) {
    token_endpoint.set([](server_request const&) { return server_response(503); });
    EXPECT_FALSE(run(io, tokens.try_get()));
    token_endpoint.set([](server_request const&) { return token_answer("token"); });
    clock.advance(*tokens.health().next_attempt_in - 5ms);
    EXPECT_FALSE(run(io, tokens.try_get()));
    coauth::result<coauth::token_ref> patient{coauth::error(errc::cancelled)};
    bool finished = false;
    asio::co_spawn(io, tokens.try_get(coauth::get_options().wait_through_backoff(true)),
                   [&](std::exception_ptr, coauth::result<coauth::token_ref> got) {
                       patient = std::move(got);
                       finished = true;
                   });
    io.restart();
    while (!finished) {
        io.run_one();
        if (token_endpoint.count() == 1) clock.advance(5ms);
    }
    ASSERT_TRUE(patient) << patient.error().what();
    EXPECT_EQ(patient->access_token(), "token");
    EXPECT_EQ(token_endpoint.count(), 2U);
}

TEST_F(health_test, a_warm_client_has_its_token_and_its_connection) {
    coauth::rest_client_config c;
    c.base_url = api.url("/");
    c.authorization = tokens;
    coauth::rest_client const client(io.get_executor(), std::move(c));
    run(io, client.warm_up());
    EXPECT_EQ(token_endpoint.count(), 1U);
    EXPECT_EQ(api.count(), 0U);
    ASSERT_TRUE(api.http().wait_until([](auto const& n) { return n.connections_opened == 1; }));
    run(io, client.get("/x"));
    EXPECT_EQ(token_endpoint.count(), 1U);
    EXPECT_EQ(api.http().counters().connections_opened, 1U);
}

TEST_F(health_test, a_stopped_client_is_not_warmed_up) {
    coauth::rest_client_config c;
    c.base_url = api.url("/");
    c.authorization = tokens;
    coauth::rest_client const client(io.get_executor(), std::move(c));
    run(io, client.stop(0s));
    try {
        run(io, client.warm_up());
        FAIL() << "it was stopped";
    } catch (coauth::exception const& e) { EXPECT_TRUE(e.error().is(errc::stopped)) << e.what(); }
    EXPECT_EQ(token_endpoint.count(), 0U);
}

TEST_F(health_test, a_client_that_cannot_be_warmed_up_says_why) {
    std::string const gone = [] {
        recording_server shut([](server_request const&) { return server_response(200); });
        return shut.url("/");
    }();
    coauth::rest_client_config c;
    c.base_url = gone;
    coauth::rest_client const client(io.get_executor(), std::move(c));
    try {
        run(io, client.warm_up());
        FAIL() << "nobody listens there";
    } catch (coauth::exception const& e) {
        EXPECT_TRUE(e.error().is(errc::connect_failed)) << e.what();
    }
}

}  // namespace
}  // namespace health_test
