// SPDX-License-Identifier: BSL-1.0

#include <coauth/protocol/error_response.hpp>
#include <coauth/protocol/failure.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace error_response_test {
namespace {

using namespace std::chrono_literals;
using coauth::errc;
using coauth::failure_kind;
using coauth::parse_error_response;
using coauth::token_endpoint_context;

constexpr std::string_view json = "application/json";

coauth::error refused(std::string const& oauth_error, int status = 400,
                      token_endpoint_context const& context = {}) {
    return parse_error_response(status, json, "{\"error\":\"" + oauth_error + "\"}", context);
}

TEST(error_response, reads_the_error_of_the_rfc) {
    // R-031
    auto const e =
        parse_error_response(400, "application/json;charset=UTF-8",
                             R"({"error":"invalid_request","error_description":"it's \u0061 pity",)"
                             R"("error_uri":"https://as.example/e","x":{}})",
                             {.endpoint = "https://as.example:443"});
    EXPECT_TRUE(e.is(errc::token_refused));
    EXPECT_EQ(e.oauth_error(), "invalid_request");
    EXPECT_EQ(e.oauth_error_description(), "it's a pity");
    EXPECT_EQ(e.oauth_error_uri(), "https://as.example/e");
    EXPECT_EQ(e.http_status(), 400);
    EXPECT_EQ(e.endpoint(), "https://as.example:443");
    EXPECT_EQ(e.where(), coauth::stage::token);
    EXPECT_EQ(refused("a_code_in_no_registry").oauth_error(), "a_code_in_no_registry");
}

TEST(error_response, makes_the_words_of_a_server_printable_and_short) {
    // R-032 R-033
    auto const e = parse_error_response(
        400, json,
        R"({"error":"bad\r\nerror","error_description":"<b>\u001b[31m\u202e\u0000</b>",)"
        R"("error_uri":"javascript:alert(1)\n"})");
    EXPECT_EQ(e.oauth_error(), "bad\\x0D\\x0Aerror");
    EXPECT_EQ(e.oauth_error_description(), "<b>\\x1B[31m\\u{202E}\\x00</b>");
    EXPECT_EQ(e.oauth_error_uri(), "javascript:alert(1)\\x0A");

    std::string const large(1 << 20, 'x');
    auto const cut =
        parse_error_response(401, json,
                             "{\"error_description\":\"" + large + "\",\"error_uri\":\"" + large +
                                 "\",\"error\":\"" + large + "\"}");
    EXPECT_EQ(cut.oauth_error().size(), 1024U);
    EXPECT_EQ(cut.oauth_error_description().size(), 1024U);
    EXPECT_EQ(cut.oauth_error_uri().size(), 1024U);
    EXPECT_LT(cut.what().size(), 3000U);
}

TEST(error_response, reads_the_error_whatever_type_the_server_declares) {
    std::string_view const body = R"( {"error":"invalid_scope"} )";
    for (auto const& type :
         {std::optional<std::string_view>(), std::optional<std::string_view>("text/html"),
          std::optional<std::string_view>("text/plain"), std::optional<std::string_view>("x")}) {
        EXPECT_EQ(parse_error_response(400, type, body).oauth_error(), "invalid_scope");
    }
    for (char const* type : {"application/x-www-form-urlencoded", "text/plain; charset=utf-8"}) {
        auto const e =
            parse_error_response(400, type, "error=invalid_grant&error_description=a+%0A+b");
        EXPECT_EQ(e.oauth_error(), "invalid_grant");
        EXPECT_EQ(e.oauth_error_description(), "a \\x0A b");
    }
    EXPECT_EQ(parse_error_response(400, "text/html", "error=invalid_grant").oauth_error(), "");
}

TEST(error_response, gives_a_typed_error_for_any_body) {
    for (std::string const body :
         {"", " \n", "{}", "[]", "{", "null", "<html><body>error=1</body></html>",
          R"({"error":null})", R"({"error":""})", R"({"error":1})", R"({"error":{"code":403}})",
          R"({"error":"invalid_client"}x)", "{\"error\":\"\xFF\"}", "\x1F\x8B",
          R"({"error":"invalid_client)"}) {
        for (auto const& type :
             {std::optional<std::string_view>(), std::optional<std::string_view>(json),
              std::optional<std::string_view>("text/html")}) {
            auto const e = parse_error_response(403, type, body);
            EXPECT_TRUE(e.is(errc::unexpected_status)) << body;
            EXPECT_EQ(e.oauth_error(), "") << body;
            EXPECT_EQ(e.http_status(), 403);
        }
    }
    for (int status = -1; status != 1000; ++status) {
        EXPECT_TRUE(parse_error_response(status, {}, "")) << status;
    }
}

TEST(error_response, with_an_html_page_keeps_the_status_and_asks_for_the_url) {
    // R-068
    std::string_view const page = "<html>not here</html>";
    auto const missing = parse_error_response(404, "text/html; charset=utf-8", page);
    EXPECT_TRUE(missing.is(errc::unexpected_status));
    EXPECT_EQ(missing.hint(), "is the token URL right?");
    EXPECT_NE(missing.what().find("text/html"), std::string::npos);
    EXPECT_EQ(missing.what().find("not here"), std::string::npos);
    for (int const status : {502, 503}) {
        auto const e = parse_error_response(status, "text/html", page);
        EXPECT_TRUE(e.is(errc::token_endpoint_failed));
        EXPECT_EQ(e.http_status(), status);
        EXPECT_EQ(coauth::classify_failure(e), failure_kind::transient);
    }
}

TEST(error_response, keeps_retry_after) {
    // R-069 R-070
    auto const wait = [](std::string_view value) {
        return parse_error_response(
                   429, json, "", {.retry_after = value, .now = 784111777, .max_retry_after = 60s})
            .retry_after();
    };
    EXPECT_EQ(wait("5"), 5s);
    EXPECT_EQ(wait("Sun, 06 Nov 1994 08:49:47 GMT"), 10s);
    EXPECT_EQ(wait("Sun, 06 Nov 1994 08:49:27 GMT"), 0s);
    EXPECT_EQ(wait("100000000000000000000"), 60s);
    EXPECT_EQ(wait("soon"), std::nullopt);
    EXPECT_EQ(parse_error_response(429, json, "").retry_after(), std::nullopt);
    auto const e = refused("slow", 429, {.retry_after = "7"});
    EXPECT_TRUE(e.is(errc::token_endpoint_failed));
    EXPECT_EQ(e.retry_after(), 7s);
    EXPECT_EQ(e.oauth_error(), "slow");
}

TEST(error_response, a_failing_server_is_transient_and_one_that_cannot_is_definitive) {
    // R-071 R-080
    for (int const status : {500, 502, 503, 504, 599, 408, 421, 425, 429}) {
        for (char const* body :
             {"", R"({"error":"server_error"})", R"({"error":"invalid_client"})"}) {
            auto const e = parse_error_response(status, json, body);
            EXPECT_TRUE(e.is(errc::token_endpoint_failed)) << status;
            EXPECT_TRUE(e.code() == coauth::condition::retryable);
            EXPECT_EQ(coauth::classify_failure(e), failure_kind::transient) << status;
        }
        EXPECT_EQ(refused("server_error", status).oauth_error(), "server_error");
    }
    for (int const status : {501, 505}) {
        auto const e = parse_error_response(status, json, "");
        EXPECT_TRUE(e.is(errc::token_endpoint_failed)) << status;
        EXPECT_EQ(coauth::classify_failure(e), failure_kind::definitive) << status;
    }
}

TEST(error_response, a_refused_client_is_definitive_and_has_a_code_of_its_own) {
    // R-072
    for (int const status : {400, 401, 403}) {
        auto const e = refused("invalid_client", status);
        EXPECT_TRUE(e.is(errc::client_refused));
        EXPECT_TRUE(e.code() == coauth::condition::credentials_refused);
        EXPECT_EQ(coauth::classify_failure(e), failure_kind::definitive);
    }
    auto const bare = parse_error_response(401, {}, "");
    EXPECT_TRUE(bare.is(errc::unexpected_status));
    EXPECT_FALSE(bare.hint().empty());
    EXPECT_EQ(coauth::classify_failure(bare), failure_kind::definitive);
}

TEST(error_response, other_oauth_errors_are_definitive_and_come_with_advice) {
    // R-074
    for (char const* code : {"invalid_grant", "invalid_scope", "unauthorized_client",
                             "unsupported_grant_type", "invalid_request", "invalid_target"}) {
        auto const e = refused(code);
        EXPECT_TRUE(e.is(errc::token_refused)) << code;
        EXPECT_EQ(e.oauth_error(), code);
        EXPECT_FALSE(e.hint().empty()) << code;
        EXPECT_EQ(coauth::classify_failure(e), failure_kind::definitive) << code;
    }
    EXPECT_EQ(coauth::classify_failure(refused("something_new")), failure_kind::definitive);
    EXPECT_TRUE(refused("something_new").hint().empty());
}

TEST(error_response, suggests_the_other_place_for_the_credentials) {
    auto const hint = [](std::string_view method, bool differ = false) {
        return refused("invalid_client", 401,
                       {.client_auth_method = method, .basic_encodings_differ = differ})
            .hint();
    };
    EXPECT_EQ(hint("client_secret_basic"),
              "the server may expect the credentials in the body: try client_secret_post");
    EXPECT_EQ(hint("client_secret_post"),
              "the server may expect the credentials in the header: try client_secret_basic");
    EXPECT_NE(hint("client_secret_basic", true).find("raw"), std::string::npos);
    EXPECT_EQ(hint("client_secret_basic", false).find("raw"), std::string::npos);
    EXPECT_EQ(hint("client_secret_post", true).find("raw"), std::string::npos);
    EXPECT_FALSE(hint("private_key_jwt").empty());
}

TEST(error_response, says_it_in_one_line) {
    auto const e = refused(
        "invalid_client", 401,
        {.endpoint = "https://auth.example.com:443", .client_auth_method = "client_secret_basic"});
    EXPECT_EQ(e.what(),
              "invalid_client (401 from https://auth.example.com:443, during token): the server "
              "may expect the credentials in the body: try client_secret_post");
}

TEST(error_response, takes_no_word_from_a_redirect) {
    // R-078
    for (int const status : {300, 301, 302, 303, 304, 307, 308, 399}) {
        auto const e = refused("invalid_client", status);
        EXPECT_TRUE(e.is(errc::unexpected_redirect)) << status;
        EXPECT_EQ(e.oauth_error(), "");
        EXPECT_FALSE(e.hint().empty());
        EXPECT_EQ(coauth::classify_failure(e), failure_kind::definitive);
    }
}

}  // namespace
}  // namespace error_response_test
