// SPDX-License-Identifier: BSL-1.0
//
// What the renderings of an exchange log share: words for its values, times as text. Pure
// functions; depend on no locale.

#ifndef COAUTH_DETAIL_EXCHANGE_WORDS_HPP
#define COAUTH_DETAIL_EXCHANGE_WORDS_HPP

#include <coauth/clock.hpp>
#include <coauth/exchange_record.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coauth::detail {

[[nodiscard]] constexpr std::string_view name_of(exchange_record::party with) noexcept {
    return with == exchange_record::party::api ? "api" : "authorization_server";
}

[[nodiscard]] constexpr std::string_view name_of(exchange_record::reason why) noexcept {
    switch (why) {
        case exchange_record::reason::first: return "first";
        case exchange_record::reason::token_renewed: return "token_renewed";
        case exchange_record::reason::connection_lost: return "connection_lost";
    }
    return "";
}

/// At least `width` digits.
[[nodiscard]] inline std::string padded(std::int64_t value, std::size_t width) {
    std::string digits = std::to_string(value);
    return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

/// "12.345": whole microseconds. Negative ones are 0: clocks are set back.
[[nodiscard]] inline std::string milliseconds(duration d) {
    std::int64_t const us = std::chrono::duration_cast<std::chrono::microseconds>(d).count();
    std::int64_t const positive = us < 0 ? 0 : us;
    return std::to_string(positive / 1000) + "." + padded(positive % 1000, 3);
}

/// RFC 3339 with milliseconds, in UTC: "2026-01-31T23:59:59.999Z".
[[nodiscard]] inline std::string timestamp(std::chrono::system_clock::time_point at) {
    using namespace std::chrono;
    auto const day = floor<days>(at);
    year_month_day const date(day);
    hh_mm_ss const time(floor<std::chrono::milliseconds>(at - day));
    return padded(static_cast<int>(date.year()), 4) + "-" +
           padded(static_cast<unsigned>(date.month()), 2) + "-" +
           padded(static_cast<unsigned>(date.day()), 2) + "T" + padded(time.hours().count(), 2) +
           ":" + padded(time.minutes().count(), 2) + ":" + padded(time.seconds().count(), 2) + "." +
           padded(time.subseconds().count(), 3) + "Z";
}

}  // namespace coauth::detail

#endif
