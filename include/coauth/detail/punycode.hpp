// SPDX-License-Identifier: BSL-1.0
//
// Punycode (RFC 3492), as far as it is needed to tell an encoded label from a broken one: nothing
// is decoded, since names go to DNS as they are. Pure functions.

#ifndef COAUTH_DETAIL_PUNYCODE_HPP
#define COAUTH_DETAIL_PUNYCODE_HPP

#include <coauth/detail/ascii.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace coauth::detail {

/// RFC 3492 §6.1.
[[nodiscard]] constexpr std::uint32_t punycode_bias(std::uint32_t delta, std::uint32_t points,
                                                    bool first) noexcept {
    delta /= first ? 700 : 2;
    delta += delta / points;
    std::uint32_t k = 0;
    for (; delta > 455; k += 36) delta /= 35;
    return k + 36 * delta / (delta + 38);
}

/// Cuts one variable-length number (RFC 3492 §3.3) from the front and adds it to `sum`. False when
/// it is cut off, or too large.
[[nodiscard]] constexpr bool take_punycode_delta(std::string_view& text, std::uint32_t bias,
                                                 std::uint32_t& sum) noexcept {
    constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t weight = 1;
    for (std::uint32_t k = 36; !text.empty(); k += 36) {
        char const c = text.front();
        text.remove_prefix(1);
        if (!is_digit(c) && (c < 'a' || c > 'z')) return false;
        auto const digit = static_cast<std::uint32_t>(is_digit(c) ? c - '0' + 26 : c - 'a');
        if (digit > (most - sum) / weight) return false;
        sum += digit * weight;
        std::uint32_t const threshold = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        if (digit < threshold) return true;
        if (weight > most / (36 - threshold)) return false;
        weight *= 36 - threshold;
    }
    return false;
}

/// Whether `text`, in lower case and without its "xn--", encodes a label with something beyond
/// ASCII in it: RFC 3492 §6.2, every code point one of Unicode's and no control character. Which
/// of them IDNA allows is not known here.
[[nodiscard]] constexpr bool is_punycode(std::string_view text) noexcept {
    std::size_t const delimiter = text.rfind('-');
    bool const has_basic = delimiter != std::string_view::npos && delimiter != 0;
    auto points = static_cast<std::uint32_t>(has_basic ? delimiter : 0);
    if (has_basic) text.remove_prefix(delimiter + 1);
    if (text.empty()) return false;
    std::uint32_t point = 128;
    std::uint32_t at = 0;
    std::uint32_t bias = 72;
    while (!text.empty()) {
        std::uint32_t const before = at;
        if (!take_punycode_delta(text, bias, at)) return false;
        ++points;
        bias = punycode_bias(at - before, points, before == 0);
        if (at / points > 0x10FFFF - point) return false;
        point += at / points;
        at = at % points + 1;
        if (point < 0xA0 || (point >= 0xD800 && point <= 0xDFFF)) return false;
    }
    return true;
}

}  // namespace coauth::detail

#endif
