// SPDX-License-Identifier: BSL-1.0
//
// A token source that is given an issuer in place of a token URL.

#include "support/embedded.hpp"
#include "support/recording_server.hpp"
#include <coauth/testing/manual_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace discovery_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;
using ::testing::ElementsAre;

class discovery : public ::testing::Test {
protected:
    discovery() {
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
        if (r.path != document_at) return nothing();
        if (down) return server_response(503);
        std::string const endpoint = token_endpoint.empty() ? server.url("/token") : token_endpoint;
        server_response out = server_response::json(
            200, R"({"issuer":")" + issuer + R"(","token_endpoint":")" + endpoint + R"("})");
        out.fields.set("Cache-Control", "public, max-age=" + max_age);
        return out;
    }

    [[nodiscard]] server_response nothing() const {
        server_response out(elsewhere);
        if (elsewhere >= 429) out.fields.set("Retry-After", "7");
        return out;
    }

    [[nodiscard]] coauth::token_source_config config() {
        coauth::token_source_config c = server.source();
        c.token_url.clear();
        c.issuer = issuer;
        c.insecure_http = coauth::insecure_http_t{};
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

TEST_F(discovery, finds_the_token_endpoint_and_asks_there) {
    auto const token = get(config());
    ASSERT_TRUE(token) << token.error().what();
    EXPECT_THAT(asked, ElementsAre("/.well-known/oauth-authorization-server/tenant", "/token"));
    EXPECT_TRUE(auth_seen);
    EXPECT_FALSE(leaked);
}

TEST_F(discovery, goes_on_to_the_next_place_only_after_a_404) {
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
        EXPECT_EQ(token.error().http_status(), other) << token.error().what();
    }
    EXPECT_EQ(asked.size(), 3U);
}

TEST_F(discovery, is_worth_a_retry_where_the_next_answer_may_be_another) {
    for (int const status : {500, 503, 429, 404, 403, 301}) {
        bool const passes = status >= 429;
        document_at.clear();
        elsewhere = status;
        auto const token = get(config());
        ASSERT_FALSE(token);
        coauth::error const& e = token.error();
        EXPECT_EQ(e.code() == coauth::condition::retryable, passes) << e.what();
        EXPECT_TRUE(e.is(passes ? errc::metadata_unavailable : errc::discovery_failed)) << e.what();
        EXPECT_EQ(e.retry_after(), passes ? std::optional(7s) : std::nullopt);
    }
}

TEST_F(discovery, is_worth_a_retry_where_the_server_is_out_of_reach) {
    coauth::token_source_config c = config();
    c.issuer = [] {
        recording_server gone([](server_request const&) { return server_response(200); });
        return gone.url("/tenant");
    }();
    auto const token = get(std::move(c));
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::connect_failed)) << token.error().what();
    EXPECT_TRUE(token.error().code() == coauth::condition::retryable);
}

TEST_F(discovery, is_in_the_log_of_the_source_and_in_that_of_the_call) {
    document_at = "/tenant/.well-known/openid-configuration";
    coauth::exchange_log const of_source;
    coauth::exchange_log const of_call;
    coauth::token_source_config c = config();
    c.log = of_source;
    coauth::rest_client_config client;
    client.base_url = server.url("/api");
    client.authorization = coauth::token_source(io.get_executor(), std::move(c));
    client.log = of_call;
    coauth::rest_client const api(io.get_executor(), std::move(client));
    static_cast<void>(run(io, api.try_get("/x")));

    auto const said = of_call.last()->all_exchanges();
    ASSERT_EQ(said.size(), 4U);
    EXPECT_EQ(said[0]->status, 404);
    EXPECT_EQ(said[1]->method, "GET");
    EXPECT_EQ(said[1]->with, coauth::exchange_record::party::authorization_server);
    EXPECT_EQ(said[1]->url, server.url(document_at));
    EXPECT_EQ(said[1]->request_headers.find("Accept"), "application/json");
    EXPECT_NE(said[1]->response_body.text.find("/token"), std::string::npos);
    EXPECT_EQ(said[2]->method, "POST");
    EXPECT_EQ(said[3]->with, coauth::exchange_record::party::api);

    auto const own = of_source.calls();
    ASSERT_EQ(own.size(), 3U) << "one for each request";
    EXPECT_EQ(own[1]->method, "GET");
    EXPECT_EQ(own[1]->status, 200);
    EXPECT_EQ(own[2]->method, "POST");
}

// R-378
TEST_F(discovery, asks_once_while_the_answer_is_good_however_many_callers) {
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

TEST_F(discovery, lives_on_what_it_knew_while_the_metadata_cannot_be_had) {
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
// erase() leaves a fetch to those who wait for it, and the next one begins beside it.
TEST_F(discovery, serves_several_fetches_at_a_time_where_the_home_has_gone) {
    coauth::token_source_config c = config();
    c.lifetime.min_refresh_interval = 0s;
    c.fetch_deadline = 24h;
    max_age = "60";
    auto home = std::make_unique<asio::io_context>();
    coauth::token_source const tokens(home->get_executor(), std::move(c));
    home.reset();
    auto const fetch_some = [&] {
        asio::io_context own;
        for (int i = 0; i != 20; ++i) {
            clock.advance(2min);
            tokens.erase();
            auto const token = run(own, tokens.try_get());
            EXPECT_TRUE(token) << token.error().what();
        }
    };
    std::thread other(fetch_some);
    fetch_some();
    other.join();
}

TEST_F(discovery, takes_any_number_for_an_age) {
    for (char const* const age : {"-1", "-9223372036854775807", "9223372036854775807", "x"}) {
        max_age = age;
        auto const token = get(config());
        EXPECT_TRUE(token) << age;
    }
}

TEST_F(discovery, of_another_issuer_ends_before_anything_secret_is_sent) {
    coauth::token_source_config c = config();
    c.issuer += '/';
    auto const token = get(std::move(c));
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::issuer_mismatch)) << token.error().what();
    EXPECT_EQ(asked.size(), 1U);
}

// R-376
TEST_F(discovery, refuses_a_token_endpoint_that_is_not_safe) {
    document_at = "/meta";
    coauth::token_source_config c = config();
    c.insecure_http.reset();
    c.metadata_url = server.url("/meta");
    c.expected_issuer = std::exchange(c.issuer, "");
    for (char const* const wrong :
         {"http://as.example.com/token", "https://as.example.com/t#x", "/token"}) {
        token_endpoint = wrong;
        auto const token = get(c);
        ASSERT_FALSE(token) << wrong;
        bool const typed =
            token.error().is(errc::insecure_url) || token.error().is(errc::invalid_server_metadata);
        EXPECT_TRUE(typed) << token.error().what();
    }
}

TEST_F(discovery, of_metadata_elsewhere_needs_the_issuer_that_it_names) {
    document_at = "/meta";
    coauth::token_source_config c = config();
    c.issuer.clear();
    c.metadata_url = server.url("/meta");
    EXPECT_THROW(static_cast<void>(get(c)), coauth::exception);
    c.expected_issuer = issuer;
    EXPECT_TRUE(get(c));
    c.token_url = server.url("/token");
    EXPECT_THROW(static_cast<void>(get(c)), coauth::exception) << "two ways at once";
}

TEST_F(discovery, asks_only_issuers_of_https_on_loopback_too) {
    coauth::token_source_config c = config();
    c.insecure_http.reset();
    for (std::string const& one : {issuer, std::string("http://as.example.com")}) {
        c.issuer = one;
        try {
            static_cast<void>(get(c));
            FAIL() << one << " is plain http";
        } catch (coauth::exception const& e) {
            EXPECT_TRUE(e.error().is(errc::insecure_url)) << e.what();
        }
    }
    c.issuer.clear();
    c.metadata_url = server.url("/meta");
    c.expected_issuer = issuer;
    EXPECT_NO_THROW(coauth::token_source(io.get_executor(), c)) << "a URL is no issuer";
}

TEST_F(discovery, bounds_what_it_reads) {
    issuer += std::string(300 * 1024, 'x');
    auto const token = get(config());
    ASSERT_FALSE(token);
}

}  // namespace
}  // namespace discovery_test
