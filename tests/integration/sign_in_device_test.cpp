// SPDX-License-Identifier: BSL-1.0
//
// A person signs in with a device code, against the embedded authorization server. Its clock is
// moved by the pauses between the questions, so nothing waits.

#include "support/embedded.hpp"
#include "support/recording_server.hpp"
#include <coauth/testing/manual_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sign_in_device_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;
using coauth::testing::person;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class sign_in_device : public ::testing::Test {
protected:
    sign_in_device() { start({}); }

    void start(coauth::testing::authorization_server_options o) {
        o.clients = {{.client_id = "tv",
                      .method = coauth::testing::authentication_method::none,
                      .device_grant = true,
                      .refresh_tokens = true},
                     {.client_id = "web", .secret = client_secret}};
        o.clock = clock;
        server.emplace(std::move(o));
        server->set_person(person::does_nothing);
    }
    [[nodiscard]] coauth::device_code device(coauth::device_code_options o = {}) {
        o.show = [this](coauth::device_prompt const& p) { shown.push_back(p); };
        return coauth::device_code(std::move(o));
    }
    [[nodiscard]] coauth::token_source_config config() {
        coauth::token_source_config c;
        c.issuer = server->issuer();
        c.insecure_http = coauth::insecure_http_t{};
        c.client = coauth::public_client("tv");
        c.grant = device();
        c.scope = "users.read";
        c.clock = clock;
        c.observer = canary_watch::observer();
        c.log = canary_watch::log();
        return c;
    }
    [[nodiscard]] coauth::token_source source() {
        return coauth::token_source(io.get_executor(), config());
    }
    /// The person does it after `questions` of the program.
    coauth::result<coauth::token_ref> try_sign_in(coauth::token_source const& tokens,
                                                  std::size_t questions = 1,
                                                  person then = person::agrees) {
        coauth::sign_in_options o;
        o.pause([this, questions, then](coauth::duration d) {
            pauses.push_back(d);
            clock.advance(d);
            if (pauses.size() == questions) server->set_person(then);
            return at_once();
        });
        return run(io, coauth::try_sign_in(tokens, device(), std::move(o)));
    }
    static awaitable<void> at_once() { co_return; }

    coauth::testing::manual_clock clock;
    std::optional<coauth::testing::authorization_server> server;
    asio::io_context io;
    std::vector<coauth::device_prompt> shown;
    std::vector<coauth::duration> pauses;
};

TEST_F(sign_in_device, shows_where_to_go_and_gives_the_source_a_token) {
    coauth::token_source const tokens = source();
    coauth::result<coauth::token_ref> const token = try_sign_in(tokens);
    ASSERT_TRUE(token) << token.error().what();
    EXPECT_TRUE(server->is_active(token->access_token()));
    ASSERT_THAT(shown, SizeIs(1));
    EXPECT_EQ(shown[0].verification_uri, server->http().url("/device"));
    EXPECT_EQ(shown[0].user_code, "WDJB-MJHT");
    EXPECT_THAT(shown[0].verification_uri_complete, HasSubstr("user_code=WDJB-MJHT"));
    EXPECT_EQ(shown[0].expires_in, 10min);
    clock.advance(2h);
    EXPECT_TRUE(run(io, tokens.try_get())) << "renewed by its refresh token";
    EXPECT_EQ(server->counters().device_authorizations, 1U);
}

// R-076
TEST_F(sign_in_device, asks_at_the_interval_until_the_person_has_decided) {
    ASSERT_TRUE(try_sign_in(source(), 4));
    EXPECT_THAT(pauses, ElementsAre(5s, 5s, 5s, 5s));
    EXPECT_EQ(server->counters().refused, 3U);
}

TEST_F(sign_in_device, takes_the_interval_of_the_server) {
    start({.device_interval = 2s});
    ASSERT_TRUE(try_sign_in(source(), 2));
    EXPECT_THAT(pauses, ElementsAre(2s, 2s));
}

TEST_F(sign_in_device, asks_every_five_seconds_where_the_server_does_not_say) {
    start({.device_interval = 0s});
    ASSERT_TRUE(try_sign_in(source(), 2));
    EXPECT_THAT(pauses, ElementsAre(5s, 5s));
}

// R-076
TEST_F(sign_in_device, slows_down_for_good_by_five_seconds_each_time_it_is_told_to) {
    server->fail_next(2, server_response::json(400, R"({"error":"slow_down"})"));
    ASSERT_TRUE(try_sign_in(source(), 4));
    EXPECT_THAT(pauses, ElementsAre(5s, 10s, 15s, 15s));
}

TEST_F(sign_in_device, backs_off_from_a_server_that_cannot_be_reached_and_goes_on) {
    // The first of them is sent again at once, on another connection.
    server->fail_next(3, server_response(200).with_faults({.reset = true}));
    server->fail_next(1, server_response(503));
    ASSERT_TRUE(try_sign_in(source(), 5));
    EXPECT_THAT(pauses, ElementsAre(5s, 10s, 20s, 40s, 40s));
}

TEST_F(sign_in_device, waits_as_long_as_a_busy_server_asks_for_once) {
    server->fail_next(1, server_response(503).with_field("Retry-After", "30"));
    ASSERT_TRUE(try_sign_in(source(), 3));
    EXPECT_THAT(pauses, ElementsAre(5s, 30s, 5s));
}

// R-077
TEST_F(sign_in_device, stops_at_once_when_the_person_says_no) {
    coauth::result<coauth::token_ref> const token = try_sign_in(source(), 2, person::denies);
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::authorization_refused)) << token.error().what();
    EXPECT_EQ(token.error().oauth_error_description(), "the person said no");
    EXPECT_THAT(pauses, SizeIs(2));
}

// R-077
TEST_F(sign_in_device, stops_at_once_at_any_other_error) {
    for (char const* const code : {"expired_token", "invalid_request", "invalid_grant"}) {
        pauses.clear();
        std::string const body = std::string(R"({"error":")") + code + "\"}";
        server->fail_next(1, server_response::json(400, body));
        coauth::result<coauth::token_ref> const token = try_sign_in(source(), 9);
        ASSERT_FALSE(token);
        EXPECT_EQ(token.error().is(errc::device_code_expired),
                  code == std::string("expired_token"));
        EXPECT_THAT(pauses, SizeIs(1));
    }
}

TEST_F(sign_in_device, stops_by_itself_when_the_code_has_expired) {
    start({.device_lifetime = 20s});
    coauth::result<coauth::token_ref> const token = try_sign_in(source(), 99);
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::device_code_expired)) << token.error().what();
    EXPECT_THAT(pauses, ElementsAre(5s, 5s, 5s, 5s));
    EXPECT_EQ(server->counters().token_requests, 3U);
}

TEST_F(sign_in_device, waits_no_longer_than_the_code_lives) {
    start({.device_lifetime = 20s, .device_interval = 24h});
    coauth::result<coauth::token_ref> const token = try_sign_in(source(), 99);
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::device_code_expired)) << token.error().what();
    EXPECT_THAT(pauses, ElementsAre(::testing::Le(20s)));
    EXPECT_EQ(server->counters().token_requests, 0U);
}

TEST_F(sign_in_device, is_refused_to_a_client_that_may_not_and_shows_nothing) {
    coauth::token_source_config c = config();
    c.client = coauth::client_secret_basic("web", coauth::secret(client_secret));
    coauth::result<coauth::token_ref> const token =
        try_sign_in(coauth::token_source(io.get_executor(), std::move(c)));
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().oauth_error(), "unauthorized_client");
    EXPECT_THAT(shown, SizeIs(0));
}

TEST_F(sign_in_device, ends_when_it_is_cancelled_in_a_pause) {
    asio::cancellation_signal cancel;
    std::optional<coauth::error> ended;
    coauth::device_code const how({.show = [&](coauth::device_prompt const&) {
        asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
    }});
    asio::co_spawn(io, coauth::try_sign_in(source(), how),
                   asio::bind_cancellation_slot(
                       cancel.slot(), [&](std::exception_ptr, coauth::result<coauth::token_ref> t) {
                           if (!t) ended = t.error();
                       }));
    io.run();
    ASSERT_TRUE(ended);
    EXPECT_TRUE(ended->is(errc::cancelled)) << ended->what();
}

TEST_F(sign_in_device, that_waits_for_a_person_is_ended_by_a_stop) {
    coauth::token_source const tokens = source();
    auto const how = coauth::device_code({.show = [&](coauth::device_prompt const&) {
        asio::co_spawn(io, tokens.stop(0s), asio::detached);
    }});
    coauth::result<coauth::token_ref> const token = run(io, coauth::try_sign_in(tokens, how));
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::stopped)) << token.error().what();
}

// R-246
TEST_F(sign_in_device, is_needed_again_when_the_answer_with_the_new_refresh_token_was_lost) {
    std::mutex mutex;
    std::vector<std::string> renewals;
    recording_server once([&](server_request const& r) {
        if (r.path == "/device") {
            return server_response::json(200, R"({"device_code":"d","user_code":"u",)"
                                              R"("verification_uri":"https://x","expires_in":60})");
        }
        if (r.body.find("grant_type=refresh_token") == std::string::npos) {
            return server_response::json(200, R"({"access_token":"t","token_type":"Bearer",)"
                                              R"("expires_in":60,"refresh_token":"r"})");
        }
        std::lock_guard const lock(mutex);
        renewals.push_back(r.body);
        if (renewals.size() == 1) return server_response(200).with_faults({.reset = true});
        return server_response::json(400, R"({"error":"invalid_grant"})");
    });
    coauth::token_source_config c = config();
    c.issuer.clear();
    c.token_url = once.url("/token");
    coauth::token_source const tokens(io.get_executor(), std::move(c));
    coauth::device_code const how({.device_authorization_url = once.url("/device"),
                                   .show = [](coauth::device_prompt const&) {}});
    coauth::sign_in_options o;
    o.pause([](coauth::duration) { return at_once(); });
    ASSERT_TRUE(run(io, coauth::try_sign_in(tokens, how, std::move(o))));
    for (int i = 0; i < 5; ++i) {
        clock.advance(5min);
        EXPECT_TRUE(run(io, tokens.try_get()).error().is(errc::reauthorization_required));
    }
    EXPECT_THAT(renewals, SizeIs(2)) << "once more with the old one, and never again";
}

TEST_F(sign_in_device, needs_somebody_who_shows_the_code) {
    EXPECT_THROW(coauth::device_code({}), coauth::exception);
    EXPECT_THROW(static_cast<void>(device({.parameters = {{"scope", "x"}}})), coauth::exception);
}

}  // namespace
}  // namespace sign_in_device_test
