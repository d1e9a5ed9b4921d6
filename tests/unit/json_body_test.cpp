// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/json_writer.hpp>
#include <coauth/json_body.hpp>
#include <coauth/request.hpp>
#include <coauth/response.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace json_body_test {
namespace {

struct city {
    std::string name;
};
struct unknown {};

}  // namespace
}  // namespace json_body_test

template <>
struct coauth::json_codec<json_body_test::city> {
    static result<std::string> write(json_body_test::city const& value) {
        if (value.name == "broken") return std::string("{\"name\":NaN}");
        std::string text;
        json_writer(text).begin_object().name("name").string(value.name).end_object();
        return text;
    }
    static result<json_body_test::city> read(std::string_view text) {
        json_object_reader reader(text);
        while (reader.next()) {
            if (reader.name() != "name") continue;
            if (!reader.value().is(json_type::string))
                return json_mismatch("/name", "not a string");
            return json_body_test::city{reader.value().to_string()};
        }
        return json_mismatch("/name", "missing");
    }
};

namespace json_body_test {
namespace {

using coauth::errc;

static_assert(coauth::json_writable<city> && coauth::json_readable<city>);
static_assert(!coauth::json_writable<unknown> && !coauth::json_readable<unknown>);

coauth::response answer(std::string body, std::string_view type = "application/json",
                        int status = 200) {
    coauth::http_fields headers;
    if (!type.empty()) headers.append("Content-Type", type);
    return {status, "OK", std::move(headers), std::move(body)};
}

TEST(json_body, a_request_carries_a_value_as_json) {
    coauth::request const r = coauth::request("POST", "/cities").json(city{"Zürich \"A\""});
    EXPECT_EQ(r.body(), R"({"name":"Zürich \"A\""})");
    EXPECT_EQ(r.headers().find("Content-Type"), "application/json");
    coauth::request named("PATCH", "/cities/1");
    named.json(city{"a"}).header("Content-Type", "application/merge-patch+json");
    EXPECT_EQ(named.headers().all("Content-Type").size(), 1U);
}

// R-113
TEST(json_body, a_value_that_is_not_utf8_is_an_error_before_anything_is_sent) {
    coauth::request r("POST", "/cities");
    try {
        r.json(city{"c4n4ry\xFF"});
        FAIL() << "accepted";
    } catch (coauth::exception const& e) {
        EXPECT_TRUE(e.error().is(errc::invalid_utf8));
        EXPECT_EQ(e.error().message(), "not JSON: not UTF-8 at line 1, column 16 (byte 15)");
        EXPECT_EQ(std::string(e.what()).find("c4n4ry"), std::string::npos);
    }
    EXPECT_EQ(r.body(), "");
    EXPECT_FALSE(r.headers().contains("Content-Type"));
}

TEST(json_body, a_codec_that_writes_no_json_is_found_out) {
    auto const text = coauth::write_json(city{"broken"});
    ASSERT_FALSE(text);
    EXPECT_TRUE(text.error().is(errc::invalid_json));
}

TEST(json_body, a_response_is_read_as_a_value) {
    EXPECT_EQ(answer(R"({"id":1,"name":"Bern"})").json<city>().name, "Bern");
    EXPECT_EQ(coauth::read_json<city>(R"({"name":"Bern"})").value().name, "Bern");
}

TEST(json_body, text_that_is_no_json_is_an_error_with_its_place) {
    auto const read =
        answer("{\n  \"name\": \"Zürich\" c4n4ry}", "application/json", 502).try_json<city>();
    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().is(errc::invalid_json));
    EXPECT_EQ(read.error().http_status(), 502);
    EXPECT_EQ(read.error().message(),
              "not JSON: expected ',' or '}' at line 2, column 20 (byte 22)");
    EXPECT_THROW(static_cast<void>(answer("{").json<city>()), coauth::exception);
}

TEST(json_body, a_body_that_is_not_utf8_is_an_error_with_its_place) {
    for (std::string_view const bad : {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80"}) {
        auto const read = answer("{\"name\":\n\"" + std::string(bad) + "\"}").try_json<city>();
        ASSERT_FALSE(read);
        EXPECT_TRUE(read.error().is(errc::invalid_utf8));
        EXPECT_EQ(read.error().message(), "not JSON: not UTF-8 at line 2, column 2 (byte 10)");
    }
}

TEST(json_body, a_missing_or_ill_typed_member_is_named_and_its_value_is_not) {
    auto const missing = answer("{\"other\":\"c4n4ry\"}").try_json<city>();
    ASSERT_FALSE(missing);
    EXPECT_TRUE(missing.error().is(errc::json_mismatch));
    EXPECT_EQ(missing.error().message(), "/name: missing");
    auto const wrong = answer("{\"name\":[\"c4n4ry\"]}").try_json<city>();
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().message(), "/name: not a string");
    EXPECT_EQ(wrong.error().what().find("c4n4ry"), std::string::npos);
}

TEST(json_body, the_content_type_is_looked_at_leniently) {
    std::string const body = R"({"name":"a"})";
    for (std::string_view const good :
         {"", "application/json", "Application/JSON; charset=utf-8", "application/problem+json",
          "application/vnd.api+json", "text/json", "text/javascript", "text/plain",
          "application/octet-stream"}) {
        EXPECT_TRUE(answer(body, good).try_json<city>()) << good;
    }
    for (std::string_view const bad :
         {"text/html", "application/xml", "application/x-www-form-urlencoded", "image/png"}) {
        auto const read = answer(body, bad).try_json<city>();
        ASSERT_FALSE(read) << bad;
        EXPECT_TRUE(read.error().is(errc::unexpected_content_type));
        EXPECT_EQ(read.error().message(), "not JSON: Content-Type is " + std::string(bad));
    }
}

TEST(json_body, no_body_is_an_error_of_its_own) {
    auto const read = answer("", "", 204).try_json<city>();
    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().is(errc::empty_body));
    EXPECT_EQ(read.error().http_status(), 204);
}

TEST(json_body, nesting_is_bounded) {
    auto const read = coauth::read_json<city>(std::string(100'000, '['));
    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().is(errc::invalid_json));
    EXPECT_EQ(read.error().message(), "not JSON: nested too deep at line 1, column 65 (byte 64)");
}

}  // namespace
}  // namespace json_body_test
