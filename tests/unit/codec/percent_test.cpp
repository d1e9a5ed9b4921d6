// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/percent.hpp>

#include <gtest/gtest.h>

#include <string>

namespace percent_test {
namespace {

using coauth::percent_decode;
using coauth::percent_encode;
namespace char_sets = coauth::char_sets;

TEST(percent, gives_back_every_byte) {
    // R-122
    std::string bytes;
    for (int i = 0; i != 256; ++i) bytes.push_back(static_cast<char>(i));
    for (auto const& keep :
         {char_sets::unreserved, char_sets::path_segment, char_sets::query_component}) {
        std::string const encoded = percent_encode(bytes, keep);
        EXPECT_EQ(percent_decode(encoded), bytes);
        for (char const c : encoded) EXPECT_TRUE(keep.contains(c) || c == '%');
    }
}

TEST(percent, leaves_only_what_the_set_holds) {
    EXPECT_EQ(percent_encode("aZ09-._~", char_sets::unreserved), "aZ09-._~");
    EXPECT_EQ(percent_encode("/?#[]@!$&'()*+,;= %\x7F", char_sets::unreserved),
              "%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%20%25%7F");
    EXPECT_EQ(percent_encode("a/b?c", char_sets::path_segment), "a%2Fb%3Fc");
    EXPECT_EQ(percent_encode("a&b=c+d #", char_sets::query_component), "a%26b%3Dc%2Bd%20%23");
    EXPECT_EQ(percent_encode("\xC2\xA3", char_sets::unreserved), "%C2%A3");
}

TEST(percent, decodes_either_case_and_refuses_broken_escapes) {
    EXPECT_EQ(percent_decode("%c2%A3+"), "\xC2\xA3+");
    EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
    for (char const* text : {"%", "%4", "a%", "%4g", "%g4", "%%41", "% 41", "%-1"}) {
        EXPECT_FALSE(percent_decode(text)) << text;
    }
}

}  // namespace
}  // namespace percent_test
