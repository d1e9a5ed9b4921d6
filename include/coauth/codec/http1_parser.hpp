// SPDX-License-Identifier: BSL-1.0
//
// A strict, incremental HTTP/1.1 parser without I/O (RFC 9112): give it bytes in any portions, it
// stops exactly at the end of the message. Linear in the size of the input, bounded by limits.
// Not synchronised: one parser per connection.

#ifndef COAUTH_CODEC_HTTP1_PARSER_HPP
#define COAUTH_CODEC_HTTP1_PARSER_HPP

#include <coauth/codec/http1_body.hpp>
#include <coauth/codec/http1_chunked.hpp>
#include <coauth/codec/http1_head.hpp>
#include <coauth/codec/http1_limits.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace coauth {

/// Parses one message after another. Errors: malformed_response (of a request too),
/// header_too_large, body_too_large, too_many_interim_responses, truncated. After an error the
/// parser repeats it until expect() is called; the connection is not to be used any more.
class http1_parser {
public:
    enum class kind : unsigned char { response, request };

    explicit http1_parser(kind k, http1_limits limits = {}) : kind_(k), limits_(limits) {}
    http1_parser(http1_parser const&) = delete;
    http1_parser& operator=(http1_parser const&) = delete;
    ~http1_parser() = default;

    /// Prepares for the next message; needed before every message but the first one.
    /// `head_request`: the response answers HEAD and has no body, whatever its fields say.
    /// `connect_request`: a 2xx ends with its head, the tunnel begins at the next byte.
    /// `upgrade_request`: 101 is the final response and ends with its head; it is an error without.
    void expect(bool head_request, bool connect_request = false, bool upgrade_request = false);

    /// Take effect with the next line or body byte.
    void set_limits(http1_limits limits) noexcept { limits_ = limits; }
    [[nodiscard]] http1_limits const& limits() const noexcept { return limits_; }

    /// The body carries a secret: every copy of it that the parser makes is wiped. Stays set.
    void set_sensitive(bool sensitive) noexcept { body_.set_sensitive(sensitive); }

    /// Takes bytes up to the end of the message and says how many it took; the rest is untouched.
    /// Once complete() it takes nothing.
    std::error_code feed(std::string_view bytes, std::size_t& consumed);

    /// The stream ended. No error when the message is complete, which makes a body complete that is
    /// delimited by the end of the stream; otherwise errc::truncated, also when nothing came.
    std::error_code finish();

    [[nodiscard]] bool head_complete() const noexcept { return state_ >= state::body_length; }
    [[nodiscard]] bool complete() const noexcept { return state_ == state::complete; }
    /// Whether a byte has been taken since expect().
    [[nodiscard]] bool started() const noexcept { return started_; }

    [[nodiscard]] int status() const noexcept { return status_; }
    /// As it came: may hold obs-text; never to be shown raw.
    [[nodiscard]] std::string_view reason() const noexcept { return reason_; }
    [[nodiscard]] int version_minor() const noexcept { return version_minor_; }
    [[nodiscard]] std::string_view method() const noexcept { return method_; }
    [[nodiscard]] std::string_view target() const noexcept { return target_; }

    [[nodiscard]] http_fields& fields() noexcept { return fields_; }
    [[nodiscard]] http_fields const& fields() const noexcept { return fields_; }
    /// Fields after a chunked body. Kept apart: none of them is ever acted on.
    [[nodiscard]] http_fields const& trailers() const noexcept { return trailers_; }
    /// As the head says, also where there is no body (HEAD, 304).
    [[nodiscard]] std::optional<std::uint64_t> content_length() const noexcept {
        return framing_.content_length;
    }

    /// What has come of the body so far.
    [[nodiscard]] std::string_view body() const noexcept { return body_.view(); }
    /// Moves the body out; whoever takes a sensitive one wipes it.
    [[nodiscard]] std::string take_body() noexcept { return body_.take(); }
    /// Overwrites the body and drops it.
    void wipe_body() noexcept { body_.wipe(); }

    /// Whether the connection may carry another message after this one: complete, delimited by
    /// itself, HTTP/1.1 without "close" or HTTP/1.0 with "keep-alive". Surplus bytes that have
    /// already come are for the caller to notice.
    [[nodiscard]] bool keep_alive() const noexcept { return complete() && reusable_; }
    /// 1xx responses that were skipped.
    [[nodiscard]] unsigned interim_count() const noexcept { return interim_count_; }
    /// The body ends where the stream ends. Over TLS that counts only after close_notify.
    [[nodiscard]] bool delimited_by_eof() const noexcept { return eof_delimited_; }
    /// There was a transfer coding other than "chunked", which body() still has on it.
    [[nodiscard]] bool has_foreign_transfer_coding() const noexcept {
        return framing_.other_coding;
    }

private:
    using line_outcome = detail::http1_line_reader::outcome;

    enum class state : unsigned char {
        start_line,
        field_line,
        failed,
        body_length,
        body_until_eof,
        chunk_header,
        chunk_data,
        chunk_end,
        trailer,
        complete,
    };

    void reset_head();
    errc step(std::string_view& input);
    errc take_line(std::string_view& input, std::size_t limit, bool& complete_line);
    errc take_section_line(std::string_view& input, std::size_t limit, bool& complete_line);
    errc read_head_line(std::string_view& input);
    errc read_chunk_header(std::string_view& input);
    errc read_trailer_line(std::string_view& input);
    errc read_counted(std::string_view& input, state next);
    errc on_start_line(std::string_view line);
    errc on_head_end();
    errc on_interim_response();
    errc choose_body();
    [[nodiscard]] bool fields_are_unambiguous() const;
    [[nodiscard]] bool can_be_start_line(std::string_view partial) const;
    errc append_body(std::string_view bytes);

    static constexpr errc ok{};

    kind kind_;
    state state_ = state::start_line;
    bool head_request_ = false;
    bool connect_request_ = false;
    bool upgrade_request_ = false;
    bool started_ = false;
    bool reusable_ = false;
    bool eof_delimited_ = false;
    int version_minor_ = 1;
    int status_ = 0;
    unsigned empty_lines_ = 0;
    unsigned interim_count_ = 0;
    errc failure_ = ok;
    http1_limits limits_;
    std::size_t section_bytes_ = 0;  ///< of the head or the trailer section so far
    std::size_t extension_bytes_ = 0;
    std::uint64_t remaining_ = 0;  ///< of the body or the chunk
    detail::http1_line_reader lines_;
    detail::http1_framing framing_;
    std::string reason_;
    std::string method_;
    std::string target_;
    http_fields fields_;
    http_fields trailers_;
    detail::http1_body body_;
};

inline void http1_parser::expect(bool head_request, bool connect_request, bool upgrade_request) {
    head_request_ = head_request;
    connect_request_ = connect_request;
    upgrade_request_ = upgrade_request;
    started_ = false;
    interim_count_ = 0;
    failure_ = ok;
    lines_.reset();
    reset_head();
    trailers_.clear();
    body_.clear();
}

inline void http1_parser::reset_head() {
    state_ = state::start_line;
    reusable_ = false;
    eof_delimited_ = false;
    status_ = 0;
    empty_lines_ = 0;
    section_bytes_ = 0;
    extension_bytes_ = 0;
    framing_ = {};
    reason_.clear();
    method_.clear();
    target_.clear();
    fields_.clear();
}

inline std::error_code http1_parser::feed(std::string_view bytes, std::size_t& consumed) {
    std::string_view rest = bytes;
    while (!rest.empty() && failure_ == ok && state_ != state::complete) {
        started_ = true;
        failure_ = step(rest);
    }
    consumed = bytes.size() - rest.size();
    if (failure_ == ok) return {};
    state_ = state::failed;
    return failure_;
}

inline std::error_code http1_parser::finish() {
    if (state_ == state::body_until_eof) state_ = state::complete;
    if (state_ == state::complete) return {};
    if (failure_ == ok) failure_ = errc::truncated;
    state_ = state::failed;
    return failure_;
}

inline errc http1_parser::step(std::string_view& input) {
    switch (state_) {
        case state::start_line:
        case state::field_line: return read_head_line(input);
        case state::body_length: return read_counted(input, state::complete);
        case state::body_until_eof: {
            std::string_view const bytes = std::exchange(input, {});
            return append_body(bytes);
        }
        case state::chunk_header: return read_chunk_header(input);
        case state::chunk_data: return read_counted(input, state::chunk_end);
        case state::chunk_end: {
            line_outcome const outcome = lines_.take(input, 0);
            if (outcome == line_outcome::incomplete) return ok;
            if (outcome != line_outcome::line) return errc::malformed_response;
            state_ = state::chunk_header;
            return ok;
        }
        case state::trailer: return read_trailer_line(input);
        case state::failed:
        case state::complete: break;
    }
    return ok;
}

/// Sets `complete_line` when lines_.line() is one.
inline errc http1_parser::take_line(std::string_view& input, std::size_t limit,
                                    bool& complete_line) {
    switch (lines_.take(input, limit)) {
        case line_outcome::not_crlf: return errc::malformed_response;
        // Another protocol is recognised by its first bytes, not by the limit of a line.
        case line_outcome::too_long:
            return can_be_start_line(lines_.partial()) ? errc::header_too_large
                                                       : errc::malformed_response;
        case line_outcome::incomplete:
            return can_be_start_line(lines_.partial()) ? ok : errc::malformed_response;
        case line_outcome::line: complete_line = true;
    }
    return ok;
}

/// The same for a section, head or trailer, of `limit` bytes at most.
inline errc http1_parser::take_section_line(std::string_view& input, std::size_t limit,
                                            bool& complete_line) {
    std::size_t const left = limit - std::min(limit, section_bytes_);
    errc const result = take_line(input, std::min(limits_.max_line, left), complete_line);
    if (complete_line) section_bytes_ += lines_.line().size() + 2;
    return result;
}

inline errc http1_parser::read_head_line(std::string_view& input) {
    bool complete_line = false;
    errc const result = take_section_line(input, limits_.max_head, complete_line);
    if (!complete_line) return result;
    std::string_view const line = lines_.line();
    if (state_ == state::start_line) {
        // At most two empty lines before a message are skipped (RFC 9112 §2.2).
        if (line.empty()) return ++empty_lines_ <= 2 ? ok : errc::malformed_response;
        return on_start_line(line);
    }
    if (line.empty()) return on_head_end();
    if (!detail::parse_field_line(line, fields_)) return errc::malformed_response;
    return fields_.size() <= limits_.max_fields ? ok : errc::header_too_large;
}

inline bool http1_parser::can_be_start_line(std::string_view partial) const {
    if (kind_ == kind::request || state_ != state::start_line) return true;
    constexpr std::string_view beginning = "HTTP/1.";
    return partial == "\r" || beginning.starts_with(partial.substr(0, beginning.size()));
}

inline errc http1_parser::on_start_line(std::string_view line) {
    if (kind_ == kind::response) {
        auto const parsed = detail::parse_status_line(line);
        if (!parsed) return errc::malformed_response;
        version_minor_ = parsed->version_minor;
        status_ = parsed->status;
        reason_ = parsed->reason;
    } else {
        auto const parsed = detail::parse_request_line(line);
        if (!parsed) return errc::malformed_response;
        version_minor_ = parsed->version_minor;
        method_ = parsed->method;
        target_ = parsed->target;
    }
    state_ = state::field_line;
    return ok;
}

inline errc http1_parser::on_head_end() {
    // Behind a 2xx to CONNECT there is the tunnel, whatever such fields say (RFC 9110 §9.3.6).
    bool const tunnel = kind_ == kind::response && connect_request_ && status_ / 100 == 2;
    auto const framing = tunnel ? detail::http1_framing() : detail::read_framing(fields_);
    if (!framing || !fields_are_unambiguous()) return errc::malformed_response;
    framing_ = *framing;
    // Transfer-Encoding does not exist in HTTP/1.0: such a message may be framed in two ways, so
    // it is the last one of its connection (RFC 9112 §6.1). Nor can it be trusted where the body
    // has a coding on it that nobody asked for.
    bool const doubtful =
        framing_.transfer_encoding && (version_minor_ == 0 || framing_.other_coding);
    reusable_ = !doubtful && detail::wants_keep_alive(fields_, version_minor_);
    if (kind_ == kind::response && status_ < 200 && status_ != 101) return on_interim_response();
    return choose_body();
}

/// A Location that two readers could see differently is an error; so is a second Host. Of Date,
/// Content-Type and all other fields the first line counts (http_fields::find).
inline bool http1_parser::fields_are_unambiguous() const {
    if (kind_ == kind::response) return fields_.count("Location") <= 1;
    return fields_.count("Host") == 1 || (version_minor_ == 0 && !fields_.contains("Host"));
}

inline errc http1_parser::on_interim_response() {
    if (++interim_count_ > limits_.max_interim) return errc::too_many_interim_responses;
    reset_head();
    return ok;
}

/// RFC 9112 §6.3, in its order.
inline errc http1_parser::choose_body() {
    bool without_body = false;
    if (kind_ == kind::response) {
        // A switch of protocols that was not asked for would turn the rest into unknown bytes.
        if (status_ == 101 && !upgrade_request_) return errc::malformed_response;
        bool const tunnel = status_ == 101 || (connect_request_ && status_ / 100 == 2);
        if (tunnel) reusable_ = false;
        without_body = tunnel || head_request_ || status_ == 204 || status_ == 304;
    }
    if (without_body) {
        state_ = state::complete;
    } else if (framing_.chunked) {
        state_ = state::chunk_header;
    } else if (framing_.transfer_encoding && kind_ == kind::request) {
        return errc::malformed_response;
    } else if (framing_.content_length) {
        if (*framing_.content_length > limits_.max_body) return errc::body_too_large;
        remaining_ = *framing_.content_length;
        state_ = remaining_ == 0 ? state::complete : state::body_length;
        // The peer's word alone is worth 64 KiB; the rest grows with what really comes.
        body_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, 64 * 1024)));
    } else if (kind_ == kind::request) {
        state_ = state::complete;
    } else {
        state_ = state::body_until_eof;
        eof_delimited_ = true;
        reusable_ = false;
    }
    return ok;
}

inline errc http1_parser::read_counted(std::string_view& input, state next) {
    auto const n = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
    errc const result = append_body(input.substr(0, n));
    input.remove_prefix(n);
    remaining_ -= n;
    if (remaining_ == 0) state_ = next;
    return result;
}

inline errc http1_parser::read_chunk_header(std::string_view& input) {
    bool complete_line = false;
    errc const result = take_line(input, limits_.max_line, complete_line);
    if (!complete_line) return result;
    auto const header = detail::parse_chunk_header(lines_.line());
    if (!header) return errc::malformed_response;
    extension_bytes_ += header->extension_bytes;
    if (extension_bytes_ > limits_.max_chunk_extensions) return errc::header_too_large;
    std::size_t const room = limits_.max_body - std::min(limits_.max_body, body_.size());
    if (header->size > room) return errc::body_too_large;
    remaining_ = header->size;
    section_bytes_ = 0;
    state_ = remaining_ == 0 ? state::trailer : state::chunk_data;
    return ok;
}

inline errc http1_parser::read_trailer_line(std::string_view& input) {
    bool complete_line = false;
    errc const result = take_section_line(input, limits_.max_trailer, complete_line);
    if (!complete_line) return result;
    std::string_view const line = lines_.line();
    if (line.empty()) {
        state_ = state::complete;
        return ok;
    }
    if (!detail::parse_field_line(line, trailers_)) return errc::malformed_response;
    return trailers_.size() <= limits_.max_trailer_fields ? ok : errc::header_too_large;
}

inline errc http1_parser::append_body(std::string_view bytes) {
    if (bytes.size() > limits_.max_body - std::min(limits_.max_body, body_.size())) {
        return errc::body_too_large;
    }
    body_.append(bytes);
    return ok;
}

}  // namespace coauth

#endif
