// SPDX-License-Identifier: BSL-1.0
//
// The endpoints of the testing authorization server where a person is asked, on the wire.

#include "support/raw_client.hpp"
#include <coauth/codec/form.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/testing/authorization_server.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

namespace testing_sign_in_server_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::testing::authentication_method;
using coauth::testing::authorization_server;
using coauth::testing::manual_clock;
using coauth::testing::person;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// RFC 7636 Appendix B
constexpr std::string_view verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr std::string_view challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

std::string member(std::string_view json, std::string_view name) {
    coauth::json_object_reader reader(json);
    while (reader.next()) {
        if (reader.name() == name) return reader.value().to_string();
    }
    return {};
}

class testing_sign_in_server : public ::testing::Test {
protected:
    testing_sign_in_server()
        : server({.clients = {{.client_id = "app",
                               .method = authentication_method::none,
                               .redirect_uris = {"https://app.test/back", "http://127.0.0.1/cb"},
                               .device_grant = true,
                               .refresh_tokens = true},
                              {.client_id = "web",
                               .secret = "not-a-real-secret",
                               .method = authentication_method::client_secret_post,
                               .redirect_uris = {"https://app.test/back"}}},
                  .clock = clock}) {}

    [[nodiscard]] std::string authorize(std::string const& more,
                                        std::string const& redirect = "https://app.test/back") {
        raw_client browser(server.http().port());
        raw_response const r = browser.send(
            "GET", "/authorize?response_type=code&redirect_uri=" + coauth::form_encode(redirect) +
                       "&state=s+1&" + more);
        return r.status == 302 ? r.field("Location") : std::to_string(r.status);
    }
    [[nodiscard]] static std::string with_challenge() {
        return "client_id=app&code_challenge_method=S256&code_challenge=" + std::string(challenge);
    }
    [[nodiscard]] static std::string code_in(std::string const& location) {
        std::size_t const at = location.find("code=") + 5;
        return location.substr(at, location.find('&', at) - at);
    }
    [[nodiscard]] raw_response post(std::string const& path, std::string const& form) {
        coauth::http_fields fields;
        fields.append("Content-Type", "application/x-www-form-urlencoded");
        return raw_client(server.http().port()).send("POST", path, fields, form);
    }
    [[nodiscard]] std::string error(std::string const& form) {
        return member(post("/token", form).body, "error");
    }
    [[nodiscard]] std::string redeeming(std::string const& code, std::string_view by = verifier) {
        return "grant_type=authorization_code&client_id=app&redirect_uri=https%3A%2F%2Fapp.test%2F"
               "back&code=" +
               code + "&code_verifier=" + std::string(by);
    }

    manual_clock clock;
    authorization_server server;
};

TEST_F(testing_sign_in_server, sends_the_browser_back_with_code_state_and_iss) {
    std::string const to = authorize(with_challenge());
    EXPECT_THAT(to, StartsWith("https://app.test/back?code=test-code-"));
    EXPECT_THAT(to, HasSubstr("&state=s+1"));
    EXPECT_THAT(to, HasSubstr("&iss=" + coauth::form_encode(server.issuer())));
    EXPECT_EQ(server.counters().authorizations, 1U);
}

TEST_F(testing_sign_in_server, sends_nobody_to_a_place_that_is_not_registered) {
    EXPECT_EQ(authorize(with_challenge(), "https://evil.test/back"), "400");
    EXPECT_EQ(authorize(with_challenge(), "https://app.test:8443/back"), "400");
    EXPECT_EQ(authorize("client_id=nobody"), "400");
    EXPECT_THAT(authorize(with_challenge(), "http://127.0.0.1:4711/cb"),
                StartsWith("http://127.0.0.1:4711/cb?code="));
}

TEST_F(testing_sign_in_server, wants_pkce_of_a_public_client_and_s256_of_everybody) {
    EXPECT_THAT(authorize("client_id=app"), HasSubstr("error=invalid_request"));
    EXPECT_THAT(authorize("client_id=web&code_challenge=x&code_challenge_method=plain"),
                HasSubstr("error=invalid_request"));
    EXPECT_THAT(authorize("client_id=web"), HasSubstr("code=test-code-"));
    EXPECT_THAT(authorize(with_challenge() + "&scope=admin"), HasSubstr("error=invalid_scope"));
}

TEST_F(testing_sign_in_server, does_what_the_person_does) {
    server.set_person(person::denies);
    EXPECT_THAT(authorize(with_challenge()), HasSubstr("error=access_denied"));
    server.set_person(person::does_nothing);
    EXPECT_EQ(authorize(with_challenge()), "200");
}

TEST_F(testing_sign_in_server, takes_a_code_once_within_a_minute_and_with_its_verifier) {
    std::string const code = code_in(authorize(with_challenge()));
    EXPECT_EQ(post("/token", redeeming(code)).status, 200);
    EXPECT_EQ(error(redeeming(code)), "invalid_grant");
    EXPECT_EQ(error(redeeming(code_in(authorize(with_challenge())), "x")), "invalid_grant");
    std::string const late = code_in(authorize(with_challenge()));
    clock.advance(1min);
    EXPECT_EQ(error(redeeming(late)), "invalid_grant");
}

TEST_F(testing_sign_in_server, takes_a_refresh_token_once_and_gives_another_one) {
    std::string const first = member(
        post("/token", redeeming(code_in(authorize(with_challenge())))).body, "refresh_token");
    std::string const form = "grant_type=refresh_token&client_id=app&refresh_token=";
    std::string const second = member(post("/token", form + first).body, "refresh_token");
    EXPECT_FALSE(second.empty());
    EXPECT_EQ(error(form + first), "invalid_grant");
    server.revoke_refresh_tokens();
    EXPECT_EQ(error(form + second), "invalid_grant");
}

TEST_F(testing_sign_in_server, slows_a_device_down_that_asks_too_early) {
    server.set_person(person::does_nothing);
    raw_response const begun = post("/device_authorization", "client_id=app");
    EXPECT_EQ(member(begun.body, "user_code"), "WDJB-MJHT");
    std::string const form =
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=app"
        "&device_code=" +
        member(begun.body, "device_code");
    EXPECT_EQ(error(form), "slow_down");
    clock.advance(9s);
    EXPECT_EQ(error(form), "slow_down") << "it is ten seconds now";
    clock.advance(15s);
    EXPECT_EQ(error(form), "authorization_pending");
    server.set_person(person::agrees);
    clock.advance(15s);
    EXPECT_EQ(post("/token", form).status, 200);
    EXPECT_EQ(error(form), "invalid_grant");
}

TEST_F(testing_sign_in_server, gives_a_public_client_no_client_credentials) {
    EXPECT_EQ(error("grant_type=client_credentials&client_id=app"), "unauthorized_client");
    EXPECT_EQ(error("grant_type=client_credentials&client_id=web"), "invalid_client");
}

}  // namespace
}  // namespace testing_sign_in_server_test
