// SPDX-License-Identifier: BSL-1.0

#include <coauth/client_auth/client_secret_basic.hpp>
#include <coauth/grant/authorization_code.hpp>
#include <coauth/grant/client_credentials.hpp>
#include <coauth/grant/device_code.hpp>
#include <coauth/grant/grant.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace grant_test {
namespace {

using coauth::any_grant;
using coauth::errc;
using coauth::requested_access;
using coauth::token_request;
using coauth::url;

url const endpoint = url::parse("https://auth.example.com/token").value();

/// A user's own, with nothing but what is needed.
struct jwt_bearer {
    std::string assertion;
    [[nodiscard]] token_request request(url const& to, requested_access const& access) const {
        token_request r(to, "urn:ietf:params:oauth:grant-type:jwt-bearer");
        r.parameter("assertion", assertion);
        access.add_to(r);
        return r;
    }
};

struct named : jwt_bearer {
    [[nodiscard]] std::string cache_identity() const { return "jwt-bearer for alice"; }
};

/// One that cannot always go on by itself.
struct out_of_codes {
    [[nodiscard]] coauth::result<token_request> request(url const&, requested_access const&) const {
        return coauth::error(errc::reauthorization_required);
    }
};

struct nothing {};
static_assert(coauth::grant<jwt_bearer> && coauth::grant<out_of_codes>);
static_assert(coauth::grant<coauth::client_credentials>);
static_assert(coauth::grant<coauth::authorization_code> && coauth::grant<coauth::device_code>);
static_assert(!coauth::grant<nothing> && !coauth::grant<int>);

TEST(grant, of_a_user_makes_the_request) {
    any_grant const g = jwt_bearer{"a.b.c"};
    requested_access access;
    access.scope = "read";
    auto const r = g.request(endpoint, access);
    ASSERT_TRUE(r);
    EXPECT_EQ(r->parameter("assertion"), "a.b.c");
    EXPECT_EQ(r->parameter("scope"), "read");
    EXPECT_FALSE(g.needs_person());
    EXPECT_FALSE(g.needs_confidential_client());
}

TEST(grant, may_say_that_it_cannot) {
    auto const r = any_grant(out_of_codes()).request(endpoint, {});
    ASSERT_FALSE(r);
    EXPECT_TRUE(r.error().is(errc::reauthorization_required));
}

TEST(grant, without_an_identity_is_nobody_elses) {
    EXPECT_EQ(any_grant(jwt_bearer{}).cache_identity(), std::nullopt);
    EXPECT_EQ(any_grant(named{}).cache_identity(), "jwt-bearer for alice");
    EXPECT_EQ(any_grant(coauth::client_credentials()).cache_identity(), "client_credentials");
}

TEST(grant, of_a_person_is_named_by_the_account_whatever_the_way_in) {
    using coauth::authorization_code;
    using coauth::device_code;
    auto const show = [](coauth::device_prompt const&) {};
    EXPECT_EQ(any_grant(authorization_code()).cache_identity(), std::nullopt);
    EXPECT_EQ(any_grant(device_code({.show = show})).cache_identity(), std::nullopt);
    any_grant const browser = authorization_code({.account = "alice"});
    EXPECT_EQ(browser.cache_identity(),
              any_grant(device_code({.account = "alice", .show = show})).cache_identity());
    EXPECT_NE(browser.cache_identity(),
              any_grant(authorization_code({.account = "bob"})).cache_identity());
}

TEST(grant, of_a_person_makes_no_request_by_itself) {
    any_grant const g = coauth::authorization_code();
    EXPECT_TRUE(g.needs_person());
    EXPECT_TRUE(g.request(endpoint, {}).error().is(errc::reauthorization_required));
}

TEST(client_credentials, asks_for_everything_in_order) {
    requested_access access;
    access.scope = "b a";
    access.audience = "api";
    access.resource = {"https://a.example", "https://b.example"};
    access.parameters = {{"x", "1"}};
    auto const r = coauth::client_credentials().request(endpoint, access);
    coauth::detail::wiped_buffer body;
    r.encode(body);
    EXPECT_EQ(body.view(),
              "grant_type=client_credentials&scope=b+a&audience=api&resource=https%3A%2F%2F"
              "a.example&resource=https%3A%2F%2Fb.example&x=1");
    EXPECT_TRUE(any_grant(coauth::client_credentials()).needs_confidential_client());
}

TEST(requested_access, refuses_a_parameter_that_the_library_or_a_grant_sets) {
    for (char const* const name : {"", "scope", "grant_type", "code", "code_verifier", "assertion",
                                   "redirect_uri", "device_code", "refresh_token", "client_id"}) {
        requested_access access;
        access.parameters = {{name, "x"}};
        EXPECT_TRUE(access.check().is(errc::invalid_configuration)) << name;
    }
    requested_access relative;
    relative.resource = {"/api"};
    EXPECT_TRUE(relative.check().is(errc::invalid_configuration));
}

}  // namespace
}  // namespace grant_test
