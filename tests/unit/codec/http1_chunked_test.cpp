// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/http1_chunked.hpp>

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <unit/codec/http1_transcript.hpp>

namespace http1_chunked_test {
namespace {

using coauth::errc;
using coauth_test::http1::chunked;
using coauth_test::http1::parsed;
using coauth_test::http1::refused;

//
TEST(http1_chunked, a_chunk_size_is_hexadecimal_digits_only) {
    for (std::string_view const size : {"", "g", "-1", "+1", "0x10", "1_0", " 5", "5 ", "5\t",
                                        "10000000000000000", "00000000000000005", "5 ;a", ";a"}) {
        EXPECT_TRUE(refused(chunked(std::string(size) + "\r\nhello\r\n0\r\n\r\n"))) << size;
    }
    EXPECT_EQ(parsed(chunked("ffffffffffffffff\r\n")).error, errc::body_too_large);
    EXPECT_EQ(parsed(chunked("2\r\nab\r\nFFFFFFFFFFFFFFFE\r\n")).error, errc::body_too_large);
    EXPECT_EQ(
        parsed(chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n")).parser.body().size(),
        20U);
}

//
TEST(http1_chunked, chunk_extensions_are_checked_skipped_and_bounded) {
    for (std::string_view const extension :
         {";name", ";name=value", ";a=\"x;y\\\"z\\\\\"", ";a;b=c;d=\"\""}) {
        parsed const p(chunked("1" + std::string(extension) + "\r\nx\r\n0\r\n\r\n"));
        EXPECT_TRUE(p.parser.complete()) << extension;
        EXPECT_EQ(p.parser.body(), "x");
    }
    for (std::string_view const extension : {";", ";=v", ";a=", ";a=\"", ";a=\"x", ";a=\"\\", "; a",
                                             ";a =b", ";a\"b\"", ";a=\"b\"c", ";a=\"\x01\""}) {
        EXPECT_TRUE(refused(chunked("1" + std::string(extension) + "\r\nx\r\n"))) << extension;
    }
    std::string const chunk = "1;a=" + std::string(1021, 'e') + "\r\nx\r\n";  // 1 KiB of extensions
    std::string sixteen;
    for (int i = 0; i < 16; ++i) sixteen += chunk;
    EXPECT_TRUE(parsed(chunked(sixteen + "0\r\n\r\n")).parser.complete());
    EXPECT_EQ(parsed(chunked(sixteen + "0;a\r\n\r\n")).error, errc::header_too_large);
    EXPECT_EQ(parsed(chunked("1;" + std::string(17 * 1024, 'e'))).error, errc::header_too_large);
}

//
TEST(http1_chunked, a_bare_line_end_in_a_chunk_line_is_refused) {
    EXPECT_TRUE(refused(chunked("1;a\nx\r\n0\r\n\r\n")));
    EXPECT_TRUE(refused(chunked("1;a\rb\r\nx\r\n0\r\n\r\n")));
    EXPECT_TRUE(refused(chunked("1\r\r\nx\r\n0\r\n\r\n")));
    EXPECT_TRUE(refused(chunked("1;a=\"\n\"\r\nx\r\n0\r\n\r\n")));
}

//
TEST(http1_chunked, chunk_data_ends_with_crlf_exactly_where_it_says) {
    EXPECT_TRUE(refused(chunked("3\r\nabc0\r\n\r\n")));
    EXPECT_TRUE(refused(chunked("2\r\nabc\r\n0\r\n\r\n")));
    EXPECT_TRUE(refused(chunked("4\r\nabc\r\n0\r\n\r\n")));
    EXPECT_TRUE(refused(chunked("3\r\nabc\r\r\n")));
}

//
TEST(http1_chunked, trailers_are_kept_apart_and_bounded) {
    parsed p(
        chunked("1\r\nx\r\n000000\r\nContent-Length: 9\r\nTransfer-Encoding: gzip\r\n"
                "Authorization: a\r\n\r\nnext"));
    ASSERT_FALSE(p.error);
    EXPECT_TRUE(p.parser.complete() && p.parser.keep_alive());
    EXPECT_EQ(p.parser.trailers().size(), 3U);
    EXPECT_EQ(p.parser.fields().size(), 1U);
    EXPECT_FALSE(p.parser.content_length().has_value());
    std::string many;
    for (int i = 0; i < 64; ++i) many += "A: b\r\n";
    EXPECT_TRUE(parsed(chunked("0\r\n" + many + "\r\n")).parser.complete());
    EXPECT_EQ(parsed(chunked("0\r\n" + many + "A: b\r\n\r\n")).error, errc::header_too_large);
    std::string const half = "A: " + std::string(8 * 1024, 'x') + "\r\n";
    EXPECT_EQ(parsed(chunked("0\r\n" + half + half + "\r\n")).error, errc::header_too_large);
    EXPECT_TRUE(refused(chunked("0\r\nA : b\r\n\r\n")));
    EXPECT_TRUE(refused(chunked("0\r\n A: b\r\n\r\n")));
}

//
TEST(http1_chunked, a_chunked_body_without_its_last_chunk_is_truncated) {
    for (std::string_view const body :
         {"", "3\r\n", "3\r\nabc", "3\r\nabc\r\n", "3\r\nabc\r\n0\r\n"}) {
        parsed p(chunked(body));
        EXPECT_FALSE(p.error);
        EXPECT_EQ(p.parser.finish(), errc::truncated) << body;
        EXPECT_FALSE(p.parser.complete());
    }
}

}  // namespace
}  // namespace http1_chunked_test
