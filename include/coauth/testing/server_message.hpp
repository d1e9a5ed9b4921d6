// SPDX-License-Identifier: BSL-1.0
//
// What a handler of the testing servers gets and gives: a request, and a response that may also
// tell the server to misbehave. Plain values; not synchronised.

#ifndef COAUTH_TESTING_SERVER_MESSAGE_HPP
#define COAUTH_TESTING_SERVER_MESSAGE_HPP

#include <coauth/clock.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/detail/asio.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::testing {

/// A complete request, and the connection it came on.
struct server_request {
    server_request() = default;

    std::string method;
    std::string target;  ///< As it stood in the request line.
    std::string path;    ///< The target up to its '?', still percent-encoded.
    std::vector<std::pair<std::string, std::string>> query;  ///< Decoded, in order.
    http_fields fields;
    std::string body;

    std::uint64_t connection_number = 0;  ///< Of this server; the first one is 1.
    std::uint64_t request_number = 0;     ///< On its connection; the first one is 1.
    std::string tls_version;              ///< "TLSv1.3", "TLSv1.2"; empty without TLS.
    std::string server_name;              ///< SNI (RFC 6066 §3); empty when none was sent.
    std::string client_certificate;       ///< `certificate::thumbprint`; empty when none was sent.

    /// The first query parameter of this name; valid as long as this object.
    [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const {
        for (auto const& [key, value] : query) {
            if (key == name) return std::string_view(value);
        }
        return std::nullopt;
    }
};

/// What goes wrong with a response. They combine: `{.reset = true, .truncate_body_at = 10}` sends
/// the head and ten bytes, then resets the connection.
struct server_faults {
    duration delay{};                    ///< Waits before anything else.
    bool close_before_response = false;  ///< Closes without a byte, over TLS without close_notify.
    bool reset = false;                  ///< TCP reset; without truncation before the first byte.
    bool hang = false;                   ///< Goes silent until the client leaves; likewise.
    /// Sends so many bytes of the (encoded) body, or of a raw answer, then closes without
    /// close_notify.
    std::optional<std::size_t> truncate_body_at = std::nullopt;
    duration byte_interval{};  ///< Sends single bytes, with this pause after each.
};

/// An answer. Content-Length, Date and, where needed, `Connection: close` are added unless they are
/// among the fields, so that a test may lie about them. Nothing is checked.
struct server_response {
    server_response() = default;
    explicit server_response(int status_code) : status(status_code) {}
    server_response(int status_code, std::string_view content_type, std::string text)
        : status(status_code), body(std::move(text)) {
        fields.append("Content-Type", content_type);
    }

    [[nodiscard]] static server_response json(int status, std::string text) {
        return server_response(status, "application/json", std::move(text));
    }
    /// These bytes and nothing else, then the connection is closed: for answers that are no HTTP,
    /// interim responses, bytes after the end.
    [[nodiscard]] static server_response raw_bytes(std::string bytes) {
        server_response response;
        response.raw = std::move(bytes);
        return response;
    }

    server_response&& with_field(std::string_view name, std::string_view value) && {
        fields.append(name, value);
        return std::move(*this);
    }
    server_response&& with_faults(server_faults f) && {
        faults = f;
        return std::move(*this);
    }
    /// Chunked coding instead of Content-Length, with chunks of `size` bytes.
    server_response&& with_chunks_of(std::size_t size) && {
        chunk_size = size;
        return std::move(*this);
    }

    int status = 200;
    http_fields fields;
    std::string body;
    std::size_t chunk_size = 0;  ///< 0: not chunked.
    std::optional<std::string> raw;
    server_faults faults;
};

/// Answers one request; runs on the server's thread, so it must not block. What it throws becomes a
/// 500 with the exception's text.
using server_handler = std::function<awaitable<server_response>(server_request)>;

/// What there is no need to wait for.
[[nodiscard]] inline awaitable<server_response> ready(server_response r) { co_return r; }

/// A handler that has nothing to wait for.
[[nodiscard]] inline server_handler synchronous_handler(
    std::function<server_response(server_request const&)> answer) {
    return [answer = std::move(answer)](server_request const& request) {
        return ready(answer(request));
    };
}

}  // namespace coauth::testing

#endif
