// SPDX-License-Identifier: BSL-1.0

#include <gtest/gtest.h>

#if __has_include(<boost/json/src.hpp>)
#include <boost/version.hpp>
#endif

#if !defined(BOOST_VERSION) || BOOST_VERSION < 108100

TEST(json_boost, needs_boost_json) {
    GTEST_SKIP() << "Boost.JSON 1.81 or later is not installed (Debian: apt-get install "
                    "libboost1.81-dev)";
}

#else

#include <coauth/json/boost.hpp>
#include <coauth/request.hpp>
#include <coauth/response.hpp>

#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/src.hpp>

namespace boost_test {

struct address {
    std::string city;
    int zip = 0;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(address, (), (city, zip, note))

struct person {
    std::string name;
    std::vector<address> addresses;
    std::map<std::string, int> scores;
};

person tag_invoke(boost::json::value_to_tag<person>, boost::json::value const& from) {
    return {coauth::boost_json_at<std::string>(from, "name"),
            coauth::boost_json_at<std::vector<address>>(from, "addresses"),
            coauth::boost_json_at<std::map<std::string, int>>(from, "scores")};
}

void tag_invoke(boost::json::value_from_tag, boost::json::value& to, person const& from) {
    to = {{"name", from.name},
          {"addresses", boost::json::value_from(from.addresses)},
          {"scores", boost::json::value_from(from.scores)}};
}

struct picky {};
picky tag_invoke(boost::json::value_to_tag<picky>, boost::json::value const& from) {
    throw std::runtime_error("do not like " + boost::json::serialize(from));
}

using coauth::errc;

coauth::response answer(std::string body) {
    return {200, "OK", coauth::http_fields(), std::move(body)};
}

template <class T>
std::string refusal(std::string_view text) {
    auto const read = coauth::read_json<T>(text);
    if (read) return "accepted";
    EXPECT_TRUE(read.error().is(errc::json_mismatch)) << read.error().what();
    EXPECT_EQ(read.error().what().find("c4n4ry"), std::string::npos) << read.error().what();
    return read.error().message();
}

TEST(json_boost, a_value_of_any_shape_goes_both_ways) {
    boost::json::value const sent{{"name", "Ada"}, {"tags", {1, 2.5, nullptr, true}}};
    coauth::request const r = coauth::request("POST", "/people").json(sent);
    EXPECT_EQ(r.headers().find("Content-Type"), "application/json");
    EXPECT_EQ(answer(r.body()).json<boost::json::value>(), sent);
    EXPECT_EQ(answer(r.body()).json<boost::json::object>(), sent.as_object());
}

TEST(json_boost, a_type_of_the_program_goes_both_ways) {
    person const ada{"Ada", {{"London", 7, "b"}, {"Zürich", 8, {}}}, {{"chess", 3}}};
    coauth::request const r = coauth::request("POST", "/people").json(ada);
    auto const back = answer(r.body()).json<person>();
    EXPECT_EQ(back.name, "Ada");
    ASSERT_EQ(back.addresses.size(), 2U);
    EXPECT_EQ(back.addresses[0].note, "b");
    EXPECT_EQ(back.addresses[1].city, "Zürich");
    EXPECT_EQ(back.addresses[1].note, std::nullopt);
    EXPECT_EQ(back.scores, ada.scores);
    EXPECT_EQ(answer(R"([{"city":"","zip":1}])").json<std::vector<address>>().size(), 1U);
}

TEST(json_boost, members_that_nobody_asked_for_are_ignored_and_optional_ones_may_be_missing) {
    auto const read = answer(R"({"city":"Bern","zip":3,"new":{}})").json<address>();
    EXPECT_EQ(read.city, "Bern");
    EXPECT_EQ(read.note, std::nullopt);
}

TEST(json_boost, a_missing_or_ill_typed_member_is_named_by_its_pointer) {
    EXPECT_EQ(refusal<person>(R"({"name":"c4n4ry"})"), "/addresses: missing");
    EXPECT_EQ(refusal<person>(R"({"name":["c4n4ry"]})"), "/name: value is not a string");
    EXPECT_EQ(refusal<person>(R"({"name":"","addresses":[{"city":"","zip":1},{"city":"c4n4ry"}]})"),
              "/addresses/1/zip: missing");
    EXPECT_EQ(
        refusal<person>(R"({"name":"","addresses":[{"city":"","zip":"c4n4ry"}]})").substr(0, 18),
        "/addresses/0/zip: ");
    EXPECT_EQ(
        refusal<person>(R"({"name":"","addresses":[],"scores":{"a/b":"c4n4ry"}})").substr(0, 14),
        "/scores/a~1b: ");
    EXPECT_EQ(refusal<std::vector<address>>(R"([{"city":"","zip":1,"note":{}}])"),
              "/0/note: value is not a string");
    EXPECT_EQ(refusal<std::vector<address>>(R"({"a":"c4n4ry"})"),
              "the value: value is not an array");
}

TEST(json_boost, what_the_conversion_of_the_program_throws_is_not_repeated) {
    EXPECT_EQ(refusal<picky>(R"("c4n4ry")"), "the value: cannot be converted");
}

TEST(json_boost, a_string_that_is_not_utf8_is_an_error_before_anything_is_sent) {
    auto const text = coauth::write_json(boost::json::value("c4n4ry\xFF"));
    ASSERT_FALSE(text);
    EXPECT_TRUE(text.error().is(errc::invalid_utf8));
    EXPECT_EQ(text.error().what().find("c4n4ry"), std::string::npos);
}

}  // namespace boost_test

#endif
