// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/form.hpp>
#include <coauth/grant/authorization_code.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace authorization_code_test {
namespace {

using coauth::errc;
using coauth::error;
using coauth::secret;
using coauth::url;
using coauth::detail::authorization_attempt;
using coauth::detail::response_issuer;

std::map<std::string, std::string> parameters(std::string const& text) {
    auto const pairs = coauth::form_decode(text.substr(text.find('?') + 1)).value();
    return {pairs.begin(), pairs.end()};
}

class attempt : public ::testing::Test {
protected:
    [[nodiscard]] std::map<std::string, std::string> asked(
        coauth::requested_access const& access = {}) const {
        return parameters(one.authorization_url(place, "id", access, {}));
    }
    [[nodiscard]] std::string state() const { return asked()["state"]; }
    [[nodiscard]] error failure(std::string const& query, response_issuer const& from = {}) const {
        auto const code = one.read(query, from);
        EXPECT_FALSE(code) << query;
        return code ? error() : code.error();
    }

    url const place = url::parse("https://auth.example.com/authorize?tenant=1").value();
    authorization_attempt const one{"http://127.0.0.1:8080/callback"};
};

// R-368, RFC 7636 Appendix B
TEST(code_challenge, is_that_of_the_rfc) {
    EXPECT_EQ(coauth::detail::code_challenge(secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")),
              "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST_F(attempt, asks_with_everything_the_rfcs_want) {
    coauth::requested_access access;
    access.scope = "b a";
    access.audience = "https://api.example.com";
    access.resource = {"https://rs.example.com"};
    std::string const text = one.authorization_url(place, "my id", access, {{"prompt", "login"}});
    EXPECT_EQ(text.find("https://auth.example.com/authorize?tenant=1&response_type=code"), 0U);
    auto const p = parameters(text);
    EXPECT_EQ(p.at("client_id"), "my id");
    EXPECT_EQ(p.at("redirect_uri"), "http://127.0.0.1:8080/callback");
    EXPECT_EQ(p.at("code_challenge_method"), "S256");
    EXPECT_EQ(p.at("scope"), "b a");
    EXPECT_EQ(p.at("audience"), "https://api.example.com");
    EXPECT_EQ(p.at("resource"), "https://rs.example.com");
    EXPECT_EQ(p.at("prompt"), "login");
    EXPECT_FALSE(p.contains("grant_type"));
    EXPECT_FALSE(p.contains("code_verifier"));
}

//
TEST_F(attempt, has_a_state_and_a_verifier_of_256_bits_that_are_never_the_same) {
    std::set<std::string> seen;
    for (int i = 0; i < 50; ++i) {
        authorization_attempt const another("http://127.0.0.1:1/");
        auto const p = parameters(another.authorization_url(place, "id", {}, {}));
        auto const redeemed = another.redeem(place, secret("c"), {});
        std::string const verifier(*redeemed.parameter("code_verifier"));
        EXPECT_EQ(p.at("state").size(), 43U);
        EXPECT_EQ(verifier.size(), 43U);
        EXPECT_EQ(p.at("code_challenge"), coauth::detail::code_challenge(secret(verifier)));
        EXPECT_TRUE(seen.insert(p.at("state")).second);
        EXPECT_TRUE(seen.insert(verifier).second);
    }
}

TEST_F(attempt, redeems_the_code_with_the_redirect_and_the_verifier_but_no_scope) {
    coauth::requested_access access;
    access.scope = "a";
    access.audience = "x";
    access.resource = {"https://rs.example.com"};
    access.parameters = {{"tenant", "7"}};
    auto const r = one.redeem(place, secret("the code"), access);
    EXPECT_EQ(r.parameter("grant_type"), "authorization_code");
    EXPECT_EQ(r.parameter("code"), "the code");
    EXPECT_EQ(r.parameter("redirect_uri"), "http://127.0.0.1:8080/callback");
    EXPECT_EQ(r.parameter("resource"), "https://rs.example.com");
    EXPECT_EQ(r.parameter("tenant"), "7");
    EXPECT_FALSE(r.parameter("scope"));
    EXPECT_FALSE(r.parameter("audience"));
}

TEST_F(attempt, reads_the_code_and_leaves_what_it_does_not_know) {
    auto const code = one.read("session_state=x&code=a%2Bb&x=1&x=2&state=" + state(), {});
    ASSERT_TRUE(code) << code.error().what();
    EXPECT_EQ(code->reveal(), "a+b");
}

//
TEST_F(attempt, refuses_what_has_not_its_state_before_it_looks_at_anything_else) {
    for (std::string const& query :
         {std::string(), std::string("code=x"), std::string("state=&code=x"),
          "code=x&state=" + state() + "x", std::string("error=access_denied&state=guess")}) {
        EXPECT_TRUE(failure(query).is(errc::state_mismatch)) << query;
    }
}

//
TEST_F(attempt, compares_the_issuer_byte_for_byte_and_misses_it_only_where_it_was_announced) {
    std::string const good = "code=x&state=" + state();
    std::string const issuer = "https://auth.example.com";
    EXPECT_TRUE(one.read(good + "&iss=https%3A%2F%2Fauth.example.com", {issuer, true}));
    EXPECT_TRUE(one.read(good, {issuer, false}));
    EXPECT_TRUE(one.read(good + "&iss=whatever", {}));
    EXPECT_TRUE(failure(good, {issuer, true}).is(errc::issuer_mismatch));
    for (char const* const other : {"https://auth.example.com/", "https://AUTH.example.com", "x"}) {
        EXPECT_TRUE(failure(good + "&iss=" + other, {issuer, false}).is(errc::issuer_mismatch));
    }
    EXPECT_TRUE(failure("error=access_denied&iss=x&state=" + state(), {issuer, false})
                    .is(errc::issuer_mismatch));
}

TEST_F(attempt, gives_the_words_of_a_refusal_in_printable_form) {
    error const e = failure("error=access_denied&error_description=no%0Away&state=" + state());
    EXPECT_TRUE(e.is(errc::authorization_refused));
    EXPECT_EQ(e.oauth_error(), "access_denied");
    EXPECT_EQ(e.oauth_error_description().find('\n'), std::string::npos);
}

TEST_F(attempt, refuses_what_can_be_read_in_two_ways) {
    for (std::string const& query :
         {"code=a&code=b&state=" + state(), "code=%zz&state=" + state(), "state=" + state(),
          "state=" + state() + "&state=" + state(), "code=&state=" + state()}) {
        EXPECT_TRUE(failure(query).is(errc::malformed_authorization_response)) << query;
    }
}

TEST_F(attempt, has_a_state_and_a_code_that_are_not_in_its_errors) {
    std::string const text = failure("code=the-code&state=" + state() + "&code=b").what() +
                             failure("code=the-code&state=other-state").what();
    EXPECT_EQ(text.find("the-code"), std::string::npos);
    EXPECT_EQ(text.find(state()), std::string::npos);
    EXPECT_EQ(text.find("other-state"), std::string::npos);
}

}  // namespace
}  // namespace authorization_code_test
