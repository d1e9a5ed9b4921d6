// SPDX-License-Identifier: BSL-1.0
//
// JSON bodies (RFC 8259) of the user's own types: the customisation point behind request::json()
// and response::json(), and the checks around it, which are the same whatever JSON library does the
// work. Pure functions; any thread.

#ifndef COAUTH_JSON_BODY_HPP
#define COAUTH_JSON_BODY_HPP

#include <coauth/config.hpp>
#include <coauth/result.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace coauth {

/// How a T becomes JSON text and comes back. Include `<coauth/json/nlohmann.hpp>` or
/// `<coauth/json/boost.hpp>` for whatever that library converts, or specialise it for a type of
/// yours, with one or both of
///     static result<std::string> write(T const& value);
///     static result<T> read(std::string_view text);
/// `read` is given text that has been found well-formed. Seen by every unit that uses a type's
/// JSON, and the same in all of them.
template <class T>
struct json_codec;

template <class T>
concept json_writable = requires(T const& value) {
    { json_codec<T>::write(value) } -> std::same_as<result<std::string>>;
};

template <class T>
concept json_readable = requires(std::string_view text) {
    { json_codec<T>::read(text) } -> std::same_as<result<T>>;
};

/// For a codec: the value at `pointer` (RFC 6901, empty for the whole) is not what it has to be.
/// `why` must not repeat it.
[[nodiscard]] error json_mismatch(std::string_view pointer, std::string_view why);

namespace detail {

/// No error for one JSON value with nothing but white space around it, in UTF-8, nested at most 64
/// deep. Never repeats the text.
[[nodiscard]] error check_json(std::string_view text);
/// The same for a body, which may also be absent, or something else.
[[nodiscard]] error check_json_body(std::optional<std::string_view> content_type,
                                    std::string_view body);

}  // namespace detail

/// `value` as JSON text. errc::invalid_utf8 or errc::invalid_json for a value that JSON cannot
/// hold, and the errors of the codec.
template <json_writable T>
[[nodiscard]] result<std::string> write_json(T const& value) {
    result<std::string> text = json_codec<T>::write(value);
    if (!text) return text;
    if (error wrong = detail::check_json(*text)) return wrong;
    return text;
}

/// The T in `text`. errc::invalid_json or errc::invalid_utf8 with line, column and byte;
/// errc::json_mismatch with the place of what is missing or of another type. No error repeats a
/// value of the text.
template <json_readable T>
[[nodiscard]] result<T> read_json(std::string_view text) {
    if (error wrong = detail::check_json(text)) return wrong;
    return json_codec<T>::read(text);
}

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/json_body_impl.hpp>
#endif

#endif
