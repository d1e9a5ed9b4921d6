// SPDX-License-Identifier: BSL-1.0

#define JSON_DIAGNOSTICS 1

#include <coauth/request.hpp>
#include <coauth/response.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "nlohmann_types.hpp"

namespace nlohmann_test {
namespace {

using coauth::errc;
using nlohmann::json;

coauth::response answer(std::string body) {
    coauth::http_fields headers;
    headers.append("Content-Type", "application/json");
    return {200, "OK", std::move(headers), std::move(body)};
}

template <class T>
std::string refusal(std::string_view text) {
    auto const read = coauth::read_json<T>(text);
    if (read) return "accepted";
    EXPECT_TRUE(read.error().is(errc::json_mismatch)) << read.error().what();
    EXPECT_EQ(read.error().what().find("c4n4ry"), std::string::npos) << read.error().what();
    return read.error().message();
}

TEST(json_nlohmann, a_value_of_any_shape_goes_both_ways) {
    json const sent{{"name", "Ada"}, {"tags", {1, 2.5, nullptr, true}}};
    coauth::request const r = coauth::request("POST", "/people").json(sent);
    EXPECT_EQ(json::parse(r.body()), sent);
    EXPECT_EQ(r.headers().find("Content-Type"), "application/json");
    EXPECT_EQ(answer(r.body()).json<json>(), sent);
    EXPECT_EQ(answer(R"({"b":1,"a":2})").json<nlohmann::ordered_json>().dump(), R"({"b":1,"a":2})");
}

TEST(json_nlohmann, a_type_of_the_program_goes_both_ways) {
    person const ada{"Ada", {{"London", 7}, {"Zürich", 8}}};
    coauth::request const r = coauth::request("POST", "/people").json(ada);
    auto const back = answer(r.body()).json<person>();
    EXPECT_EQ(back.name, "Ada");
    ASSERT_EQ(back.addresses.size(), 2U);
    EXPECT_EQ(back.addresses[1].city, "Zürich");
    EXPECT_EQ(answer(R"([{"city":"","zip":1}])").json<std::vector<address>>().size(), 1U);
}

TEST(json_nlohmann, a_missing_or_ill_typed_member_is_named_by_its_pointer) {
    EXPECT_EQ(refusal<person>(R"({"name":"c4n4ry"})"), "/addresses: missing");
    EXPECT_EQ(refusal<person>(R"({"name":["c4n4ry"],"addresses":[]})"),
              "/name: type must be string, but is array");
    EXPECT_EQ(refusal<person>(R"({"name":"","addresses":[{"city":"","zip":1},{"city":"c4n4ry"}]})"),
              "/addresses/1/zip: missing");
    EXPECT_EQ(refusal<person>(R"({"name":"","addresses":[{"city":"","zip":"c4n4ry"}]})"),
              "/addresses/0/zip: type must be number, but is string");
    EXPECT_EQ(refusal<std::vector<address>>(R"({"a":"c4n4ry"})"),
              "the value: type must be array, but is object");
}

TEST(json_nlohmann, what_the_conversion_of_the_program_throws_is_not_repeated) {
    EXPECT_EQ(refusal<picky>(R"("c4n4ry")"), "the value: the program's conversion threw");
}

TEST(json_nlohmann, a_number_beyond_every_range_is_not_repeated) {
    EXPECT_EQ(refusal<json>("[1e99999]"), "the value: cannot be converted");
}

TEST(json_nlohmann, a_string_that_is_not_utf8_is_an_error_before_anything_is_sent) {
    auto const text = coauth::write_json(person{"c4n4ry\xFF", {}});
    ASSERT_FALSE(text);
    EXPECT_TRUE(text.error().is(errc::invalid_utf8));
    EXPECT_EQ(text.error().what().find("c4n4ry"), std::string::npos);
}

}  // namespace
}  // namespace nlohmann_test
