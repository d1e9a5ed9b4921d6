// SPDX-License-Identifier: BSL-1.0
//
// Takes secrets out of what a person is shown of a request or response: by the name of a header,
// form parameter or JSON member. What cannot be understood is left out whole. Pure functions.

#ifndef COAUTH_CODEC_REDACTION_HPP
#define COAUTH_CODEC_REDACTION_HPP

#include <coauth/codec/form.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/detail/ascii.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace coauth {

inline constexpr std::string_view redacted = "[redacted]";

/// Names that hold a credential, by the words in them: better one too many than one too few.
[[nodiscard]] inline bool is_sensitive_name(std::string_view name) {
    constexpr std::array<std::string_view, 3> harmless{"token_type", "issued_token_type",
                                                       "token_endpoint"};
    constexpr std::array<std::string_view, 11> words{
        "token",     "secret",     "password", "key",       "auth", "cookie",
        "assertion", "credential", "verifier", "signature", "dpop"};
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(), detail::ascii_lower);
    if (std::find(harmless.begin(), harmless.end(), lower) != harmless.end()) return false;
    if (lower == "www-authenticate") return false;
    if (lower == "code" || lower == "device_code") return true;
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
        return lower.find(word) != std::string::npos;
    });
}

/// Keeps the scheme of an Authorization value, which helps and tells nothing.
[[nodiscard]] inline std::string redact_header(std::string_view name, std::string_view value) {
    if (!is_sensitive_name(name)) return std::string(value);
    std::size_t const space = value.find(' ');
    bool const has_scheme = iequals(name, "Authorization") && space != std::string_view::npos &&
                            is_token(value.substr(0, space));
    std::string text;
    if (has_scheme) text = std::string(value.substr(0, space + 1));
    text += redacted;
    return text;
}

[[nodiscard]] inline http_fields redact_headers(http_fields const& headers) {
    http_fields shown;
    for (http_field const field : headers) {
        shown.append(field.name, redact_header(field.name, field.value));
    }
    return shown;
}

/// The fields of a request head as it was written. `credential` names one more that is redacted.
[[nodiscard]] inline http_fields redact_head(std::string_view head,
                                             std::string_view credential = {}) {
    http_fields shown;
    for (bool start_line = true; !head.empty(); start_line = false) {
        std::string_view const line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(line.size() + 2, head.size()));
        std::size_t const colon = line.find(": ");
        if (start_line || colon == std::string_view::npos) continue;
        std::string_view const name = line.substr(0, colon);
        bool const hidden = iequals(name, credential) && !iequals(name, "Authorization");
        shown.append(name, hidden ? redacted : redact_header(name, line.substr(colon + 2)));
    }
    return shown;
}

/// A form body or a query.
[[nodiscard]] inline std::string redact_form(std::string_view form) {
    std::string shown;
    for (form_reader reader(form); reader.next();) {
        std::string name;
        if (!form_reader::decode_to(name, reader.encoded_name())) return std::string(redacted);
        if (!shown.empty()) shown += '&';
        shown += reader.encoded_name();
        shown += '=';
        shown += is_sensitive_name(name) ? redacted : reader.encoded_value();
    }
    return shown;
}

[[nodiscard]] inline std::string redact_json(std::string_view json) {
    std::string shown;
    json_writer writer(shown);
    json_reader reader(json);
    for (json_event event = reader.next(); event != json_event::end; event = reader.next()) {
        switch (event) {
            case json_event::begin_object: writer.begin_object(); break;
            case json_event::end_object: writer.end_object(); break;
            case json_event::begin_array: writer.begin_array(); break;
            case json_event::end_array: writer.end_array(); break;
            case json_event::member_name: {
                std::string const name = reader.scalar().to_string();
                writer.name(name);
                json_value unseen(json_type::null, "null");
                if (!is_sensitive_name(name)) break;
                if (!reader.next_value(unseen)) return std::string(redacted);
                writer.string(redacted);
                break;
            }
            case json_event::failure: return std::string(redacted);
            default: writer.raw(reader.raw()); break;
        }
    }
    return shown;
}

/// By content type; text of another kind is shown as it is, and at most `limit` bytes of it.
[[nodiscard]] inline std::string redact_body(std::string_view content_type, std::string_view body,
                                             std::size_t limit = 64 * 1024) {
    std::string_view const type = trim_ows(content_type.substr(0, content_type.find(';')));
    if (body.size() > limit) return "[" + std::to_string(body.size()) + " bytes]";
    if (iequals(type, "application/x-www-form-urlencoded")) return redact_form(body);
    bool const json = iequals(type, "application/json") || type.ends_with("+json") ||
                      (!body.empty() && body.front() == '{');
    return json ? redact_json(body) : std::string(body);
}

}  // namespace coauth

#endif
