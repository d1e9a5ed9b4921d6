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

/// Room for `size` more bytes at the end, to be written by the caller.
[[nodiscard]] inline char* extend(std::string& out, std::size_t size) {
    out.resize(out.size() + size);
    return out.data() + out.size() - size;
}
[[nodiscard]] inline char* extend(wiped_buffer& out, std::size_t size) { return out.extend(size); }

template <class Sink>
void base64_append(Sink& out, std::string_view bytes, base64_alphabet const& alphabet) {
    std::size_t const tail = bytes.size() % 3;
    std::size_t const last = tail == 0 ? 0 : alphabet.padded ? 4 : tail + 1;
    char* to = extend(out, bytes.size() / 3 * 4 + last);
    auto const* from = reinterpret_cast<unsigned char const*>(bytes.data());
    char const* const digits = alphabet.encode.data();
    auto const* const whole = from + (bytes.size() - tail);
    for (; from != whole; from += 3) {
        std::uint32_t const group =
            std::uint32_t{from[0]} << 16U | std::uint32_t{from[1]} << 8U | from[2];
        *to++ = digits[group >> 18U];
        *to++ = digits[group >> 12U & 63U];
        *to++ = digits[group >> 6U & 63U];
        *to++ = digits[group & 63U];
    }
    if (tail == 0) return;
    std::uint32_t const group =
        std::uint32_t{from[0]} << 16U | (tail == 2 ? std::uint32_t{from[1]} << 8U : 0U);
    for (std::size_t k = 0; k != last; ++k) {
        *to++ = k <= tail ? digits[group >> (18U - 6U * k) & 63U] : '=';
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
