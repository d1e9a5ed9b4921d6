// SPDX-License-Identifier: BSL-1.0
//
// Host and port of an authority (RFC 3986 §3.2.2): the subset of names, IPv4 and IPv6 addresses in
// which all URL parsers agree. Pure functions.

#ifndef COAUTH_DETAIL_URI_HOST_HPP
#define COAUTH_DETAIL_URI_HOST_HPP

#include <coauth/detail/ascii.hpp>
#include <coauth/detail/punycode.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

/// Host (with its brackets) and port of an authority without userinfo.
[[nodiscard]] constexpr std::pair<std::string_view, std::optional<std::string_view>>
split_authority(std::string_view authority) noexcept {
    std::size_t const from = authority.starts_with('[') ? authority.find(']') : 0;
    std::size_t const colon = authority.find(':', from == std::string_view::npos ? 0 : from);
    if (colon == std::string_view::npos) return {authority, std::nullopt};
    return {authority.substr(0, colon), authority.substr(colon + 1)};
}

/// A number from 1 to 65535 without leading zeros.
[[nodiscard]] constexpr bool parse_port(std::string_view text, std::uint16_t& port) noexcept {
    if (text.empty() || text.size() > 5 || text.front() == '0') return false;
    unsigned value = 0;
    for (char const c : text) {
        if (!is_digit(c)) return false;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (value > 65535) return false;
    port = static_cast<std::uint16_t>(value);
    return true;
}

/// IPv4address of RFC 3986: four decimal octets without leading zeros.
[[nodiscard]] constexpr std::optional<std::uint32_t> parse_ipv4(std::string_view text) noexcept {
    std::uint32_t address = 0;
    for (int octet = 0; octet < 4; ++octet) {
        std::size_t const dot = text.find('.');
        std::string_view const digits = text.substr(0, dot);
        if ((dot == std::string_view::npos) != (octet == 3)) return std::nullopt;
        if (digits.empty() || digits.size() > 3) return std::nullopt;
        if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
        std::uint32_t value = 0;
        for (char const c : digits) {
            if (!is_digit(c)) return std::nullopt;
            value = value * 10 + static_cast<std::uint32_t>(c - '0');
        }
        if (value > 255) return std::nullopt;
        address = address << 8U | value;
        if (octet < 3) text.remove_prefix(dot + 1);
    }
    return address;
}

using ipv6_groups = std::array<std::uint16_t, 8>;

/// Cuts one group of one to four hexadecimal digits from the front.
[[nodiscard]] constexpr bool take_ipv6_group(std::string_view& text,
                                             std::uint16_t& group) noexcept {
    unsigned value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 4 && hex_digit(text[digits]) >= 0) {
        value = value * 16 + static_cast<unsigned>(hex_digit(text[digits]));
        ++digits;
    }
    group = static_cast<std::uint16_t>(value);
    text.remove_prefix(digits);
    return digits != 0;
}

/// IPv6address of RFC 3986, without a zone.
[[nodiscard]] constexpr std::optional<ipv6_groups> parse_ipv6(std::string_view text) noexcept {
    ipv6_groups groups{};
    std::size_t count = 0;
    std::optional<std::size_t> gap;  // where "::" stands
    if (text.starts_with("::")) {
        gap = 0;
        text.remove_prefix(2);
    }
    while (!text.empty()) {
        if (count == groups.size()) return std::nullopt;
        if (text.find(':') == std::string_view::npos && text.find('.') != std::string_view::npos) {
            auto const ipv4 = parse_ipv4(text);
            if (!ipv4 || count > 6) return std::nullopt;
            groups[count++] = static_cast<std::uint16_t>(*ipv4 >> 16U);
            groups[count++] = static_cast<std::uint16_t>(*ipv4 & 0xFFFFU);
            break;
        }
        if (!take_ipv6_group(text, groups[count])) return std::nullopt;
        ++count;
        if (text.empty()) break;
        if (text.front() != ':' || text.size() == 1) return std::nullopt;
        text.remove_prefix(1);
        if (text.front() == ':') {
            if (gap) return std::nullopt;
            gap = count;
            text.remove_prefix(1);
        }
    }
    if (!gap) return count == groups.size() ? std::optional(groups) : std::nullopt;
    if (count == groups.size()) return std::nullopt;
    auto const first = groups.begin() + static_cast<std::ptrdiff_t>(*gap);
    auto const last = groups.begin() + static_cast<std::ptrdiff_t>(count);
    std::fill(first, std::copy_backward(first, last, groups.end()), std::uint16_t{0});
    return groups;
}

/// RFC 5952 §4, the form that WHATWG's serialiser writes too: no mixed notation.
[[nodiscard]] inline std::string format_ipv6(ipv6_groups const& groups) {
    std::size_t zeros_at = groups.size();
    std::size_t zeros = 1;  // a single group of zeros is not shortened
    for (std::size_t i = 0; i < groups.size(); ++i) {
        std::size_t end = i;
        while (end < groups.size() && groups[end] == 0) ++end;
        if (end - i > zeros) {
            zeros_at = i;
            zeros = end - i;
        }
    }
    std::string text;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (i == zeros_at) {
            text += "::";
            i += zeros - 1;
            continue;
        }
        if (!text.empty() && !text.ends_with(':')) text += ':';
        constexpr std::string_view digits = "0123456789abcdef";
        bool leading = true;
        for (int shift = 12; shift >= 0; shift -= 4) {
            auto const digit = static_cast<std::size_t>(groups[i] >> shift & 15);
            leading = leading && digit == 0 && shift != 0;
            if (!leading) text += digits[digit];
        }
    }
    return text;
}

/// Whether WHATWG's parser takes a name for an IPv4 address because of its last label: all digits,
/// or "0x" and hexadecimal digits.
[[nodiscard]] constexpr bool ends_in_number(std::string_view name) noexcept {
    if (name.ends_with('.')) name.remove_suffix(1);
    std::size_t const dot = name.rfind('.');
    std::string_view label = dot == std::string_view::npos ? name : name.substr(dot + 1);
    if (label.empty()) return false;
    if (std::all_of(label.begin(), label.end(), is_digit)) return true;
    if (!label.starts_with("0x")) return false;
    label.remove_prefix(2);
    return std::all_of(label.begin(), label.end(), [](char c) { return hex_digit(c) >= 0; });
}

/// A DNS name of letters, digits, '-' and '_' in lower case; empty, or what is wrong with it. What
/// follows "xn--" has to be an encoding, but is not decoded: the name goes to DNS and to the
/// certificate's check as it is.
[[nodiscard]] inline std::string check_host_name(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.size() > 253) return "the URL's host is longer than 253 bytes";
    for (;;) {
        std::size_t const dot = name.find('.');
        std::string_view const label = name.substr(0, dot);
        if (label.empty()) return "the URL's host has an empty label";
        if (label.size() > 63) return "the URL's host has a label of more than 63 bytes";
        if (label.starts_with("xn--") && !is_punycode(label.substr(4))) {
            return "the URL's host has a label 'xn--' that is not the encoding of a name";
        }
        for (char const c : label) {
            if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '_') {
                return "the URL's host holds " + name_byte(c);
            }
        }
        if (dot == std::string_view::npos) return {};
        name.remove_prefix(dot + 1);
    }
}

/// Writes the canonical form of a host (IPv6 without brackets); empty, or what is wrong with it.
[[nodiscard]] inline std::string parse_host(std::string_view text, std::string& host) {
    if (text.empty()) return "the URL has no host";
    if (text.front() == '[') {
        auto const groups =
            text.ends_with(']') ? parse_ipv6(text.substr(1, text.size() - 2)) : std::nullopt;
        if (!groups) return "the URL's host is not an IPv6 address in brackets";
        host = format_ipv6(*groups);
        return {};
    }
    host.resize(text.size());
    std::transform(text.begin(), text.end(), host.begin(), ascii_lower);
    if (ends_in_number(host)) {
        if (parse_ipv4(host)) return {};
        return "the URL's host ends in a number but is not four decimal octets";
    }
    return check_host_name(host);
}

}  // namespace coauth::detail

#endif
