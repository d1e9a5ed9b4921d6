// SPDX-License-Identifier: BSL-1.0
//
// JSON bodies (RFC 8259) of the user's own types: the customisation point behind request::json()
// and response::json(), and the checks around it, which are the same whatever JSON library does the
// work. Pure functions; any thread.

#ifndef COAUTH_JSON_BODY_HPP
#define COAUTH_JSON_BODY_HPP

#include <coauth/codec/http_fields.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/detail/text_position.hpp>
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
[[nodiscard]] inline error json_mismatch(std::string_view pointer, std::string_view why) {
    std::string text = pointer.empty() ? "the value" : printable(pointer, 200);
    text += ": ";
    text += printable(why, 200);
    return error(errc::json_mismatch, stage::none, std::move(text));
}

namespace detail {

/// No error for one JSON value with nothing but white space around it, in UTF-8, nested at most 64
/// deep. Never repeats the text.
[[nodiscard]] inline error check_json(std::string_view text) {
    json_reader reader(text);
    for (json_event event = reader.next(); event != json_event::end; event = reader.next()) {
        if (event != json_event::failure) continue;
        return error(reader.error(), stage::none,
                     "not JSON: " + std::string(reader.reason()) + " at " +
                         text_position(text, reader.offset()) + " (byte " +
                         std::to_string(reader.offset()) + ")");
    }
    return {};
}

/// Whether a body of this type may be JSON: most servers say so, many say nothing or something
/// general, and an HTML page is one of a proxy or a login form.
[[nodiscard]] inline bool may_be_json(std::optional<std::string_view> content_type) {
    std::string_view const all = content_type.value_or(std::string_view());
    std::string type(trim_ows(all.substr(0, all.find(';'))));
    for (char& c : type) c = ascii_lower(c);
    return type.empty() || type.find("json") != std::string::npos ||
           type.find("javascript") != std::string::npos || type == "text/plain" ||
           type == "application/octet-stream";
}

[[nodiscard]] inline error check_json_body(std::optional<std::string_view> content_type,
                                           std::string_view body) {
    if (body.empty()) return error(errc::empty_body, stage::none, "no body, so no JSON");
    if (!may_be_json(content_type)) {
        return error(errc::unexpected_content_type, stage::none,
                     "not JSON: Content-Type is " + printable(*content_type, 100))
            .with_hint("the answer may come from a proxy or a login page");
    }
    return check_json(body);
}

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

#endif
