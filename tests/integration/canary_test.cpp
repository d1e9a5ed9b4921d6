// SPDX-License-Identifier: BSL-1.0
//
// the tests' own configurations are watched, and the watch can see. See canary_watch.hpp and
// lint/canary.py, which looks through what all tests have printed.

#include "support/canary_watch.hpp"
#include "support/embedded.hpp"

#include <gtest/gtest.h>

namespace {

using namespace coauth_test;

TEST(the_canary_watch, finds_the_secrets_that_all_tests_share) {
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

}  // namespace
