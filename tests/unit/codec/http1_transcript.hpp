// SPDX-License-Identifier: BSL-1.0
//
// Runs the parser over one message or a stream of them. For tests only.

#ifndef COAUTH_TESTS_UNIT_CODEC_HTTP1_TRANSCRIPT_HPP
#define COAUTH_TESTS_UNIT_CODEC_HTTP1_TRANSCRIPT_HPP

#include <coauth/codec/http1_parser.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace coauth_test::http1 {

/// What is expected of the messages of a stream.
struct expectation {
    bool head_request = false;
    bool connect_request = false;
    bool upgrade_request = false;
};

/// Feeds a stream piece by piece to one parser; a message that is complete is written down and the
/// next one expected, until one forbids it.
class transcript {
public:
    explicit transcript(coauth::http1_parser::kind kind, expectation e = {},
                        coauth::http1_limits limits = {})
        : parser(kind, limits), expectation_(e) {
        expect();
    }

    void feed(std::string_view bytes) {
        while (!bytes.empty() && !error && !closed_) {
            std::size_t consumed = 0;
            error = parser.feed(bytes, consumed);
            bytes.remove_prefix(consumed);
            if (error) text += "error " + error.message() + "\n";
            if (parser.complete()) write_down();
        }
        if (!error) surplus += bytes;
    }

    /// The stream ends. A boundary between messages is a good end.
    void finish() {
        if (error || closed_ || (!parser.started() && messages > 0)) return;
        error = parser.finish();
        if (error) text += "error " + error.message() + "\n";
        if (parser.complete()) write_down();
    }

    coauth::http1_parser parser;
    std::error_code error;
    std::string text;
    std::string surplus;
    std::vector<int> statuses;
    unsigned messages = 0;
    unsigned interim = 0;

private:
    void expect() {
        parser.expect(expectation_.head_request, expectation_.connect_request,
                      expectation_.upgrade_request);
    }

    void write_down() {
        ++messages;
        interim += parser.interim_count();
        statuses.push_back(parser.status());
        text += std::to_string(parser.status()) + " " + std::string(parser.reason()) + " " +
                std::string(parser.method()) + " " + std::string(parser.target()) + " 1." +
                std::to_string(parser.version_minor()) + "\n";
        for (auto const list : {&std::as_const(parser).fields(), &parser.trailers()}) {
            for (coauth::http_field const f : *list) {
                text.append(f.name).append(": ").append(f.value).append("\n");
            }
            text += "\n";
        }
        text.append(parser.body()).append(parser.keep_alive() ? "\nkeep\n" : "\nclose\n");
        closed_ = !parser.keep_alive();
        if (!closed_) expect();
    }

    expectation expectation_;
    bool closed_ = false;
};

inline constexpr auto response = coauth::http1_parser::kind::response;
inline constexpr auto request = coauth::http1_parser::kind::request;

/// The first message of `text`, which may stop anywhere.
struct parsed {
    explicit parsed(std::string_view text, coauth::http1_parser::kind kind = response,
                    expectation e = {}, coauth::http1_limits limits = {})
        : parser(kind, limits) {
        parser.expect(e.head_request, e.connect_request, e.upgrade_request);
        error = parser.feed(text, consumed);
    }
    coauth::http1_parser parser;
    std::error_code error;
    std::size_t consumed = 0;
};

[[nodiscard]] inline std::string ok_with(std::string_view fields, std::string_view body = "") {
    return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

[[nodiscard]] inline bool refused(std::string_view text,
                                  coauth::http1_parser::kind kind = response) {
    parsed const p(text, kind);
    return p.error == coauth::errc::malformed_response;
}

[[nodiscard]] inline std::string chunked(std::string_view coded) {
    return ok_with("Transfer-Encoding: chunked\r\n", coded);
}

}  // namespace coauth_test::http1

#endif
