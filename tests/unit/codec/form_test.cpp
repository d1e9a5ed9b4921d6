// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/form.hpp>

#include "../vector_file.hpp"

#include <gtest/gtest.h>

#include <string>

namespace form_test {
namespace {

using coauth::form_decode;
using coauth::form_encode;

TEST(form, encodes_the_example_of_appendix_b_exactly) {
    //
    int seen = 0;
    coauth_test::for_each_scalar("RFC6749-B form encoding", [&](std::string in, std::string out) {
        EXPECT_EQ(form_encode(in), out);
        ++seen;
    });
    EXPECT_EQ(seen, 1);
    EXPECT_EQ(form_encode(" %&+\xC2\xA3\xE2\x82\xAC"), "+%25%26%2B%C2%A3%E2%82%AC");
}

TEST(form, leaves_the_bytes_of_ordinary_names_as_they_are) {
    EXPECT_EQ(form_encode("ABCxyz019*-._"), "ABCxyz019*-._");
    EXPECT_EQ(form_encode("a:b"), "a%3Ab");
    EXPECT_EQ(form_encode("~"), "%7E");
    EXPECT_EQ(form_encode("x\r\nX-Evil: 1"), "x%0D%0AX-Evil%3A+1");
    EXPECT_EQ(form_encode("client_id-1.2*3"), "client_id-1.2*3");
}

TEST(form, gives_back_every_byte) {
    //
    std::string bytes;
    for (int i = 0; i != 256; ++i) bytes.push_back(static_cast<char>(i));
    auto const pairs = form_decode(form_encode(bytes) + "=" + form_encode(bytes));
    ASSERT_TRUE(pairs);
    ASSERT_EQ(pairs->size(), 1U);
    EXPECT_EQ(pairs->front().first, bytes);
    EXPECT_EQ(pairs->front().second, bytes);
}

TEST(form, writes_pairs_into_a_wiped_buffer) {
    coauth::detail::wiped_buffer body;
    coauth::form_writer(body)
        .add("grant_type", "client_credentials")
        .add("scope", "a b")
        .add("client_secret", "s&=")
        .add("", "");
    EXPECT_EQ(body.view(), "grant_type=client_credentials&scope=a+b&client_secret=s%26%3D&=");
}

TEST(form, reads_pairs_in_order) {
    auto const pairs = form_decode("a=1&&b=x+y%21&a=2&flag&=v&c=p=q");
    ASSERT_TRUE(pairs);
    std::vector<std::pair<std::string, std::string>> const expected = {
        {"a", "1"}, {"b", "x y!"}, {"a", "2"}, {"flag", ""}, {"", "v"}, {"c", "p=q"}};
    EXPECT_EQ(*pairs, expected);
    EXPECT_TRUE(form_decode("")->empty());
    EXPECT_TRUE(form_decode("&&")->empty());
}

TEST(form, refuses_a_broken_escape_in_a_name_or_a_value) {
    EXPECT_FALSE(form_decode("a=%zz"));
    EXPECT_FALSE(form_decode("%=a"));
    EXPECT_FALSE(form_decode("a=1&b=%4"));
}

TEST(form, encodes_a_long_secret_in_one_pass) {
    std::string const secret(1024 * 1024, '%');
    coauth::detail::wiped_buffer out;
    coauth::form_encode_to(out, secret);
    EXPECT_EQ(out.size(), 3 * secret.size());
}

}  // namespace
}  // namespace form_test
