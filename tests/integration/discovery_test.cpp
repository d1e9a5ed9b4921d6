// SPDX-License-Identifier: BSL-1.0
//
// A token source that is given an issuer in place of a token URL.

#include "support/embedded.hpp"
#include "support/recording_server.hpp"
#include <coauth/testing/manual_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

namespace discovery_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;
using ::testing::ElementsAre;

class discovery_test : public ::testing::Test {
protected:
    discovery_test() {
        server.set([this](server_request const& r) { return answer(r); });
    }

    server_response answer(server_request const& r) {
        std::lock_guard const lock(mutex);
        asked.push_back(r.path);
        if (r.path == "/token") {
            if (!auth_seen) auth_seen = r.fields.find("Authorization").has_value();
            return token_answer("token-" + std::to_string(asked.size()));
        }
        if (r.fields.find("Authorization")) leaked = true;
        if (r.path != document_at) return server_response(elsewhere);
        if (down) return server_response(503);
        std::string const endpoint = token_endpoint.empty() ? server.url("/token") : token_endpoint;
        server_response out = server_response::json(
            200, R"({"issuer":")" + issuer + R"(","token_endpoint":")" + endpoint + R"("})");
        out.fields.set("Cache-Control", "public, max-age=" + max_age);
        return out;
    }

    [[nodiscard]] coauth::token_source_config config() {
        coauth::token_source_config c = server.source();
        c.token_url.clear();
        c.issuer = issuer;
        c.clock = clock;
        return c;
    }
    [[nodiscard]] coauth::result<coauth::token_ref> get(coauth::token_source_config c) {
        coauth::token_source const tokens(io.get_executor(), std::move(c));
        return run(io, tokens.try_get());
    }

    std::mutex mutex;
    std::vector<std::string> asked;
    std::string document_at = "/.well-known/oauth-authorization-server/tenant";
    std::string token_endpoint;
    std::string max_age = "600";
    int elsewhere = 404;
    bool down = false;
    bool leaked = false;
    bool auth_seen = false;
    asio::io_context io;
    coauth::testing::manual_clock clock;
    recording_token_endpoint server;
    std::string issuer = server.url("/tenant");
};

TEST_F(discovery_test, finds_the_token_endpoint_and_asks_there) {
    auto const token = get(config());
    ASSERT_TRUE(token) << token.error().what();
    EXPECT_THAT(asked, ElementsAre("/.well-known/oauth-authorization-server/tenant", "/token"));
    EXPECT_TRUE(auth_seen);
    EXPECT_FALSE(leaked);
}

TEST_F(discovery_test, goes_on_to_the_next_place_only_after_a_404) {
    document_at = "/.well-known/openid-configuration/tenant";
    ASSERT_TRUE(get(config()));
    EXPECT_THAT(asked, ElementsAre("/.well-known/oauth-authorization-server/tenant",
                                   "/tenant/.well-known/openid-configuration",
                                   "/.well-known/openid-configuration/tenant", "/token"));
    asked.clear();
    for (int const other : {500, 403, 301}) {
        elsewhere = other;
        auto const token = get(config());
        ASSERT_FALSE(token);
        EXPECT_TRUE(token.error().is(errc::discovery_failed)) << token.error().what();
        EXPECT_EQ(token.error().http_status(), other);
    }
    EXPECT_EQ(asked.size(), 3U);
}

// R-378
TEST_F(discovery_test, asks_once_while_the_answer_is_good_however_many_callers) {
    coauth::token_source const tokens(io.get_executor(), config());
    int good = 0;
    for (int i = 0; i < 100; ++i) {
        asio::co_spawn(io, tokens.try_get(),
                       [&](std::exception_ptr, coauth::result<coauth::token_ref> got) {
                           if (got) ++good;
                       });
    }
    io.restart();
    io.run();
    EXPECT_EQ(good, 100);
    EXPECT_EQ(asked.size(), 2U);
    tokens.invalidate(tokens.try_cached());
    clock.advance(599s);
    run(io, tokens.get());
    EXPECT_EQ(asked.size(), 3U) << "one more token request, and no other";
    tokens.invalidate(tokens.try_cached());
    clock.advance(2s);
    run(io, tokens.get());
    EXPECT_EQ(asked.size(), 5U) << "the metadata had become too old";
}

TEST_F(discovery_test, lives_on_what_it_knew_while_the_metadata_cannot_be_had) {
    max_age = "0";
    coauth::token_source const tokens(io.get_executor(), config());
    run(io, tokens.get());
    down = true;
    for (std::size_t const asked_in_all : {4U, 5U}) {
        tokens.invalidate(tokens.try_cached());
        clock.advance(asked_in_all == 4 ? 61s : 59s);
        EXPECT_TRUE(run(io, tokens.try_get()));
        EXPECT_EQ(asked.size(), asked_in_all) << "at most one look a minute";
    }
}

// R-374
TEST_F(discovery_test, of_another_issuer_ends_before_anything_secret_is_sent) {
    coauth::token_source_config c = config();
    c.issuer += '/';
    auto const token = get(std::move(c));
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::issuer_mismatch)) << token.error().what();
    EXPECT_EQ(asked.size(), 1U);
}

// R-376
TEST_F(discovery_test, refuses_a_token_endpoint_that_is_not_safe) {
    for (char const* const wrong :
         {"http://as.example.com/token", "https://as.example.com/t#x", "/token"}) {
        token_endpoint = wrong;
        auto const token = get(config());
        ASSERT_FALSE(token) << wrong;
        bool const typed =
            token.error().is(errc::insecure_url) || token.error().is(errc::invalid_server_metadata);
        EXPECT_TRUE(typed) << token.error().what();
    }
}

TEST_F(discovery_test, of_metadata_elsewhere_needs_the_issuer_that_it_names) {
    document_at = "/meta";
    coauth::token_source_config c = config();
    c.issuer.clear();
    c.metadata_url = server.url("/meta");
    EXPECT_THROW(get(c), coauth::exception);
    c.expected_issuer = issuer;
    EXPECT_TRUE(get(c));
    c.token_url = server.url("/token");
    EXPECT_THROW(get(c), coauth::exception) << "two ways at once";
}

TEST_F(discovery_test, asks_only_servers_that_are_safe_for_it) {
    coauth::token_source_config c = config();
    c.issuer = "http://as.example.com";
    try {
        static_cast<void>(get(c));
        FAIL() << "it is plain http";
    } catch (coauth::exception const& e) { EXPECT_TRUE(e.error().is(errc::insecure_url)); }
}

TEST_F(discovery_test, bounds_what_it_reads) {
    issuer += std::string(300 * 1024, 'x');
    auto const token = get(config());
    ASSERT_FALSE(token);
}

}  // namespace
}  // namespace discovery_test
