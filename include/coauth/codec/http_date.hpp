// SPDX-License-Identifier: BSL-1.0
//
// HTTP-date, RFC 9110 §5.6.7: the fixed form that is written, and the two obsolete ones that are
// still read. Pure functions; any thread.

#ifndef COAUTH_CODEC_HTTP_DATE_HPP
#define COAUTH_CODEC_HTTP_DATE_HPP

#include <coauth/detail/ascii.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coauth {
namespace detail {

inline constexpr std::array<std::string_view, 7> day_names = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
inline constexpr std::string_view month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// Takes the parts of a date off the front of a text; once one does not fit, nothing fits any more.
class date_scanner {
public:
    explicit date_scanner(std::string_view text) noexcept : text_(text) {}

    [[nodiscard]] bool done() const noexcept { return good_ && text_.empty(); }
    [[nodiscard]] bool at(char c) const noexcept { return text_.starts_with(c); }

    bool literal(std::string_view expected) noexcept {
        if (!good_ || !text_.starts_with(expected)) return good_ = false;
        text_.remove_prefix(expected.size());
        return true;
    }

    [[nodiscard]] int digits(std::size_t count) noexcept {
        int value = 0;
        good_ = good_ && text_.size() >= count;
        for (std::size_t i = 0; good_ && i != count; ++i) {
            if (!is_digit(text_[i]))
                good_ = false;
            else
                value = value * 10 + (text_[i] - '0');
        }
        if (!good_) return 0;
        text_.remove_prefix(count);
        return value;
    }

    /// 1 to 12.
    [[nodiscard]] int month() noexcept {
        std::size_t const at = text_.size() < 3 ? 1 : month_names.find(text_.substr(0, 3));
        if (!good_ || at % 3 != 0 || at >= month_names.size()) {
            good_ = false;
            return 0;
        }
        text_.remove_prefix(3);
        return static_cast<int>(at / 3) + 1;
    }

    /// Seconds since midnight; the 60th second of a leap second counts as the next minute.
    [[nodiscard]] int time_of_day() noexcept {
        int const hour = digits(2);
        literal(":");
        int const minute = digits(2);
        literal(":");
        int const second = digits(2);
        good_ = good_ && hour < 24 && minute < 60 && second <= 60;
        return (hour * 60 + minute) * 60 + second;
    }

private:
    std::string_view text_;
    bool good_ = true;
};

[[nodiscard]] inline std::optional<std::int64_t> unix_time(int year, int month, int day,
                                                           int seconds) noexcept {
    std::chrono::year_month_day const date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;
    return std::int64_t{std::chrono::sys_days(date).time_since_epoch().count()} * 86400 + seconds;
}

}  // namespace detail

/// Seconds since 1970 of any of the three forms, or nothing. The names are case-sensitive as in the
/// RFC; the day of the week has to be one but is not compared with the date. A year of two digits
/// is 1970 to 2069.
[[nodiscard]] inline std::optional<std::int64_t> parse_http_date(std::string_view text) {
    std::string_view const word = text.substr(0, text.find_first_of(", "));
    bool is_short = false;
    bool is_long = false;
    for (std::string_view const name : detail::day_names) {
        is_short = is_short || word == name.substr(0, 3);
        is_long = is_long || word == name;
    }
    detail::date_scanner in(text.substr(word.size()));
    int year = 0, month = 0, day = 0, seconds = 0;
    if (is_long) {  // Sunday, 06-Nov-94 08:49:37 GMT
        in.literal(", ");
        day = in.digits(2);
        in.literal("-");
        month = in.month();
        in.literal("-");
        year = in.digits(2);
        year += year < 70 ? 2000 : 1900;
        in.literal(" ");
        seconds = in.time_of_day();
        in.literal(" GMT");
    } else if (is_short && in.at(',')) {  // Sun, 06 Nov 1994 08:49:37 GMT
        in.literal(", ");
        day = in.digits(2);
        in.literal(" ");
        month = in.month();
        in.literal(" ");
        year = in.digits(4);
        in.literal(" ");
        seconds = in.time_of_day();
        in.literal(" GMT");
    } else if (is_short) {  // Sun Nov  6 08:49:37 1994
        in.literal(" ");
        month = in.month();
        in.literal(" ");
        bool const one_digit = in.at(' ');
        if (one_digit) in.literal(" ");
        day = in.digits(one_digit ? 1 : 2);
        in.literal(" ");
        seconds = in.time_of_day();
        in.literal(" ");
        year = in.digits(4);
    } else {
        return std::nullopt;
    }
    if (!in.done()) return std::nullopt;
    return detail::unix_time(year, month, day, seconds);
}

/// "Sun, 06 Nov 1994 08:49:37 GMT". Precondition: a date of the years 0 to 9999.
[[nodiscard]] inline std::string format_http_date(std::int64_t unix_seconds) {
    std::chrono::sys_seconds const time{std::chrono::seconds(unix_seconds)};
    auto const days = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day const date(days);
    std::chrono::hh_mm_ss const clock(time - days);
    std::string out;
    auto const put = [&](int value, int width) {
        std::string const digits = std::to_string(value);
        out.append(static_cast<std::size_t>(width) - digits.size(), '0');
        out += digits;
    };
    out += detail::day_names[std::chrono::weekday(days).c_encoding()].substr(0, 3);
    out += ", ";
    put(static_cast<int>(static_cast<unsigned>(date.day())), 2);
    out += ' ';
    out += detail::month_names.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3);
    out += ' ';
    put(static_cast<int>(date.year()), 4);
    out += ' ';
    put(static_cast<int>(clock.hours().count()), 2);
    out += ':';
    put(static_cast<int>(clock.minutes().count()), 2);
    out += ':';
    put(static_cast<int>(clock.seconds().count()), 2);
    out += " GMT";
    return out;
}

}  // namespace coauth

#endif
