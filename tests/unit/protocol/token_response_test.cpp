// SPDX-License-Identifier: BSL-1.0

#include <coauth/protocol/token_response.hpp>

#include "token_answers.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

namespace token_response_test {
namespace {

using namespace std::chrono_literals;
using coauth::errc;
using coauth::token_response_options;
using coauth::token_scheme;
using coauth_test::code_of;
using coauth_test::mentions;
using coauth_test::parse;
using coauth_test::with;
using coauth_test::with_token;
using coauth_test::without_type;

TEST(token_response, takes_the_answer_of_the_rfc) {
    // R-001 R-029
    auto const a = parse(R"({"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer",)"
                         R"("expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA",)"
                         R"("id_token":{"never":"read"},"example_parameter":"example_value"})");
    ASSERT_TRUE(a) << a.error().what();
    EXPECT_EQ(a->access_token.reveal(), "2YotnFZFEjr1zCsicMWpAA");
    EXPECT_EQ(a->token_type, "Bearer");
    EXPECT_EQ(a->expires_in, 3600s);
    EXPECT_EQ(a->refresh_token.reveal(), "tGzv3JOkF0XG5Qx2TlKWIA");
    EXPECT_FALSE(a->scope);
    EXPECT_FALSE(a->scope_unknown);
    EXPECT_EQ(a->quirks, coauth::token_response_quirks());
}

TEST(token_response, compares_token_type_without_case_and_gives_the_canonical_name) {
    // R-002
    for (char const* type : {"bEaReR", "BEARER", "bearer", "Bearer"}) {
        auto const a = parse(without_type(",\"token_type\":\"" + std::string(type) + "\""));
        ASSERT_TRUE(a) << type;
        EXPECT_EQ(a->token_type, "Bearer");
    }
    auto const a = parse(without_type(R"(,"token_type":"DpOp")"), {.scheme = token_scheme::dpop});
    ASSERT_TRUE(a);
    EXPECT_EQ(a->token_type, "DPoP");
}

TEST(token_response, without_token_type_names_the_option_that_would_accept_it) {
    // R-003
    for (char const* members : {"", R"(,"token_type":null)", R"(,"token_type":"")"}) {
        auto const a = parse(without_type(members));
        EXPECT_EQ(code_of(a), errc::missing_token_type) << members;
        EXPECT_TRUE(mentions(a, "assume_bearer"));
        auto const assumed = parse(without_type(members), {.assume_bearer = true});
        ASSERT_TRUE(assumed);
        EXPECT_EQ(assumed->token_type, "Bearer");
        EXPECT_TRUE(assumed->quirks.token_type_assumed);
    }
}

TEST(token_response, with_an_unknown_token_type_names_the_option_that_would_accept_it) {
    // R-004
    auto const gateway = without_type(R"(,"token_type":"BearerToken")");
    EXPECT_EQ(code_of(parse(without_type(R"(,"token_type":"mac")"))), errc::unsupported_token_type);
    EXPECT_TRUE(mentions(parse(gateway), "token_type_aliases"));
    EXPECT_TRUE(mentions(parse(gateway), "'BearerToken'"));
    auto const a = parse(gateway, {.token_type_aliases = {"other", "bearertoken"}});
    ASSERT_TRUE(a);
    EXPECT_EQ(a->token_type, "Bearer") << "never the server's spelling";
    EXPECT_TRUE(a->quirks.token_type_alias);
    for (char const* type : {"1", "true", "[]", "{}", "[\"Bearer\"]"}) {
        auto const text = without_type(",\"token_type\":" + std::string(type));
        EXPECT_EQ(code_of(parse(text)), errc::unsupported_token_type) << type;
        EXPECT_EQ(code_of(parse(text, {.assume_bearer = true})), errc::unsupported_token_type);
        EXPECT_EQ(code_of(parse(text, {.token_type_aliases = {""}})), errc::unsupported_token_type);
    }
}

TEST(token_response, never_downgrades_dpop_to_bearer) {
    // RFC 9449 §5: never a downgrade
    token_response_options const dpop{.scheme = token_scheme::dpop,
                                      .assume_bearer = true,
                                      .token_type_aliases = {"BearerToken", "Bearer"}};
    EXPECT_EQ(code_of(parse(with(R"("expires_in":60)"), dpop)), errc::unsupported_token_type);
    EXPECT_EQ(code_of(parse(without_type(R"(,"token_type":"BearerToken")"), dpop)),
              errc::unsupported_token_type);
    EXPECT_EQ(code_of(parse(without_type(""), dpop)), errc::missing_token_type);
}

TEST(token_response, refuses_a_dpop_token_without_a_key) {
    // R-006
    auto const text = without_type(R"(,"token_type":"DPoP")");
    EXPECT_EQ(code_of(parse(text)), errc::unsupported_token_type);
    EXPECT_EQ(code_of(parse(text, {.token_type_aliases = {"dpop"}})), errc::unsupported_token_type)
        << "an alias cannot make a bound token a bearer token";
}

TEST(token_response, refuses_an_access_token_that_is_none) {
    // R-007
    EXPECT_EQ(code_of(parse(R"({"token_type":"Bearer"})")), errc::invalid_access_token);
    EXPECT_EQ(code_of(parse("{}")), errc::invalid_access_token);
    for (char const* value : {"null", "1", "{}", "[]", "[\"t\"]", "true", "\"\""}) {
        EXPECT_EQ(code_of(parse(with_token(value))), errc::invalid_access_token) << value;
    }
}

TEST(token_response, refuses_an_access_token_that_cannot_stand_in_a_header) {
    // R-008 R-042
    for (int c = 0; c != 0x100; ++c) {
        char const* const digits = "0123456789abcdef";
        std::string const escape = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
        for (std::string const& token :
             {escape, "ab" + escape, escape + "ab", "a" + escape + "b"}) {
            auto const a = parse(with_token("\"" + token + "\""));
            EXPECT_EQ(code_of(a), c > 0x20 && c < 0x7F ? errc{} : errc::invalid_access_token) << c;
        }
    }
    EXPECT_EQ(code_of(parse(with_token("\"t\xC3\xA4\""))), errc::invalid_access_token);
    EXPECT_EQ(code_of(parse(with_token(R"("t\r\nX-Evil: 1")"))), errc::invalid_access_token);
}

TEST(token_response, bounds_the_size_of_an_access_token) {
    // R-009
    std::string const largest(64 * 1024, 'x');
    auto const a = parse(with_token("\"" + largest + "\""));
    ASSERT_TRUE(a);
    EXPECT_EQ(a->access_token.size(), largest.size());
    auto const too_large = parse(with_token("\"" + largest + "x\""));
    EXPECT_EQ(code_of(too_large), errc::invalid_access_token);
    EXPECT_TRUE(mentions(too_large, "max_access_token"));

    token_response_options const four{.max_access_token = 4};
    EXPECT_TRUE(parse(with_token(R"("\u0061\u0062\u0063\u0064")"), four));
    EXPECT_FALSE(parse(with_token(R"("\u0061\u0062\u0063\u0064e")"), four));
    EXPECT_FALSE(parse(with_token("\"" + largest + "\""), four));
}

TEST(token_response, without_expires_in_has_an_unknown_lifetime) {
    // R-010
    auto const a = parse(without_type(R"(,"token_type":"Bearer")"));
    ASSERT_TRUE(a);
    EXPECT_FALSE(a->expires_in);
    EXPECT_TRUE(a->quirks.expires_in_missing);
}

TEST(token_response, takes_a_lifetime_that_is_not_positive_for_unknown_and_counts_it) {
    // R-011 R-013
    for (char const* value : {"0", "-1", "-0", "0.5", "-0.5", "-9223372036854775808", "-1e400",
                              "1e-400", "\"0\"", "\"000\""}) {
        for (bool const strict : {false, true}) {
            if (strict && value[0] == '"') continue;
            auto const a = parse(with("\"expires_in\":" + std::string(value)), {.strict = strict});
            ASSERT_TRUE(a) << value;
            EXPECT_FALSE(a->expires_in) << value;
            EXPECT_TRUE(a->quirks.expires_in_not_positive) << value;
            EXPECT_FALSE(a->quirks.expires_in_missing);
        }
    }
}

TEST(token_response, reads_a_lifetime_however_the_number_is_written) {
    // R-012 R-014
    for (auto const& [text, seconds] : {std::pair{"1", 1s},
                                        {"3600", 3600s},
                                        {"3600.0", 3600s},
                                        {"3.6e3", 3600s},
                                        {"3600.9", 3600s},
                                        {"0.36E+4", 3600s},
                                        {"36000000e-4", 3600s}}) {
        auto const a = parse(with("\"expires_in\":" + std::string(text)), {.strict = true});
        ASSERT_TRUE(a) << text;
        EXPECT_EQ(a->expires_in, seconds) << text;
        EXPECT_FALSE(a->quirks.expires_in_clamped);
    }
}

TEST(token_response, cuts_a_lifetime_at_ten_years) {
    // R-014 R-015
    constexpr auto ten_years = std::chrono::seconds(315'360'000);
    for (char const* value :
         {"315360001", "1e19", "1e400", "9223372036854775807", "18446744073709551616",
          "1e99999999999999999999", "\"99999999999999999999999999\""}) {
        auto const a = parse(with("\"expires_in\":" + std::string(value)));
        ASSERT_TRUE(a) << value;
        EXPECT_EQ(a->expires_in, ten_years) << value;
        EXPECT_TRUE(a->quirks.expires_in_clamped);
    }
    EXPECT_FALSE(parse(with(R"("expires_in":315360000)"))->quirks.expires_in_clamped);
}

TEST(token_response, takes_digits_in_quotes_unless_it_is_strict) {
    // R-016
    for (char const* value : {"\"3600\"", "\"003600\"", R"("\u0033600")"}) {
        auto const text = with("\"expires_in\":" + std::string(value));
        auto const a = parse(text);
        ASSERT_TRUE(a) << value;
        EXPECT_EQ(a->expires_in, 3600s);
        EXPECT_TRUE(a->quirks.expires_in_string);
        EXPECT_EQ(code_of(parse(text, {.strict = true})), errc::invalid_expires_in);
    }
}

TEST(token_response, refuses_any_other_lifetime_in_both_modes) {
    // R-017
    for (char const* value : {"\"3600s\"", "\" 3600\"", "\"3600 \"", "\"0x10\"", "\"\"", "\"-1\"",
                              "\"+1\"", "\"1.5\"", "\"3.6e3\"", "\"3600abc\"", "\"NaN\"", "true",
                              "false", "[]", "{}", "[3600]", R"("3600\u0000")"}) {
        for (bool const strict : {false, true}) {
            auto const a = parse(with("\"expires_in\":" + std::string(value)), {.strict = strict});
            EXPECT_EQ(code_of(a), errc::invalid_expires_in) << value;
        }
    }
}

TEST(token_response, takes_a_null_lifetime_for_a_missing_one_unless_it_is_strict) {
    // R-018
    auto const a = parse(with(R"("expires_in":null)"));
    ASSERT_TRUE(a);
    EXPECT_FALSE(a->expires_in);
    EXPECT_TRUE(a->quirks.expires_in_missing);
    EXPECT_EQ(code_of(parse(with(R"("expires_in":null)"), {.strict = true})),
              errc::invalid_expires_in);
}

TEST(token_response, ignores_unknown_members) {
    // R-019
    auto const a = parse(with(R"("expires_in":60,"expires_on":"1","ext_expires_in":{},)"
                              R"("not_before":-1,"expires_on":[],"x":null)"));
    ASSERT_TRUE(a);
    EXPECT_EQ(a->expires_in, 60s);
}

TEST(token_response, reads_the_advice_when_to_renew_and_never_fails_for_it) {
    for (auto const& [value, seconds] : {std::pair{"1800", std::optional(1800s)},
                                         {"\"1800\"", std::optional(1800s)},
                                         {"1e400", std::optional(315'360'000s)},
                                         {"0", std::optional<std::chrono::seconds>()},
                                         {"-5", std::optional<std::chrono::seconds>()},
                                         {"null", std::optional<std::chrono::seconds>()},
                                         {"[]", std::optional<std::chrono::seconds>()},
                                         {"\"x\"", std::optional<std::chrono::seconds>()}}) {
        auto const a = parse(with("\"expires_in\":3600,\"refresh_in\":" + std::string(value)),
                             {.strict = true});
        ASSERT_TRUE(a) << value;
        EXPECT_EQ(a->refresh_in, seconds) << value;
    }
}

TEST(token_response, without_scope_has_the_scope_that_was_requested) {
    // R-020
    auto const a = parse(with(R"("expires_in":60)"), {.require_scopes = {"a"}});
    ASSERT_TRUE(a);
    EXPECT_FALSE(a->scope);
    EXPECT_FALSE(a->scope_unknown);
}

TEST(token_response, delivers_the_granted_scope_and_can_require_some_of_it) {
    // R-021 R-022
    auto const text = with(R"("scope":"users.read orders:write x")");
    auto const a = parse(text, {.require_scopes = {"x", "users.read"}});
    ASSERT_TRUE(a);
    EXPECT_EQ(a->scope, "users.read orders:write x");
    EXPECT_FALSE(a->quirks.scope_malformed);
    auto const less = parse(text, {.require_scopes = {"users.read", "users"}});
    EXPECT_EQ(code_of(less), errc::insufficient_scope);
    EXPECT_TRUE(mentions(less, "'users'"));
}

TEST(token_response, never_fails_for_a_scope_of_another_type) {
    // R-023
    auto const joined = parse(with(R"("scope":["a","b\u002ec"])"));
    ASSERT_TRUE(joined);
    EXPECT_EQ(joined->scope, "a b.c");
    EXPECT_TRUE(joined->quirks.scope_array);
    EXPECT_FALSE(joined->scope_unknown);
    for (char const* value : {"[]", "[1]", "[\"a\",null]", "[[\"a\"]]", "[\"a\\\"\"]", "[\"a\",{}]",
                              "[\"\"]", "7", "{}", "true"}) {
        auto const a = parse(with("\"scope\":" + std::string(value)), {.require_scopes = {"a"}});
        ASSERT_TRUE(a) << value;
        EXPECT_FALSE(a->scope) << value;
        EXPECT_TRUE(a->scope_unknown) << value;
        EXPECT_TRUE(a->quirks.scope_array || a->quirks.scope_malformed) << value;
    }
}

TEST(token_response, never_fails_for_a_scope_that_is_malformed) {
    // R-024
    for (char const* value :
         {"\"\"", "null", "\" \"", R"("a\"b")", R"("a\\b")", R"("a\tb")", R"("a\r\nHost: evil")",
          "\"\xC3\xA4\"", R"("a\u0000")", R"("\u007f")"}) {
        auto const a = parse(with("\"scope\":" + std::string(value)), {.strict = true});
        ASSERT_TRUE(a) << value;
        EXPECT_FALSE(a->scope) << value;
        EXPECT_TRUE(a->scope_unknown) << value;
        EXPECT_TRUE(a->quirks.scope_malformed) << value;
    }
    auto const spaces = parse(with(R"("scope":"  a   b ")"));
    ASSERT_TRUE(spaces);
    EXPECT_EQ(spaces->scope, "a b");
    EXPECT_TRUE(spaces->quirks.scope_malformed);
}

TEST(token_response, delivers_a_refresh_token_or_ignores_it) {
    // RFC 6749 §4.4.3
    auto const text = with(R"("refresh_token":"rt\u002d1")");
    EXPECT_EQ(parse(text)->refresh_token.reveal(), "rt-1");
    EXPECT_TRUE(parse(text, {.ignore_refresh_token = true})->refresh_token.empty());
    EXPECT_TRUE(parse(with(R"("expires_in":1)"))->refresh_token.empty());
}

TEST(token_response, takes_an_empty_refresh_token_for_none_and_refuses_other_types) {
    // R-026
    for (char const* value : {"\"\"", "null"}) {
        auto const a = parse(with("\"refresh_token\":" + std::string(value)));
        ASSERT_TRUE(a) << value;
        EXPECT_TRUE(a->refresh_token.empty());
        EXPECT_TRUE(a->quirks.refresh_token_empty);
    }
    for (char const* value : {"1", "true", "[]", "{}", "[\"rt\"]"}) {
        auto const text = with("\"refresh_token\":" + std::string(value));
        EXPECT_EQ(code_of(parse(text)), errc::invalid_refresh_token) << value;
        EXPECT_TRUE(parse(text, {.ignore_refresh_token = true})) << value;
    }
}

TEST(token_response, finds_the_error_in_an_answer_with_status_200) {
    // R-030
    auto const a = parse(R"({"error":"invalid_client","error_description":"who?",)"
                         R"("access_token":"at-1","token_type":"Bearer"})");
    EXPECT_EQ(code_of(a), errc::client_refused);
    EXPECT_EQ(a.error().oauth_error(), "invalid_client");
    EXPECT_EQ(a.error().oauth_error_description(), "who?");
    EXPECT_EQ(a.error().http_status(), 200);
    EXPECT_EQ(code_of(parse(R"({"error":"bad_verification_code"})")), errc::token_refused);
    EXPECT_EQ(code_of(parse(with(R"("error":{"code":400})"))), errc::token_refused);
    EXPECT_EQ(code_of(parse(with(R"("error":true)"))), errc::token_refused);
    for (char const* none : {"null", "\"\""}) {
        EXPECT_TRUE(parse(with("\"error\":" + std::string(none)))) << none;
        EXPECT_EQ(code_of(parse("{\"error\":" + std::string(none) + "}")),
                  errc::invalid_access_token);
    }
}

TEST(token_response, refuses_a_member_that_stands_twice) {
    // R-034
    for (char const* members :
         {R"("access_token":"at-1")", R"("access_token":"other")", R"("token_type":"Bearer")",
          R"("expires_in":1,"expires_in":1)", R"("expires_in":1,"expires_in":"2")",
          R"("refresh_token":"a","refresh_token":"b")", R"("scope":"a","scope":"b")",
          R"("error":null,"error":null)", R"("refresh_in":1,"refresh_in":1)"}) {
        auto const a = parse(with(members));
        EXPECT_EQ(code_of(a), errc::duplicate_member) << members;
        EXPECT_FALSE(mentions(a, "at-1"));
    }
    EXPECT_TRUE(parse(with(R"("unknown":1,"unknown":2)")));
}

TEST(token_response, sees_through_escapes_in_the_names_of_members) {
    // R-035
    EXPECT_EQ(code_of(parse(with(R"("access\u005ftoken":"x")"))), errc::duplicate_member);
    EXPECT_EQ(code_of(parse(with(R"("\u0065xpires_in":1,"expires_in":1)"))),
              errc::duplicate_member);
    auto const a = parse(R"({"access\u005ftoken":"at-1","token\u005Ftype":"Bearer"})");
    ASSERT_TRUE(a);
    EXPECT_EQ(a->access_token.reveal(), "at-1");
}

TEST(token_response, does_not_guess_at_the_names_of_members) {
    // R-036
    for (char const* name : {"Access_Token", "accessToken", "access-token", "access_token ",
                             "access_token\\u0000", "ACCESS_TOKEN"}) {
        EXPECT_EQ(code_of(parse("{\"" + std::string(name) + R"(":"at","token_type":"Bearer"})")),
                  errc::invalid_access_token);
    }
}

}  // namespace
}  // namespace token_response_test
