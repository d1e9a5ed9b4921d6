// SPDX-License-Identifier: BSL-1.0
//
// W3C Trace Context, as far as a client passes it on. Pure functions.

#ifndef COAUTH_CODEC_TRACE_CONTEXT_HPP
#define COAUTH_CODEC_TRACE_CONTEXT_HPP

#include <cstddef>
#include <string_view>

namespace coauth {

/// A `traceparent` of version 00 (§3.2): lower-case hexadecimal, and neither id all zeros.
[[nodiscard]] inline bool is_traceparent(std::string_view text) noexcept {
    constexpr std::string_view shape = "00-tttttttttttttttttttttttttttttttt-pppppppppppppppp-ff";
    if (text.size() != shape.size() || !text.starts_with("00-")) return false;
    for (std::size_t i = 3; i < text.size(); ++i) {
        bool const hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (shape[i] == '-' ? text[i] != '-' : !hex) return false;
    }
    auto const zeros = [](std::string_view id) {
        return id.find_first_not_of('0') == std::string_view::npos;
    };
    return !zeros(text.substr(3, 32)) && !zeros(text.substr(36, 16));
}

}  // namespace coauth

#endif
