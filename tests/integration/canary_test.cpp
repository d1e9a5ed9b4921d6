// SPDX-License-Identifier: BSL-1.0
//
// R-190: the tests' own configurations are watched, and the watch can see. See canary_watch.hpp and
// lint/canary.py, which looks through what all tests have printed.

#include "support/canary_watch.hpp"
#include "support/embedded.hpp"
#include "support/recording_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace canary_test {
namespace {

using namespace coauth_test;

TEST(the_canary_watch, finds_the_secrets_that_all_tests_share) {  // R-190
    EXPECT_EQ(canary_watch::find("nothing here"), "");
    EXPECT_NE(canary_watch::find(std::string("...") + client_secret + "..."), "");
}

TEST(the_canary_watch, finds_the_tokens_of_the_embedded_server) {
    embedded_servers servers;
    asio::io_context io;
    coauth::token_source const tokens(io.get_executor(), servers.source());
    EXPECT_NE(canary_watch::find(run(io, tokens.get()).access_token()), "");
}

TEST(the_canary_watch, has_the_calls_of_the_tests_in_its_log) {
    embedded_servers servers;
    asio::io_context io;
    coauth::token_source const tokens(io.get_executor(), servers.source());
    coauth::rest_client const client(io.get_executor(), servers.client(tokens));
    std::size_t const before = canary_watch::log().calls().size();
    EXPECT_EQ(run(io, client.get("/users")).status(), 200);
    EXPECT_EQ(canary_watch::log().calls().size(), before + 1);
}

awaitable<void> call(coauth::rest_client const& client) { co_await client.get("/x"); }

/// Nobody catches what the call throws.
void end_by_terminate(coauth::token_source_config config) {
    asio::io_context io;
    coauth::token_source const tokens(io.get_executor(), std::move(config));
    coauth::rest_client_config c;
    c.base_url = "https://localhost:1/";
    c.authorization = tokens;
    coauth::rest_client const client(io.get_executor(), std::move(c));
    asio::co_spawn(io, call(client), coauth::rethrow);
    [&io]() noexcept { io.run(); }();
}

// R-206: the message of std::terminate is that of the exception, and a server may have put the
// secret that it was sent into its own words.
TEST(an_exception_that_nobody_catches, prints_no_secret) {
    recording_token_endpoint endpoint;
    endpoint.set([](server_request const& r) {
        std::string const sent(r.fields.find("Authorization").value_or(""));
        return server_response::json(400, R"({"error":"invalid_grant","error_description":"got )" +
                                              sent + R"( and not-a-real-secret"})");
    });
    ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
    EXPECT_DEATH(end_by_terminate(endpoint.source()),
                 ::testing::AllOf(::testing::HasSubstr("invalid_grant"),
                                  ::testing::Not(::testing::HasSubstr("not-a-real-secret")),
                                  ::testing::Not(::testing::HasSubstr("bm90LWEtcmVhbC1zZWNyZXQ"))));
}

}  // namespace
}  // namespace canary_test
