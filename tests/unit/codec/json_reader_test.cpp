// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/json_reader.hpp>

#include "../vector_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace json_reader_test {
namespace {

using coauth::errc;
using coauth::json_event;
using coauth::json_object_reader;
using coauth::json_reader;
using coauth::json_type;
using coauth::json_value;

/// Goes through the whole text; also checks that every string can be unescaped into UTF-8.
bool accepts(std::string_view text, coauth::json_limits limits = {}) {
    json_reader reader(text, limits);
    for (;;) {
        json_event const event = reader.next();
        if (event == json_event::failure) return false;
        if (event == json_event::end) return true;
        if (event == json_event::string || event == json_event::member_name) {
            EXPECT_TRUE(coauth::is_valid_utf8(reader.scalar().to_string()));
        }
    }
}

errc failure_of(std::string_view text) {
    json_reader reader(text);
    while (true) {
        json_event const event = reader.next();
        if (event == json_event::failure) return reader.error();
        if (event == json_event::end) return errc{};
    }
}

std::vector<std::pair<std::string, std::string>> members_of(std::string_view text, bool& good) {
    std::vector<std::pair<std::string, std::string>> members;
    json_object_reader reader(text);
    while (reader.next()) members.emplace_back(reader.name(), reader.value().raw());
    good = !reader.failed();
    return members;
}

bool is_object(std::string_view text) {
    bool good = false;
    static_cast<void>(members_of(text, good));
    return good;
}

/// What the RFC leaves open: numbers of any size are well-formed (the conversion saturates), text
/// that is not UTF-8 or has half of a surrogate pair is refused, so are more than 64 levels and a
/// byte order mark.
std::map<std::string, bool> const& decisions() {
    static std::map<std::string, bool> const table = {
        {"i_number_double_huge_neg_exp.json", true},
        {"i_number_huge_exp.json", true},
        {"i_number_neg_int_huge_exp.json", true},
        {"i_number_pos_double_huge_exp.json", true},
        {"i_number_real_neg_overflow.json", true},
        {"i_number_real_pos_overflow.json", true},
        {"i_number_real_underflow.json", true},
        {"i_number_too_big_neg_int.json", true},
        {"i_number_too_big_pos_int.json", true},
        {"i_number_very_big_negative_int.json", true},
        {"i_object_key_lone_2nd_surrogate.json", false},
        {"i_string_1st_surrogate_but_2nd_missing.json", false},
        {"i_string_1st_valid_surrogate_2nd_invalid.json", false},
        {"i_string_UTF-16LE_with_BOM.json", false},
        {"i_string_UTF-8_invalid_sequence.json", false},
        {"i_string_UTF8_surrogate_U+D800.json", false},
        {"i_string_incomplete_surrogate_and_escape_valid.json", false},
        {"i_string_incomplete_surrogate_pair.json", false},
        {"i_string_incomplete_surrogates_escape_valid.json", false},
        {"i_string_invalid_lonely_surrogate.json", false},
        {"i_string_invalid_surrogate.json", false},
        {"i_string_invalid_utf-8.json", false},
        {"i_string_inverted_surrogates_U+1D11E.json", false},
        {"i_string_iso_latin_1.json", false},
        {"i_string_lone_second_surrogate.json", false},
        {"i_string_lone_utf8_continuation_byte.json", false},
        {"i_string_not_in_unicode_range.json", false},
        {"i_string_overlong_sequence_2_bytes.json", false},
        {"i_string_overlong_sequence_6_bytes.json", false},
        {"i_string_overlong_sequence_6_bytes_null.json", false},
        {"i_string_truncated-utf-8.json", false},
        {"i_string_utf16BE_no_BOM.json", false},
        {"i_string_utf16LE_no_BOM.json", false},
        {"i_structure_500_nested_arrays.json", false},
        {"i_structure_UTF-8_BOM_empty_object.json", false}};
    return table;
}

TEST(json_reader, agrees_with_the_whole_json_test_suite) {
    // R-037 R-038 R-039 R-040 R-041
    std::map<char, int> seen;
    for (auto const& file :
         std::filesystem::directory_iterator(COAUTH_TEST_VECTORS "/JSONTestSuite")) {
        std::string const name = file.path().filename().string();
        if (!name.ends_with(".json")) continue;
        bool const accepted = accepts(coauth_test::read_vector("JSONTestSuite/" + name));
        ++seen[name[0]];
        if (name[0] != 'i') {
            EXPECT_EQ(accepted, name[0] == 'y') << name;
            continue;
        }
        auto const decision = decisions().find(name);
        ASSERT_NE(decision, decisions().end()) << name;
        EXPECT_EQ(accepted, decision->second) << name;
    }
    EXPECT_EQ(seen['y'], 95);
    EXPECT_EQ(seen['n'], 188);
    EXPECT_EQ(seen['i'], 35);
}

TEST(json_reader, the_object_reader_agrees_with_the_suite_wherever_the_top_is_an_object) {
    for (auto const& file :
         std::filesystem::directory_iterator(COAUTH_TEST_VECTORS "/JSONTestSuite")) {
        std::string const name = file.path().filename().string();
        if (!name.ends_with(".json")) continue;
        std::string const text = coauth_test::read_vector("JSONTestSuite/" + name);
        std::size_t const first = text.find_first_not_of(" \t\r\n");
        bool const object = first != std::string::npos && text[first] == '{';
        EXPECT_EQ(is_object(text), object && accepts(text)) << name;
    }
}

TEST(json_reader, gives_events_in_order_with_the_text_of_each) {
    json_reader reader(R"( {"a":[1, -2.5e+3,true ,null],"b\u0020":{} , "c":"x\"y"} )");
    std::string seen;
    for (json_event e = reader.next(); e != json_event::end; e = reader.next()) {
        ASSERT_NE(e, json_event::failure) << reader.reason();
        seen += std::to_string(static_cast<int>(e)) + reader.raw().data()[0] +
                std::to_string(reader.raw().size()) + "@" + std::to_string(reader.depth()) + " ";
    }
    EXPECT_EQ(seen,
              "0{1@1 4\"3@1 2[1@2 611@2 6-7@2 7t4@2 8n4@2 3]1@1 4\"9@1 0{1@2 1}1@1 4\"3@1 5\"6@1 "
              "1}1@0 ");
}

TEST(json_reader, stops_at_the_depth_limit_without_using_the_stack) {
    // R-039
    std::string const opening(100'000, '[');
    json_reader reader(opening);
    json_event event = reader.next();
    while (event == json_event::begin_array) event = reader.next();
    EXPECT_EQ(event, json_event::failure);
    EXPECT_EQ(reader.offset(), 64U);

    std::string nested;
    for (int i = 0; i != 100'000; ++i) nested += "{\"a\":";
    EXPECT_FALSE(is_object(nested));
    EXPECT_FALSE(is_object("{\"a\":" + opening));

    std::string const fits = std::string(64, '[') + std::string(64, ']');
    EXPECT_TRUE(accepts(fits));
    EXPECT_FALSE(accepts("[" + fits + "]"));
    EXPECT_TRUE(accepts("[" + fits + "]", {.max_depth = 65}));
    EXPECT_TRUE(accepts("1", {.max_depth = 0}));
    EXPECT_FALSE(accepts("[]", {.max_depth = 0}));
    std::string const deep = opening + std::string(100'000, ']');
    EXPECT_TRUE(accepts(deep, {.max_depth = 100'000}));
}

TEST(json_reader, refuses_a_byte_order_mark) {
    // R-040
    EXPECT_EQ(failure_of("\xEF\xBB\xBF{}"), errc::invalid_json);
    EXPECT_EQ(failure_of("{\"\xEF\xBB\xBF\":1}"), errc{}) << "inside of a string it is a character";
}

TEST(json_reader, refuses_text_that_is_not_utf8_wherever_it_stands) {
    // R-041
    for (std::string const bad : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xE2\x82"}) {
        EXPECT_EQ(failure_of("{\"unknown\":\"" + bad + "\"}"), errc::invalid_utf8);
        EXPECT_EQ(failure_of("{\"a\":1}" + bad), errc::invalid_utf8);
    }
    for (std::string const half : {"\\ud800", "\\udc00", "\\ud800\\u0041", "\\ud800x",
                                   "\\ud800\\ud800", "\\udc00\\ud800", "\\uDBFF\\u"}) {
        EXPECT_EQ(failure_of("[\"" + half + "\"]"), errc::invalid_utf8) << half;
    }
    EXPECT_EQ(failure_of("[\"\\uD834\\udd1e\"]"), errc{});
}

TEST(json_reader, hands_over_a_nul_that_was_escaped) {
    // R-042
    std::string const text = "{\"a\":\"x\\u0000y\"}";
    json_object_reader reader(text);
    ASSERT_TRUE(reader.next());
    coauth::detail::wiped_buffer out;
    reader.value().unescape_to(out);
    EXPECT_EQ(out.view(), std::string_view("x\0y", 3));
    EXPECT_FALSE(reader.next());
    EXPECT_FALSE(reader.failed());
    EXPECT_EQ(failure_of(std::string_view("[\"\0\"]", 5)), errc::invalid_json);
    EXPECT_EQ(failure_of(std::string_view("[]\0", 3)), errc::invalid_json);
}

TEST(json_reader, unescapes_every_escape) {
    json_value const value(json_type::string,
                           R"("\"\\\/\b\f\n\r\t\u0041\u00e4\u20AC\ud83D\uDE00 end")");
    EXPECT_TRUE(value.has_escapes());
    EXPECT_EQ(value.to_string(), "\"\\/\b\f\n\r\tA\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80 end");
    coauth::detail::wiped_buffer out;
    out.append("before ");
    value.unescape_to(out);
    EXPECT_EQ(out.view(), "before " + value.to_string());
    EXPECT_FALSE(json_value(json_type::string, "\"\"").has_escapes());
}

TEST(json_reader, visits_the_members_of_an_object_in_order_with_unescaped_names) {
    // R-035
    bool good = false;
    auto const members = members_of(
        " {\"access\\u005ftoken\":\"t\", \"a\\\"b\":{\"x\":[1,{}]},\"\":\t-0.5e-2 ,\"a\":null}\r\n",
        good);
    std::vector<std::pair<std::string, std::string>> const expected = {
        {"access_token", "\"t\""}, {"a\"b", "{\"x\":[1,{}]}"}, {"", "-0.5e-2"}, {"a", "null"}};
    EXPECT_TRUE(good);
    EXPECT_EQ(members, expected);
}

TEST(json_reader, leaves_members_of_the_same_name_to_the_caller) {
    bool good = false;
    auto const members = members_of("{\"a\":1,\"\\u0061\":2}", good);
    EXPECT_TRUE(good);
    ASSERT_EQ(members.size(), 2U);
    EXPECT_EQ(members[0].first, members[1].first);
}

TEST(json_reader, the_object_reader_takes_one_object_and_nothing_else) {
    // R-037 R-038
    EXPECT_TRUE(is_object("{}"));
    EXPECT_TRUE(is_object(" \t\r\n{ } \t\r\n"));
    for (char const* text : {"",
                             " ",
                             "[]",
                             "[{}]",
                             "\"a\"",
                             "1",
                             "true",
                             "null",
                             "{}{}",
                             "{} {}",
                             "{}garbage",
                             "{},",
                             "{\"a\":1,}",
                             "{,}",
                             "{\"a\":1 \"b\":2}",
                             "{\"a\" 1}",
                             "{\"a\":}",
                             "{a:1}",
                             "{'a':1}",
                             "{\"a\":1}/* comment */",
                             "/**/{}",
                             "{\"a\":1//\n}",
                             "{\"a\":NaN}",
                             "{\"a\":Infinity}",
                             "{\"a\":+1}",
                             "{\"a\":01}",
                             "{\"a\":.5}",
                             "{\"a\":1.}",
                             "{\"a\":0x10}",
                             "{\"a\":\"\n\"}",
                             "{",
                             "{\"a",
                             "{\"a\"",
                             "{\"a\":",
                             "{\"a\":1",
                             "{\"a\":1,",
                             "{\"a\":[1}",
                             "{\"a\":tru}"}) {
        EXPECT_FALSE(is_object(text)) << text;
    }
}

TEST(json_reader, says_what_is_wrong_and_where) {
    json_object_reader array("[1]");
    EXPECT_FALSE(array.next());
    EXPECT_TRUE(array.failed());
    EXPECT_STREQ(array.reason(), "not an object");
    EXPECT_EQ(array.error(), errc::invalid_json);
    EXPECT_FALSE(array.next()) << "a failure stays";

    json_object_reader trailing("{\"a\":1}x");
    EXPECT_TRUE(trailing.next());
    EXPECT_FALSE(trailing.next());
    EXPECT_STREQ(trailing.reason(), "bytes after the value");
    EXPECT_EQ(trailing.offset(), 7U);
}

TEST(json_reader, takes_a_million_unknown_members_in_its_stride) {
    // R-043: no state per member, so nothing that could grow faster than the text.
    std::string text = "{";
    for (int i = 0; i != 1'000'000; ++i) text += "\"m" + std::to_string(i % 977) + "\":0,";
    text += "\"last\":1}";
    json_object_reader reader(text);
    std::size_t count = 0;
    while (reader.next()) ++count;
    EXPECT_FALSE(reader.failed());
    EXPECT_EQ(count, 1'000'001U);
}

TEST(json_reader, copies_neither_names_nor_values) {
    // R-044
    std::string const large(1 << 20, 'x');
    std::string const text = "{\"unknown\":\"" + large + "\",\"list\":[\"" + large + "\"]}";
    auto const inside = [&](std::string_view part) {
        return part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size();
    };
    json_object_reader reader(text);
    while (reader.next()) {
        EXPECT_TRUE(inside(reader.name()));
        EXPECT_TRUE(inside(reader.value().raw()));
    }
    EXPECT_FALSE(reader.failed());
}

TEST(json_reader, reads_the_elements_of_an_array_as_values) {
    json_reader reader("[\"a\", {\"b\":[]}, 3 ]");
    ASSERT_EQ(reader.next(), json_event::begin_array);
    std::vector<std::string> elements;
    json_value value;
    while (reader.next_value(value)) elements.emplace_back(value.raw());
    EXPECT_FALSE(reader.failed());
    EXPECT_EQ(elements, (std::vector<std::string>{"\"a\"", "{\"b\":[]}", "3"}));
    EXPECT_EQ(reader.next(), json_event::end);
    EXPECT_EQ(reader.next(), json_event::end);
}

TEST(json_reader, converts_numbers_exactly_and_saturates) {
    // R-014 R-015
    constexpr auto highest = std::numeric_limits<std::int64_t>::max();
    constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
    std::vector<std::pair<char const*, std::int64_t>> const cases = {
        {"0", 0},
        {"-0", 0},
        {"3600", 3600},
        {"3600.0", 3600},
        {"3.6e3", 3600},
        {"3.6E+3", 3600},
        {"36000e-1", 3600},
        {"0.0036e6", 3600},
        {"3600.9", 3600},
        {"-3600.9", -3600},
        {"0.9", 0},
        {"9e-1", 0},
        {"1e-400", 0},
        {"0e400", 0},
        {"0.000e99999999999999999999", 0},
        {"1e400", highest},
        {"1e19", highest},
        {"1e99999999999999999999999999", highest},
        {"1e-99999999999999999999999999", 0},
        {"-1e400", lowest},
        {"9223372036854775807", highest},
        {"9223372036854775806", highest - 1},
        {"9223372036854775808", highest},
        {"18446744073709551616", highest},
        {"-9223372036854775807", lowest + 1},
        {"-9223372036854775808", lowest},
        {"-9223372036854775809", lowest},
        {"9.223372036854775806e18", highest - 1}};
    for (auto const& [text, expected] : cases) {
        EXPECT_EQ(json_value(json_type::number, text).to_integer(), expected) << text;
    }
    std::string const zeros = "0." + std::string(1'000'000, '0') + "5e1000001";
    EXPECT_EQ(json_value(json_type::number, zeros).to_integer(), 5);
}

TEST(json_reader, refuses_every_prefix_of_an_object) {
    std::string const text = R"({"a":[1,2.5e3,"x\u00e4\n"],"b":{"c":true,"d":null}})";
    for (std::size_t size = 0; size != text.size(); ++size) {
        // In a buffer of its own, so that a read past the end is seen by the sanitizer.
        std::vector<char> const part(text.begin(),
                                     text.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_FALSE(is_object({part.data(), part.size()})) << size;
    }
    EXPECT_TRUE(is_object(text));
}

}  // namespace
}  // namespace json_reader_test
