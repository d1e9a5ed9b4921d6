// SPDX-License-Identifier: BSL-1.0
//
// What the renderings of an exchange log share: words for its values, times as text, texts of
// servers made harmless. Pure functions; depend on no locale.

#ifndef COAUTH_DETAIL_EXCHANGE_WORDS_HPP
#define COAUTH_DETAIL_EXCHANGE_WORDS_HPP

#include <coauth/clock.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/exchange_record.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// As printable(), at any length and with a backslash as it is.
[[nodiscard]] inline std::string one_line(std::string_view text) {
    std::string escaped = printable(text, std::numeric_limits<std::size_t>::max());
    std::string line;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        line += escaped[i];
        if (escaped[i] == '\\' && i + 1 < escaped.size() && escaped[i + 1] == '\\') ++i;
    }
    return line;
}

/// JSON with a line for each value, or nothing where it is none.
[[nodiscard]] inline std::optional<std::string> indent_json(std::string_view json) {
    std::string out;
    json_reader reader(json);
    bool opened = false;      // right behind an opening bracket
    bool after_name = false;  // the value stands in the line of its name
    for (json_event e = reader.next(); e != json_event::end; e = reader.next()) {
        if (e == json_event::failure) return std::nullopt;
        bool const begins = e == json_event::begin_object || e == json_event::begin_array;
        bool const ends = e == json_event::end_object || e == json_event::end_array;
        bool const was_opened = std::exchange(opened, begins);
        bool const was_name = std::exchange(after_name, e == json_event::member_name);
        if (!out.empty() && !was_name && !(ends && was_opened)) {
            if (!ends && !was_opened) out += ',';
            out += '\n' + std::string(2 * (reader.depth() - (begins ? 1U : 0U)), ' ');
        }
        out += reader.raw();
        if (after_name) out += ": ";
    }
    return out;
}

/// The phases that there were, by the names that people know them by.
[[nodiscard]] inline std::vector<std::pair<std::string_view, duration>> phases_of(
    exchange_timings const& t) {
    std::pair<std::string_view, exchange_timings::phase> const all[] = {
        {"queue", t.queue}, {"resolve", t.resolve}, {"connect", t.connect}, {"TLS", t.tls},
        {"send", t.send},   {"wait", t.wait},       {"receive", t.receive}};
    std::vector<std::pair<std::string_view, duration>> found;
    for (auto const& [name, phase] : all) {
        if (phase) found.emplace_back(name, *phase);
    }
    return found;
}

}  // namespace coauth::detail

#endif
