// SPDX-License-Identifier: BSL-1.0
//
// The lines of an HTTP/1.1 head and the rules that decide how long a body is (RFC 9112 §2 to §6).
// Pure functions, and one small line collector; not synchronised.

#ifndef COAUTH_CODEC_HTTP1_HEAD_HPP
#define COAUTH_CODEC_HTTP1_HEAD_HPP

#include <coauth/codec/http_fields.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coauth::detail {

/// Collects one line at a time from bytes that arrive in any portions. Each byte is looked at once.
class http1_line_reader {
public:
    enum class outcome : unsigned char { incomplete, line, not_crlf, too_long };

    /// Takes bytes from the front of `input` up to the end of the line. On `line`, `line()` is
    /// valid until the next call or until the bytes of `input` go. One rule for every line of a
    /// message: it ends with CRLF; a bare LF is refused, because two readers that disagree about
    /// line ends see two different messages (RFC 9112 §2.2). A bare CR is refused by the grammar of
    /// whatever it stands in. `limit` is in bytes, CRLF not counted.
    outcome take(std::string_view& input, std::size_t limit) {
        if (done_) reset();
        std::size_t const room = limit + 2 > buffer_.size() ? limit + 2 - buffer_.size() : 0;
        std::size_t const end = input.substr(0, room).find('\n');
        if (end == std::string_view::npos) {
            bool const too_long = input.size() >= room;
            buffer_.append(input.substr(0, room));
            if (too_long) return outcome::too_long;
            input = {};
            return outcome::incomplete;
        }
        done_ = true;
        if (buffer_.empty()) {
            line_ = input.substr(0, end + 1);
        } else {
            buffer_.append(input.substr(0, end + 1));
            line_ = buffer_;
        }
        input.remove_prefix(end + 1);
        if (!line_.ends_with("\r\n")) return outcome::not_crlf;
        line_.remove_suffix(2);
        return outcome::line;
    }

    [[nodiscard]] std::string_view line() const noexcept { return line_; }
    /// What has come of a line whose end has not, as far as the limit allows.
    [[nodiscard]] std::string_view partial() const noexcept { return buffer_; }

    void reset() noexcept {
        buffer_.clear();
        done_ = false;
    }

private:
    std::string buffer_;
    std::string_view line_;
    bool done_ = false;
};

/// HTTP-version: 1.0 and 1.1 exactly. Anything else is refused, also 1.2 and above, which nobody
/// defined; -1.
[[nodiscard]] constexpr int parse_http_version(std::string_view text) noexcept {
    if (text == "HTTP/1.1") return 1;
    if (text == "HTTP/1.0") return 0;
    return -1;
}

struct http1_status_line {
    int version_minor;
    int status;
    std::string_view reason;
};

/// status-line of RFC 9112 §4. Three digits from 100 to 999; a missing reason phrase is taken with
/// or without the space before it.
[[nodiscard]] inline std::optional<http1_status_line> parse_status_line(std::string_view line) {
    constexpr std::size_t shortest = std::string_view("HTTP/1.1 200").size();
    if (line.size() < shortest) return std::nullopt;
    int const version = parse_http_version(line.substr(0, 8));
    if (version < 0 || line[8] != ' ') return std::nullopt;
    if (line[9] == '0' || !is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11])) {
        return std::nullopt;
    }
    int const status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    line.remove_prefix(shortest);
    if (line.empty()) return http1_status_line{version, status, {}};
    if (line.front() != ' ' || !is_field_value(line)) return std::nullopt;
    return http1_status_line{version, status, line.substr(1)};
}

struct http1_request_line {
    std::string_view method;
    std::string_view target;
    int version_minor;
};

/// request-line of RFC 9112 §3: single spaces, a target of visible ASCII.
[[nodiscard]] inline std::optional<http1_request_line> parse_request_line(std::string_view line) {
    std::size_t const first = line.find(' ');
    std::size_t const last = line.rfind(' ');
    if (first == std::string_view::npos || last == first) return std::nullopt;
    http1_request_line const result{line.substr(0, first), line.substr(first + 1, last - first - 1),
                                    parse_http_version(line.substr(last + 1))};
    if (result.version_minor < 0 || !is_token(result.method) || result.target.empty()) {
        return std::nullopt;
    }
    for (char const c : result.target) {
        if (c <= ' ' || c > '~') return std::nullopt;
    }
    return result;
}

/// One line of a header or trailer section, appended to `fields`; false when it is none. One rule
/// for line folding (RFC 9112 §5.2): each fold becomes one SP. After Transfer-Encoding and
/// Content-Length it is refused, since it could hide how long the body is; before the first field
/// there is nothing to fold.
[[nodiscard]] inline bool parse_field_line(std::string_view line, http_fields& fields) {
    if (!is_field_value(line)) return false;
    if (line.starts_with(' ') || line.starts_with('\t')) {
        if (fields.empty()) return false;
        std::string_view const folded = fields[fields.size() - 1].name;
        if (iequals(folded, "Transfer-Encoding") || iequals(folded, "Content-Length")) return false;
        fields.extend_last(trim_ows(line));
        return true;
    }
    // The name is a token, so whitespace before the colon is refused (RFC 9112 §5.1).
    std::size_t const colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
    fields.append(line.substr(0, colon), trim_ows(line.substr(colon + 1)));
    return true;
}

/// What the fields of a head say about the body that follows it.
struct http1_framing {
    std::optional<std::uint64_t> content_length;
    bool transfer_encoding = false;  ///< There is such a field.
    bool chunked = false;            ///< The last transfer coding is "chunked".
    bool chunked_anywhere = false;   ///< "chunked" is one of the transfer codings.
    bool other_coding = false;       ///< There is a transfer coding other than "chunked".
};

/// Content-Length as 1*DIGIT of at most 19 digits, which fit into 64 bits. A sign, a list ("5,5"),
/// another base and an empty value are refused.
[[nodiscard]] inline std::optional<std::uint64_t> parse_content_length(std::string_view text) {
    if (text.empty() || text.size() > 19) return std::nullopt;
    std::uint64_t value = 0;
    for (char const c : text) {
        if (!is_digit(c)) return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

/// Adds the codings of one Transfer-Encoding line; false where "chunked" was there already or where
/// there is an empty element.
[[nodiscard]] inline bool add_transfer_codings(std::string_view value, http1_framing& framing) {
    for (;;) {
        std::size_t const comma = value.find(',');
        std::string_view const coding = trim_ows(value.substr(0, comma));
        bool const is_chunked = iequals(coding, "chunked");
        if (coding.empty() || (is_chunked && framing.chunked_anywhere)) return false;
        if (!is_chunked) framing.other_coding = true;
        framing.chunked_anywhere = framing.chunked_anywhere || is_chunked;
        framing.chunked = is_chunked;
        if (comma == std::string_view::npos) return true;
        value.remove_prefix(comma + 1);
    }
}

/// Reads Content-Length and Transfer-Encoding of a head; nullopt where they cannot be trusted.
/// The rules (RFC 9112 §6): several Content-Length lines of the same text count as one, different
/// ones are refused; Content-Length together with Transfer-Encoding is refused; "chunked" counts
/// when it is the last coding over all lines and is applied once.
[[nodiscard]] inline std::optional<http1_framing> read_framing(http_fields const& fields) {
    http1_framing framing;
    std::string_view length_text;
    for (http_field const field : fields) {
        if (iequals(field.name, "Content-Length")) {
            if (framing.content_length && field.value != length_text) return std::nullopt;
            length_text = field.value;
            framing.content_length = parse_content_length(field.value);
            if (!framing.content_length) return std::nullopt;
        } else if (iequals(field.name, "Transfer-Encoding")) {
            framing.transfer_encoding = true;
            if (!add_transfer_codings(field.value, framing)) return std::nullopt;
        }
    }
    if (framing.content_length && framing.transfer_encoding) return std::nullopt;
    return framing;
}

/// Whether the connection options allow another message (RFC 9112 §9.3). Proxy-Connection counts
/// like Connection: old proxies mean it, and taking "close" seriously harms nobody.
[[nodiscard]] inline bool wants_keep_alive(http_fields const& fields, int version_minor) {
    bool keep_alive = version_minor >= 1;
    bool close = false;
    for (http_field const field : fields) {
        if (!iequals(field.name, "Connection") && !iequals(field.name, "Proxy-Connection")) {
            continue;
        }
        close = close || list_contains(field.value, "close");
        keep_alive = keep_alive || list_contains(field.value, "keep-alive");
    }
    return keep_alive && !close;
}

}  // namespace coauth::detail

#endif
