// SPDX-License-Identifier: BSL-1.0

#include <coauth/store/stored_token.hpp>

#include <chrono>
#include <gtest/gtest.h>
#include <string>
#include <support/stores.hpp>

namespace stored_token_test {
namespace {

using namespace std::chrono_literals;
using coauth::errc;
using coauth::stored_token;
using coauth_test::a_token;

coauth::error read_error(std::string_view text) {
    auto const read = stored_token::from_bytes(text);
    return read ? coauth::error() : read.error();
}

constexpr std::string_view minimal =
    R"({"version":1,"access_token":"a","token_type":"Bearer","issued_at":1,"expires_at":2})";

TEST(stored_token, comes_back_as_it_went) {
    stored_token token = a_token("access", "refresh \"\\ \n \u00e9");
    token.token_type = "DPoP";
    token.scope = "read write";
    auto const read = stored_token::from_bytes(token.to_bytes().reveal());
    ASSERT_TRUE(read) << read.error().what();
    EXPECT_EQ(read.value().access_token, token.access_token);
    EXPECT_EQ(read.value().refresh_token, token.refresh_token);
    EXPECT_EQ(read.value().token_type, "DPoP");
    EXPECT_EQ(read.value().scope, "read write");
    EXPECT_EQ(read.value().issued_at, token.issued_at);
    EXPECT_EQ(read.value().expires_at, token.expires_at);
}

TEST(stored_token, may_have_only_one_of_the_two_tokens) {
    auto const read = stored_token::from_bytes(a_token("", "refresh").to_bytes().reveal());
    ASSERT_TRUE(read);
    EXPECT_TRUE(read.value().access_token.empty());
    EXPECT_FALSE(read.value().scope);
    EXPECT_TRUE(stored_token::from_bytes(a_token("access").to_bytes().reveal()));
    EXPECT_TRUE(read_error(a_token("").to_bytes().reveal()).is(errc::store_record_unreadable));
}

TEST(stored_token, is_not_written_when_a_text_is_not_utf8) {
    EXPECT_THROW(static_cast<void>(a_token("a", "\xff").to_bytes()), coauth::exception);
}

// R-272
TEST(stored_token, has_expired_when_it_comes_from_the_future) {
    stored_token const token = a_token("a");
    EXPECT_EQ(token.left(token.issued_at), 1h);
    EXPECT_EQ(token.left(token.issued_at + 59min), 1min);
    EXPECT_EQ(token.left(token.expires_at), 0s);
    EXPECT_EQ(token.left(token.issued_at - 1ms), 0s);
}

// R-275
TEST(stored_token, of_a_later_version_is_named_as_such_whatever_else_it_holds) {
    EXPECT_TRUE(read_error(R"({"version":2})").is(errc::store_record_newer));
    EXPECT_TRUE(read_error(R"({"secrets":{"x":[]},"version":99})").is(errc::store_record_newer));
    EXPECT_FALSE(read_error(minimal));
}

TEST(stored_token, leaves_members_unread_that_it_does_not_know) {
    std::string text(minimal);
    text.insert(1, R"("more":{"a":[1,2,{}]},)");
    EXPECT_FALSE(read_error(text));
}

TEST(stored_token, is_unreadable_when_it_is_no_record) {
    std::string const good(minimal);
    for (std::size_t size = 0; size != good.size(); ++size) {
        EXPECT_TRUE(read_error(good.substr(0, size)).is(errc::store_record_unreadable)) << size;
    }
    auto const with = [&](std::string_view what, std::string_view instead) {
        std::string text = good;
        text.replace(text.find(what), what.size(), instead);
        return text;
    };
    for (std::string const& bad :
         {good + "x", std::string("[]"), std::string("null"), with("1,", "0,"),
          with("1,", "\"1\","), with("\"version\":1,", ""), with("\"a\"", "7"),
          with("\"a\"", "\"two words\""), with("\"a\"", "\"line\\r\\nend\""),
          with("Bearer", "Basic"), with("issued_at\":1", "x\":1"),
          with("expires_at\":2", "expires_at\":-2"), with("expires_at\":2", "expires_at\":1e30"),
          with("\"version\":1", "\"version\":1,\"version\":2"),
          with("\"version\":1", "\"version\":1,\"scope\":[]")}) {
        EXPECT_TRUE(read_error(bad).is(errc::store_record_unreadable)) << bad;
    }
}

}  // namespace
}  // namespace stored_token_test
