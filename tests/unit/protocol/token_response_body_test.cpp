// SPDX-License-Identifier: BSL-1.0

#include <coauth/protocol/failure.hpp>
#include <coauth/protocol/token_response.hpp>

#include "token_answers.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace token_response_body_test {
namespace {

using namespace std::chrono_literals;
using coauth::errc;
using coauth::parse_token_response;
using coauth::token_response_options;
using coauth_test::code_of;
using coauth_test::mentions;
using coauth_test::parse;
using coauth_test::with;

TEST(token_response_body, refuses_a_body_that_is_not_one_json_object) {
    // R-037 R-038 R-039 R-040 R-041
    std::string const good = with(R"("expires_in":60)");
    ASSERT_TRUE(parse(good));
    ASSERT_TRUE(parse(" \r\n\t" + good + "\n"));
    std::string const head = good.substr(0, good.size() - 1);
    for (std::string const& body :
         {"[" + good + "]", std::string("\"at-1\""), std::string("1"), std::string("true"),
          std::string("null"), good + good, head + ",}", head + "/**/}", good + "garbage",
          good + "//", std::string("\xEF\xBB\xBF") + good, head, head + ",\"x\":\"\xFF\"}",
          head + ",\"x\":\"\xC0\xAF\"}", head + R"(,"x":"\ud800"})",
          head + ",\"x\":" + std::string(100'000, '[') + "}",
          head + ",\"x\":" + std::string(64, '[') + std::string(64, ']') + "}",
          std::string("access_token=at-1&token_type=Bearer")}) {
        auto const a = parse(body);
        EXPECT_EQ(code_of(a), errc::malformed_token_response) << body.substr(0, 100);
        EXPECT_FALSE(mentions(a, "at-1"));
    }
    EXPECT_TRUE(parse(head + ",\"x\":" + std::string(63, '[') + std::string(63, ']') + "}"));
}

TEST(token_response_body, is_not_impressed_by_a_million_unknown_members) {
    // R-043
    std::string body = R"({"access_token":"at-1","token_type":"Bearer")";
    for (int i = 0; i != 1'000'000; ++i) body += ",\"x\":0";
    ASSERT_TRUE(parse(body + "}"));
    EXPECT_EQ(code_of(parse(body + ",\"access_token\":\"\"}")), errc::duplicate_member);
}

TEST(token_response_body, takes_a_form_only_when_told_to) {
    // R-045
    std::string const form =
        "access_token=gho%5F16C7&expires%5Fin=28800&scope=repo+gist"
        "&token_type=bearer&refresh_token=ghr_1";
    for (auto const& type :
         {std::optional<std::string_view>("application/x-www-form-urlencoded; charset=utf-8"),
          std::optional<std::string_view>("text/plain"), std::optional<std::string_view>()}) {
        EXPECT_FALSE(parse_token_response(200, type, {}, form, {}));
        auto const a = parse_token_response(200, type, {}, form,
                                            {.strict = true, .form_encoded_responses = true});
        ASSERT_TRUE(a) << a.error().what();
        EXPECT_EQ(a->access_token.reveal(), "gho_16C7");
        EXPECT_EQ(a->expires_in, 28800s);
        EXPECT_EQ(a->scope, "repo gist");
        EXPECT_EQ(a->refresh_token.reveal(), "ghr_1");
        EXPECT_TRUE(a->quirks.form_encoded);
        EXPECT_FALSE(a->quirks.expires_in_string);
    }
    auto const refused =
        parse_token_response(200, "application/x-www-form-urlencoded", {}, form, {});
    EXPECT_EQ(code_of(refused), errc::unexpected_content_type);
    EXPECT_TRUE(mentions(refused, "form_encoded_responses"));

    token_response_options const forms{.form_encoded_responses = true};
    auto const read = [&](std::string_view body) {
        return parse_token_response(200, "application/x-www-form-urlencoded", {}, body, forms);
    };
    EXPECT_EQ(code_of(read("error=invalid_client&error_description=a+b")), errc::client_refused);
    EXPECT_EQ(code_of(read(form + "&access_token=x")), errc::duplicate_member);
    EXPECT_EQ(code_of(read("access_token=%zz&token_type=bearer")), errc::malformed_token_response);
    EXPECT_EQ(code_of(read("access_token=%FF&token_type=bearer")), errc::malformed_token_response);
    EXPECT_EQ(code_of(read("access_token=a%0D%0A&token_type=bearer")), errc::invalid_access_token);
    EXPECT_EQ(code_of(read("access_token=a%22%5C&token_type=bearer")), errc{});
    EXPECT_EQ(code_of(read("access_token=a&token_type=bearer&expires_in=1h")),
              errc::invalid_expires_in);
    EXPECT_TRUE(parse(with("\"expires_in\":60"), forms)) << "JSON goes on to be taken";
    EXPECT_TRUE(read(with("\"expires_in\":60"))->quirks.content_type_other);
}

TEST(token_response_body, looks_at_the_content_type) {
    // R-046 R-047 R-048
    std::string const body = with(R"("expires_in":60)");
    for (char const* type :
         {"application/json", "application/json; charset=utf-8", "APPLICATION/JSON",
          "application/json ;charset=UTF-8", " application/json "}) {
        auto const a = parse_token_response(200, type, {}, body, {});
        ASSERT_TRUE(a) << type;
        EXPECT_EQ(a->quirks, coauth::token_response_quirks()) << type;
    }
    for (char const* type : {"text/html", "text/html; charset=utf-8", "TEXT/HTML",
                             "application/xhtml+xml", "application/jwt"}) {
        EXPECT_EQ(code_of(parse_token_response(200, type, {}, body, {})),
                  errc::unexpected_content_type)
            << type;
    }
    for (char const* type : {"text/plain", "application/octet-stream", "text/json",
                             "application/jsonp", "application/vnd.api+json"}) {
        auto const a = parse_token_response(200, type, {}, body, {});
        ASSERT_TRUE(a) << type;
        EXPECT_TRUE(a->quirks.content_type_other);
        EXPECT_EQ(code_of(parse_token_response(200, type, {}, "<html>", {})),
                  errc::malformed_token_response);
    }
    for (auto const& type :
         {std::optional<std::string_view>(), std::optional<std::string_view>("")}) {
        auto const a = parse_token_response(200, type, {}, body, {});
        ASSERT_TRUE(a);
        EXPECT_TRUE(a->quirks.content_type_missing);
    }
}

TEST(token_response_body, gives_an_html_page_with_status_200_a_type_of_its_own) {
    // R-047 R-068
    auto const a =
        parse_token_response(200, "text/html", {}, "<html>Sign in, S3CR3T-canary</html>", {});
    EXPECT_EQ(code_of(a), errc::unexpected_content_type);
    EXPECT_EQ(a.error().http_status(), 200);
    EXPECT_EQ(a.error().hint(), "is the token URL right?");
    EXPECT_FALSE(mentions(a, "S3CR3T"));
    EXPECT_EQ(coauth::classify_failure(a.error()), coauth::failure_kind::definitive);
}

TEST(token_response_body, refuses_a_content_encoding) {
    // R-049
    std::string const body = with(R"("expires_in":60)");
    for (char const* coding : {"gzip", "br", "GZIP", "identity, gzip", "gzip, gzip, gzip", "x"}) {
        EXPECT_EQ(code_of(parse_token_response(200, "application/json", coding, body, {})),
                  errc::unexpected_encoding)
            << coding;
    }
    for (char const* coding : {"identity", "Identity", "", " "}) {
        EXPECT_TRUE(parse_token_response(200, "application/json", coding, body, {})) << coding;
    }
    auto const failed = parse_token_response(503, "application/json", "gzip", "\x1F\x8B\x08", {});
    EXPECT_EQ(code_of(failed), errc::token_endpoint_failed);
}

TEST(token_response_body, takes_a_token_only_with_status_200_or_201) {
    // R-050
    std::string const body = with(R"("expires_in":60)");
    EXPECT_FALSE(parse(body)->quirks.status_201);
    EXPECT_TRUE(parse_token_response(201, "application/json", {}, body, {})->quirks.status_201);
    for (int status = -1; status != 1000; ++status) {
        if (status == 200 || status == 201) continue;
        EXPECT_FALSE(parse_token_response(status, "application/json", {}, body, {})) << status;
    }
    for (int const status : {101, 202, 203, 206, 299}) {
        EXPECT_EQ(code_of(parse_token_response(status, "application/json", {}, body, {})),
                  errc::unexpected_status);
    }
}

TEST(token_response_body, says_that_the_body_is_empty) {
    // R-081
    EXPECT_EQ(code_of(parse("")), errc::empty_body);
    EXPECT_EQ(code_of(parse("\r\n")), errc::empty_body);
    EXPECT_EQ(code_of(parse_token_response(204, {}, {}, "", {})), errc::empty_body);
    EXPECT_EQ(code_of(parse_token_response(200, "text/html", {}, "", {})), errc::empty_body);
}

TEST(token_response_body, surfaces_the_members_of_other_rfcs) {
    // RFC 9396, RFC 8693
    auto const a = parse(with(R"("issued_token_type":"urn:ietf:params:oauth:token-type:jwt",)"
                              R"("authorization_details":[ {"type":"x", "n":1.50} ])"));
    ASSERT_TRUE(a);
    EXPECT_EQ(a->issued_token_type, "urn:ietf:params:oauth:token-type:jwt");
    EXPECT_EQ(a->authorization_details, R"([ {"type":"x", "n":1.50} ])");

    auto const none = parse(with(R"("authorization_details":null)"));
    EXPECT_FALSE(none->issued_token_type);
    EXPECT_FALSE(none->authorization_details);

    token_response_options const exchange{.require_issued_token_type = true};
    EXPECT_TRUE(parse(with(R"("issued_token_type":"x")"), exchange));
    for (char const* members : {R"("expires_in":1)", R"("issued_token_type":"")",
                                R"("issued_token_type":null)", R"("issued_token_type":1)"}) {
        EXPECT_EQ(code_of(parse(with(members), exchange)), errc::malformed_token_response);
    }
}

TEST(token_response_body, puts_the_circumstances_into_every_error) {
    coauth::token_endpoint_context const context{.endpoint = "https://auth.example.com:443",
                                                 .retry_after = "5"};
    auto const a = parse_token_response(200, "application/json", {}, "[]", {}, context);
    ASSERT_FALSE(a);
    EXPECT_EQ(a.error().endpoint(), "https://auth.example.com:443");
    EXPECT_EQ(a.error().where(), coauth::stage::token);
    EXPECT_EQ(a.error().http_status(), 200);
    EXPECT_EQ(a.error().retry_after(), 5s);
}

TEST(token_response_body, never_repeats_a_token_in_an_error) {
    // R-191: in this layer
    std::string const canary = "S3CR3T-5b0f";
    std::string const token = R"("access_token":")" + canary + "\"";
    for (std::string const& body :
         {"{" + token + "}", "{" + token + R"(,"token_type":"mac"})",
          "{" + token + R"(,"token_type":"Bearer","expires_in":"x"})",
          "{" + token + R"(,"token_type":"Bearer","refresh_token":["S3CR3T-5b0f"]})",
          "{" + token + "," + token + "}", "{" + token, "{" + token + "}x",
          R"({"access_token":")" + canary + R"( x","token_type":"Bearer"})",
          R"({"access_token":[")" + canary + R"("],"token_type":"Bearer"})",
          "{" + token + R"(,"token_type":"Bearer","scope":"a"})",
          "{" + token + R"(,"error":"invalid_grant"})"}) {
        auto const a = parse(body, {.max_access_token = 100, .require_scopes = {"b"}});
        ASSERT_FALSE(a) << body;
        EXPECT_EQ(a.error().what().find("S3CR3T"), std::string::npos) << body;
        EXPECT_EQ(std::string(coauth::exception(a.error()).what()).find("S3CR3T"),
                  std::string::npos);
    }
}

TEST(token_response_body, gives_a_value_or_an_error_for_every_prefix_of_an_answer) {
    std::string const body = with(R"("expires_in":"3600","scope":["a","\u0062"],"error":null)");
    for (std::size_t size = 0; size != body.size(); ++size) {
        std::vector<char> const part(body.begin(),
                                     body.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_FALSE(parse({part.data(), part.size()})) << size;
    }
    EXPECT_TRUE(parse(body));
}

}  // namespace
}  // namespace token_response_body_test
