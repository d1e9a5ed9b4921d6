// SPDX-License-Identifier: BSL-1.0

#include <coauth/protocol/retry_after.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

namespace retry_after_test {
namespace {

using namespace std::chrono_literals;
using coauth::parse_retry_after;

constexpr std::int64_t now = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT

TEST(retry_after, reads_seconds_up_to_the_cap) {
    // R-069 R-070
    EXPECT_EQ(parse_retry_after("0", now, 60s), 0s);
    EXPECT_EQ(parse_retry_after("5", now, 60s), 5s);
    EXPECT_EQ(parse_retry_after(" 5\t", now, 60s), 5s);
    EXPECT_EQ(parse_retry_after("005", now, 60s), 5s);
    EXPECT_EQ(parse_retry_after("60", now, 60s), 60s);
    EXPECT_EQ(parse_retry_after("61", now, 60s), 60s);
    EXPECT_EQ(parse_retry_after("120", now, 60s), 60s);
    EXPECT_EQ(parse_retry_after("100000000000000000000", now, 60s), 60s);
    EXPECT_EQ(parse_retry_after(std::string(10'000, '9'), now, 60s), 60s);
    EXPECT_EQ(parse_retry_after("7", now, 0s), 0s);
    EXPECT_EQ(parse_retry_after("18446744073709551621", now, std::chrono::seconds::max()),
              std::chrono::seconds::max());
    EXPECT_EQ(parse_retry_after("9223372036854775807", now, std::chrono::seconds::max()),
              std::chrono::seconds::max());
    EXPECT_EQ(parse_retry_after("9223372036854775806", now, std::chrono::seconds::max()),
              std::chrono::seconds::max() - 1s);
}

TEST(retry_after, reads_dates_past_and_far) {
    //
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:07 GMT", now, 60s), 30s);
    EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:50:07 GMT", now, 60s), 30s);
    EXPECT_EQ(parse_retry_after("Sun Nov  6 08:50:07 1994", now, 60s), 30s);
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now, 60s), 0s);
    EXPECT_EQ(parse_retry_after("Thu, 01 Jan 1970 00:00:00 GMT", now, 60s), 0s);
    EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now, 60s), 60s);
    constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
    constexpr auto highest = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", lowest, 60s), 60s);
    EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", highest, 60s), 0s);
}

TEST(retry_after, ignores_everything_else) {
    //
    for (char const* text : {"", " ", "-5", "+5", "5.5", "5s", "0x10", "1e3", "five", "5, 6", "5 6",
                             "Sun, 06 Nov 1994", "tomorrow", "Sun, 31 Feb 1994 08:49:37 GMT"}) {
        EXPECT_FALSE(parse_retry_after(text, now, 60s)) << text;
    }
}

}  // namespace
}  // namespace retry_after_test
