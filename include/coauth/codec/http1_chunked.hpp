// SPDX-License-Identifier: BSL-1.0
//
// The chunk-size line of the chunked transfer coding (RFC 9112 §7.1). Pure functions.

#ifndef COAUTH_CODEC_HTTP1_CHUNKED_HPP
#define COAUTH_CODEC_HTTP1_CHUNKED_HPP

#include <coauth/codec/http_fields.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace coauth::detail {

struct chunk_header {
    std::uint64_t size;
    std::size_t extension_bytes;  ///< Length of all extensions of this line.
};

/// Cuts a token or, where allowed, a quoted-string (RFC 9110 §5.6.4) from the front.
[[nodiscard]] constexpr bool skip_token(std::string_view& text) noexcept {
    std::size_t n = 0;
    while (n < text.size() && is_tchar(text[n])) ++n;
    text.remove_prefix(n);
    return n != 0;
}

[[nodiscard]] constexpr bool skip_quoted_string(std::string_view& text) noexcept {
    if (!text.starts_with('"')) return false;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return true;
        }
        if (text[i] == '\\') ++i;
        if (i == text.size() || !is_field_char(text[i])) return false;
    }
    return false;
}

/// *( ";" name [ "=" ( token / quoted-string ) ] ). The optional whitespace of RFC 9112 §7.1.1
/// (BWS) is refused: nobody sends it, and readers disagree about it.
[[nodiscard]] constexpr bool is_chunk_extensions(std::string_view text) noexcept {
    while (!text.empty()) {
        if (text.front() != ';') return false;
        text.remove_prefix(1);
        if (!skip_token(text)) return false;
        if (!text.starts_with('=')) continue;
        text.remove_prefix(1);
        if (!(text.starts_with('"') ? skip_quoted_string(text) : skip_token(text))) return false;
    }
    return true;
}

/// 1*HEXDIG of at most 16 digits, so that it cannot overflow, and nothing but extensions after it.
/// Extensions are checked and skipped.
[[nodiscard]] inline std::optional<chunk_header> parse_chunk_header(std::string_view line) {
    chunk_header header{};
    std::size_t digits = 0;
    for (; digits < line.size(); ++digits) {
        int const value = hex_digit(line[digits]);
        if (value < 0) break;
        if (digits == 16) return std::nullopt;
        header.size = header.size * 16 + static_cast<std::uint64_t>(value);
    }
    line.remove_prefix(digits);
    if (digits == 0 || !is_chunk_extensions(line)) return std::nullopt;
    header.extension_bytes = line.size();
    return header;
}

}  // namespace coauth::detail

#endif
