// SPDX-License-Identifier: BSL-1.0
//
// ASCII character classes that depend on no locale (RFC 5234 App. B.1). Pure functions.

#ifndef COAUTH_DETAIL_ASCII_HPP
#define COAUTH_DETAIL_ASCII_HPP

#include <string>
#include <string_view>

namespace coauth::detail {

[[nodiscard]] constexpr bool is_alpha(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

[[nodiscard]] constexpr char ascii_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The value of a hexadecimal digit in either case, -1 for anything else.
[[nodiscard]] constexpr int hex_digit(char c) noexcept {
    if (is_digit(c)) return c - '0';
    char const lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// A byte as a person can read it in a message: 'x', or 0x0D where it is not printable.
[[nodiscard]] inline std::string name_byte(char c) {
    if (c > ' ' && c <= '~') return {'\'', c, '\''};
    constexpr std::string_view digits = "0123456789ABCDEF";
    auto const byte = static_cast<unsigned char>(c);
    return {'0', 'x', digits[byte >> 4U], digits[byte & 15U]};
}

}  // namespace coauth::detail

#endif
