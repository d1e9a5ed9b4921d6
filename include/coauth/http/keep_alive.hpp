// SPDX-License-Identifier: BSL-1.0
//
// The Keep-Alive field (RFC 2068 §19.7.1.1, never standardised since, sent by most servers). Pure.

#ifndef COAUTH_HTTP_KEEP_ALIVE_HPP
#define COAUTH_HTTP_KEEP_ALIVE_HPP

#include <coauth/clock.hpp>
#include <coauth/codec/http_fields.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace coauth::http {

/// How long a server says that it keeps the connection, less one second for the way; max() when it
/// says nothing that can be understood.
[[nodiscard]] inline duration announced_idle_time(http_fields const& fields) {
    std::optional<std::string_view> const field = fields.find("Keep-Alive");
    if (!field) return duration::max();
    std::string_view rest = *field;
    for (;;) {
        std::size_t const comma = rest.find(',');
        std::string_view const element = trim_ows(rest.substr(0, comma));
        constexpr std::string_view name = "timeout=";
        if (iequals(element.substr(0, name.size()), name)) {
            std::string_view const digits = element.substr(name.size());
            std::uint32_t seconds = 0;
            auto const [end, ec] =
                std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
            if (ec != std::errc{} || end != digits.data() + digits.size()) return duration::max();
            return std::chrono::seconds(seconds == 0 ? 0 : seconds - 1);
        }
        if (comma == std::string_view::npos) return duration::max();
        rest.remove_prefix(comma + 1);
    }
}

}  // namespace coauth::http

#endif
