// SPDX-License-Identifier: BSL-1.0
//
// The answer of a token endpoint, RFC 6749 §5.1: refused wherever a token could be wrong or unfit
// for a header, let pass and noted where servers are merely careless. Pure function; any thread.

#ifndef COAUTH_PROTOCOL_TOKEN_RESPONSE_HPP
#define COAUTH_PROTOCOL_TOKEN_RESPONSE_HPP

#include <coauth/codec/form.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/detail/ascii.hpp>
#include <coauth/protocol/error_response.hpp>
#include <coauth/protocol/token_response_options.hpp>
#include <coauth/result.hpp>
#include <coauth/scope.hpp>
#include <coauth/token.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

namespace detail {

/// The longest lifetime that is believed.
inline constexpr std::chrono::seconds max_token_lifetime{10LL * 365 * 24 * 3600};

class token_response_parser {
public:
    token_response_parser(int status, token_response_options const& options,
                          token_endpoint_context const& context) noexcept
        : status_(status), options_(options), context_(context) {}

    [[nodiscard]] result<token_response> parse(std::optional<std::string_view> content_type,
                                               std::string_view body);

private:
    enum member : std::size_t {
        access_token,
        token_type,
        expires_in,
        refresh_in,
        refresh_token,
        scope,
        issued_token_type,
        authorization_details,
        oauth_error,
        error_description,
        error_uri,
        member_count
    };
    static constexpr std::array<std::string_view, member_count> names = {"access_token",
                                                                         "token_type",
                                                                         "expires_in",
                                                                         "refresh_in",
                                                                         "refresh_token",
                                                                         "scope",
                                                                         "issued_token_type",
                                                                         "authorization_details",
                                                                         "error",
                                                                         "error_description",
                                                                         "error_uri"};

    using outcome = result<void>;

    [[nodiscard]] error fail(errc code, std::string message, std::string hint = {}) const {
        return token_error(code, status_, std::move(message), std::move(hint), context_);
    }
    [[nodiscard]] std::optional<json_value> const& value(member m) const { return values_[m]; }
    /// Absent or null.
    [[nodiscard]] bool is_null(member m) const {
        return !values_[m] || values_[m]->is(json_type::null);
    }
    [[nodiscard]] bool is_string(member m) const {
        return values_[m] && values_[m]->is(json_type::string);
    }
    [[nodiscard]] bool is_empty_string(member m) const {
        return is_string(m) && values_[m]->escaped().empty();
    }

    /// Whether the body is a form; sets the quirks of the content type.
    [[nodiscard]] result<bool> check_content_type(std::optional<std::string_view> content_type,
                                                  std::string_view body);
    [[nodiscard]] static bool form_to_json(std::string_view body, wiped_buffer& json);
    [[nodiscard]] outcome read_members(std::string_view json);
    [[nodiscard]] outcome check_error() const;
    [[nodiscard]] outcome read_access_token();
    [[nodiscard]] outcome read_token_type();
    [[nodiscard]] outcome read_expires_in();
    [[nodiscard]] outcome read_refresh_token();
    [[nodiscard]] outcome read_scope();
    [[nodiscard]] outcome read_extensions();
    [[nodiscard]] static std::optional<std::int64_t> seconds_of(json_value const& value);
    [[nodiscard]] static secret secret_of(json_value const& value);

    int status_;
    token_response_options const& options_;
    token_endpoint_context const& context_;
    std::array<std::optional<json_value>, member_count> values_;
    token_response token_;
};

inline result<token_response> token_response_parser::parse(
    std::optional<std::string_view> content_type, std::string_view body) {
    token_.quirks.status_201 = status_ == 201;
    if (is_blank(body)) return fail(errc::empty_body, "no body");
    result<bool> const form = check_content_type(content_type, body);
    if (!form) return form.error();
    token_.quirks.form_encoded = *form;

    wiped_buffer json;  // outlives the views in values_
    if (*form) {
        if (!form_to_json(body, json)) {
            return fail(errc::malformed_token_response, "the form is not well-formed");
        }
        body = json.view();
    }
    using step = outcome (token_response_parser::*)();
    constexpr step steps[] = {
        &token_response_parser::read_access_token, &token_response_parser::read_token_type,
        &token_response_parser::read_expires_in,   &token_response_parser::read_refresh_token,
        &token_response_parser::read_scope,        &token_response_parser::read_extensions};
    if (outcome done = read_members(body); !done) return std::move(done).error();
    if (outcome done = check_error(); !done) return std::move(done).error();
    for (step const next : steps) {
        if (outcome done = (this->*next)(); !done) return std::move(done).error();
    }
    return std::move(token_);
}

inline result<bool> token_response_parser::check_content_type(
    std::optional<std::string_view> content_type, std::string_view body) {
    std::string_view const media = media_type(content_type);
    if (iequals(media, "application/json")) return false;
    if (is_html(media) || iequals(media, "application/jwt")) {
        return fail(errc::unexpected_content_type, "the server answered " + printable(media, 100),
                    is_html(media) ? "is the token URL right?" : "");
    }
    if (is_form(media) && !options_.form_encoded_responses) {
        return fail(errc::unexpected_content_type, "the server answered with a form",
                    "set form_encoded_responses if this server is known to do so");
    }
    if (options_.form_encoded_responses && body[body.find_first_not_of(" \t\r\n")] != '{') {
        return true;
    }
    (media.empty() ? token_.quirks.content_type_missing : token_.quirks.content_type_other) = true;
    return false;
}

/// A form becomes an object of strings, so that one set of rules holds for both.
inline bool token_response_parser::form_to_json(std::string_view body, wiped_buffer& json) {
    json_writer writer(json);
    writer.begin_object();
    wiped_buffer text;
    for (form_reader reader(body); reader.next();) {
        text.clear();
        if (!form_reader::decode_to(text, reader.encoded_name())) return false;
        writer.name(text.view());
        text.clear();
        if (!form_reader::decode_to(text, reader.encoded_value())) return false;
        writer.string(text.view());
    }
    writer.end_object();
    return true;
}

inline result<void> token_response_parser::read_members(std::string_view json) {
    json_object_reader reader(json);
    while (reader.next()) {
        auto const name = std::find(names.begin(), names.end(), reader.name());
        if (name == names.end()) continue;
        auto& place = values_[static_cast<std::size_t>(name - names.begin())];
        if (place) {
            return fail(errc::duplicate_member, "'" + std::string(*name) + "' stands there twice");
        }
        place = reader.value();
    }
    if (!reader.failed()) return {};
    return fail(errc::malformed_token_response,
                "not one JSON object: " + std::string(reader.reason()) + " at byte " +
                    std::to_string(reader.offset()));
}

/// Some servers send their errors with status 200.
inline result<void> token_response_parser::check_error() const {
    if (is_null(oauth_error) || is_empty_string(oauth_error)) return {};
    if (!is_string(oauth_error)) {
        return fail(errc::token_refused, "the member 'error' is not a string");
    }
    auto const text = [&](member m) { return value(m) ? error_text(*value(m)) : std::string(); };
    return oauth_failure(status_, {text(oauth_error), text(error_description), text(error_uri)},
                         context_);
}

/// The text goes from the body straight into memory that is wiped.
inline secret token_response_parser::secret_of(json_value const& value) {
    if (!value.has_escapes()) return secret(value.escaped());
    wiped_buffer text;
    value.unescape_to(text);
    return secret(text.view());
}

inline result<void> token_response_parser::read_access_token() {
    if (!is_string(access_token) || is_empty_string(access_token)) {
        return fail(errc::invalid_access_token, !value(access_token) ? "'access_token' is missing"
                                                : is_string(access_token)
                                                    ? "'access_token' is empty"
                                                    : "'access_token' is not a string");
    }
    // An escape has at most six bytes for one, so that nothing far too large is unescaped.
    bool too_large = value(access_token)->escaped().size() / 6 > options_.max_access_token;
    if (!too_large) {
        token_.access_token = secret_of(*value(access_token));
        too_large = token_.access_token.size() > options_.max_access_token;
    }
    if (too_large) {
        return fail(
            errc::invalid_access_token,
            "'access_token' is larger than " + std::to_string(options_.max_access_token) + " bytes",
            "raise max_access_token if tokens of this size are expected");
    }
    std::string_view const text = token_.access_token.reveal();
    if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; })) {
        return fail(errc::invalid_access_token,
                    "'access_token' has a byte that cannot stand in a header");
    }
    return {};
}

inline result<void> token_response_parser::read_token_type() {
    token_.token_type = to_string(options_.scheme);
    if (is_null(token_type) || is_empty_string(token_type)) {
        token_.quirks.token_type_assumed = true;
        if (options_.scheme != token_scheme::bearer) {
            return fail(errc::missing_token_type, "'token_type' is missing, DPoP was asked for",
                        "the server may not bind tokens for this client: a token that is not "
                        "bound is not used");
        }
        if (options_.assume_bearer) return {};
        return fail(errc::missing_token_type, "'token_type' is missing",
                    "set assume_bearer if this server is known to leave it out");
    }
    std::string const found =
        is_string(token_type) ? value(token_type)->to_string() : std::string();
    if (iequals(found, token_.token_type)) return {};
    bool const dpop = iequals(found, to_string(token_scheme::dpop));
    bool const bearer = iequals(found, to_string(token_scheme::bearer));
    auto const& aliases = options_.token_type_aliases;
    if (options_.scheme == token_scheme::bearer && is_string(token_type) && !dpop &&
        std::any_of(aliases.begin(), aliases.end(),
                    [&](std::string const& alias) { return iequals(alias, found); })) {
        token_.quirks.token_type_alias = true;
        return {};
    }
    std::string message = "'token_type' is ";
    message += is_string(token_type) ? "'" + printable(found, 64) + "'" : "not a string";
    message += ", " + token_.token_type + " was asked for";
    return fail(errc::unsupported_token_type, std::move(message),
                dpop     ? "the server binds tokens to a DPoP key, which this source does not have"
                : bearer ? "the server may not bind tokens for this client: a token that is not "
                           "bound is not used"
                : options_.scheme == token_scheme::bearer
                    ? "name it in token_type_aliases if this server means Bearer by it"
                    : "");
}

/// A number, or digits where a string may stand for one.
inline std::optional<std::int64_t> token_response_parser::seconds_of(json_value const& value) {
    if (value.is(json_type::number)) return value.to_integer();
    if (!value.is(json_type::string)) return std::nullopt;
    std::string const digits = value.to_string();
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) {
        return std::nullopt;
    }
    return json_integer(digits);
}

inline result<void> token_response_parser::read_expires_in() {
    auto& quirks = token_.quirks;
    auto const clamp = [](std::int64_t seconds) {
        return std::min(std::chrono::seconds(seconds), max_token_lifetime);
    };
    if (value(refresh_in)) {
        auto const advice = seconds_of(*value(refresh_in));
        if (advice && *advice > 0) token_.refresh_in = clamp(*advice);
    }
    if (is_null(expires_in) && (!value(expires_in) || !options_.strict)) {
        quirks.expires_in_missing = true;
        return {};
    }
    bool const is_text = value(expires_in)->is(json_type::string);
    auto const seconds = seconds_of(*value(expires_in));
    if (!seconds) return fail(errc::invalid_expires_in, "'expires_in' is not a number of seconds");
    if (is_text && !quirks.form_encoded) {
        if (options_.strict) return fail(errc::invalid_expires_in, "'expires_in' is a string");
        quirks.expires_in_string = true;
    }
    if (*seconds <= 0) {
        quirks.expires_in_not_positive = true;
        return {};
    }
    token_.expires_in = clamp(*seconds);
    quirks.expires_in_clamped = token_.expires_in->count() != *seconds;
    return {};
}

inline result<void> token_response_parser::read_refresh_token() {
    if (!value(refresh_token) || options_.ignore_refresh_token) return {};
    if (is_null(refresh_token) || is_empty_string(refresh_token)) {
        token_.quirks.refresh_token_empty = true;
        return {};
    }
    if (!is_string(refresh_token)) {
        return fail(errc::invalid_refresh_token, "'refresh_token' is not a string");
    }
    token_.refresh_token = secret_of(*value(refresh_token));
    return {};
}

inline result<void> token_response_parser::read_scope() {
    if (!value(scope)) return {};
    std::string text;
    bool readable = is_string(scope);
    if (readable) {
        text = value(scope)->to_string();
    } else if (value(scope)->is(json_type::array)) {
        token_.quirks.scope_array = true;
        json_reader elements(value(scope)->raw());
        readable = elements.next() == json_event::begin_array;
        json_event event = elements.next();
        for (; event == json_event::string; event = elements.next()) {
            text += (text.empty() ? "" : " ") + elements.scalar().to_string();
        }
        readable = readable && event == json_event::end_array;
    }
    result<coauth::scope> const granted_scope = coauth::scope::parse(text);
    if (readable && granted_scope && !granted_scope->empty()) {
        token_.scope = granted_scope->to_string();
    }
    token_.scope_unknown = !token_.scope;
    token_.quirks.scope_malformed = token_.scope != text;
    if (!token_.scope) return {};

    std::string const granted = " " + *token_.scope + " ";
    for (std::string const& wanted : options_.require_scopes) {
        if (granted.find(" " + wanted + " ") == std::string::npos) {
            return fail(errc::insufficient_scope,
                        "'" + printable(wanted, 100) + "' is not granted");
        }
    }
    return {};
}

inline result<void> token_response_parser::read_extensions() {
    if (is_string(issued_token_type) && !is_empty_string(issued_token_type)) {
        token_.issued_token_type = value(issued_token_type)->to_string();
    } else if (options_.require_issued_token_type) {
        return fail(errc::malformed_token_response, "'issued_token_type' is missing");
    }
    if (!is_null(authorization_details)) {
        token_.authorization_details = std::string(value(authorization_details)->raw());
    }
    return {};
}

/// A Content-Encoding that changes the bytes.
[[nodiscard]] inline bool is_encoded(std::optional<std::string_view> content_encoding) {
    std::string_view const coding = trim_ows(content_encoding.value_or(std::string_view()));
    return !coding.empty() && !iequals(coding, "identity");
}

}  // namespace detail

/// The token in an answer, or why there is none: 200 and 201 carry one, every other status goes to
/// parse_error_response(). `content_type` and `content_encoding` are the values of these fields.
/// Errors of a granting status: errc::empty_body (also for 204), unexpected_encoding,
/// unexpected_content_type, malformed_token_response, duplicate_member, token_refused and
/// client_refused (an OAuth error with 200), invalid_access_token, missing_token_type,
/// unsupported_token_type, invalid_expires_in, invalid_refresh_token, insufficient_scope. No error
/// holds a value of the body but the error fields and the name of the token type.
[[nodiscard]] inline result<token_response> parse_token_response(
    int status, std::optional<std::string_view> content_type,
    std::optional<std::string_view> content_encoding, std::string_view body,
    token_response_options const& options, token_endpoint_context const& context = {}) {
    bool const encoded = detail::is_encoded(content_encoding);
    if (status == 204) return detail::token_error(errc::empty_body, status, {}, {}, context);
    if (status != 200 && status != 201) {
        return parse_error_response(status, content_type, encoded ? std::string_view() : body,
                                    context);
    }
    if (encoded) {
        return detail::token_error(
            errc::unexpected_encoding, status,
            "Content-Encoding is " + printable(*content_encoding, 100) + ", none was asked for", {},
            context);
    }
    return detail::token_response_parser(status, options, context).parse(content_type, body);
}

}  // namespace coauth

#endif
