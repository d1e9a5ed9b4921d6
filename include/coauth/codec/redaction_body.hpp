// SPDX-License-Identifier: BSL-1.0
//
// Takes credentials out of bodies: forms, JSON, lines of JSON, multipart and text. The content is
// believed rather than its type; what cannot be understood is left out whole. Pure functions; any
// thread.

#ifndef COAUTH_CODEC_REDACTION_BODY_HPP
#define COAUTH_CODEC_REDACTION_BODY_HPP

#include <coauth/codec/form.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/codec/percent.hpp>
#include <coauth/codec/redaction_json.hpp>
#include <coauth/codec/redaction_names.hpp>
#include <coauth/codec/redaction_text.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/secret.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace coauth::detail {

[[nodiscard]] inline std::string size_note(std::size_t size, std::string_view what = {}) {
    return "[" + std::to_string(size) + " bytes" + std::string(what) + "]";
}

/// A form body or a query. Values that hide something inside are shown anew, with fewer escapes.
[[nodiscard]] inline std::string redact_form_by_name(sensitive_names const& names,
                                                     std::string_view form) {
    constexpr char_set keep = char_sets::query_component | char_set("[]");
    std::string shown;
    for (form_reader reader(form); reader.next();) {
        wiped_buffer name;
        wiped_buffer value;
        if (!form_reader::decode_to(name, reader.encoded_name())) return std::string(redacted);
        if (!shown.empty()) shown += '&';
        bool const good = form_reader::decode_to(value, reader.encoded_value());
        std::string const clean_name = redact_leaf(names, name.view(), redaction_depth);
        std::string const clean_value =
            good ? redact_leaf(names, value.view(), redaction_depth) : std::string(redacted);
        shown +=
            clean_name == name.view() ? reader.encoded_name() : percent_encode(clean_name, keep);
        shown += '=';
        if (names.contain(name.view()))
            shown += redacted;
        else if (good && clean_value == value.view())
            shown += reader.encoded_value();
        else
            shown += percent_encode(clean_value, keep);
    }
    return shown;
}

/// A URL, absolute or not. Userinfo goes, query and fragment are read as forms.
[[nodiscard]] inline std::string redact_url_by_name(sensitive_names const& names,
                                                    std::string_view url) {
    std::size_t const hash = std::min(url.find('#'), url.size());
    std::size_t const mark = std::min(url.substr(0, hash).find('?'), hash);
    // A reference may begin with its authority.
    std::size_t const slashes = url.starts_with("//") ? 0 : url.substr(0, mark).find("://");
    bool const has_authority = slashes != std::string_view::npos;
    std::size_t const authority = has_authority ? url.find("//", slashes) + 2 : 0;
    std::size_t const userinfo = has_authority ? userinfo_size(url.substr(authority), "?#") : 0;
    std::string shown;
    if (userinfo != 0) {
        shown = url.substr(0, authority);
        shown += redacted;
        shown += redact_text_by_name(
            names, url.substr(authority + userinfo - 1, mark - authority - userinfo + 1));
    } else {
        shown = redact_text_by_name(names, url.substr(0, mark));
    }
    if (mark != hash) {
        shown += '?';
        shown += redact_form_by_name(names, url.substr(mark + 1, hash - mark - 1));
    }
    if (hash == url.size()) return shown;
    std::string_view const fragment = url.substr(hash + 1);
    bool const form = fragment.find('=') != std::string_view::npos;
    return shown + '#' +
           (form ? redact_form_by_name(names, fragment) : redact_text_by_name(names, fragment));
}

/// Names of cookies stay; of Set-Cookie also the attributes that everybody knows.
[[nodiscard]] inline std::string redact_cookies(std::string_view value, bool attributes) {
    constexpr std::array<std::string_view, 4> shown_attributes{"Path", "Domain", "Max-Age",
                                                               "SameSite"};
    std::string shown;
    for (bool first = true; !value.empty(); first = false) {
        std::size_t const end = std::min(value.find(';'), value.size());
        std::string_view const pair = trim_ows(value.substr(0, end));
        value.remove_prefix(std::min(end + 1, value.size()));
        std::size_t const equals = pair.find('=');
        std::string_view const name = pair.substr(0, equals);
        bool const flag =
            attributes && !first && (iequals(pair, "Secure") || iequals(pair, "HttpOnly"));
        if (!flag && (equals == pair.npos || !is_token(name))) return std::string(redacted);
        bool const known = attributes && !first &&
                           std::any_of(shown_attributes.begin(), shown_attributes.end(),
                                       [&](std::string_view a) { return iequals(a, name); });
        if (!shown.empty()) shown += "; ";
        shown += flag || known ? pair : std::string(name) + "=" + std::string(redacted);
    }
    return shown;
}

[[nodiscard]] inline std::string redact_header_by_name(sensitive_names const& names,
                                                       std::string_view name,
                                                       std::string_view value) {
    if (!names.contain_header(name)) {
        bool const is_url = iequals(name, "Location") || iequals(name, "Content-Location") ||
                            iequals(name, "Referer");
        return is_url ? redact_url_by_name(names, value) : redact_leaf(names, value, 1);
    }
    if (iequals(name, "Cookie")) return redact_cookies(value, false);
    if (iequals(name, "Set-Cookie")) return redact_cookies(value, true);
    // The scheme helps and tells nothing.
    std::size_t const space = value.find(' ');
    bool const has_scheme =
        (iequals(name, "Authorization") || iequals(name, "Proxy-Authorization")) &&
        space != std::string_view::npos && is_token(value.substr(0, space));
    return std::string(value.substr(0, has_scheme ? space + 1 : 0)) + std::string(redacted);
}

/// Line by line, as logs, event streams and lines of JSON are: from the first line that looks like
/// JSON and is not, nothing is shown.
[[nodiscard]] inline std::string redact_lines(sensitive_names const& names, std::string_view text) {
    std::string shown;
    std::size_t from = 0;  // of text that may go on over the end of a line
    for (std::size_t at = 0; at < text.size();) {
        std::size_t const end = std::min(text.find('\n', at), text.size());
        std::string_view const line = text.substr(at, end - at);
        std::size_t const begin = line.starts_with("data:")  ? 5U
                                  : line.starts_with('\x1E') ? 1U
                                                             : 0U;
        json_look const look = look_for_json(line.substr(begin));
        auto const json =
            look == json_look::none ? std::nullopt : redact_json_by_name(names, line.substr(begin));
        if (json || look == json_look::json) {
            shown += redact_text_by_name(names, text.substr(from, at - from));
            if (!json) return shown + std::string(redacted);
            shown += line.substr(0, begin);
            shown += *json;
            from = end;
        }
        at = std::min(end + 1, text.size());
    }
    return shown + redact_text_by_name(names, text.substr(from));
}

[[nodiscard]] std::string redact_body_by_name(sensitive_names const& names,
                                              std::string_view content_type, std::string_view body,
                                              int depth);

/// The parts of multipart/form-data (RFC 7578) and its like, by the names of their fields.
class multipart_redaction {
public:
    multipart_redaction(sensitive_names const& names, std::string_view body, int depth)
        : names_(names), rest_(body), depth_(depth) {}

    [[nodiscard]] std::string run() {
        std::string_view const first = rest_.substr(0, rest_.find("\r\n"));
        std::string const boundary = "\r\n" + std::string(first);
        if (depth_ == 0 || first.size() < 3 || first.size() > 72) return std::string(redacted);
        rest_.remove_prefix(first.size());
        shown_ = first;
        for (;;) {
            if (rest_.starts_with("--")) return shown_ + "--";
            if (!rest_.starts_with("\r\n")) return std::string(redacted);
            rest_.remove_prefix(2);
            std::size_t const end = rest_.find(boundary);
            if (end == std::string_view::npos || !part(rest_.substr(0, end))) {
                return std::string(redacted);
            }
            shown_ += boundary;
            rest_.remove_prefix(end + boundary.size());
        }
    }

private:
    [[nodiscard]] bool part(std::string_view text) {
        shown_ += "\r\n";
        std::string_view type = "text/plain";
        bool hidden = false;
        for (;;) {
            std::size_t const end = text.find("\r\n");
            if (end == std::string_view::npos) return false;
            std::string_view const line = text.substr(0, end);
            text.remove_prefix(end + 2);
            shown_ += line.empty() ? "\r\n" : "";
            if (line.empty()) break;
            std::size_t const colon = line.find(':');
            if (colon == std::string_view::npos) return false;
            std::string_view const name = line.substr(0, colon);
            std::string_view const value = trim_ows(line.substr(colon + 1));
            if (iequals(name, "Content-Type")) type = value;
            if (iequals(name, "Content-Disposition")) hidden = hidden || names_credential(value);
            shown_ +=
                std::string(name) + ": " + redact_header_by_name(names_, name, value) + "\r\n";
        }
        shown_ +=
            hidden ? std::string(redacted) : redact_body_by_name(names_, type, text, depth_ - 1);
        return true;
    }

    /// In `form-data; name="password"`, whatever else is written there. Also where it has no name
    /// that can be read.
    [[nodiscard]] bool names_credential(std::string_view disposition) const {
        std::string const lower = lower_case(disposition);
        std::string_view rest = lower;
        bool hidden = true;
        for (std::size_t at = rest.find(';'); at != rest.npos; at = rest.find(';', at + 1)) {
            std::size_t const name = rest.find_first_not_of(" \t", at + 1);
            hidden = hidden && (name == rest.npos || !rest.substr(name).starts_with("name="));
        }
        for (std::size_t at = rest.find("name="); at != rest.npos; at = rest.find("name=")) {
            rest.remove_prefix(at + 5);
            if (rest.starts_with('"')) rest.remove_prefix(1);
            hidden = hidden || names_.contain(rest.substr(0, rest.find_first_of("\";")));
        }
        return hidden;
    }

    sensitive_names const& names_;
    std::string_view rest_;
    int depth_;
    std::string shown_;
};

[[nodiscard]] inline bool is_text(std::string_view bytes) noexcept {
    return bytes.find('\0') == std::string_view::npos && is_valid_utf8(bytes);
}

inline std::string redact_body_by_name(sensitive_names const& names, std::string_view content_type,
                                       std::string_view body, int depth) {
    std::string const type = lower_case(trim_ows(content_type.substr(0, content_type.find(';'))));
    std::size_t const whole = body.size();
    if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
    if (!is_text(body)) return size_note(whole);
    std::size_t const first = body.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return std::string(body);

    bool const says_json = type == "application/json" || type.ends_with("+json");
    if (says_json || body[first] == '{' || body[first] == '[') {
        if (auto json = redact_json_by_name(names, body)) return *json;
        // Lines of JSON begin with a whole document; anything else is broken.
        bool const lines = redact_json_by_name(names, body.substr(0, body.find('\n'))).has_value();
        return lines ? redact_lines(names, body) : size_note(whole, " of broken JSON");
    }
    if (body[first] == '<') return size_note(whole, " of markup");
    if (type.starts_with("multipart/") || body.starts_with("--")) {
        bool const pem = body.starts_with("-----BEGIN");
        if (!pem) return multipart_redaction(names, body, depth).run();
    }
    if (type == "application/x-www-form-urlencoded") return redact_form_by_name(names, body);
    return redact_lines(names, body);
}

}  // namespace coauth::detail

#endif
