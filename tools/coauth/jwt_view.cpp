// SPDX-License-Identifier: BSL-1.0

#include "jwt_view.hpp"

#include <coauth/codec/base64.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/detail/exchange_words.hpp>

#include <cstdint>
#include <limits>

namespace coauth_tool {
namespace {

[[nodiscard]] bool is_object(std::string_view text) {
    coauth::json_reader reader(text);
    coauth::json_value whole;
    return reader.next_value(whole) && whole.is(coauth::json_type::object) &&
           reader.next() == coauth::json_event::end;
}

[[nodiscard]] std::optional<std::string> part(std::string_view text) {
    std::optional<std::string> json = coauth::base64url_decode(text);
    if (!json || !coauth::is_valid_utf8(*json) || !is_object(*json)) return std::nullopt;
    return json;
}

[[nodiscard]] std::string distance(std::int64_t seconds) {
    std::string const text = [](std::int64_t s) {
        if (s < 120) return std::to_string(s) + " s";
        if (s < 7200) return std::to_string(s / 60) + " min";
        return s < 172800 ? std::to_string(s / 3600) + " h" : std::to_string(s / 86400) + " d";
    }(seconds < 0 ? -seconds : seconds);
    return seconds < 0 ? text + " ago" : "in " + text;
}

}  // namespace

std::optional<jwt_view> read_jwt(std::string_view token) {
    std::size_t const first = token.find('.');
    std::size_t const second = first == token.npos ? first : token.find('.', first + 1);
    // Five parts are encrypted.
    if (second == token.npos || token.find('.', second + 1) != token.npos) return std::nullopt;
    auto header = part(token.substr(0, first));
    auto claims = part(token.substr(first + 1, second - first - 1));
    if (!header || !claims) return std::nullopt;
    return jwt_view{*std::move(header), *std::move(claims)};
}

std::string claims_text(jwt_view const& of, std::chrono::system_clock::time_point now) {
    std::string text;
    std::int64_t const at =
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    for (coauth::json_object_reader reader(of.claims); reader.next();) {
        std::string const name(reader.name());
        coauth::json_value const value = reader.value();
        text += "  " + coauth::detail::one_line(name) + ": " +
                coauth::detail::one_line(value.is(coauth::json_type::string)
                                             ? value.to_string()
                                             : std::string(value.raw()));
        bool const time = name == "exp" || name == "iat" || name == "nbf" || name == "auth_time";
        constexpr std::int64_t most = 253402300799;  // the end of the year 9999
        if (time && value.is(coauth::json_type::number)) {
            std::int64_t const seconds = value.to_integer();
            if (seconds >= 0 && seconds <= most) text += " (" + distance(seconds - at) + ")";
        }
        text += "\n";
    }
    return text;
}

}  // namespace coauth_tool
