// SPDX-License-Identifier: BSL-1.0
//
// base64 and base64url, RFC 4648 §4 and §5. Decoding is strict: no white space, no other alphabet,
// exact padding, and the unused bits of the last character are zero, so that one text has one
// meaning. Pure functions; any thread.

#ifndef COAUTH_CODEC_BASE64_HPP
#define COAUTH_CODEC_BASE64_HPP

#include <coauth/secret.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coauth {
namespace detail {

struct base64_alphabet {
    constexpr base64_alphabet(std::string_view digits, bool with_padding)
        : encode(digits), padded(with_padding) {
        for (auto& v : decode) v = -1;
        for (std::size_t i = 0; i != digits.size(); ++i) {
            decode[static_cast<unsigned char>(digits[i])] = static_cast<std::int8_t>(i);
        }
    }

    std::string_view encode;
    bool padded;
    std::array<std::int8_t, 256> decode{};
};

inline constexpr base64_alphabet base64_standard(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
inline constexpr base64_alphabet base64_url(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);

template <class Sink>
void base64_append(Sink& out, std::string_view bytes, base64_alphabet const& alphabet) {
    out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
    auto const byte = [&](std::size_t i) -> std::uint32_t {
        return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
    };
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t const group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
        std::size_t const left = bytes.size() - i;
        std::size_t const digits = left >= 3 ? 4 : left + 1;
        for (std::size_t k = 0; k != digits; ++k) {
            out.push_back(alphabet.encode[group >> (18 - 6 * k) & 63U]);
        }
        if (alphabet.padded) {
            for (std::size_t k = digits; k != 4; ++k) out.push_back('=');
        }
    }
}

/// False, with part of it in `out`, for a text that is not exactly what base64_append() writes.
template <class Sink>
[[nodiscard]] bool base64_read_to(Sink& out, std::string_view text,
                                  base64_alphabet const& alphabet) {
    if (alphabet.padded) {
        if (text.size() % 4 != 0) return false;
        for (int i = 0; i != 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    }
    std::size_t const tail = text.size() % 4;
    if (tail == 1) return false;

    out.reserve(out.size() + text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (char const c : text) {
        int const value = alphabet.decode[static_cast<unsigned char>(c)];
        if (value < 0) return false;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out.push_back(static_cast<char>(static_cast<unsigned char>(bits >> held & 0xFFU)));
    }
    return (bits & ((1U << held) - 1U)) == 0;
}

[[nodiscard]] inline std::optional<std::string> base64_read(std::string_view text,
                                                            base64_alphabet const& alphabet) {
    std::string out;
    if (!base64_read_to(out, text, alphabet)) return std::nullopt;
    return out;
}

}  // namespace detail

/// Padded base64 (RFC 4648 §4).
[[nodiscard]] inline std::string base64_encode(std::string_view bytes) {
    std::string out;
    detail::base64_append(out, bytes, detail::base64_standard);
    return out;
}

/// The same, appended to a buffer that is wiped: for secrets.
inline void base64_encode_to(detail::wiped_buffer& out, std::string_view bytes) {
    detail::base64_append(out, bytes, detail::base64_standard);
}

/// Nothing when `text` is not exactly what base64_encode() writes for some bytes. Not for secrets:
/// the result is an ordinary string.
[[nodiscard]] inline std::optional<std::string> base64_decode(std::string_view text) {
    return detail::base64_read(text, detail::base64_standard);
}

/// base64url without padding (RFC 4648 §5, RFC 7515 §2).
[[nodiscard]] inline std::string base64url_encode(std::string_view bytes) {
    std::string out;
    detail::base64_append(out, bytes, detail::base64_url);
    return out;
}

/// The same, appended to a buffer that is wiped.
inline void base64url_encode_to(detail::wiped_buffer& out, std::string_view bytes) {
    detail::base64_append(out, bytes, detail::base64_url);
}

/// Nothing when `text` is not exactly what base64url_encode() writes for some bytes. Not for
/// secrets: the result is an ordinary string.
[[nodiscard]] inline std::optional<std::string> base64url_decode(std::string_view text) {
    return detail::base64_read(text, detail::base64_url);
}

/// The same for secrets, appended to a buffer that is wiped; false where the other gives nothing.
[[nodiscard]] inline bool base64url_decode_to(detail::wiped_buffer& out, std::string_view text) {
    return detail::base64_read_to(out, text, detail::base64_url);
}

}  // namespace coauth

#endif
