// SPDX-License-Identifier: BSL-1.0
//
// The bytes of a testing server's response. Pure functions; any thread.

#ifndef COAUTH_TESTING_SERVER_WIRE_HPP
#define COAUTH_TESTING_SERVER_WIRE_HPP

#include <coauth/codec/http1_writer.hpp>
#include <coauth/codec/http_date.hpp>
#include <coauth/secret.hpp>
#include <coauth/testing/server_message.hpp>

#include <charconv>
#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>

namespace coauth::detail {

/// The reason phrase of RFC 9110 §15, for those that the testing servers use; else empty.
[[nodiscard]] constexpr std::string_view reason_phrase(int status) noexcept {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 413: return "Content Too Large";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        default: return {};
    }
}

/// Chunked coding (RFC 9112 §7.1).
[[nodiscard]] inline std::string chunked(std::string_view body, std::size_t chunk_size) {
    std::string out;
    while (!body.empty()) {
        std::string_view const chunk = body.substr(0, chunk_size);
        char size[16];
        auto const end = std::to_chars(size, size + sizeof size, chunk.size(), 16).ptr;
        out.append(size, end).append("\r\n").append(chunk).append("\r\n");
        body.remove_prefix(chunk.size());
    }
    return out += "0\r\n\r\n";
}

/// Everything to be sent. `to_head`: the request was HEAD. `keep`: the connection stays open.
[[nodiscard]] inline wiped_buffer server_wire_image(testing::server_response const& response,
                                                    bool to_head, bool keep) {
    wiped_buffer out;
    std::size_t const truncate_at = response.faults.truncate_body_at.value_or(std::string::npos);
    if (response.raw) {
        out.append(response.raw->substr(0, truncate_at));
        return out;
    }
    auto const missing = [&](std::string_view name) { return !response.fields.contains(name); };
    bool const may_have_body = response.status != 204 && response.status != 304;
    bool const in_chunks = response.chunk_size != 0 && may_have_body;
    http1_head_writer head(out);
    head.status_line(response.status, reason_phrase(response.status));
    if (missing("Date")) head.field("Date", format_http_date(std::time(nullptr)));
    head.fields(response.fields);
    if (in_chunks)
        head.field("Transfer-Encoding", "chunked");
    else if (may_have_body && missing("Content-Length"))
        head.content_length(response.body.size());
    if (!keep && missing("Connection")) head.field("Connection", "close");
    head.end();
    if (may_have_body && !to_head) {
        std::string_view body = response.body;
        std::string const coded = in_chunks ? chunked(body, response.chunk_size) : std::string();
        if (in_chunks) body = coded;
        out.append(body.substr(0, truncate_at));
    }
    return out;
}

}  // namespace coauth::detail

#endif
