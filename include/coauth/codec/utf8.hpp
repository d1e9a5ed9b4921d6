// SPDX-License-Identifier: BSL-1.0
//
// UTF-8, RFC 3629: a strict check (no overlong forms, no surrogates, nothing above U+10FFFF), and
// text of strangers made fit to be printed. Pure functions; any thread.

#ifndef COAUTH_CODEC_UTF8_HPP
#define COAUTH_CODEC_UTF8_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace coauth {
namespace detail {

/// Length of the well-formed sequence at the front of `text`, with its code point; 0 when there is
/// none. Precondition: not empty.
[[nodiscard]] constexpr std::size_t utf8_front(std::string_view text, char32_t& code) noexcept {
    auto const byte = [&](std::size_t i) -> std::uint32_t {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    std::uint32_t const first = byte(0);
    if (first < 0x80) {
        code = first;
        return 1;
    }
    std::size_t const size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4) return 0;
    std::uint32_t value = first & (0x7FU >> size);
    for (std::size_t i = 1; i != size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return 0;
        value = value << 6 | (byte(i) & 0x3FU);
    }
    constexpr std::uint32_t lowest[] = {0x80, 0x800, 0x10000};
    if (value < lowest[size - 2] || value > 0x10FFFF) return 0;
    if (value >= 0xD800 && value <= 0xDFFF) return 0;
    code = value;
    return size;
}

/// Appends one code point. Precondition: a Unicode scalar value.
template <class Sink>
void append_utf8(Sink& out, char32_t code) {
    auto const value = static_cast<std::uint32_t>(code);
    auto const put = [&](std::uint32_t byte) {
        out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
    };
    if (value < 0x80) {
        put(value);
        return;
    }
    if (value < 0x800) {
        put(0xC0U | value >> 6);
    } else {
        if (value < 0x10000) {
            put(0xE0U | value >> 12);
        } else {
            put(0xF0U | value >> 18);
            put(0x80U | (value >> 12 & 0x3FU));
        }
        put(0x80U | (value >> 6 & 0x3FU));
    }
    put(0x80U | (value & 0x3FU));
}

/// Would change how the text around it looks or where a line ends: controls, directional marks,
/// zero-width characters, line and paragraph separators, the byte order mark.
[[nodiscard]] constexpr bool is_unprintable(char32_t c) noexcept {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) ||
           (c >= 0xE0000 && c <= 0xE0FFF);
}

}  // namespace detail

/// Bytes of `text` before the first one that is not UTF-8; all of them when there is none.
[[nodiscard]] inline std::size_t valid_utf8_size(std::string_view const text) noexcept {
    std::string_view rest = text;
    while (!rest.empty()) {
        // Nearly all input is ASCII: eight bytes at a time as long as no top bit is set.
        std::uint64_t word = 0;
        if (rest.size() >= sizeof word) {
            std::memcpy(&word, rest.data(), sizeof word);
            if ((word & 0x8080808080808080U) == 0) {
                rest.remove_prefix(sizeof word);
                continue;
            }
        }
        char32_t code = 0;
        std::size_t const size = detail::utf8_front(rest, code);
        if (size == 0) break;
        rest.remove_prefix(size);
    }
    return text.size() - rest.size();
}

[[nodiscard]] inline bool is_valid_utf8(std::string_view text) noexcept {
    return valid_utf8_size(text) == text.size();
}

/// One line of printable UTF-8 of at most `limit` bytes: every byte that is not UTF-8, every
/// control and every invisible character is written as `\xNN` or `\u{NNNN}`, a backslash doubled;
/// "..." at the end where something was cut off. For text that a server sent.
[[nodiscard]] inline std::string printable(std::string_view text, std::size_t limit) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view ellipsis = "...";
    std::string out;
    out.reserve(std::min(text.size(), limit));
    std::size_t cut = 0;  // where the output still leaves room for the ellipsis
    while (!text.empty()) {
        char32_t code = 0;
        std::size_t const size = detail::utf8_front(text, code);
        std::string piece;
        if (size == 0) {
            auto const byte = static_cast<unsigned char>(text.front());
            piece = {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
        } else if (detail::is_unprintable(code)) {
            auto value = static_cast<std::uint32_t>(code);
            bool const is_short = value < 0x100;
            std::string number;
            for (; value != 0 || number.size() < 2; value >>= 4) {
                number.insert(number.begin(), digits[value & 15U]);
            }
            piece = is_short ? "\\x" + number : "\\u{" + number + "}";
        } else if (code == U'\\') {
            piece = "\\\\";
        } else {
            piece = text.substr(0, size);
        }
        if (out.size() + piece.size() > limit) {
            out.resize(cut);
            if (limit >= ellipsis.size()) out += ellipsis;
            return out;
        }
        out += piece;
        if (out.size() + ellipsis.size() <= limit) cut = out.size();
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return out;
}

}  // namespace coauth

#endif
