// SPDX-License-Identifier: BSL-1.0
//
// JSON bodies through nlohmann/json 3: `nlohmann::json` itself, and every type with a to_json and
// from_json of its own, NLOHMANN_DEFINE_TYPE_… included. Opt-in. Any thread.
//
// With JSON_DIAGNOSTICS=1, the same in the whole program, errors name the JSON pointer of the
// member; without, the library tells only the name of one that is missing, or the types.

#ifndef COAUTH_JSON_NLOHMANN_HPP
#define COAUTH_JSON_NLOHMANN_HPP

#include <coauth/detail/text_position.hpp>
#include <coauth/json_body.hpp>

#include <algorithm>
#include <concepts>
#include <exception>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coauth {

namespace detail {

/// What the library said about a document, without what may be a value of it. Its texts are
/// `[json.exception.type_error.302] (/a/b) type must be number, but is string`, the pointer only
/// with diagnostics.
[[nodiscard]] inline error nlohmann_mismatch(int id, std::string_view what, bool diagnostics) {
    what.remove_prefix(std::min(what.find("] "), what.size() - 2) + 2);
    std::string pointer;
    if (what.starts_with("(/")) {
        std::size_t const end = what.find(") ");
        pointer = what.substr(1, end - 1);
        what.remove_prefix(end + 2);
    }
    constexpr int array_index = 401;
    constexpr int missing_key = 403;
    error found;
    if (id == missing_key && what.starts_with("key '")) {
        std::string_view const key = what.substr(5, what.rfind('\'') - 5);
        found = diagnostics ? json_mismatch(pointer + pointer_step(key), "missing")
                            : json_mismatch("", "member '" + std::string(key) + "' is missing");
    } else {
        bool const known = (id >= 302 && id <= 306) || id == array_index;
        found = json_mismatch(pointer, known ? what : "cannot be converted");
    }
    if (diagnostics) return found;
    return std::move(found).with_hint("JSON_DIAGNOSTICS=1 tells the place");
}

}  // namespace detail

template <class T, class Json = nlohmann::json>
concept nlohmann_writable = std::same_as<T, Json> || requires(T const& value) {
    Json(value);
};

/// No pointers and views: the document does not outlive the reading.
template <class T, class Json = nlohmann::json>
concept nlohmann_readable =
    !std::is_pointer_v<T> && !std::same_as<T, std::string_view> && requires(Json const& document) {
    { document.template get<T>() } -> std::same_as<T>;
};

/// The codec itself, for a program that uses two JSON libraries and has to say which one does a
/// type: `template <> struct coauth::json_codec<T> : coauth::nlohmann_codec<T> {};`
template <class T, class Json = nlohmann::json>
struct nlohmann_codec {
    [[nodiscard]] static result<std::string> write(T const& value) requires
        nlohmann_writable<T, Json> {
        Json const document(value);
        try {
            return document.dump();
        } catch (typename Json::type_error const&) {
            return error(errc::invalid_utf8, stage::none, "a string of the value is not UTF-8");
        }
    }

    [[nodiscard]] static result<T> read(std::string_view text) requires nlohmann_readable<T, Json> {
        try {
            Json const document = Json::parse(text);
            return document.template get<T>();
        } catch (typename Json::exception const& e) {
            return detail::nlohmann_mismatch(e.id, e.what(), JSON_DIAGNOSTICS != 0);
        } catch (exception const& e) { return e.error(); } catch (std::bad_alloc const&) {
            return error(errc::out_of_memory);
        } catch (std::exception const&) {
            return json_mismatch("", "the program's conversion threw");
        }
    }
};

template <class T>
requires nlohmann_writable<T> || nlohmann_readable<T>
struct json_codec<T> : nlohmann_codec<T> {
};

template <>
struct json_codec<nlohmann::json> : nlohmann_codec<nlohmann::json> {};
template <>
struct json_codec<nlohmann::ordered_json>
    : nlohmann_codec<nlohmann::ordered_json, nlohmann::ordered_json> {};

}  // namespace coauth

#endif
