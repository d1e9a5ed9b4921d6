// SPDX-License-Identifier: BSL-1.0
//
// People sign in at oidc-provider: through a browser and with a device code.

#include "support/oidc_fixture.hpp"
#include <coauth/codec/form.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/openapi.hpp>
#include <coauth/testing/headless_browser.hpp>

#include <mutex>
#include <string>
#include <vector>

namespace oidc_sign_in_test {
namespace {

using namespace coauth;
using namespace coauth::tests;
using namespace std::chrono_literals;
using coauth::testing::headless_browser;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// The text member of that name.
std::string member(std::string_view json, std::string_view name) {
    json_object_reader reader(json);
    while (reader.next()) {
        if (reader.name() == name) return reader.value().to_string();
    }
    return {};
}

class oidc_sign_in : public oidc_test {
protected:
    /// A public client that knows nothing but the issuer.
    [[nodiscard]] token_source_config person(std::string const& client_id, any_grant grant) {
        token_source_config c = source();
        c.token_url.clear();
        c.issuer = oidc().origin("https");
        c.client = public_client(client_id);
        c.grant = std::move(grant);
        c.scope = "read offline_access";
        c.clock = coauth::clock(clock);
        c.lifetime.min_refresh_interval = 0s;
        return c;
    }
    /// The person and the browser of the server's own test kit.
    [[nodiscard]] static std::string browse(std::string const& url, bool deny = false) {
        return oidc().control("/browse?url=" + percent_encoded(url) + (deny ? "&deny=1" : ""));
    }
    [[nodiscard]] static headless_browser browser() {
        return headless_browser(
            [](std::string const& url) { return member(browse(url), "location"); });
    }
    /// The person decides before question number `questions`. Nothing waits: of a server that
    /// watches the interval only the first answer and the last one can be had so.
    result<token_ref> by_device(token_source const& tokens, std::size_t questions,
                                bool deny = false) {
        device_code const how(
            {.show = [this](device_prompt const& p) { place = p.verification_uri_complete; }});
        sign_in_options o;
        o.pause([this, questions, deny](duration d) {
            pauses.push_back(d);
            if (pauses.size() == questions) static_cast<void>(browse(place, deny));
            return at_once();
        });
        return run(try_sign_in(tokens, how, std::move(o)));
    }
    static awaitable<void> at_once() { co_return; }
    static any_grant any_device() {
        return device_code({.show = [](device_prompt const&) {}});
    }

    std::shared_ptr<test_clock> clock = std::make_shared<test_clock>(test_clock::kind::running);
    std::string place;
    std::vector<duration> pauses;
};

// R-368, R-369
TEST_F(oidc_sign_in, code_with_pkce_gives_a_public_client_a_token_that_is_renewed) {
    headless_browser const window = browser();
    authorization_code const how({.open = window});
    token_source const tokens(io.get_executor(), person("native", how));
    result<token_ref> const token = run(try_sign_in(tokens, how));
    ASSERT_TRUE(token) << token.error().what();
    EXPECT_THAT(window.page(), HasSubstr("You are signed in"));
    std::string const first(token->access_token());
    for (int i = 0; i < 2; ++i) {
        clock->advance(2h);
        result<token_ref> const renewed = fetch(tokens);
        ASSERT_TRUE(renewed) << renewed.error().what();
        EXPECT_NE(renewed->access_token(), first);
    }
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 3U);
    EXPECT_THAT(log[0].body, StartsWith("grant_type=authorization_code&code="));
    EXPECT_THAT(log[0].body, HasSubstr("&code_verifier="));
    EXPECT_THAT(log[1].body, StartsWith("grant_type=refresh_token"));
}

TEST_F(oidc_sign_in, denial_is_a_typed_error) {
    headless_browser const window = browser();
    authorization_code const how({.parameters = {{"login_hint", "deny"}}, .open = window});
    token_source const tokens(io.get_executor(), person("native", how));
    result<token_ref> const token = run(try_sign_in(tokens, how));
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::authorization_refused)) << token.error().what();
    EXPECT_EQ(token.error().oauth_error(), "access_denied");
    EXPECT_EQ(token.error().oauth_error_description(), "the end-user said no");
    EXPECT_TRUE(oidc_token_log().empty());
}

/// The server's own API, as its owner would describe it.
[[nodiscard]] std::string description() {
    std::string const origin = oidc().origin("https");
    return R"({"openapi": "3.1.0", "info": {"title": "Echo", "version": "1"},
        "servers": [{"url": ")" +
           origin + R"(/rs"}],
        "components": {"securitySchemes": {"person": {"type": "oauth2", "flows": {
            "authorizationCode": {"authorizationUrl": ")" +
           origin + R"(/auth",
                "tokenUrl": ")" +
           origin + R"(/token", "scopes": {"read": "", "write": ""}}}}}},
        "paths": {"/echo": {
            "get": {"operationId": "look", "security": [{"person": ["read"]}]},
            "post": {"operationId": "put", "security": [{"person": ["write"]}]}}}})";
}

TEST_F(oidc_sign_in, description_with_an_authorization_code_is_enough_to_ask_the_person_and_call) {
    headless_browser const window = browser();
    openapi::configuration config = openapi::configure(
        openapi::parse(description()), openapi::credentials().client(public_client("native")));
    ASSERT_TRUE(config.authorization_code);
    config.authorization_code->open = window;
    config.client.tls = trust();
    config.token->tls = trust();
    openapi::api const echo(io.get_executor(), std::move(config));
    auto const signed_in = run(echo.try_sign_in());
    ASSERT_TRUE(signed_in) << signed_in.error().what();
    EXPECT_THAT(window.page(), HasSubstr("You are signed in"));
    for (char const* const operation : {"look", "put"}) {
        result<response> const answer = run(echo.try_call(operation));
        ASSERT_TRUE(answer) << answer.error().what();
        EXPECT_EQ(answer->status(), 200) << answer->body();
    }
    ASSERT_EQ(oidc_token_log().size(), 1U);
    EXPECT_THAT(oidc_token_log()[0].body, StartsWith("grant_type=authorization_code&code="));
}

/// A token request that was sent before, as a grant of a user's own.
struct replayed_request {
    std::string body;
    [[nodiscard]] token_request request(url const& to, requested_access const&) const {
        token_request r(to, "authorization_code");
        auto const sent = form_decode(body).value();
        for (auto const& [name, value] : sent) r.parameter(name, value);
        return r;
    }
};

// R-253
TEST_F(oidc_sign_in, code_that_is_replayed_is_refused_and_what_came_of_it_needs_the_person_again) {
    authorization_code const how({.open = browser()});
    token_source const tokens(io.get_executor(), person("native", how));
    ASSERT_TRUE(run(try_sign_in(tokens, how)));
    token_source const thief(io.get_executor(),
                             person("native", replayed_request{oidc_token_log().at(0).body}));
    error const replayed = failure(thief);
    EXPECT_EQ(replayed.oauth_error(), "invalid_grant") << replayed.what();

    // The server has revoked the refresh token with the code (RFC 6749 §4.1.2).
    clock->advance(2h);
    error const ended = failure(tokens);
    EXPECT_TRUE(ended.is(errc::reauthorization_required)) << ended.what();
    EXPECT_EQ(ended.oauth_error(), "invalid_grant");
    std::size_t const asked = oidc_token_log().size();
    EXPECT_TRUE(failure(tokens).is(errc::reauthorization_required));
    clock->advance(2min);
    EXPECT_TRUE(failure(tokens).is(errc::reauthorization_required));
    EXPECT_EQ(oidc_token_log().size(), asked);
}

// R-076
TEST_F(oidc_sign_in, device_code_is_pending_until_the_person_agrees) {
    token_source const tokens(io.get_executor(), person("tv", any_device()));
    result<token_ref> const token = by_device(tokens, 2);
    ASSERT_TRUE(token) << token.error().what();
    EXPECT_THAT(pauses, ElementsAre(1s, 1s));
    clock->advance(2h);
    EXPECT_TRUE(fetch(tokens));
}

// R-076
TEST_F(oidc_sign_in, device_code_is_asked_about_more_slowly_when_the_server_wants_that) {
    token_source_config c = person("tv-secret", any_device());
    c.client = client_secret_basic("tv-secret", secret(oidc_secret));
    result<token_ref> const token = by_device(token_source(io.get_executor(), std::move(c)), 2);
    ASSERT_TRUE(token) << token.error().what();
    EXPECT_THAT(pauses, ElementsAre(1s, 6s));
}

TEST_F(oidc_sign_in, device_code_without_an_interval_is_asked_about_every_five_seconds) {
    token_source const tokens(io.get_executor(), person("tv-nointerval", any_device()));
    ASSERT_TRUE(by_device(tokens, 2));
    EXPECT_THAT(pauses, ElementsAre(5s, 5s));
}

// R-077
TEST_F(oidc_sign_in, device_code_that_is_denied_ends_at_once) {
    token_source const tokens(io.get_executor(), person("tv", any_device()));
    result<token_ref> const token = by_device(tokens, 2, true);
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::authorization_refused)) << token.error().what();
    EXPECT_EQ(pauses.size(), 2U);
}

}  // namespace
}  // namespace oidc_sign_in_test
