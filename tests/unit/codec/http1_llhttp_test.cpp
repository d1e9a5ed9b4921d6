// SPDX-License-Identifier: BSL-1.0
//
// The published responses of llhttp, whole, in every portion, and cut off everywhere.

#include <coauth/codec/base64.hpp>
#include <coauth/codec/json_reader.hpp>

#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <unit/codec/http1_transcript.hpp>
#include <unit/vector_file.hpp>
#include <vector>

namespace http1_llhttp_test {
namespace {

using coauth::http1_parser;
using coauth_test::http1::expectation;
using coauth_test::http1::transcript;

struct llhttp_case {
    std::string name;
    std::string mode;
    std::string input;
    bool refused = false;
    std::vector<int> statuses;
    std::vector<std::string> fields;
    std::vector<std::string> values;
    std::string body;
    std::int64_t messages = 0;

    [[nodiscard]] bool lenient() const { return mode.find("lenient") != std::string::npos; }
    [[nodiscard]] expectation expected() const {
        return {.head_request = name == "Content-Length reset when no body is received",
                .upgrade_request = name.find("101") != std::string::npos};
    }
};

[[nodiscard]] std::vector<std::string> read_texts(std::string_view raw) {
    std::vector<std::string> texts;
    coauth::json_reader reader(raw);
    EXPECT_EQ(reader.next(), coauth::json_event::begin_array);
    for (coauth::json_value item; reader.next_value(item);) {
        texts.push_back(item.is(coauth::json_type::string) ? item.to_string()
                                                           : std::string(item.raw()));
    }
    return texts;
}

[[nodiscard]] llhttp_case read_case(std::string_view raw) {
    llhttp_case c;
    coauth::json_object_reader members(raw);
    while (members.next()) {
        coauth::json_value const& v = members.value();
        if (members.name() == "name") c.name = v.to_string();
        if (members.name() == "mode") c.mode = v.to_string();
        if (members.name() == "input_b64") c.input = coauth::base64_decode(v.to_string()).value();
        if (members.name() == "error") c.refused = v.raw() == "true";
        if (members.name() == "fields") c.fields = read_texts(v.raw());
        if (members.name() == "values") c.values = read_texts(v.raw());
        if (members.name() == "body") c.body = v.to_string();
        if (members.name() == "message_complete") c.messages = v.to_integer();
        if (members.name() == "statuses") {
            for (std::string const& text : read_texts(v.raw())) {
                c.statuses.push_back(std::stoi(text));
            }
        }
    }
    return c;
}

[[nodiscard]] std::vector<llhttp_case> read_cases() {
    std::vector<llhttp_case> cases;
    std::string const text = coauth_test::read_vector("llhttp_responses.json");
    coauth::json_object_reader document(text);
    while (document.next()) {
        if (document.name() != "cases") continue;
        coauth::json_reader reader(document.value().raw());
        EXPECT_EQ(reader.next(), coauth::json_event::begin_array);
        for (coauth::json_value item; reader.next_value(item);) {
            cases.push_back(read_case(item.raw()));
        }
    }
    EXPECT_EQ(cases.size(), 43U);
    return cases;
}

/// Where this parser refuses what llhttp takes, and why. Beyond these cases it also refuses
/// HTTP/2.0 in a status line, control characters in a reason phrase, statuses below 100 and
/// "chunked" applied twice; and it takes equal Content-Length lines and a line folding after
/// Connection, which llhttp refuses.
[[nodiscard]] bool is_deviation(llhttp_case const& c) {
    return c.name == "RTSP response" ||                           // another protocol
           c.name == "HTTP version 0.9" ||                        // has no status line at all
           c.mode == "response-lenient-version" ||                // llhttp's lenient switches are
           c.mode == "response-lenient-optional-cr-before-lf" ||  // not offered
           c.mode == "response-lenient-headers";
}

[[nodiscard]] std::string transcript_of(llhttp_case const& c, std::string_view first,
                                        std::string_view second) {
    transcript t(http1_parser::kind::response, c.expected());
    t.feed(first);
    t.feed(second);
    t.finish();
    return t.text + "surplus " + t.surplus;
}

//
TEST(http1_llhttp, verdicts_agree_but_for_the_listed_deviations) {
    std::size_t refused = 0;
    std::size_t deviations = 0;
    for (llhttp_case const& c : read_cases()) {
        SCOPED_TRACE(c.name);
        transcript t(http1_parser::kind::response, c.expected());
        t.feed(c.input);
        bool const deviates = is_deviation(c);
        // One refused input stops inside of the line at fault, which is judged as a whole.
        if (c.refused) t.finish();
        EXPECT_EQ(static_cast<bool>(t.error), c.refused || deviates);
        refused += c.refused ? 1 : 0;
        deviations += deviates ? 1 : 0;
    }
    EXPECT_EQ(refused, 11U);
    EXPECT_EQ(deviations, 5U);
}

[[nodiscard]] std::string without_line_ends(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (c != '\r' && c != '\n') out += c;
    }
    return out;
}

/// llhttp leaves whitespace at the end of some values; it is not part of them (RFC 9112 §5.1).
[[nodiscard]] std::vector<std::string> trimmed(std::vector<std::string> values) {
    for (std::string& value : values) value = coauth::trim_ows(std::string(value));
    return values;
}

//
TEST(http1_llhttp, accepted_responses_mean_the_same) {
    for (llhttp_case const& c : read_cases()) {
        if (c.refused || is_deviation(c) || c.lenient()) continue;
        SCOPED_TRACE(c.name);
        http1_parser parser(http1_parser::kind::response);
        std::string_view rest = c.input;
        std::vector<std::string> fields, values;
        std::vector<int> statuses;
        std::int64_t complete = 0;
        std::int64_t interim = 0;
        std::string body;
        do {
            parser.expect(c.expected().head_request, false, c.expected().upgrade_request);
            std::size_t consumed = 0;
            ASSERT_FALSE(parser.feed(rest, consumed));
            rest.remove_prefix(consumed);
            if (!parser.head_complete()) break;
            for (coauth::http_field const f : parser.fields()) {
                fields.emplace_back(f.name);
                values.emplace_back(f.value);
            }
            statuses.push_back(parser.status());
            interim += parser.interim_count();
            complete += parser.complete() ? 1 : 0;
            body += without_line_ends(parser.body());
        } while (!rest.empty() && parser.complete() && parser.status() != 101);
        if (interim == 0 && c.name != "Should parse multiple events") {
            EXPECT_EQ(statuses, c.statuses);
        }
        EXPECT_EQ(fields, c.fields);
        EXPECT_EQ(values, trimmed(c.values));
        EXPECT_EQ(complete + interim, c.messages);
        EXPECT_EQ(body, c.body);
    }
}

//
TEST(http1_llhttp, every_split_gives_the_same_events) {
    std::size_t positions = 0;
    for (llhttp_case const& c : read_cases()) {
        SCOPED_TRACE(c.name);
        std::string_view const input = c.input;
        std::string const whole = transcript_of(c, input, {});
        for (std::size_t at = 1; at < input.size(); ++at, ++positions) {
            ASSERT_EQ(transcript_of(c, input.substr(0, at), input.substr(at)), whole) << at;
        }
        transcript bytewise(http1_parser::kind::response, c.expected());
        for (char const byte : input) bytewise.feed({&byte, 1});
        bytewise.finish();
        EXPECT_EQ(bytewise.text + "surplus " + bytewise.surplus, whole);
    }
    EXPECT_GT(positions, 3000U);
}

//
TEST(http1_llhttp, every_truncation_is_an_error_or_an_end_of_stream_body) {
    for (llhttp_case const& c : read_cases()) {
        SCOPED_TRACE(c.name);
        for (std::size_t size = 0; size <= c.input.size(); ++size) {
            http1_parser parser(http1_parser::kind::response);
            parser.expect(c.expected().head_request, false, c.expected().upgrade_request);
            std::size_t consumed = 0;
            std::error_code const fed =
                parser.feed(std::string_view(c.input).substr(0, size), consumed);
            bool const was_complete = parser.complete();
            std::error_code const finished = parser.finish();
            EXPECT_EQ(!finished, parser.complete()) << size;
            if (fed) { EXPECT_EQ(finished, fed) << size; }
            if (!finished) { EXPECT_TRUE(was_complete || parser.delimited_by_eof()) << size; }
        }
    }
}

}  // namespace
}  // namespace http1_llhttp_test
