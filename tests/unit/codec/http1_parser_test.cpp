// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/http1_parser.hpp>

#include <gtest/gtest.h>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unit/codec/http1_transcript.hpp>
#include <utility>

namespace http1_parser_test {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using coauth::errc;
using coauth::http1_limits;
using coauth::http1_parser;
using coauth_test::http1::chunked;
using coauth_test::http1::ok_with;
using coauth_test::http1::parsed;
using coauth_test::http1::refused;
using coauth_test::http1::request;
using coauth_test::http1::response;
using coauth_test::http1::transcript;

TEST(http1_parser, parses_a_response_and_stops_at_its_end) {
    parsed p(ok_with("Content-Length: 5\r\nX-A: b\r\n", "helloHTTP/1.1"));
    ASSERT_FALSE(p.error);
    EXPECT_TRUE(p.parser.complete());
    EXPECT_EQ(p.consumed, ok_with("Content-Length: 5\r\nX-A: b\r\n", "hello").size());
    EXPECT_EQ(p.parser.status(), 200);
    EXPECT_EQ(p.parser.reason(), "OK");
    EXPECT_EQ(p.parser.version_minor(), 1);
    EXPECT_EQ(p.parser.body(), "hello");
    EXPECT_EQ(p.parser.fields().find("x-a"), "b");
    EXPECT_EQ(p.parser.content_length(), 5U);
    EXPECT_TRUE(p.parser.keep_alive());
    EXPECT_EQ(p.parser.take_body(), "hello");
    EXPECT_EQ(p.parser.body(), "");
}

TEST(http1_parser, parses_a_request) {
    parsed p("POST /t?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", request);
    ASSERT_FALSE(p.error);
    EXPECT_TRUE(p.parser.complete());
    EXPECT_EQ(p.parser.method(), "POST");
    EXPECT_EQ(p.parser.target(), "/t?x=1");
    EXPECT_EQ(p.parser.body(), "abc");
    parsed const without_body("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET", request);
    EXPECT_TRUE(without_body.parser.complete());
    parsed const in_chunks(
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n0\r\n\r\n",
        request);
    EXPECT_TRUE(in_chunks.parser.complete());
    EXPECT_EQ(in_chunks.parser.body(), "abc");
}

TEST(http1_parser, a_request_line_has_single_spaces_and_a_visible_target) {
    for (std::string_view const line :
         {"GET  / HTTP/1.1"sv, "GET / HTTP/1.1 "sv, " GET / HTTP/1.1"sv, "GET /a b HTTP/1.1"sv,
          "GET /\t HTTP/1.1"sv, "GET /\xC3\xA9 HTTP/1.1"sv, "GET HTTP/1.1"sv, "GET / HTTP/2.0"sv,
          "GET /"sv, "G(T / HTTP/1.1"sv, "GET /\rx HTTP/1.1"sv}) {
        EXPECT_TRUE(refused(std::string(line) + "\r\nHost: h\r\n\r\n", request)) << line;
    }
}

TEST(http1_parser, a_request_names_one_host_and_frames_its_body) {
    EXPECT_TRUE(refused("GET / HTTP/1.1\r\n\r\n", request));
    EXPECT_TRUE(refused("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", request));
    EXPECT_FALSE(refused("GET / HTTP/1.0\r\n\r\n", request));
    EXPECT_TRUE(refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", request));
}

//
TEST(http1_parser, a_status_is_three_digits) {
    for (std::string_view const status :
         {"99", "1000", "0x1", "FFF", "2 00", "20", "", "099", "-20", "+200", " 200", "20a"}) {
        EXPECT_TRUE(refused("HTTP/1.1 " + std::string(status) + " OK\r\n\r\n")) << status;
    }
    EXPECT_TRUE(refused("HTTP/1.1\r\n\r\n"));
    EXPECT_TRUE(refused("HTTP/1.1 200OK\r\n\r\n"));
    EXPECT_FALSE(refused("HTTP/1.1 999 \r\n\r\n"));
}

//
TEST(http1_parser, the_version_is_1_0_or_1_1) {
    for (std::string_view const line :
         {"HTTP/2.0 200 OK"sv, "HTTP/01.1 200 OK"sv, "HTTP/1.10 200 OK"sv, "HTTP/1.1\t200 OK"sv,
          "\rHTTP/1.1 200 OK"sv, "http/1.1 200 OK"sv, "HTTP/1.2 200 OK"sv, "HTTP/1 200 OK"sv,
          "HTTP/1.1  200 OK"sv, "HTTP /1.1 200 OK"sv, "ICY 200 OK"sv}) {
        EXPECT_TRUE(refused(std::string(line) + "\r\n\r\n")) << line;
    }
}

TEST(http1_parser, another_protocol_is_recognised_without_a_line_end) {
    for (std::string_view const bytes : {"\x15\x03\x01"sv, "SSH-2.0"sv, "H2"sv, "HTTP/2"sv}) {
        EXPECT_TRUE(refused(bytes)) << bytes;
    }
    for (std::string_view const bytes : {"H"sv, "HTTP/1."sv, "HTTP/1.1 20"sv, "\r"sv}) {
        EXPECT_FALSE(parsed(bytes).error) << bytes;
    }
    // Also where so much of it comes at once that a line would be too long.
    EXPECT_TRUE(refused("SSH-2.0-" + std::string(100'000, 'x')));
    EXPECT_EQ(parsed("HTTP/1.1 200 " + std::string(100'000, 'x')).error, errc::header_too_large);
}

//
TEST(http1_parser, a_reason_may_be_empty_missing_long_or_obs_text) {
    EXPECT_EQ(parsed("HTTP/1.1 200 \r\n\r\n").parser.reason(), "");
    EXPECT_EQ(parsed("HTTP/1.1 200\r\n\r\n").parser.reason(), "");
    EXPECT_EQ(parsed("HTTP/1.1 200 d\xE9j\xE0\tvu\r\n\r\n").parser.reason(), "d\xE9j\xE0\tvu");
    std::string const reason(8192, 'r');
    EXPECT_EQ(parsed("HTTP/1.1 200 " + reason + "\r\n\r\n").parser.reason(), reason);
    EXPECT_TRUE(refused("HTTP/1.1 200 a\x01\r\n\r\n"));
}

//
TEST(http1_parser, a_bare_line_feed_ends_no_line) {
    EXPECT_TRUE(refused("HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"));
    EXPECT_TRUE(refused("\nHTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(refused(ok_with("A: b\nContent-Length: 0\r\n")));
    EXPECT_TRUE(refused("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n"));
    EXPECT_TRUE(refused(chunked("3\nabc\r\n0\r\n\r\n")));
    EXPECT_TRUE(refused(chunked("3\r\nabc\n0\r\n\r\n")));
    EXPECT_TRUE(refused(chunked("3\r\nabc\r\n0\r\n\n")));
    EXPECT_TRUE(refused(chunked("3\r\nabc\r\n0\r\nA: b\n\r\n")));
}

//
TEST(http1_parser, a_bare_carriage_return_is_refused) {
    EXPECT_TRUE(refused(ok_with("A: b\rc\r\n")));
    EXPECT_TRUE(refused(ok_with("A: b\r\r\n")));
    EXPECT_TRUE(refused(ok_with("A\r: b\r\n")));
    EXPECT_TRUE(refused("HTTP/1.1 200 OK\rA: b\r\n\r\n"));
    EXPECT_TRUE(refused("HTTP/1.1 200 OK\r\nA: b\r\n\r\r\n"));
}

//
TEST(http1_parser, a_line_folding_becomes_a_space_but_not_in_framing) {
    parsed const p(ok_with("A: b\r\n  c \r\n\t\r\n\td\r\nContent-Length: 0\r\n"));
    ASSERT_FALSE(p.error);
    EXPECT_EQ(p.parser.fields().find("A"), "b c d");
    EXPECT_EQ(p.parser.fields().size(), 2U);
    EXPECT_TRUE(refused(ok_with("Transfer-Encoding: chunked\r\n abc\r\n")));
    EXPECT_TRUE(refused(ok_with("Transfer-Encoding:\r\n chunked\r\n")));
    EXPECT_TRUE(refused(ok_with("Content-Length: 1\r\n 2\r\n", "a")));
    EXPECT_TRUE(refused("HTTP/1.1 200 OK\r\n A: b\r\n\r\n"));
}

//
TEST(http1_parser, two_empty_lines_before_a_message_are_skipped) {
    EXPECT_FALSE(refused("\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"));
    EXPECT_TRUE(refused("\r\n\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"));
}

//
TEST(http1_parser, a_field_name_is_a_token_up_to_the_colon) {
    EXPECT_TRUE(refused(ok_with("Content-Length : 5\r\n", "hello")));
    EXPECT_TRUE(refused(ok_with("Content-Length\t: 5\r\n", "hello")));
    EXPECT_TRUE(refused(ok_with(": b\r\n")));
    EXPECT_TRUE(refused(ok_with("no-colon\r\n")));
    for (int byte = 0; byte < 256; ++byte) {
        char const c = static_cast<char>(byte);
        if (c == ':') continue;
        EXPECT_EQ(refused(ok_with("a"s + c + "b: v\r\nContent-Length: 0\r\n")),
                  !coauth::is_token(std::string(1, c)))
            << byte;
    }
}

//
TEST(http1_parser, control_characters_in_a_value_are_refused_and_obs_text_is_kept) {
    for (int byte = 0; byte < 256; ++byte) {
        std::string const value = "a"s + static_cast<char>(byte) + "b";
        parsed const p(ok_with("N: " + value + "\r\nContent-Length: 0\r\n"));
        EXPECT_EQ(!p.error, coauth::is_field_value(value)) << byte;
        if (!p.error) { EXPECT_EQ(p.parser.fields().find("N"), value) << byte; }
    }
}

//
TEST(http1_parser, whitespace_around_a_value_is_trimmed_and_inside_is_kept) {
    parsed const p(ok_with("A: \t b\tc  d \t\r\nB:x\r\nC:\r\nD: \t\r\nContent-Length: 0\r\n"));
    ASSERT_FALSE(p.error);
    EXPECT_EQ(p.parser.fields().find("A"), "b\tc  d");
    EXPECT_EQ(p.parser.fields().find("B"), "x");
    EXPECT_EQ(p.parser.fields().find("C"), "");
    EXPECT_EQ(p.parser.fields().find("D"), "");
}

//
TEST(http1_parser, a_head_is_bounded_in_lines_bytes_and_fields) {
    http1_limits const limits{.max_head = 100, .max_line = 40, .max_fields = 3};
    auto const verdict = [&](std::string const& text) {
        return parsed(text, response, {}, limits).error;
    };
    EXPECT_FALSE(verdict("HTTP/1.1 200 OK\r\nA: " + std::string(37, 'x') + "\r\n"));
    EXPECT_EQ(verdict("HTTP/1.1 200 OK\r\nA: " + std::string(38, 'x') + "\r\n"),
              errc::header_too_large);
    EXPECT_EQ(verdict("HTTP/1.1 200 OK\r\nA: " + std::string(39, 'x')), errc::header_too_large);
    EXPECT_EQ(verdict("HTTP/1.1 200 " + std::string(40, 'r')), errc::header_too_large);
    EXPECT_FALSE(verdict("HTTP/1.1 204 x\r\nA: b\r\nA: b\r\nA: b\r\n\r\n"));
    EXPECT_EQ(verdict("HTTP/1.1 204 x\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n\r\n"),
              errc::header_too_large);
    std::string const line = "A: " + std::string(35, 'x') + "\r\n";
    EXPECT_FALSE(verdict("HTTP/1.1 200 OK\r\n" + line + line));
    EXPECT_EQ(verdict("HTTP/1.1 200 OK\r\n" + line + line + line), errc::header_too_large);
}

//
TEST(http1_parser, the_default_limits_are_those_documented) {
    std::string const field = "A: b\r\n";
    std::string many;
    for (int i = 0; i < 255; ++i) many += field;
    EXPECT_TRUE(parsed(ok_with(many + "Content-Length: 0\r\n")).parser.complete());
    EXPECT_EQ(parsed(ok_with(many + field + "Content-Length: 0\r\n")).error,
              errc::header_too_large);
    EXPECT_EQ(parsed(ok_with("A: " + std::string(16 * 1024, 'x') + "\r\n")).error,
              errc::header_too_large);
    std::string const long_line = "A: " + std::string(16 * 1024 - 3, 'x') + "\r\n";
    EXPECT_EQ(parsed(ok_with(long_line + long_line + long_line + long_line)).error,
              errc::header_too_large);
}

//
TEST(http1_parser, a_content_length_is_digits_only) {
    for (std::string_view const value :
         {"+5", "-1", "0x5", "5_0", "", "5,5", "5, 6", "5 5", "12345678901234567890",
          "18446744073709551616", "00000000000000000005", "5.0", "5;", "\"5\""}) {
        EXPECT_TRUE(refused(ok_with("Content-Length: " + std::string(value) + "\r\n", "hello")))
            << value;
    }
    EXPECT_EQ(parsed(ok_with("Content-Length:  5 \t\r\n", "hello")).parser.body(), "hello");
    parsed const huge(ok_with("Content-Length: 9999999999999999999\r\n"));
    EXPECT_EQ(huge.error, errc::body_too_large);
}

//
TEST(http1_parser, equal_lengths_count_as_one_and_different_ones_are_refused) {
    parsed const p(ok_with("Content-Length: 5\r\ncontent-length: 5\r\n", "hello"));
    EXPECT_TRUE(p.parser.complete());
    EXPECT_TRUE(refused(ok_with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")));
    EXPECT_TRUE(refused(ok_with("Content-Length: 5\r\nContent-Length: 05\r\n", "hello")));
}

//
TEST(http1_parser, a_length_and_a_transfer_coding_together_are_refused) {
    EXPECT_TRUE(refused(ok_with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")));
    EXPECT_TRUE(refused(ok_with("Transfer-Encoding: gzip\r\nContent-Length: 3\r\n")));
}

//
TEST(http1_parser, only_a_single_final_chunked_is_chunked) {
    constexpr std::string_view coded = "3\r\nabc\r\n0\r\n\r\n";
    for (std::string_view const value : {"chunked", "Chunked", "CHUNKED \t"}) {
        parsed const p(ok_with("Transfer-Encoding: " + std::string(value) + "\r\n", coded));
        EXPECT_TRUE(p.parser.complete() && p.parser.keep_alive()) << value;
        EXPECT_EQ(p.parser.body(), "abc");
        EXPECT_FALSE(p.parser.has_foreign_transfer_coding());
    }
    for (std::string_view const value :
         {"chunked, chunked", "chunked,gzip,chunked", "", ",chunked", "chunked,"}) {
        EXPECT_TRUE(refused(ok_with("Transfer-Encoding: " + std::string(value) + "\r\n"))) << value;
    }
    EXPECT_TRUE(refused(ok_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")));
    for (std::string_view const value : {"chunkedchunked", "xchunked", "chunked, gzip", "identity",
                                         "gzip", "chunked;q=1", "\"chunked\""}) {
        parsed p(ok_with("Transfer-Encoding: " + std::string(value) + "\r\n", coded));
        EXPECT_FALSE(p.error) << value;
        EXPECT_TRUE(p.parser.delimited_by_eof()) << value;
        EXPECT_TRUE(p.parser.has_foreign_transfer_coding()) << value;
        EXPECT_FALSE(p.parser.finish());
        EXPECT_EQ(p.parser.body(), coded);
        EXPECT_FALSE(p.parser.keep_alive()) << value;
    }
    for (std::string_view const lines :
         {"Transfer-Encoding: gzip, chunked\r\n",
          "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"}) {
        parsed const p(ok_with(lines, coded));
        EXPECT_TRUE(p.parser.complete() && p.parser.has_foreign_transfer_coding());
        EXPECT_FALSE(p.parser.keep_alive());
    }
}

//
TEST(http1_parser, a_transfer_coding_in_http_1_0_ends_the_connection) {
    parsed const p(
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\na\r\n0\r\n\r\n");
    EXPECT_TRUE(p.parser.complete());
    EXPECT_FALSE(p.parser.keep_alive());
}

//
TEST(http1_parser, responses_without_content_end_with_their_head) {
    for (std::string_view const status : {"204 No Content", "304 Not Modified"}) {
        for (std::string_view const framing :
             {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
            transcript t(response);
            t.feed("HTTP/1.1 " + std::string(status) + "\r\n" + std::string(framing) + "\r\n" +
                   ok_with("Content-Length: 2\r\n", "ok"));
            EXPECT_FALSE(t.error);
            EXPECT_EQ(t.messages, 2U);
            EXPECT_EQ(t.statuses.back(), 200);
        }
    }
    parsed const interim("HTTP/1.1 103 Early\r\nContent-Length: 5\r\n\r\n" +
                         ok_with("Content-Length: 2\r\n", "ok"));
    EXPECT_EQ(interim.parser.body(), "ok");
}

//
TEST(http1_parser, a_response_to_head_has_no_body_but_reports_its_length) {
    parsed const p(ok_with("Content-Length: 100\r\n", "HTTP"), response, {.head_request = true});
    EXPECT_TRUE(p.parser.complete() && p.parser.keep_alive());
    EXPECT_EQ(p.parser.content_length(), 100U);
    EXPECT_EQ(p.parser.fields().find("content-length"), "100");
    EXPECT_EQ(p.consumed, ok_with("Content-Length: 100\r\n").size());
    EXPECT_TRUE(parsed(ok_with("Content-Length: 99999999999\r\n"), response, {.head_request = true})
                    .parser.complete());
}

//
TEST(http1_parser, interim_responses_are_skipped_up_to_a_limit) {
    std::string const interim =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nA: b\r\n\r\n";
    parsed p(interim + ok_with("Content-Length: 0\r\n"));
    EXPECT_TRUE(p.parser.complete() && p.parser.keep_alive());
    EXPECT_EQ(p.parser.status(), 200);
    EXPECT_EQ(p.parser.interim_count(), 2U);
    EXPECT_FALSE(p.parser.fields().contains("A"));
    std::string sixteen;
    for (int i = 0; i < 8; ++i) sixteen += interim;
    EXPECT_TRUE(parsed(sixteen + ok_with("Content-Length: 0\r\n")).parser.complete());
    EXPECT_EQ(parsed(sixteen + "HTTP/1.1 100 Continue\r\n\r\n").error,
              errc::too_many_interim_responses);
}

//
TEST(http1_parser, a_switch_of_protocols_needs_an_upgrade_request) {
    std::string const text = "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
    EXPECT_TRUE(refused(text));
    parsed const p(text + "\x01\x02", response, {.upgrade_request = true});
    EXPECT_TRUE(p.parser.complete());
    EXPECT_EQ(p.consumed, text.size());
    EXPECT_FALSE(p.parser.keep_alive());
}

//
TEST(http1_parser, a_tunnel_begins_after_the_head) {
    std::string const head = ok_with("Content-Length: 5\r\n");
    parsed const p(head + "\x16\x03", response, {.connect_request = true});
    EXPECT_TRUE(p.parser.complete());
    EXPECT_EQ(p.consumed, head.size());
    EXPECT_FALSE(p.parser.keep_alive());
    parsed const failed("HTTP/1.1 407 x\r\nContent-Length: 2\r\n\r\nno", response,
                        {.connect_request = true});
    EXPECT_EQ(failed.parser.body(), "no");
    // RFC 9110 §9.3.6: such fields are ignored, so they cannot be wrong either.
    for (char const* const fields : {"Transfer-Encoding: chunked\r\n", "Content-Length: x\r\n",
                                     "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"}) {
        parsed const any(ok_with(fields) + "\x16", response, {.connect_request = true});
        EXPECT_TRUE(any.parser.complete()) << fields;
        EXPECT_EQ(any.consumed, ok_with(fields).size());
    }
}

//
TEST(http1_parser, a_body_without_framing_ends_with_the_stream) {
    parsed p(ok_with("", "all of it"));
    EXPECT_TRUE(p.parser.delimited_by_eof());
    EXPECT_FALSE(p.parser.complete());
    EXPECT_FALSE(p.parser.finish());
    EXPECT_TRUE(p.parser.complete());
    EXPECT_EQ(p.parser.body(), "all of it");
    EXPECT_FALSE(p.parser.keep_alive());
}

//
TEST(http1_parser, an_end_inside_of_a_message_is_truncation) {
    for (std::string const& text : {""s, "\r\n"s, "HTTP/1.1 2"s, ok_with("A: b\r\n").substr(0, 20),
                                    ok_with("Content-Length: 5\r\n", "hell")}) {
        parsed p(text);
        EXPECT_FALSE(p.error);
        EXPECT_EQ(p.parser.started(), !text.empty());
        EXPECT_EQ(p.parser.finish(), errc::truncated) << text;
        std::size_t consumed = 0;
        EXPECT_EQ(p.parser.feed("o", consumed), errc::truncated);
        EXPECT_EQ(consumed, 0U);
    }
}

//
TEST(http1_parser, surplus_bytes_are_left_to_the_caller) {
    std::string const text = ok_with("Content-Length: 2\r\n", "ok");
    parsed p(text + "garbage");
    EXPECT_EQ(p.consumed, text.size());
    std::size_t consumed = 1;
    EXPECT_FALSE(p.parser.feed("garbage", consumed));
    EXPECT_EQ(consumed, 0U);
    EXPECT_FALSE(p.parser.finish());
}

//
TEST(http1_parser, connection_options_decide_about_reuse) {
    struct {
        std::string_view version;
        std::string_view lines;
        bool reusable;
    } const cases[] = {
        {"1.1", "", true},
        {"1.0", "", false},
        {"1.0", "Connection: keep-alive\r\n", true},
        {"1.0", "Connection: Keep-Alive, foo\r\n", true},
        {"1.0", "Connection: keep-alive, close\r\n", false},
        {"1.1", "Connection: close, foo\r\n", false},
        {"1.1", "Connection: foo,\tCLOSE\r\n", false},
        {"1.1", "Connection: closed\r\n", true},
        {"1.1", "Connection: keep-alive\r\nConnection: close\r\n", false},
        {"1.1", "Proxy-Connection: close\r\n", false},
        {"1.0", "Proxy-Connection: keep-alive\r\n", true},
    };
    for (auto const& c : cases) {
        parsed const p("HTTP/" + std::string(c.version) + " 200 OK\r\nContent-Length: 0\r\n" +
                       std::string(c.lines) + "\r\n");
        EXPECT_TRUE(p.parser.complete());
        EXPECT_EQ(p.parser.keep_alive(), c.reusable) << c.version << ' ' << c.lines;
    }
}

//
TEST(http1_parser, two_locations_are_refused_and_other_repeated_fields_count_once) {
    EXPECT_TRUE(refused(ok_with("Location: /a\r\nLocation: /b\r\n")));
    EXPECT_TRUE(refused(ok_with("Location: /a\r\nlocation: /a\r\n")));
    parsed const p(
        ok_with("Date: 1\r\nDate: 2\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n"
                "Content-Length: 0\r\n"));
    EXPECT_EQ(p.parser.fields().find("Date"), "1");
    EXPECT_EQ(p.parser.fields().find("Content-Type"), "a/b");
}

//
TEST(http1_parser, cookies_are_never_merged) {
    parsed const p(ok_with("Set-Cookie: a=1, 2\r\nSet-Cookie: b\r\nContent-Length: 0\r\n"));
    EXPECT_EQ(p.parser.fields().all("set-cookie"), (std::vector<std::string_view>{"a=1, 2", "b"}));
}

TEST(http1_parser, a_body_is_bounded_however_it_is_framed) {
    http1_limits const limits{.max_body = 4};
    auto const verdict = [&](std::string const& text) {
        return parsed(text, response, {}, limits).error;
    };
    EXPECT_FALSE(verdict(ok_with("Content-Length: 4\r\n", "abcd")));
    EXPECT_EQ(verdict(ok_with("Content-Length: 5\r\n")), errc::body_too_large);
    EXPECT_FALSE(verdict(chunked("2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n")));
    EXPECT_EQ(verdict(chunked("2\r\nab\r\n3\r\n")), errc::body_too_large);
    EXPECT_FALSE(verdict(ok_with("", "abcd")));
    EXPECT_EQ(verdict(ok_with("", "abcde")), errc::body_too_large);
}

TEST(http1_parser, one_parser_takes_one_message_after_another) {
    http1_parser parser(response);
    std::size_t consumed = 0;
    ASSERT_FALSE(parser.feed(chunked("1\r\na\r\n0\r\nT: u\r\n\r\n"), consumed));
    parser.expect(false);
    EXPECT_FALSE(parser.started() || parser.complete() || parser.head_complete());
    EXPECT_EQ(parser.body(), "");
    EXPECT_TRUE(parser.fields().empty() && parser.trailers().empty());
    EXPECT_TRUE(parser.feed("nonsense", consumed));
    parser.set_limits({.max_body = 1});
    parser.expect(false);
    EXPECT_EQ(parser.feed(ok_with("Content-Length: 2\r\n"), consumed), errc::body_too_large);
    parser.set_limits({});
    parser.expect(false);
    EXPECT_FALSE(parser.feed(ok_with("Content-Length: 2\r\n", "ok"), consumed));
    EXPECT_EQ(parser.body(), "ok");
}

TEST(http1_parser, a_sensitive_body_is_wiped_in_place) {
    http1_parser parser(response);
    parser.set_sensitive(true);
    parser.expect(false);
    std::size_t consumed = 0;
    ASSERT_FALSE(parser.feed(ok_with("", "secret bytes"), consumed));
    std::string_view const body = parser.body();
    ASSERT_EQ(body, "secret bytes");
    parser.wipe_body();
    EXPECT_EQ(parser.body(), "");
    // The memory is kept, so the old view shows what is left in it.
    EXPECT_EQ(body, std::string(12, '\0'));
    EXPECT_FALSE(parser.finish());
    parser.expect(false);
    ASSERT_FALSE(parser.feed(ok_with("", std::string(100'000, 's')), consumed));
    EXPECT_EQ(parser.body(), std::string(100'000, 's'));
}

//
TEST(http1_parser, every_split_of_a_rich_stream_gives_the_same_events) {
    std::string const responses = "\r\nHTTP/1.1 100 Continue\r\nX: y\r\n\r\n" +
                                  ok_with("A: b\r\n\tc\r\nContent-Length: 3\r\n", "abc") +
                                  chunked("3;x=\"y\\\"z\"\r\nabc\r\n0000\r\nT: u\r\n v\r\n\r\n") +
                                  ok_with("", "until the end\r\n");
    std::string const requests =
        "GET /a HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\nContent-Length: "
        "2\r\n\r\nok"
        "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    for (auto const& [kind, text] :
         {std::pair{response, responses}, std::pair{request, requests}}) {
        auto const text_of = [side = kind](auto... parts) {
            transcript t(side);
            (t.feed(parts), ...);
            t.finish();
            return t.text;
        };
        std::string_view const all = text;
        std::string const whole = text_of(all);
        EXPECT_EQ(whole.find("error"), std::string::npos) << whole;
        for (std::size_t i = 0; i <= all.size(); ++i) {
            ASSERT_EQ(text_of(all.substr(0, i), all.substr(i)), whole) << i;
        }
        transcript bytewise(kind);
        for (char const byte : all) bytewise.feed({&byte, 1});
        bytewise.finish();
        EXPECT_EQ(bytewise.text, whole);
        EXPECT_EQ(bytewise.messages, 3U);
    }
}

}  // namespace
}  // namespace http1_parser_test
