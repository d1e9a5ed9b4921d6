// SPDX-License-Identifier: BSL-1.0
//
// Error answers of a token endpoint, RFC 6749 §5.2, as servers really send them: whatever the
// status and the body are, one typed error comes out. Pure functions; any thread.

#ifndef COAUTH_PROTOCOL_ERROR_RESPONSE_HPP
#define COAUTH_PROTOCOL_ERROR_RESPONSE_HPP

#include <coauth/codec/form.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/error.hpp>
#include <coauth/protocol/failure.hpp>
#include <coauth/protocol/retry_after.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

/// What is known about an exchange with a token endpoint beside status, type and body. The views
/// need to live for the call only.
struct token_endpoint_context {
    /// Scheme and authority, `https://host:port`, for error::endpoint().
    std::string_view endpoint{};
    /// As registered with IANA, for instance "client_secret_basic"; empty = unknown. For hints.
    std::string_view client_auth_method{};
    /// The credentials are other bytes in `rfc6749` and in `raw` encoding. For hints.
    bool basic_encodings_differ = false;
    /// Value of the Retry-After field, where there is one.
    std::optional<std::string_view> retry_after{};
    /// Seconds since 1970 at the arrival, for a Retry-After that is a date.
    std::int64_t now = 0;
    std::chrono::seconds max_retry_after{60};
};

namespace detail {

/// Limit of each text of a server in an error, in bytes.
inline constexpr std::size_t max_error_text = 1024;

/// `error`, `error_description`, `error_uri`, printable and cut. No code = no OAuth error.
struct oauth_error_fields {
    std::string code;
    std::string description;
    std::string uri;
};

/// Type and subtype without parameters; empty when there is none.
[[nodiscard]] inline std::string_view media_type(std::optional<std::string_view> content_type) {
    std::string_view const all = content_type.value_or(std::string_view());
    return trim_ows(all.substr(0, all.find(';')));
}

[[nodiscard]] inline bool is_html(std::string_view media) noexcept {
    return iequals(media, "text/html") || iequals(media, "application/xhtml+xml");
}

[[nodiscard]] inline bool is_form(std::string_view media) noexcept {
    return iequals(media, "application/x-www-form-urlencoded");
}

/// Has no byte but JSON's white space.
[[nodiscard]] inline bool is_blank(std::string_view body) noexcept {
    return body.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// The text of a member, empty when it is not a string.
[[nodiscard]] inline std::string error_text(json_value const& value) {
    if (!value.is(json_type::string)) return {};
    wiped_buffer text;  // a server may repeat what it was sent
    value.unescape_to(text);
    return printable(text.view(), max_error_text);
}

/// The place in `fields` of the member of that name; null for any other name.
[[nodiscard]] inline std::string* error_field(oauth_error_fields& fields, std::string_view name) {
    if (name == "error") return &fields.code;
    if (name == "error_description") return &fields.description;
    if (name == "error_uri") return &fields.uri;
    return nullptr;
}

[[nodiscard]] inline oauth_error_fields read_json_error(std::string_view body) {
    oauth_error_fields fields;
    json_object_reader reader(body);
    while (reader.next()) {
        std::string* const field = error_field(fields, reader.name());
        if (field != nullptr && field->empty()) *field = error_text(reader.value());
    }
    return reader.failed() ? oauth_error_fields() : fields;
}

[[nodiscard]] inline oauth_error_fields read_form_error(std::string_view body) {
    oauth_error_fields fields;
    for (form_reader reader(body); reader.next();) {
        std::string* const field = error_field(fields, reader.encoded_name());
        if (field == nullptr || !field->empty()) continue;
        std::string text;
        if (!form_reader::decode_to(text, reader.encoded_value())) return {};
        *field = printable(text, max_error_text);
    }
    return fields;
}

/// Reads JSON whatever type the server declares, a form only where it declares one or plain text.
[[nodiscard]] inline oauth_error_fields read_oauth_error(std::string_view media,
                                                         std::string_view body) {
    oauth_error_fields fields;
    if (!is_blank(body) && body[body.find_first_not_of(" \t\r\n")] == '{') {
        fields = read_json_error(body);
    } else if (is_form(media) || iequals(media, "text/plain")) {
        fields = read_form_error(body);
    }
    return fields.code.empty() ? oauth_error_fields() : fields;
}

[[nodiscard]] inline errc error_code_of(int status, std::string_view oauth_error) noexcept {
    if (status >= 300 && status < 400) return errc::unexpected_redirect;
    if (is_temporary_status(status)) return errc::token_endpoint_failed;
    if (oauth_error == "invalid_client") return errc::client_refused;
    return oauth_error.empty() ? errc::unexpected_status : errc::token_refused;
}

[[nodiscard]] inline std::string client_hint(token_endpoint_context const& context) {
    if (context.client_auth_method == "client_secret_post") {
        return "the server may expect the credentials in the header: try client_secret_basic";
    }
    if (context.client_auth_method.ends_with("_jwt")) {
        return "the server may not have this key or secret, or may expect another algorithm, or "
               "another audience in the assertion (often its issuer); or this machine's clock is "
               "wrong";
    }
    if (context.client_auth_method.ends_with("tls_client_auth")) {
        return "the server may not have seen the client certificate (is this its mTLS endpoint?), "
               "or another one is registered";
    }
    if (context.client_auth_method != "client_secret_basic") {
        return "compare client id, credentials and authentication method with what is registered "
               "at the server";
    }
    std::string hint = "the server may expect the credentials in the body: try client_secret_post";
    if (context.basic_encodings_differ) {
        hint +=
            "; or it reads them from the header in the other encoding: change rfc6749 to raw, "
            "or raw to rfc6749";
    }
    return hint;
}

[[nodiscard]] inline std::string oauth_hint(std::string_view oauth_error,
                                            token_endpoint_context const& context) {
    if (oauth_error == "invalid_client") return client_hint(context);
    if (oauth_error == "invalid_scope") {
        return "the client may not ask for one of the scopes, or the server does not know it: "
               "compare them with the client's registration";
    }
    if (oauth_error == "unauthorized_client") {
        return "the client is known but may not use this grant: allow it in the client's "
               "registration";
    }
    if (oauth_error == "unsupported_grant_type") {
        return "the server does not offer this grant here: is the token URL right?";
    }
    if (oauth_error == "invalid_grant") {
        return "the refresh token, code or assertion has expired, was used or was revoked";
    }
    if (oauth_error == "invalid_request") {
        return "the server may need one more parameter, for instance audience or resource";
    }
    if (oauth_error == "invalid_target") return "the server does not know the resource or audience";
    return {};
}

[[nodiscard]] inline std::string status_hint(int status, token_endpoint_context const& context) {
    if (status >= 300 && status < 400) {
        return "credentials are never sent after a redirect: configure the URL that the server "
               "redirects to";
    }
    if (status == 401) return client_hint(context);
    if (status == 404 || status == 405 || status == 410) return "is the token URL right?";
    return {};
}

/// An error of this exchange, with everything the context says about it.
[[nodiscard]] inline error token_error(errc code, int status, std::string message, std::string hint,
                                       token_endpoint_context const& context) {
    std::optional<std::chrono::seconds> wait;
    if (context.retry_after) {
        wait = parse_retry_after(*context.retry_after, context.now, context.max_retry_after);
    }
    return error(code, stage::token, std::move(message))
        .with_http_status(status)
        .with_endpoint(std::string(context.endpoint))
        .with_retry_after(wait)
        .with_hint(std::move(hint));
}

/// The error for an answer whose OAuth fields have been read.
[[nodiscard]] inline error oauth_failure(int status, oauth_error_fields fields,
                                         token_endpoint_context const& context) {
    std::string hint = oauth_hint(fields.code, context);
    return token_error(error_code_of(status, fields.code), status, {}, std::move(hint), context)
        .with_oauth(std::move(fields.code), std::move(fields.description), std::move(fields.uri));
}

}  // namespace detail

/// The error for an answer of a token endpoint that grants nothing, whatever its body is.
/// errc::unexpected_redirect for 3xx; errc::token_endpoint_failed for 408, 421, 425, 429 and 5xx;
/// errc::client_refused for `invalid_client`; errc::token_refused for any other OAuth error;
/// errc::unexpected_status for the rest. OAuth fields are kept with each but a redirect.
[[nodiscard]] inline error parse_error_response(int status,
                                                std::optional<std::string_view> content_type,
                                                std::string_view body,
                                                token_endpoint_context const& context = {}) {
    std::string_view const media = detail::media_type(content_type);
    if (status < 300 || status >= 400) {
        detail::oauth_error_fields fields = detail::read_oauth_error(media, body);
        if (!fields.code.empty()) return detail::oauth_failure(status, std::move(fields), context);
    }
    std::string const found = detail::is_blank(body) ? "an empty body"
                              : media.empty()        ? "a body without a type"
                                                     : printable(media, 100);
    return detail::token_error(detail::error_code_of(status, {}), status,
                               "no OAuth error but " + found, detail::status_hint(status, context),
                               context);
}

}  // namespace coauth

#endif
