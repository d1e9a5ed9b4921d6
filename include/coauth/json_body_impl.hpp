// SPDX-License-Identifier: BSL-1.0
//
// What is checked of a JSON body: bodies of json_body.hpp.

#ifndef COAUTH_JSON_BODY_IMPL_HPP
#define COAUTH_JSON_BODY_IMPL_HPP

#include <coauth/codec/http_fields.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/detail/ascii.hpp>
#include <coauth/detail/text_position.hpp>
#include <coauth/json_body.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

COAUTH_INLINE error json_mismatch(std::string_view pointer, std::string_view why) {
    std::string text = pointer.empty() ? "the value" : printable(pointer, 200);
    text += ": ";
    text += printable(why, 200);
    return error(errc::json_mismatch, stage::none, std::move(text));
}

namespace detail {

COAUTH_INLINE error check_json(std::string_view text) {
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

COAUTH_INLINE error check_json_body(std::optional<std::string_view> content_type,
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

}  // namespace coauth

#endif
