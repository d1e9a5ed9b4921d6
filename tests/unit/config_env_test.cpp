// SPDX-License-Identifier: BSL-1.0

#include <coauth/config_env.hpp>
#include <coauth/http/no_proxy.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "config_support.hpp"

namespace config_env_test {
namespace {

using coauth::errc;
using coauth::config::from_env;
using config_support::environment;

constexpr std::string_view canary = "c4n4ry";

std::string refusal(std::string_view prefix = "COAUTH_T4") {
    auto const settings = from_env(prefix);
    if (settings) return "accepted";
    EXPECT_TRUE(settings.error().is(errc::invalid_configuration)) << settings.error().what();
    EXPECT_EQ(settings.error().what().find(canary), std::string::npos) << settings.error().what();
    return settings.error().message();
}

TEST(config_env, reads_the_variables_of_its_prefix) {
    environment const variables{{"COAUTH_T4_TOKEN_ENDPOINT", "https://a.example/t"},
                                {"COAUTH_T4_CLIENT_ID", "id"},
                                {"COAUTH_T4_CLIENT_SECRET", "s3cret"},
                                {"COAUTH_T4_SCOPE", "a b"},
                                {"COAUTH_T4_BASE_URL", "https://b.example"},
                                {"COAUTH_T4_API_CALL_DEADLINE", "3"},
                                {"COAUTH_T4_API_HEADERS", "X-A=1%2C2, X-B=%20"},
                                {"COAUTH_T4_AUDIENCE", ""},
                                {"COAUTH_T4X_NOT_OURS", "1"},
                                {"XCOAUTH_T4_NOT_OURS", "1"}};
    auto const settings = from_env("COAUTH_T4");
    ASSERT_TRUE(settings) << settings.error().what();
    EXPECT_EQ(settings->token.scope.to_string(), "a b");
    EXPECT_EQ(settings->api.call_deadline, std::chrono::seconds(3));
    EXPECT_EQ(settings->api.headers, (coauth::string_pairs{{"X-A", "1,2"}, {"X-B", " "}}));
    EXPECT_EQ(settings->token.client.cache_identity()->reveal(),
              "client_secret_basic 2:idenvironment:COAUTH_T4_CLIENT_SECRET");
}

TEST(config_env, a_secret_may_stand_in_a_file_as_docker_has_it) {
    environment const variables{{"COAUTH_T4_TOKEN_ENDPOINT", "https://a.example/t"},
                                {"COAUTH_T4_CLIENT_ID", "id"},
                                {"COAUTH_T4_CLIENT_SECRET", ""},
                                {"COAUTH_T4_CLIENT_SECRET_FILE", "/run/secrets/c"}};
    auto const settings = from_env("COAUTH_T4");
    ASSERT_TRUE(settings) << settings.error().what();
    EXPECT_EQ(settings->token.client.cache_identity()->reveal(),
              "client_secret_basic 2:idfile:/run/secrets/c");
}

TEST(config_env, a_secret_and_a_file_for_it_are_one_too_many) {
    environment const variables{{"COAUTH_T4_TOKEN_ENDPOINT", "https://a.example/t"},
                                {"COAUTH_T4_CLIENT_ID", "id"},
                                {"COAUTH_T4_CLIENT_SECRET", "c4n4ry"},
                                {"COAUTH_T4_CLIENT_SECRET_FILE", "/run/secrets/c4n4ry"}};
    EXPECT_EQ(refusal(), "COAUTH_T4_CLIENT_SECRET_FILE: set as well as COAUTH_T4_CLIENT_SECRET");
}

TEST(config_env, an_unknown_variable_is_an_error_with_the_nearest_name) {
    environment const variables{{"COAUTH_T4_BASE_URL", "https://b.example"},
                                {"COAUTH_T4_CLIENT_SECRETFILE", "c4n4ry"},
                                {"COAUTH_T4_SOMETHING_ELSE_ALTOGETHER", "c4n4ry"},
                                {"COAUTH_T4_TOKN_ENDPOINT", ""}};
    EXPECT_EQ(refusal(),
              "3 problems: COAUTH_T4_CLIENT_SECRETFILE: unknown variable; did you mean "
              "COAUTH_T4_CLIENT_SECRET_FILE?; COAUTH_T4_SOMETHING_ELSE_ALTOGETHER: unknown "
              "variable; COAUTH_T4_TOKN_ENDPOINT: unknown variable; did you mean "
              "COAUTH_T4_TOKEN_ENDPOINT?");
}

TEST(config_env, wrong_values_say_what_is_allowed_and_never_the_value) {
    environment const variables{{"COAUTH_T4_BASE_URL", "https://u:c4n4ry@b.example"},
                                {"COAUTH_T4_API_CALL_DEADLINE", "c4n4ry"},
                                {"COAUTH_T4_API_HEADERS", "c4n4ry"},
                                {"COAUTH_T4_API_INSECURE_HTTP", "true"},
                                {"COAUTH_T4_API_MAX_RESPONSE_BODY", "1e3"},
                                {"COAUTH_T4_TLS_SYSTEM_TRUST", "yes"}};
    std::string const text = refusal();
    for (std::string_view const part :
         {"6 problems: ",
          "COAUTH_T4_API_HEADERS: expected name=value pairs, percent-encoded, separated by commas",
          "COAUTH_T4_API_INSECURE_HTTP: can be set in code only", "COAUTH_T4_BASE_URL: ",
          "COAUTH_T4_API_CALL_DEADLINE: expected a duration above 0, such as 30s or 250ms",
          "COAUTH_T4_API_MAX_RESPONSE_BODY: expected a whole number above 0",
          "COAUTH_T4_TLS_SYSTEM_TRUST: expected true or false"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    }
}

TEST(config_env, an_api_key_is_read_at_once) {
    environment variables{{"COAUTH_T4_BASE_URL", "https://b.example"},
                          {"COAUTH_T4_API_KEY", "s3cret"}};
    auto const settings = from_env("COAUTH_T4");
    ASSERT_TRUE(settings) << settings.error().what();
    EXPECT_EQ(config_support::render(*settings)["/api/bearer_token"], "X-Api-Key: s3cret");
    variables.set("COAUTH_T4_API_KEY", "c4n4ry\n");
    auto const broken = from_env("COAUTH_T4");
    ASSERT_FALSE(broken);
    EXPECT_TRUE(broken.error().is(errc::invalid_header));
    EXPECT_EQ(broken.error().what().find(canary), std::string::npos);
}

TEST(config_env, a_proxy_is_named_by_variables_of_the_prefix) {
    environment const variables{{"COAUTH_T4_BASE_URL", "https://b.example"},
                                {"COAUTH_T4_PROXY_URL", "http://p.example:3128"},
                                {"COAUTH_T4_PROXY_USER", "u"},
                                {"COAUTH_T4_PROXY_PASSWORD", "s3cret"},
                                {"COAUTH_T4_API_PROXY_NO_PROXY", "a.example,.b.example 10.0.0.0/8"},
                                {"https_proxy", "http://of-nobody.example"}};
    auto const settings = from_env("COAUTH_T4");
    ASSERT_TRUE(settings) << settings.error().what();
    auto const& proxy = settings->api.proxy.value();
    EXPECT_EQ(proxy.url, "http://p.example:3128");
    EXPECT_EQ(proxy.credentials.value().identity().reveal(),
              "u:environment:COAUTH_T4_PROXY_PASSWORD");
    auto const direct = coauth::no_proxy_rules::parse(proxy.no_proxy).value();
    for (std::string_view const host : {"a.example", "x.b.example", "10.1.2.3"}) {
        EXPECT_TRUE(direct.contains(host, 443)) << host;
    }
}

TEST(config_env, the_proxy_of_the_standard_variables_is_taken_on_request) {
    environment const variables{{"COAUTH_T4_BASE_URL", "https://b.example"},
                                {"COAUTH_T4_PROXY_FROM_ENVIRONMENT", "true"},
                                {"https_proxy", "p.example:3128"},
                                {"no_proxy", "*"}};
    auto const settings = from_env("COAUTH_T4");
    ASSERT_TRUE(settings) << settings.error().what();
    EXPECT_EQ(settings->api.proxy.value().url, "http://p.example:3128");
}

TEST(config_env, an_empty_environment_says_where_to_begin) {
    EXPECT_EQ(refusal("COAUTH_T5"),
              "nothing is configured: begin with COAUTH_T5_TOKEN_ENDPOINT and COAUTH_T5_BASE_URL");
}

TEST(config_env, a_prefix_is_a_name) {
    for (std::string_view const prefix : {"", "A_", "A-B", "A B", "=", "\xC3\xA9"}) {
        EXPECT_EQ(refusal(prefix), "a prefix is letters, digits and '_' inside, such as COAUTH");
    }
}

}  // namespace
}  // namespace config_env_test
