// SPDX-License-Identifier: BSL-1.0
//
// Takes secrets out of what a person is shown of a request or response: by the name of a header,
// parameter or JSON member, by what a credential looks like, and by value. What cannot be
// understood is left out whole.

#ifndef COAUTH_CODEC_REDACTION_HPP
#define COAUTH_CODEC_REDACTION_HPP

#include <coauth/codec/http_fields.hpp>
#include <coauth/codec/redaction_body.hpp>
#include <coauth/codec/redaction_json.hpp>
#include <coauth/codec/redaction_names.hpp>
#include <coauth/codec/redaction_text.hpp>
#include <coauth/codec/redaction_values.hpp>
#include <coauth/secret.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace coauth {

/// Knows names, and the secrets that it was told. Takes any input, in linear time, and throws
/// nothing but std::bad_alloc. Move-only, since it holds secrets, and wipes them. A const redactor
/// may be used from any thread.
class redactor {
public:
    /// `also`: words of further names to be redacted, see exchange_log_options::also_redact.
    explicit redactor(std::vector<std::string> const& also = {}) : names_(also) {}

    /// From now on the value is taken out wherever it stands: also with percent or JSON escapes and
    /// inside of base64. One of less than 8 bytes only where it stands as a word of its own.
    void add_secret(std::string_view value) { values_.add(value); }

    /// Whether a parameter, JSON member or header of this name is redacted because of the name.
    [[nodiscard]] bool hides(std::string_view name) const { return names_.contain(name); }
    [[nodiscard]] bool hides_header(std::string_view name) const {
        return names_.contain_header(name);
    }

    /// The value of a header field. Of Authorization the scheme stays, of cookies their names. A
    /// note in brackets in place of one that no server takes.
    [[nodiscard]] std::string header(std::string_view name, std::string_view value) const {
        if (value.size() > longest_header) return detail::size_note(value.size());
        detail::wiped_buffer out;
        return detail::redact_header_by_name(names_, name, values_.remove(value, out));
    }

    [[nodiscard]] http_fields fields(http_fields const& headers) const {
        http_fields shown;
        for (http_field const field : headers) add(shown, field.name, field.value);
        return shown;
    }

    /// The fields of a request head as it was written. `credential` names one more that is
    /// redacted.
    [[nodiscard]] http_fields head(std::string_view head, std::string_view credential = {}) const {
        http_fields shown;
        for (bool start_line = true; !head.empty(); start_line = false) {
            std::string_view const line = head.substr(0, head.find("\r\n"));
            head.remove_prefix(std::min(line.size() + 2, head.size()));
            std::size_t const colon = line.find(": ");
            if (start_line || colon == std::string_view::npos) continue;
            std::string_view const name = line.substr(0, colon);
            if (iequals(name, credential) && !iequals(name, "Authorization"))
                shown.append(name, redacted);
            else
                add(shown, name, line.substr(colon + 2));
        }
        return shown;
    }

    /// A form body or a query.
    [[nodiscard]] std::string form(std::string_view form) const {
        detail::wiped_buffer out;
        return detail::redact_form_by_name(names_, values_.remove(form, out));
    }

    /// `redacted` where it is not one document of JSON.
    [[nodiscard]] std::string json(std::string_view json) const {
        detail::wiped_buffer out;
        return detail::redact_json_by_name(names_, values_.remove(json, out))
            .value_or(std::string(redacted));
    }

    /// A whole body, by its content and, where that leaves a choice, by its type. A note in
    /// brackets in place of what is longer than `limit` bytes, not text, markup, or broken.
    [[nodiscard]] std::string body(std::string_view content_type, std::string_view bytes,
                                   std::size_t limit) const {
        if (bytes.size() > limit) return detail::size_note(bytes.size());
        detail::wiped_buffer out;
        return detail::redact_body_by_name(names_, content_type, values_.remove(bytes, out),
                                           detail::redaction_depth);
    }

    /// A URL, absolute or a reference: userinfo, and sensitive values in its query and fragment.
    [[nodiscard]] std::string url(std::string_view url) const {
        detail::wiped_buffer out;
        return detail::redact_url_by_name(names_, values_.remove(url, out));
    }

    /// Text of any kind: a message, a line of a log.
    [[nodiscard]] std::string text(std::string_view text) const {
        detail::wiped_buffer out;
        return detail::redact_lines(names_, values_.remove(text, out));
    }

private:
    static constexpr std::size_t longest_header = std::size_t{64} * 1024;

    void add(http_fields& shown, std::string_view name, std::string_view value) const {
        detail::wiped_buffer out;
        // The name is the peer's, too.
        shown.append(detail::redact_text_by_name(names_, values_.remove(name, out)),
                     header(name, value));
    }

    sensitive_names names_;
    detail::secret_values values_;
};

// By name only.

[[nodiscard]] inline std::string redact_header(std::string_view name, std::string_view value) {
    return redactor().header(name, value);
}
[[nodiscard]] inline http_fields redact_headers(http_fields const& headers) {
    return redactor().fields(headers);
}
[[nodiscard]] inline http_fields redact_head(std::string_view head,
                                             std::string_view credential = {}) {
    return redactor().head(head, credential);
}
[[nodiscard]] inline std::string redact_form(std::string_view form) {
    return redactor().form(form);
}
[[nodiscard]] inline std::string redact_json(std::string_view json) {
    return redactor().json(json);
}
[[nodiscard]] inline std::string redact_url(std::string_view url) { return redactor().url(url); }
[[nodiscard]] inline std::string redact_body(std::string_view content_type, std::string_view body,
                                             std::size_t limit = std::size_t{64} * 1024) {
    return redactor().body(content_type, body, limit);
}

}  // namespace coauth

#endif
