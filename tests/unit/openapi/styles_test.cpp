// SPDX-License-Identifier: BSL-1.0
//
// How arguments become a request: every style, the encoding, and what is refused.

#include <coauth/coauth.hpp>
#include <coauth/openapi.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>

namespace styles_test {
namespace {

namespace openapi = coauth::openapi;
using coauth::errc;
using openapi::argument_value;
using openapi::arguments;
using ::testing::HasSubstr;
using ::testing::StartsWith;

argument_value::list const blue{"blue", "black"};
argument_value::object const rgb{{"R", "100"}, {"G", "200"}};

/// An operation "op" of this path, with these parameters and this body.
coauth::request build(std::string const& path, std::string const& parameters,
                      arguments const& given, std::string const& body = "") {
    auto const api = openapi::parse(R"({"openapi": "3.0.0", "paths": {")" + path +
                                    R"(": {"post": {"operationId": "op",
            "parameters": [)" + parameters +
                                    "]" + body + "}}}}");
    return openapi::detail::request_builder(*api.find("op"), given).build();
}
std::string in_path(std::string const& style, bool explode, argument_value value) {
    return build("/{c}",
                 R"({"name": "c", "in": "path", "style": ")" + style + R"(", "explode": )" +
                     (explode ? "true}" : "false}"),
                 arguments().set("c", std::move(value)))
        .target();
}
std::string in_query(std::string const& style, bool explode, argument_value value) {
    return build("/",
                 R"({"name": "c", "in": "query", "style": ")" + style + R"(", "explode": )" +
                     (explode ? "true}" : "false}"),
                 arguments().set("c", std::move(value)))
        .target();
}
coauth::error refused(std::string const& path, std::string const& parameters,
                      arguments const& given, std::string const& body = "") {
    try {
        (void)build(path, parameters, given, body);
    } catch (coauth::exception const& e) { return e.error(); }
    ADD_FAILURE() << "not refused";
    return {};
}

/// The table of OpenAPI 3.0, "Style Examples".
TEST(openapi_styles, of_a_path) {
    EXPECT_EQ(in_path("simple", false, "blue"), "/blue");
    EXPECT_EQ(in_path("simple", false, blue), "/blue,black");
    EXPECT_EQ(in_path("simple", false, rgb), "/R,100,G,200");
    EXPECT_EQ(in_path("simple", true, rgb), "/R=100,G=200");
    EXPECT_EQ(in_path("label", false, "blue"), "/.blue");
    EXPECT_EQ(in_path("label", true, blue), "/.blue.black");
    EXPECT_EQ(in_path("label", true, rgb), "/.R=100.G=200");
    EXPECT_EQ(in_path("matrix", false, "blue"), "/;c=blue");
    EXPECT_EQ(in_path("matrix", false, blue), "/;c=blue,black");
    EXPECT_EQ(in_path("matrix", true, blue), "/;c=blue;c=black");
    EXPECT_EQ(in_path("matrix", false, rgb), "/;c=R,100,G,200");
    EXPECT_EQ(in_path("matrix", true, rgb), "/;R=100;G=200");
}

TEST(openapi_styles, of_a_query) {
    EXPECT_EQ(in_query("form", true, "blue"), "/?c=blue");
    EXPECT_EQ(in_query("form", true, blue), "/?c=blue&c=black");
    EXPECT_EQ(in_query("form", false, blue), "/?c=blue,black");
    EXPECT_EQ(in_query("form", true, rgb), "/?R=100&G=200");
    EXPECT_EQ(in_query("form", false, rgb), "/?c=R,100,G,200");
    EXPECT_EQ(in_query("spaceDelimited", false, blue), "/?c=blue%20black");
    EXPECT_EQ(in_query("pipeDelimited", false, blue), "/?c=blue%7Cblack");
    EXPECT_EQ(in_query("deepObject", true, rgb), "/?c[R]=100&c[G]=200");
}

TEST(openapi_styles, numbers_and_truth_values_are_written_as_in_json) {
    EXPECT_EQ(in_query("form", true, 42), "/?c=42");
    EXPECT_EQ(in_query("form", true, -1.5), "/?c=-1.5");
    EXPECT_EQ(in_query("form", true, true), "/?c=true");
}

// R-109
TEST(openapi_styles, no_value_leaves_its_place) {
    EXPECT_EQ(in_path("simple", false, "../admin"), "/..%2Fadmin");
    EXPECT_EQ(in_path("simple", false, "a/b"), "/a%2Fb");
    EXPECT_EQ(in_path("simple", false, "%2e%2e"), "/%252e%252e");
    EXPECT_EQ(in_path("simple", false, "a?b#c"), "/a%3Fb%23c");
    EXPECT_EQ(in_query("form", true, "a&b=c+d#"), "/?c=a%26b%3Dc%2Bd%23");
    EXPECT_EQ(in_query("form", false, argument_value::list{"a,b", "c"}), "/?c=a%2Cb,c");
    for (char const* const bad : {"", ".", ".."}) {
        EXPECT_TRUE(refused("/{c}", "", arguments().set("c", bad)).is(errc::invalid_target)) << bad;
    }
    EXPECT_TRUE(
        refused("/{a}{b}", "", arguments().set("a", ".").set("b", ".")).is(errc::invalid_target));
}

TEST(openapi_styles, reserved_characters_stay_where_the_description_allows_them) {
    EXPECT_EQ(build("/", R"({"name": "u", "in": "query", "allowReserved": true})",
                    arguments().set("u", "https://h/?a&b#c"))
                  .target(),
              "/?u=https://h/?a%26b%23c");
}

TEST(openapi_styles, headers_and_cookies_take_values_too) {
    auto const made = build("/", R"({"name": "X-Tags", "in": "header"},
                                    {"name": "a", "in": "cookie"}, {"name": "b", "in": "cookie"})",
                            arguments().set("x-tags", blue).set("a", "1; x").set("b", 2));
    EXPECT_EQ(made.headers().find("X-Tags"), "blue,black");
    EXPECT_EQ(made.headers().find("Cookie"), "a=1%3B%20x; b=2");
    EXPECT_TRUE(refused("/", R"({"name": "X", "in": "header"})", arguments().set("X", "a\r\nB: c"))
                    .is(errc::invalid_header));
}

TEST(openapi_styles, cookies_go_beside_a_cookie_header_that_is_a_parameter) {
    auto const made = build("/", R"({"name": "c", "in": "cookie"},
                                    {"name": "Cookie", "in": "header"})",
                            arguments().set("Cookie", "a=1; b=2").set("c", "3"));
    EXPECT_EQ(made.headers().find("Cookie"), "a=1; b=2; c=3");
}

TEST(openapi_arguments, everything_that_is_wrong_is_told_at_once) {
    coauth::error const wrong =
        refused("/{id}", R"({"name": "limit", "in": "query", "schema": {"type": "integer"}},
                            {"name": "sort", "in": "query", "schema": {"enum": ["up", "down"]}})",
                arguments().set("limit", "secret-text").set("sort", "sideways").set("limt", 1));
    EXPECT_TRUE(wrong.is(errc::invalid_argument));
    EXPECT_THAT(wrong.message(), StartsWith("op: "));
    EXPECT_THAT(wrong.message(), HasSubstr("'limit' (query) is no integer"));
    EXPECT_THAT(wrong.message(), HasSubstr("is none of: up, down"));
    EXPECT_THAT(wrong.message(), HasSubstr("no parameter 'limt', but 'limit'"));
    EXPECT_THAT(wrong.message(), HasSubstr("'id' (path) is missing"));
    EXPECT_EQ(wrong.message().find("secret-text"), std::string::npos);
    EXPECT_EQ(wrong.message().find("'limit' (query) is missing"), std::string::npos);
}

TEST(openapi_arguments, of_another_type_are_refused) {
    auto const bad = [](std::string const& schema, argument_value value) {
        return refused("/", R"({"name": "c", "in": "query", "schema": )" + schema + "}",
                       arguments().set("c", std::move(value)))
            .is(errc::invalid_argument);
    };
    EXPECT_TRUE(bad(R"({"type": "integer"})", "1.5"));
    EXPECT_TRUE(bad(R"({"type": "integer"})", "01"));
    EXPECT_TRUE(bad(R"({"type": "number"})", "1,5"));
    EXPECT_TRUE(bad(R"({"type": "boolean"})", "yes"));
    EXPECT_TRUE(bad(R"({"type": "string"})", blue));
    EXPECT_TRUE(bad(R"({"type": "array"})", "blue"));
    EXPECT_TRUE(bad(R"({"type": "array", "items": {"type": "integer"}})", blue));
    EXPECT_TRUE(bad(R"({"type": "string"})", rgb));
}

TEST(openapi_arguments, of_one_name_in_two_places_need_the_place) {
    std::string const both = R"({"name": "id", "in": "query"}, {"name": "id", "in": "path"})";
    EXPECT_TRUE(refused("/{id}", both, arguments().set("id", 1)).is(errc::invalid_argument));
    EXPECT_EQ(build("/{id}", both,
                    arguments()
                        .set(openapi::parameter_in::path, "id", 1)
                        .set(openapi::parameter_in::query, "id", 2))
                  .target(),
              "/1?id=2");
}

TEST(openapi_body, has_a_type_that_the_operation_takes) {
    std::string const body =
        R"(, "requestBody": {"required": true, "content": {"application/json": {}, "text/*": {}}})";
    EXPECT_TRUE(refused("/", "", arguments(), body).is(errc::invalid_argument));
    EXPECT_TRUE(refused("/", "", arguments().body("x"), body).is(errc::invalid_argument));
    EXPECT_TRUE(refused("/", "", arguments().body("<a/>", "application/xml"), body)
                    .is(errc::invalid_argument));
    EXPECT_TRUE(refused("/", "", arguments().body("{", "application/json"), body)
                    .is(errc::invalid_argument));
    EXPECT_TRUE(refused("/", "", arguments().body("x")).is(errc::invalid_argument));
    auto const made = build("/", "", arguments().body("x", "text/csv; charset=utf-8"), body);
    EXPECT_EQ(made.headers().find("Content-Type"), "text/csv; charset=utf-8");
    std::string const one = R"(, "requestBody": {"content": {"application/json": {}}})";
    EXPECT_EQ(build("/", "", arguments().body("{}"), one).headers().find("Content-Type"),
              "application/json");
}

TEST(openapi_body, is_a_form_out_of_fields_that_are_described) {
    std::string const form = R"(, "requestBody": {"content": {"application/x-www-form-urlencoded":
        {"schema": {"required": ["a"], "properties": {"a": {"type": "integer"}, "b": {}}}}}})";
    EXPECT_EQ(build("/", "", arguments().form("a", 1).form("b", "x & y"), form).body(),
              "a=1&b=x%20%26%20y");
    EXPECT_TRUE(refused("/", "", arguments(), form).is(errc::invalid_argument));
    EXPECT_THAT(refused("/", "", arguments().form("b", 1).form("c", 2), form).message(),
                HasSubstr("'a' is missing; form field 'c' is not described"));
}

TEST(openapi_body, is_a_multipart_form_with_files) {
    std::string const form = R"(, "requestBody": {"content": {"multipart/form-data":
        {"schema": {"properties": {"name": {}, "data": {"type": "string", "format": "binary"}}}}}})";
    auto const made =
        build("/", "", arguments().form("name", "n").file("data", "a\"b\r\n.txt", "content"), form);
    EXPECT_THAT(std::string(made.headers().find("Content-Type").value_or("")),
                StartsWith("multipart/form-data; boundary=coauth-"));
    EXPECT_THAT(made.body(), HasSubstr("name=\"name\"\r\n\r\nn\r\n"));
    EXPECT_THAT(made.body(), HasSubstr("filename=\"a%22b%0D%0A.txt\"\r\n"));
    EXPECT_THAT(made.body(), HasSubstr("\r\n\r\ncontent\r\n--coauth-"));
}

}  // namespace
}  // namespace styles_test
