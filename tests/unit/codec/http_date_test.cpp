// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/http_date.hpp>

#include "../vector_file.hpp"

#include <gtest/gtest.h>

#include <string>

namespace http_date_test {
namespace {

using coauth::format_http_date;
using coauth::parse_http_date;

TEST(http_date, reads_the_three_forms_of_the_rfc) {
    int seen = 0;
    coauth_test::for_each_scalar("RFC9110-5.6.7 date", [&](std::string in, std::string out) {
        EXPECT_EQ(parse_http_date(in), std::stoll(out)) << in;
        ++seen;
    });
    EXPECT_EQ(seen, 3);
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
    EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
    EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), 784111777);
    EXPECT_EQ(parse_http_date("Sun Nov 06 08:49:37 1994"), 784111777);
    EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
    EXPECT_EQ(parse_http_date("Thursday, 01-Jan-70 00:00:00 GMT"), 0);
    EXPECT_EQ(parse_http_date("Tuesday, 01-Jan-69 00:00:00 GMT"), 3124224000);
    EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 23:59:60 GMT"), 1709251200);
    EXPECT_EQ(parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT"), 253402300799);
}

TEST(http_date, gives_nothing_for_anything_else) {
    for (char const* text : {"",
                             "S",
                             "Sun",
                             "Sun,",
                             "Sun ",
                             "Sun Nov",
                             "Sun Nov ",
                             "Sunday",
                             "Sun, 6 Nov 1994 08:49:37 GMT",
                             "sun, 06 nov 1994 08:49:37 gmt",
                             "Sun, 06 Nov 1994 08:49:37",
                             "Sun, 06 Nov 1994 08:49:37 UTC",
                             "Sun, 06 Nov 1994 08:49:37 GMT ",
                             " Sun, 06 Nov 1994 08:49:37 GMT",
                             "Sun, 06 Nov 1994 8:49:37 GMT",
                             "Sun, 06 Nov 1994 24:00:00 GMT",
                             "Sun, 06 Nov 1994 08:60:37 GMT",
                             "Sun, 06 Nov 1994 08:49:61 GMT",
                             "Sun, 31 Feb 1994 08:49:37 GMT",
                             "Sun, 29 Feb 2023 08:49:37 GMT",
                             "Sun, 00 Nov 1994 08:49:37 GMT",
                             "Sun, 32 Jan 1994 08:49:37 GMT",
                             "Sun, 06 Nvo 1994 08:49:37 GMT",
                             "Sun, 06 ovD 1994 08:49:37 GMT",
                             "Sun, 06 Nov 94 08:49:37 GMT",
                             "Sun, 06 Nov -994 08:49:37 GMT",
                             "Xyz, 06 Nov 1994 08:49:37 GMT",
                             "Sun 06 Nov 1994 08:49:37 GMT",
                             "Sun, 06-Nov-1994 08:49:37 GMT",
                             "Sunday, 06-Nov-1994 08:49:37 GMT",
                             "Sun Nov 6 08:49:37 1994",
                             "Sun Nov  6 08:49:37 1994 GMT",
                             "Sun Nov  0 08:49:37 1994",
                             "1994-11-06T08:49:37Z",
                             "784111777",
                             "Sun, 06 Nov 1994 08:49:37 +0000"}) {
        EXPECT_FALSE(parse_http_date(text)) << text;
    }
}

TEST(http_date, gives_nothing_for_any_prefix) {
    for (std::string const text : {"Sun, 06 Nov 1994 08:49:37 GMT",
                                   "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
        for (std::size_t size = 0; size != text.size(); ++size) {
            EXPECT_FALSE(parse_http_date(text.substr(0, size))) << text.substr(0, size);
        }
    }
}

TEST(http_date, writes_what_it_reads) {
    EXPECT_EQ(format_http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(format_http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    for (std::int64_t t = -62167219200; t < 253402300800; t += 86400LL * 97 + 12345) {
        ASSERT_EQ(parse_http_date(format_http_date(t)), t) << t;
    }
}

}  // namespace
}  // namespace http_date_test
