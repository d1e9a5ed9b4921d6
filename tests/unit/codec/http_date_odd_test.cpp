// SPDX-License-Identifier: BSL-1.0
//
// Dates as servers and attackers write them: RFC 9110 §5.6.7 in its three forms, and what is near
// to one. An odd date gives nothing, or the second that it says, as timegm() counts it.

#include <coauth/codec/http_date.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace http_date_odd_test {
namespace {

using namespace std::string_view_literals;
using coauth::parse_http_date;

struct moment {
    int year, month, day, hour, minute, second;
};

/// The C library's opinion.
std::int64_t seconds_of(moment const& m) {
    std::tm parts{};
    parts.tm_year = m.year - 1900;
    parts.tm_mon = m.month - 1;
    parts.tm_mday = m.day;
    parts.tm_hour = m.hour;
    parts.tm_min = m.minute;
    parts.tm_sec = m.second;
    return ::timegm(&parts);
}

struct good_date {
    std::string_view text;
    moment means;
};

constexpr good_date good[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", {1994, 11, 6, 8, 49, 37}},
    {"Sunday, 06-Nov-94 08:49:37 GMT", {1994, 11, 6, 8, 49, 37}},
    {"Sun Nov  6 08:49:37 1994", {1994, 11, 6, 8, 49, 37}},
    // The day of the week is another one: the date counts.
    {"Mon, 06 Nov 1994 08:49:37 GMT", {1994, 11, 6, 8, 49, 37}},
    {"Saturday, 06-Nov-94 08:49:37 GMT", {1994, 11, 6, 8, 49, 37}},
    {"Fri Nov  6 08:49:37 1994", {1994, 11, 6, 8, 49, 37}},
    // The ends of a day, a month, a year, a century, and of what 32 bits hold.
    {"Thu, 01 Jan 1970 00:00:00 GMT", {1970, 1, 1, 0, 0, 0}},
    {"Wed, 31 Dec 1969 23:59:59 GMT", {1969, 12, 31, 23, 59, 59}},
    {"Tue, 19 Jan 2038 03:14:07 GMT", {2038, 1, 19, 3, 14, 7}},
    {"Tue, 19 Jan 2038 03:14:08 GMT", {2038, 1, 19, 3, 14, 8}},
    {"Sun, 07 Feb 2106 06:28:16 GMT", {2106, 2, 7, 6, 28, 16}},
    {"Fri, 13 Dec 1901 20:45:51 GMT", {1901, 12, 13, 20, 45, 51}},
    {"Mon, 01 Jan 0001 00:00:00 GMT", {1, 1, 1, 0, 0, 0}},
    {"Sat, 01 Jan 0000 00:00:00 GMT", {0, 1, 1, 0, 0, 0}},
    {"Fri, 31 Dec 9999 23:59:59 GMT", {9999, 12, 31, 23, 59, 59}},
    {"Fri Dec 31 23:59:59 9999", {9999, 12, 31, 23, 59, 59}},
    // Leap years.
    {"Tue, 29 Feb 2000 12:00:00 GMT", {2000, 2, 29, 12, 0, 0}},
    {"Thu, 29 Feb 2024 12:00:00 GMT", {2024, 2, 29, 12, 0, 0}},
    {"Sunday, 29-Feb-04 12:00:00 GMT", {2004, 2, 29, 12, 0, 0}},
    {"Tue Feb 29 12:00:00 2000", {2000, 2, 29, 12, 0, 0}},
    // Leap seconds are the first of the next minute.
    {"Sat, 31 Dec 2016 23:59:60 GMT", {2017, 1, 1, 0, 0, 0}},
    {"Saturday, 31-Dec-16 23:59:60 GMT", {2017, 1, 1, 0, 0, 0}},
    {"Sat Dec 31 23:59:60 2016", {2017, 1, 1, 0, 0, 0}},
    {"Sun, 06 Nov 1994 08:49:60 GMT", {1994, 11, 6, 8, 50, 0}},
    // Two digits of a year are 1970 to 2069.
    {"Thursday, 01-Jan-70 00:00:00 GMT", {1970, 1, 1, 0, 0, 0}},
    {"Friday, 31-Dec-99 23:59:59 GMT", {1999, 12, 31, 23, 59, 59}},
    {"Saturday, 01-Jan-00 00:00:00 GMT", {2000, 1, 1, 0, 0, 0}},
    {"Sunday, 22-Nov-26 00:00:00 GMT", {2026, 11, 22, 0, 0, 0}},
    {"Tuesday, 31-Dec-69 23:59:59 GMT", {2069, 12, 31, 23, 59, 59}},
    // Four digits are what they are.
    {"Sun, 06 Nov 0094 08:49:37 GMT", {94, 11, 6, 8, 49, 37}},
    {"Sun Nov  6 08:49:37 0094", {94, 11, 6, 8, 49, 37}},
};

constexpr std::string_view bad[] = {
    // Days and times that do not exist.
    "Sun, 31 Feb 1994 08:49:37 GMT",
    "Sun, 30 Feb 2024 08:49:37 GMT",
    "Sun, 29 Feb 1900 08:49:37 GMT",
    "Sun, 29 Feb 2023 08:49:37 GMT",
    "Sunday, 29-Feb-01 08:49:37 GMT",
    "Sun Feb 29 08:49:37 2023",
    "Sun, 31 Apr 1994 08:49:37 GMT",
    "Sun, 31 Jun 1994 08:49:37 GMT",
    "Sun, 31 Sep 1994 08:49:37 GMT",
    "Sun, 31 Nov 1994 08:49:37 GMT",
    "Sun, 32 Dec 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sunday, 00-Nov-94 08:49:37 GMT",
    "Sun Nov 00 08:49:37 1994",
    "Sun Nov  0 08:49:37 1994",
    "Sun, 99 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 25:49:37 GMT",
    "Sun, 06 Nov 1994 99:99:99 GMT",
    "Sun, 06 Nov 1994 08:60:00 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    "Sun, 06 Nov 1994 08:49:99 GMT",
    "Sunday, 06-Nov-94 24:49:37 GMT",
    "Sun Nov  6 24:00:00 1994",
    // Numbers of another length, signs, and what overflows.
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 006 Nov 1994 08:49:37 GMT",
    "Sun, -6 Nov 1994 08:49:37 GMT",
    "Sun, +6 Nov 1994 08:49:37 GMT",
    "Sun,  6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 94 08:49:37 GMT",
    "Sun, 06 Nov 994 08:49:37 GMT",
    "Sun, 06 Nov 19941 08:49:37 GMT",
    "Sun, 06 Nov -994 08:49:37 GMT",
    "Sun, 06 Nov +994 08:49:37 GMT",
    "Sun, 06 Nov 2147483648 08:49:37 GMT",
    "Sun, 06 Nov 18446744073709551616 08:49:37 GMT",
    "Sun, 06 Nov 1994 8:49:37 GMT",
    "Sun, 06 Nov 1994 08:9:37 GMT",
    "Sun, 06 Nov 1994 08:49:7 GMT",
    "Sun, 06 Nov 1994 08:49 GMT",
    "Sun, 06 Nov 1994 0849:37 GMT",
    "Sun, 06 Nov 1994 08:49:37.5 GMT",
    "Sun, 06 Nov 1994 08:49:037 GMT",
    "Sun, 06 Nov 1994 -8:49:37 GMT",
    "Sun, 06 Nov 1994 008:49:37 GMT",
    "Sunday, 06-Nov-1994 08:49:37 GMT",
    "Sunday, 6-Nov-94 08:49:37 GMT",
    "Sunday, 06-Nov-9 08:49:37 GMT",
    "Sunday, 06-Nov--4 08:49:37 GMT",
    "Sun Nov 6 08:49:37 1994",
    "Sun Nov   6 08:49:37 1994",
    "Sun Nov  16 08:49:37 1994",
    "Sun Nov  6 08:49:37 94",
    "Sun Nov  6 08:49:37 19940",
    "Sun Nov  6 8:49:37 1994",
    "Sun Nov -6 08:49:37 1994",
    "Sun, 0x Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 0x7c 08:49:37 GMT",
    // Names.
    "sun, 06 Nov 1994 08:49:37 GMT",
    "SUN, 06 Nov 1994 08:49:37 GMT",
    "Xyz, 06 Nov 1994 08:49:37 GMT",
    "Su, 06 Nov 1994 08:49:37 GMT",
    "Sunn, 06 Nov 1994 08:49:37 GMT",
    ", 06 Nov 1994 08:49:37 GMT",
    "06 Nov 1994 08:49:37 GMT",
    "Sunday 06-Nov-94 08:49:37 GMT",
    "Sunda, 06-Nov-94 08:49:37 GMT",
    "Sun, 06 nov 1994 08:49:37 GMT",
    "Sun, 06 NOV 1994 08:49:37 GMT",
    "Sun, 06 Nvo 1994 08:49:37 GMT",
    "Sun, 06 anF 1994 08:49:37 GMT",
    "Sun, 06 November 1994 08:49:37 GMT",
    "Sun, 06 11 1994 08:49:37 GMT",
    "Sun, 06 No 1994 08:49:37 GMT",
    "So, 06 Nov 1994 08:49:37 GMT",
    "Dim, 06 nov. 1994 08:49:37 GMT",
    "Sun, Nov 06 1994 08:49:37 GMT",
    "Nov 06 Sun 1994 08:49:37 GMT",
    "Sun Nov  6 1994 08:49:37",
    // Zones.
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 06 Nov 1994 08:49:37 UT",
    "Sun, 06 Nov 1994 08:49:37 Z",
    "Sun, 06 Nov 1994 08:49:37 gmt",
    "Sun, 06 Nov 1994 08:49:37 EST",
    "Sun, 06 Nov 1994 08:49:37 CET",
    "Sun, 06 Nov 1994 08:49:37 +0000",
    "Sun, 06 Nov 1994 08:49:37 -0500",
    "Sun, 06 Nov 1994 08:49:37 GMT+2",
    "Sun, 06 Nov 1994 08:49:37 GMT+0200",
    "Sun, 06 Nov 1994 08:49:37 GMT-24:00",
    "Sun, 06 Nov 1994 08:49:37 +99999999999",
    "Sunday, 06-Nov-94 08:49:37",
    "Sunday, 06-Nov-94 08:49:37 EST",
    "Sun Nov  6 08:49:37 1994 GMT",
    "Sun Nov  6 08:49:37 1994 +0000",
    "Sun Nov  6 08:49:37 GMT 1994",
    "Sun Nov  6 08:49:37 EST 1994",
    // Other separators, and something before, behind or within.
    " Sun, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT ",
    "Sun, 06 Nov 1994 08:49:37 GMT\r\n",
    "Sun, 06 Nov 1994 08:49:37 GMT, ",
    "Sun, 06 Nov 1994 08:49:37 GMTx",
    "\"Sun, 06 Nov 1994 08:49:37 GMT\"",
    "Sun,06 Nov 1994 08:49:37 GMT",
    "Sun, 06  Nov 1994 08:49:37 GMT",
    "Sun,\t06 Nov 1994 08:49:37 GMT",
    "Sun, 06\tNov 1994 08:49:37 GMT",
    "Sun, 06-Nov-1994 08:49:37 GMT",
    "Sun, 06/Nov/1994 08:49:37 GMT",
    "Sun, 06 Nov 1994, 08:49:37 GMT",
    "Sun, 06 Nov 1994 08.49.37 GMT",
    "Sun, 06 Nov 1994 08-49-37 GMT",
    "Sun, 06 Nov 1994T08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37GMT",
    "Sun, 06 Nov 1994 08:49:37  GMT",
    "Sun, 06 Nov 1994 08:49:37 AM GMT",
    "Sunday, 06 Nov 94 08:49:37 GMT",
    "Sunday, 06-Nov 94 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT\0"sv,
    "Sun, 06 Nov 1994\0 08:49:37 GMT"sv,
    "Sun, 06 Nov 1994 08:49:37 GMT; expires",
    "Sun, 06 Nov 1994 08:49:37 GMT Sun, 06 Nov 1994 08:49:37 GMT",
    "Sun, \xD9\xA0\xD9\xA6 Nov 1994 08:49:37 GMT",
    // Other ways to write a time.
    "1994-11-06T08:49:37Z",
    "1994-11-06 08:49:37",
    "19941106T084937Z",
    "19941106",
    "11/06/1994",
    "06.11.1994",
    "08:49:37",
    "08:49:37 GMT",
    "Nov 6 1994",
    "6 Nov 1994",
    "1994 Nov 6",
    "784111777",
    "-1",
    "0",
    "+0",
    "1e9",
    "0x2EBCA1E1",
    "now",
    "tomorrow",
    "never",
    "Sun",
    "Sun,",
    "Sunday",
    "Sun Nov",
    "GMT",
    "",
    " ",
    ",",
    "-",
    ":",
    "%s",
    "{}",
    "\xFF\xFE",
};

//
TEST(http_date_odd, dates_in_a_form_of_the_rfc_mean_what_they_say) {
    for (good_date const& d : good)
        EXPECT_EQ(parse_http_date(d.text), seconds_of(d.means)) << d.text;
}

//
TEST(http_date_odd, anything_else_is_no_date) {
    static_assert(std::size(good) + std::size(bad) >= 182);
    for (std::string_view const text : bad) EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

/// A date in the three forms; the years of the second are written with two digits.
std::vector<std::string> forms_of(moment const& m, int weekday) {
    constexpr std::array days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                              "Thursday", "Friday", "Saturday"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char const* const day = days[static_cast<std::size_t>(weekday)];
    char const* const month = months[static_cast<std::size_t>(m.month - 1)];
    std::vector<std::string> forms;
    std::array<char, 96> text{};
    auto const add = [&](int size) {
        forms.emplace_back(text.data(), static_cast<std::size_t>(size));
    };
    add(std::snprintf(text.data(), text.size(), "%.3s, %02d %s %04d %02d:%02d:%02d GMT", day, m.day,
                      month, m.year, m.hour, m.minute, m.second));
    add(std::snprintf(text.data(), text.size(), "%.3s %s %2d %02d:%02d:%02d %04d", day, month,
                      m.day, m.hour, m.minute, m.second, m.year));
    if (m.year < 1970 || m.year > 2069) return forms;
    add(std::snprintf(text.data(), text.size(), "%s, %02d-%s-%02d %02d:%02d:%02d GMT", day, m.day,
                      month, m.year % 100, m.hour, m.minute, m.second));
    return forms;
}

bool exists(moment const& m) {
    std::time_t const seconds = seconds_of(m);
    std::tm back{};
    ::gmtime_r(&seconds, &back);
    bool const whole = m.second != 60;  // the C library carries it over
    return back.tm_mday == m.day && whole && back.tm_mon == m.month - 1;
}

//
TEST(http_date_odd, accepted_dates_are_those_of_the_c_library) {
    std::mt19937 random(163);
    auto const draw = [&random](int from, int to) {
        return from + static_cast<int>(random() % static_cast<unsigned>(to - from + 1));
    };
    int accepted = 0;
    for (int i = 0; i != 20'000; ++i) {
        moment const m{i % 2 == 0 ? draw(1970, 2069) : draw(0, 9999),
                       draw(1, 12),
                       draw(0, 32),
                       draw(0, 23),
                       draw(0, 59),
                       draw(0, 59)};
        for (std::string const& text : forms_of(m, draw(0, 6))) {
            auto const seconds = parse_http_date(text);
            ASSERT_EQ(seconds.has_value(), exists(m)) << text;
            if (!seconds) continue;
            ASSERT_EQ(*seconds, seconds_of(m)) << text;
            ++accepted;
        }
    }
    EXPECT_GT(accepted, 10'000);
}

/// Without the day of the week, which is not compared; the day "06" of asctime's form is " 6" too.
std::string without_weekday(std::string text) {
    if (text[3] == ' ' && text[8] == '0') text[8] = ' ';
    return text.substr(text.find_first_of(", "));
}

bool says(std::string const& text, std::int64_t value) {
    std::time_t const seconds = value;
    std::tm m{};
    ::gmtime_r(&seconds, &m);
    auto const forms = forms_of(
        {m.tm_year + 1900, m.tm_mon + 1, m.tm_mday, m.tm_hour, m.tm_min, m.tm_sec}, m.tm_wday);
    return std::any_of(forms.begin(), forms.end(), [&](std::string const& form) {
        return without_weekday(form) == without_weekday(text);
    });
}

//
TEST(http_date_odd, a_wrong_byte_gives_nothing_or_the_date_that_stands_there_now) {
    int accepted = 0;
    for (good_date const& d : good) {
        if (d.text.find(":60") != std::string_view::npos)
            continue;  // not how the result is written
        for (std::size_t at = 0; at != d.text.size(); ++at) {
            for (int byte = 0; byte != 256; ++byte) {
                std::string text(d.text);
                text[at] = static_cast<char>(byte);
                auto const seconds = parse_http_date(text);
                if (!seconds || text.find(":60") != std::string::npos) continue;
                EXPECT_TRUE(says(text, *seconds)) << text;
                ++accepted;
            }
        }
    }
    EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace http_date_odd_test
