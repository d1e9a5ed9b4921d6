// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/http_fields.hpp>

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace http_fields_test {
namespace {

using coauth::http_field;
using coauth::http_fields;

[[nodiscard]] http_fields sample() {
    http_fields fields;
    fields.append("Set-Cookie", "a=1, b");
    fields.append("Content-Type", "text/plain");
    fields.append("set-cookie", "c=2");
    return fields;
}

[[nodiscard]] std::string dump(http_fields const& fields) {
    std::string text;
    for (http_field const field : fields) {
        text.append(field.name).append("=").append(field.value).append(";");
    }
    return text;
}

TEST(http_fields, names_compare_without_case_and_the_first_line_counts) {
    http_fields const fields = sample();
    EXPECT_EQ(fields.find("SET-COOKIE"), "a=1, b");
    EXPECT_EQ(fields.find("content-type"), "text/plain");
    EXPECT_FALSE(fields.find("content-typ").has_value());
    EXPECT_TRUE(fields.contains("Content-TYPE"));
    EXPECT_EQ(fields.size(), 3U);
}

//
TEST(http_fields, lines_of_one_name_stay_apart) {
    http_fields const fields = sample();
    EXPECT_EQ(fields.all("Set-Cookie"), (std::vector<std::string_view>{"a=1, b", "c=2"}));
    EXPECT_EQ(fields.count("Set-Cookie"), 2U);
    EXPECT_EQ(dump(fields), "Set-Cookie=a=1, b;Content-Type=text/plain;set-cookie=c=2;");
}

TEST(http_fields, set_replaces_all_lines_of_a_name) {
    http_fields fields = sample();
    fields.set("SET-COOKIE", "d");
    EXPECT_EQ(dump(fields), "Content-Type=text/plain;SET-COOKIE=d;");
    fields.erase("content-type");
    EXPECT_EQ(dump(fields), "SET-COOKIE=d;");
    fields.set("new", "");
    EXPECT_EQ(dump(fields), "SET-COOKIE=d;new=;");
}

TEST(http_fields, takes_views_into_itself) {
    http_fields fields = sample();
    for (int i = 0; i < 50; ++i) fields.append(fields[1].name, *fields.find("Content-Type"));
    EXPECT_EQ(fields.count("Content-Type"), 51U);
    for (std::string_view const value : fields.all("Content-Type")) EXPECT_EQ(value, "text/plain");
    fields.set(fields[0].name, *fields.find("content-type"));
    EXPECT_EQ(fields.all("Set-Cookie"), (std::vector<std::string_view>{"text/plain"}));
}

TEST(http_fields, copies_and_moves_are_independent) {
    http_fields original = sample();
    http_fields copy = original;
    original.clear();
    EXPECT_TRUE(original.empty());
    EXPECT_EQ(copy.size(), 3U);
    http_fields target = sample();
    target = std::move(copy);
    EXPECT_EQ(dump(target), dump(sample()));
    copy = target;
    copy.append("x", "y");
    EXPECT_EQ(copy.size(), 4U);
    EXPECT_EQ(target.size(), 3U);
}

TEST(http_fields, a_fold_becomes_one_space_between_two_parts) {
    http_fields fields;
    fields.append("a", "");
    fields.extend_last("1");
    fields.extend_last("");
    fields.extend_last("2");
    EXPECT_EQ(fields.find("a"), "1 2");
}

TEST(http_fields, a_token_is_not_empty_and_has_no_separator) {
    EXPECT_TRUE(coauth::is_token("GET"));
    EXPECT_TRUE(coauth::is_token("!#$%&'*+-.^_`|~09azAZ"));
    EXPECT_FALSE(coauth::is_token(""));
    for (char const c : std::string_view("\0 \t\r\n\"(),/:;<=>?@[\\]{}\x7F\x80\xFF", 26)) {
        EXPECT_FALSE(coauth::is_token(std::string{'a', c})) << static_cast<int>(c);
    }
}

TEST(http_fields, a_field_value_holds_no_control_character_but_tab) {
    for (int byte = 0; byte < 256; ++byte) {
        bool const expected = byte == '\t' || (byte >= 0x20 && byte != 0x7F);
        EXPECT_EQ(coauth::is_field_value(std::string(1, static_cast<char>(byte))), expected)
            << byte;
    }
    EXPECT_TRUE(coauth::is_field_value(""));
}

TEST(http_fields, a_list_element_is_matched_as_a_whole) {
    EXPECT_TRUE(coauth::list_contains("close", "close"));
    EXPECT_TRUE(coauth::list_contains("foo ,\t CLOSE", "close"));
    EXPECT_TRUE(coauth::list_contains(",close,,", "close"));
    EXPECT_FALSE(coauth::list_contains("closed, not-close", "close"));
    EXPECT_FALSE(coauth::list_contains("", "close"));
}

TEST(http_fields, trims_spaces_and_tabs_only) {
    EXPECT_EQ(coauth::trim_ows(" \t a\tb \t"), "a\tb");
    EXPECT_EQ(coauth::trim_ows(" \t "), "");
    EXPECT_EQ(coauth::trim_ows("\ra\n"), "\ra\n");
}

}  // namespace
}  // namespace http_fields_test
