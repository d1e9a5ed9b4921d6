// SPDX-License-Identifier: BSL-1.0
//
// Writes the heads of HTTP/1.1 messages (RFC 9112 §3, §4) into a buffer that is wiped, since they
// carry credentials; and the checks that everything a user can put into a head has to pass before.
// Not synchronised.

#ifndef COAUTH_CODEC_HTTP1_WRITER_HPP
#define COAUTH_CODEC_HTTP1_WRITER_HPP

#include <coauth/codec/http_fields.hpp>
#include <coauth/error.hpp>
#include <coauth/secret.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace coauth {

/// errc::invalid_method unless it is a token (RFC 9110 §9.1). Methods are case-sensitive and are
/// sent as they are. `errc{}` means that nothing is wrong.
[[nodiscard]] constexpr errc check_method(std::string_view method) noexcept {
    return is_token(method) ? errc{} : errc::invalid_method;
}

/// Fields that say where a message ends, where it goes or how long the connection lives. The
/// library sets those that are needed, once; nobody else does. And Proxy-Authorization, which is
/// for the proxy alone: through a tunnel it would reach the server.
[[nodiscard]] constexpr bool is_library_header(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 11> names{"Host",
                                                     "Content-Length",
                                                     "Transfer-Encoding",
                                                     "Connection",
                                                     "Upgrade",
                                                     "TE",
                                                     "Trailer",
                                                     "Keep-Alive",
                                                     "Proxy-Connection",
                                                     "Expect",
                                                     "Proxy-Authorization"};
    for (std::string_view const own : names) {
        if (iequals(name, own)) return true;
    }
    return false;
}

/// errc::invalid_header unless the name is a token that is not the library's own and the value
/// holds no control character but HTAB. SP and HTAB around a value are no fault: the writer drops
/// them. `errc{}` means that nothing is wrong.
[[nodiscard]] constexpr errc check_user_header(std::string_view name,
                                               std::string_view value) noexcept {
    bool const allowed = is_token(name) && !is_library_header(name) && is_field_value(value);
    return allowed ? errc{} : errc::invalid_header;
}

/// Appends one head to a buffer: the start line, fields, end(). It trusts what it is given.
class http1_head_writer {
public:
    explicit http1_head_writer(detail::wiped_buffer& out) noexcept : out_(out) {}

    /// With the Host field, which comes first (RFC 9112 §3.2).
    void request_line(std::string_view method, std::string_view target, std::string_view host) {
        out_.append(method);
        out_.push_back(' ');
        out_.append(target);
        out_.append(" HTTP/1.1\r\n");
        field("Host", host);
    }

    /// Precondition: 100 <= status <= 999.
    void status_line(int status, std::string_view reason) {
        out_.append("HTTP/1.1 ");
        number(static_cast<std::uint64_t>(status));
        out_.push_back(' ');
        out_.append(reason);
        out_.append("\r\n");
    }

    void field(std::string_view name, std::string_view value) { field(name, {}, trim_ows(value)); }

    /// A value in two parts, so that a credential need not be copied to be put behind its scheme.
    void field(std::string_view name, std::string_view prefix, std::string_view value) {
        out_.append(name);
        out_.append(": ");
        out_.append(prefix);
        out_.append(value);
        out_.append("\r\n");
    }

    void fields(http_fields const& list) {
        for (http_field const line : list) field(line.name, line.value);
    }

    void content_length(std::uint64_t length) {
        out_.append("Content-Length: ");
        number(length);
        out_.append("\r\n");
    }

    void end() { out_.append("\r\n"); }

private:
    void number(std::uint64_t value) {
        std::array<char, std::numeric_limits<std::uint64_t>::digits10 + 1> digits{};
        auto const written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
        out_.append({digits.data(), static_cast<std::size_t>(written.ptr - digits.data())});
    }

    detail::wiped_buffer& out_;
};

/// A whole request head. `host` is url::authority(); a Content-Length is written where it is given.
inline void write_request_head(detail::wiped_buffer& out, std::string_view method,
                               std::string_view target, std::string_view host,
                               http_fields const& fields,
                               std::optional<std::uint64_t> content_length = std::nullopt) {
    http1_head_writer head(out);
    head.request_line(method, target, host);
    head.fields(fields);
    if (content_length) head.content_length(*content_length);
    head.end();
}

/// A whole response head, for servers in tests.
inline void write_response_head(detail::wiped_buffer& out, int status, std::string_view reason,
                                http_fields const& fields,
                                std::optional<std::uint64_t> content_length = std::nullopt) {
    http1_head_writer head(out);
    head.status_line(status, reason);
    head.fields(fields);
    if (content_length) head.content_length(*content_length);
    head.end();
}

}  // namespace coauth

#endif
