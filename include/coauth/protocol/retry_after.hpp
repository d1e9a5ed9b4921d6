// SPDX-License-Identifier: BSL-1.0
//
// Retry-After, RFC 9110 §10.2.3: seconds or a date. Pure function; any thread.

#ifndef COAUTH_PROTOCOL_RETRY_AFTER_HPP
#define COAUTH_PROTOCOL_RETRY_AFTER_HPP

#include <coauth/codec/http_date.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/detail/ascii.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace coauth {

/// Seconds to wait, 0 to `cap`. A date in the past is 0; a far date or number is `cap`; anything
/// that is neither a whole number nor an HTTP-date gives nothing. `now` in seconds since 1970 is
/// only looked at for a date. Precondition: cap >= 0.
[[nodiscard]] inline std::optional<std::chrono::seconds> parse_retry_after(
    std::string_view field_value, std::int64_t now, std::chrono::seconds cap) {
    std::string_view const text = trim_ows(field_value);
    auto const limit = static_cast<std::uint64_t>(cap.count());
    auto const capped = [&](std::uint64_t seconds) {
        return std::chrono::seconds(static_cast<std::int64_t>(std::min(seconds, limit)));
    };
    if (!text.empty() && std::all_of(text.begin(), text.end(), detail::is_digit)) {
        std::uint64_t seconds = 0;
        for (char const c : text) {
            // Past the limit one more digit changes nothing; below it, ten times as much fits.
            if (seconds > limit / 10 + 1) return cap;
            seconds = seconds * 10 + static_cast<std::uint64_t>(c - '0');
        }
        return capped(seconds);
    }
    std::optional<std::int64_t> const date = parse_http_date(text);
    if (!date) return std::nullopt;
    if (*date <= now) return std::chrono::seconds(0);
    return capped(static_cast<std::uint64_t>(*date) - static_cast<std::uint64_t>(now));
}

}  // namespace coauth

#endif
