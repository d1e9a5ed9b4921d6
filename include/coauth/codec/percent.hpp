// SPDX-License-Identifier: BSL-1.0
//
// Percent-encoding, RFC 3986 §2.1, and the sets of bytes that stay as they are. Pure functions; any
// thread.

#ifndef COAUTH_CODEC_PERCENT_HPP
#define COAUTH_CODEC_PERCENT_HPP

#include <coauth/detail/ascii.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coauth {

/// A set of bytes, built at compile time.
class char_set {
public:
    constexpr explicit char_set(std::string_view members) {
        for (char const c : members) {
            auto const u = static_cast<unsigned char>(c);
            bits_[u / 64U] |= std::uint64_t{1} << (u % 64U);
        }
    }

    [[nodiscard]] constexpr bool contains(char c) const noexcept {
        auto const u = static_cast<unsigned char>(c);
        return (bits_[u / 64U] >> (u % 64U) & 1U) != 0;
    }

    friend constexpr char_set operator|(char_set a, char_set const& b) noexcept {
        for (std::size_t i = 0; i != a.bits_.size(); ++i) a.bits_[i] |= b.bits_[i];
        return a;
    }

private:
    std::array<std::uint64_t, 4> bits_{};
};

namespace char_sets {

inline constexpr char_set alphanumeric(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
/// RFC 3986 §2.3.
inline constexpr char_set unreserved = alphanumeric | char_set("-._~");
/// `pchar` of RFC 3986 §3.3: one segment of a path, so '/' is not among them.
inline constexpr char_set path_segment = unreserved | char_set("!$&'()*+,;=:@");
/// A name or a value in a query: RFC 3986 §3.4 without '&', '=' and '+', which forms give a
/// meaning.
inline constexpr char_set query_component = unreserved | char_set("!$'()*,;:@/?");

}  // namespace char_sets

namespace detail {

template <class Sink>
void append_percent(Sink& out, char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    auto const u = static_cast<unsigned char>(c);
    char const escape[3] = {'%', digits[u >> 4U], digits[u & 15U]};
    out.append(std::string_view(escape, 3));
}

/// Undoes '%XX', and '+' as a space when `plus_is_space`. False at a broken escape.
template <class Sink>
[[nodiscard]] bool append_unescaped(Sink& out, std::string_view text, bool plus_is_space) {
    std::size_t i = 0;
    while (i != text.size()) {
        std::size_t const stop = text.find_first_of("%+", i);
        std::size_t const end = stop == std::string_view::npos ? text.size() : stop;
        out.append(text.substr(i, end - i));
        i = end;
        if (i == text.size()) break;
        if (text[i] == '+') {
            out.push_back(plus_is_space ? ' ' : '+');
            ++i;
            continue;
        }
        int const high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
        int const low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) return false;
        out.push_back(static_cast<char>(static_cast<unsigned char>(high * 16 + low)));
        i += 3;
    }
    return true;
}

}  // namespace detail

/// Every byte outside of `keep` becomes '%XX', upper case.
[[nodiscard]] inline std::string percent_encode(std::string_view text, char_set const& keep) {
    std::string out;
    out.reserve(text.size());
    for (char const c : text) {
        if (keep.contains(c))
            out.push_back(c);
        else
            detail::append_percent(out, c);
    }
    return out;
}

/// Nothing when a '%' is not followed by two hexadecimal digits. '+' stays '+'.
[[nodiscard]] inline std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    if (!detail::append_unescaped(out, text, false)) return std::nullopt;
    return out;
}

}  // namespace coauth

#endif
