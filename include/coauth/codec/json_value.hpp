// SPDX-License-Identifier: BSL-1.0
//
// One value inside of a JSON document, RFC 8259, as a view of text that a json_reader has found
// well-formed. A string is unescaped only where the caller asks, into a buffer of the caller's
// choice, so that secrets leave no trace. Plain values; any thread.

#ifndef COAUTH_CODEC_JSON_VALUE_HPP
#define COAUTH_CODEC_JSON_VALUE_HPP

#include <coauth/codec/utf8.hpp>
#include <coauth/detail/ascii.hpp>
#include <coauth/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coauth {

enum class json_type : unsigned char { null, boolean, number, string, object, array };

namespace detail {

/// The code unit of the four hexadecimal digits at `at`; -1 when they are not there.
[[nodiscard]] constexpr int json_hex4(std::string_view text, std::size_t at) noexcept {
    if (at > text.size() || text.size() - at < 4) return -1;
    int unit = 0;
    for (std::size_t i = 0; i != 4; ++i) {
        int const digit = hex_digit(text[at + i]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/// Appends the text of a string whose escapes a json_reader has checked; without its quotes.
template <class Sink>
void json_unescape(Sink& out, std::string_view text) {
    std::size_t i = 0;
    while (i != text.size()) {
        std::size_t const stop = text.find('\\', i);
        std::size_t const end = stop == std::string_view::npos ? text.size() : stop;
        out.append(text.substr(i, end - i));
        i = end;
        if (i == text.size()) break;
        char const escape = text[i + 1];
        if (escape != 'u') {
            constexpr std::string_view names = "\"\\/bfnrt";
            constexpr std::string_view bytes = "\"\\/\b\f\n\r\t";
            out.push_back(bytes[names.find(escape)]);
            i += 2;
            continue;
        }
        auto unit = static_cast<std::uint32_t>(json_hex4(text, i + 2));
        i += 6;
        if (unit >= 0xD800 && unit < 0xDC00) {
            auto const low = static_cast<std::uint32_t>(json_hex4(text, i + 2));
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            i += 6;
        }
        append_utf8(out, static_cast<char32_t>(unit));
    }
}

/// The integral part of a JSON number, rounded towards zero, and the nearest limit where it does
/// not fit. Exact: no floating point. Precondition: a number in JSON's grammar.
[[nodiscard]] inline std::int64_t json_integer(std::string_view number) noexcept {
    bool const negative = number.starts_with('-');
    std::uint64_t const limit = (std::uint64_t{1} << 63U) - (negative ? 0U : 1U);
    if (negative) number.remove_prefix(1);
    std::size_t const e = number.find_first_of("eE");
    std::string_view const mantissa = number.substr(0, e);

    // Where the decimal point stands after the exponent has moved it. Beyond 10^15 places it makes
    // no difference: no text is as long.
    auto point = static_cast<std::int64_t>(mantissa.substr(0, mantissa.find('.')).size());
    if (e != std::string_view::npos) {
        std::string_view digits = number.substr(e + 1);
        bool const left = digits.starts_with('-');
        if (left || digits.starts_with('+')) digits.remove_prefix(1);
        std::int64_t exponent = 0;
        for (char const c : digits) {
            if (exponent < 1'000'000'000'000'000) exponent = exponent * 10 + (c - '0');
        }
        point += left ? -exponent : exponent;
    }

    std::uint64_t value = 0;
    auto const push = [&](std::uint64_t digit) {
        value = value > (limit - digit) / 10 ? limit : value * 10 + digit;
    };
    for (char const c : mantissa) {
        if (c == '.') continue;
        if (point <= 0 || value == limit) break;
        push(static_cast<std::uint64_t>(c - '0'));
        --point;
    }
    while (point > 0 && value != 0 && value != limit) {
        push(0);
        --point;
    }
    return static_cast<std::int64_t>(negative ? 0 - value : value);
}

}  // namespace detail

/// One value of a document that a reader has found well-formed: a view, as valid as the document.
class json_value {
public:
    json_value() noexcept = default;
    json_value(json_type type, std::string_view raw) noexcept : type_(type), raw_(raw) {}

    [[nodiscard]] json_type type() const noexcept { return type_; }
    [[nodiscard]] bool is(json_type type) const noexcept { return type_ == type; }
    /// The text as it stands in the document, a string with its quotes.
    [[nodiscard]] std::string_view raw() const noexcept { return raw_; }

    /// Integral part of a number, rounded towards zero and saturated.
    /// Precondition: is(json_type::number).
    [[nodiscard]] std::int64_t to_integer() const noexcept { return detail::json_integer(raw_); }

    /// Between the quotes, escapes and all. Precondition: is(json_type::string).
    [[nodiscard]] std::string_view escaped() const noexcept {
        return raw_.substr(1, raw_.size() - 2);
    }
    [[nodiscard]] bool has_escapes() const noexcept {
        return escaped().find('\\') != std::string_view::npos;
    }
    /// Appends the text of a string, which may contain NUL. Precondition: is(json_type::string).
    void unescape_to(detail::wiped_buffer& out) const {
        out.reserve(out.size() + escaped().size());
        detail::json_unescape(out, escaped());
    }
    /// The text of a string. Not for secrets. Precondition: is(json_type::string).
    [[nodiscard]] std::string to_string() const {
        std::string out;
        detail::json_unescape(out, escaped());
        return out;
    }

private:
    json_type type_ = json_type::null;
    std::string_view raw_ = "null";
};

}  // namespace coauth

#endif
