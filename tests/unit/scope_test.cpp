// SPDX-License-Identifier: BSL-1.0

#include <coauth/scope.hpp>

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace scope_test {
namespace {

using coauth::errc;
using coauth::scope;

struct config {
    int before = 0;
    coauth::scope scope = {};
    int after = 0;
};

TEST(scope, is_written_as_text_or_as_a_list) {
    EXPECT_EQ((config{.before = 1, .scope = "users.read", .after = 2}).scope.to_string(),
              "users.read");
    EXPECT_EQ((config{.before = 1, .scope = {"b", "a"}, .after = 2}).scope.to_string(), "b a");
    EXPECT_EQ((config{.before = 1, .scope = {"b"}, .after = 2}).scope.to_string(), "b");
    EXPECT_EQ((config{.before = 1, .scope = std::string("s"), .after = 2}).scope.to_string(), "s");
    EXPECT_EQ((config{.before = 1, .scope = std::string_view("v"), .after = 2}).scope.to_string(),
              "v");
    EXPECT_TRUE((config{.before = 1, .scope = {}, .after = 2}).scope.empty());
    EXPECT_TRUE(config{}.scope.empty());
    EXPECT_TRUE(scope("").empty());
    EXPECT_TRUE(scope("  ").empty());
}

TEST(scope, keeps_the_order_and_drops_repetitions) {
    scope const s("users.write  users.read users.write Users.read ");
    EXPECT_EQ(s.to_string(), "users.write users.read Users.read");
    EXPECT_EQ(s.tokens(), (std::vector<std::string>{"users.write", "users.read", "Users.read"}));
    EXPECT_EQ(s.canonical(), "Users.read users.read users.write");
    EXPECT_EQ(scope("a b").canonical(), scope("b a b").canonical());
    EXPECT_EQ((scope{"a b", "b", "c"}).to_string(), "a b c");
}

TEST(scope, includes_compares_sets) {
    scope const s("a b c");
    EXPECT_TRUE(s.includes("c a"));
    EXPECT_TRUE(s.includes(s));
    EXPECT_TRUE(s.includes(scope()));
    EXPECT_FALSE(s.includes("a d"));
    EXPECT_FALSE(s.includes("A"));
    EXPECT_FALSE(scope().includes("a"));
    EXPECT_FALSE(scope("ab").includes("a"));
}

//
TEST(scope, a_byte_outside_of_the_grammar_is_refused_by_name) {
    struct {
        std::string_view text;
        std::string_view named;
    } const cases[] = {{"read\r\nHost: evil", "0x0D"},
                       {"a\"b", "'\"'"},
                       {"a\\b", "'\\'"},
                       {"a\tb", "0x09"},
                       {"a\nb", "0x0A"},
                       {"\x7F", "0x7F"},
                       {"caf\xC3\xA9", "0xC3"},
                       {{"a\0b", 3}, "0x00"}};
    for (auto const& c : cases) {
        coauth::result<scope> const parsed = scope::parse(c.text);
        ASSERT_FALSE(parsed.has_value()) << c.text;
        EXPECT_TRUE(parsed.error().is(errc::invalid_scope));
        EXPECT_EQ(parsed.error().where(), coauth::stage::configuration);
        EXPECT_NE(parsed.error().message().find(c.named), std::string::npos)
            << parsed.error().message();
        EXPECT_THROW(scope{c.text}, coauth::exception);
    }
    EXPECT_THROW((scope{"ok", "not\nok"}), coauth::exception);
}

//
TEST(scope, every_byte_of_the_grammar_is_taken) {
    for (int byte = 0; byte < 256; ++byte) {
        bool const allowed =
            byte == 0x21 || (byte >= 0x23 && byte <= 0x5B) || (byte >= 0x5D && byte <= 0x7E);
        bool const separator = byte == ' ';
        EXPECT_EQ(scope::parse(std::string(1, static_cast<char>(byte))).has_value(),
                  allowed || separator)
            << byte;
    }
}

}  // namespace
}  // namespace scope_test
