// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/challenge.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace challenge_test {
namespace {

using coauth::parse_challenges;

TEST(challenge, reads_one_scheme_with_parameters) {
    auto const list = parse_challenges(
        R"(Bearer realm="example", error="invalid_token", error_description="The token expired")");
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 1U);
    EXPECT_EQ(list->front().scheme, "Bearer");
    EXPECT_EQ(list->front().parameter("REALM"), "example");
    EXPECT_EQ(list->front().parameter("Error"), "invalid_token");
    EXPECT_EQ(list->front().parameter("error_description"), "The token expired");
    EXPECT_FALSE(list->front().parameter("scope"));
    EXPECT_TRUE(list->front().token68.empty());
}

TEST(challenge, reads_several_challenges_in_one_field) {
    // The example of RFC 9110 §11.6.1.
    auto const list = parse_challenges(
        R"(Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"")");
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 2U);
    EXPECT_EQ((*list)[0].scheme, "Basic");
    EXPECT_EQ((*list)[0].parameters.size(), 1U);
    EXPECT_EQ((*list)[1].scheme, "Newauth");
    EXPECT_EQ((*list)[1].parameter("type"), "1");
    EXPECT_EQ((*list)[1].parameter("title"), "Login to \"apps\"");
}

TEST(challenge, tells_token68_from_parameters_and_schemes) {
    auto const list =
        parse_challenges("Negotiate YII/+a~==, NTLM, DPoP algs=\"ES256 PS256\" , X a=, Y b");
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 5U);
    EXPECT_EQ((*list)[0].token68, "YII/+a~==");
    EXPECT_EQ((*list)[1].scheme, "NTLM");
    EXPECT_TRUE((*list)[1].token68.empty());
    EXPECT_EQ((*list)[2].parameter("algs"), "ES256 PS256");
    EXPECT_EQ((*list)[3].token68, "a=");
    EXPECT_EQ((*list)[4].token68, "b");
}

TEST(challenge, allows_the_white_space_and_empty_elements_of_the_grammar) {
    auto const list = parse_challenges(", ,Bearer  a = b ,\t, c\t=\t\"d\" ,,Basic ,realm=x,");
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 2U);
    EXPECT_EQ((*list)[0].parameter("a"), "b");
    EXPECT_EQ((*list)[0].parameter("c"), "d");
    EXPECT_EQ((*list)[1].parameter("realm"), "x");
}

TEST(challenge, keeps_commas_equals_and_scheme_names_inside_of_quotes) {
    auto const list =
        parse_challenges("Bearer realm=\"a, Basic realm=b\", x=\"\\\\\\,\xC3\xA4\t\"");
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 1U);
    EXPECT_EQ(list->front().parameter("realm"), "a, Basic realm=b");
    EXPECT_EQ(list->front().parameter("x"), "\\,\xC3\xA4\t");
    EXPECT_EQ(parse_challenges("Bearer error=\"\"")->front().parameter("error"), "");
}

TEST(challenge, gives_nothing_for_a_malformed_field) {
    for (char const* text : {"",
                             " ",
                             ",",
                             "=",
                             "Bearer=",
                             "\"Bearer\"",
                             "Bearer realm=,=",
                             "Bearer realm=\"",
                             "Bearer realm=\"a",
                             "Bearer realm=\"a\\",
                             "Bearer realm=\"a\\\"",
                             "Bearer realm=\"a\"b",
                             "Bearer realm=a b",
                             "Bearer realm=\"a\" error=\"b\"",
                             "Bearer a b",
                             "Bearer abc def=1",
                             "Negotiate abc, x=1",
                             "Negotiate ab=c=",
                             "Bearer realm=a, REALM=b",
                             "realm=x",
                             "Basic, realm=x",
                             "Bearer\trealm=x",
                             "Bearer re(alm=x",
                             "Bearer realm=\"a\x01\"",
                             "Bearer realm=\"a\\\x7F\"",
                             "Bearer realm=\"a\nb\"",
                             "B\xC3\xA4r realm=x",
                             "Bearer realm=a;b",
                             "Bearer =a",
                             "Bearer ,=a",
                             "Bearer a==b"}) {
        EXPECT_FALSE(parse_challenges(text)) << text;
    }
}

TEST(challenge, survives_every_prefix) {
    std::string const text =
        R"(Bearer realm="exa\"mple" , error=invalid_token, Negotiate YII==, DPoP algs="ES256")";
    for (std::size_t size = 0; size <= text.size(); ++size) {
        std::vector<char> const part(text.begin(),
                                     text.begin() + static_cast<std::ptrdiff_t>(size));
        auto const list = parse_challenges({part.data(), part.size()});
        EXPECT_TRUE(!list || list->size() <= 3U);
    }
}

}  // namespace
}  // namespace challenge_test
