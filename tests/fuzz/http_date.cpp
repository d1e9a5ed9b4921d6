// SPDX-License-Identifier: BSL-1.0
//
// HTTP-date and Retry-After: what is read is a moment that is written the same by us and by the C
// library.

#include "target.hpp"

#include <coauth/codec/http_date.hpp>
#include <coauth/protocol/retry_after.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace http_date_fuzz {
namespace {

using coauth_fuzz::require;

std::string written_by_c(std::int64_t seconds) {
    auto const time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    require(gmtime_r(&time, &parts) != nullptr, "the C library knows the date");
    constexpr std::array<char const*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<char const*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                  months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                  parts.tm_hour, parts.tm_min, parts.tm_sec);
    return text.data();
}

void check_date(std::string_view text) {
    std::optional<std::int64_t> const seconds = coauth::parse_http_date(text);
    if (!seconds) return;
    constexpr std::int64_t year_0 = -62'167'219'200;
    constexpr std::int64_t year_10000 = 253'402'300'800;
    // The leap second of the last year that can be written is the first one of the next.
    require(*seconds >= year_0 && *seconds <= year_10000, "a date has a year of four digits");
    if (*seconds == year_10000) return;
    std::string const written = coauth::format_http_date(*seconds);
    require(written == written_by_c(*seconds), "the C library writes the same");
    require(coauth::parse_http_date(written) == seconds, "what is written is read");
    bool const fixed_form = text.size() == written.size() && text[3] == ',';
    bool const leap_second = text.find(":60 ") != text.npos;
    require(!fixed_form || leap_second || text.substr(4) == written.substr(4),
            "but for the day of the week what was read is written");
}

void check_retry_after(std::string_view text, std::chrono::seconds cap) {
    constexpr std::int64_t now = 1'700'000'000;
    auto const wait = coauth::parse_retry_after(text, now, cap);
    require(!wait || (wait->count() >= 0 && *wait <= cap), "a wait is within its bounds");
    if (!coauth::parse_http_date(text)) return;
    require(wait.has_value(), "what is a date is a wait");
}

COAUTH_FUZZ_TARGET(http_date, input) {
    check_date(input);
    for (std::int64_t const cap : {std::int64_t{0}, std::int64_t{60}, INT64_MAX}) {
        check_retry_after(input, std::chrono::seconds(cap));
    }
}

}  // namespace
}  // namespace http_date_fuzz
