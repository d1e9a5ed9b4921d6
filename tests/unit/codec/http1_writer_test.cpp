// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/http1_writer.hpp>

#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <string_view>

namespace http1_writer_test {
namespace {

using coauth::errc;

constexpr errc fine{};

TEST(http1_writer, writes_a_request_head_with_host_first) {
    coauth::http_fields fields;
    fields.append("Accept", "application/json");
    fields.append("X-Empty", "");
    coauth::detail::wiped_buffer out;
    coauth::write_request_head(out, "POST", "/v1/users?x=1", "[::1]:8443", fields, 17);
    EXPECT_EQ(out.view(),
              "POST /v1/users?x=1 HTTP/1.1\r\nHost: [::1]:8443\r\nAccept: application/json\r\n"
              "X-Empty: \r\nContent-Length: 17\r\n\r\n");
}

TEST(http1_writer, writes_no_length_unless_told) {
    coauth::detail::wiped_buffer out;
    coauth::write_request_head(out, "GET", "/", "h", {});
    EXPECT_EQ(out.view(), "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
}

TEST(http1_writer, writes_a_response_head) {
    coauth::http_fields fields;
    fields.append("Content-Type", "text/plain");
    coauth::detail::wiped_buffer out;
    coauth::write_response_head(out, 404, "Not Found", fields,
                                std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(out.view(),
              "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n"
              "Content-Length: 18446744073709551615\r\n\r\n");
}

TEST(http1_writer, writes_a_credential_behind_its_scheme) {
    coauth::detail::wiped_buffer out;
    coauth::http1_head_writer(out).field("Authorization", "Bearer ", "abc");
    EXPECT_EQ(out.view(), "Authorization: Bearer abc\r\n");
}

//
TEST(http1_writer, a_value_with_a_line_end_or_nul_is_refused) {
    using namespace std::string_view_literals;
    for (std::string_view const value :
         {"a\r\nX-Evil: 1"sv, "a\n"sv, "\ra"sv, "a\rb"sv, "\0"sv, "a\0b"sv, "a\x7F"sv, "\x1B["sv}) {
        EXPECT_EQ(coauth::check_user_header("X-A", value), errc::invalid_header) << value;
    }
    EXPECT_EQ(coauth::check_user_header("X-A", "a\tb \xC3\xA9"), fine);
    EXPECT_EQ(coauth::check_user_header("X-A", ""), fine);
}

//
TEST(http1_writer, spaces_around_a_value_are_dropped) {
    EXPECT_EQ(coauth::check_user_header("X-A", " \t b "), fine);
    coauth::http_fields fields;
    fields.append("X-A", " \t b\tc \t");
    coauth::detail::wiped_buffer out;
    coauth::write_request_head(out, "GET", "/", "h", fields);
    EXPECT_EQ(out.view(), "GET / HTTP/1.1\r\nHost: h\r\nX-A: b\tc\r\n\r\n");
}

//
TEST(http1_writer, a_name_that_is_no_token_is_refused) {
    for (std::string_view const name :
         {"", "a b", "a:b", "a\r\n", "\xC3\x9Cnicode", ":path", " a", "a ", "a\t", "(a)"}) {
        EXPECT_EQ(coauth::check_user_header(name, "v"), errc::invalid_header) << name;
    }
    EXPECT_EQ(coauth::check_user_header("X-Request_ID.1", "v"), fine);
}

//
TEST(http1_writer, fields_that_the_library_sets_are_refused) {
    for (std::string_view const name :
         {"Host", "content-length", "Transfer-Encoding", "CONNECTION", "Upgrade", "Expect", "te",
          "Trailer", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization"}) {
        EXPECT_EQ(coauth::check_user_header(name, "x"), errc::invalid_header) << name;
    }
    EXPECT_EQ(coauth::check_user_header("Authorization", "x"), fine);
    EXPECT_EQ(coauth::check_user_header("Hosts", "x"), fine);
}

// with both refused from the user, the library alone chooses one of them.
TEST(http1_writer, a_user_cannot_set_both_length_and_chunked) {
    EXPECT_EQ(coauth::check_user_header("Content-Length", "10"), errc::invalid_header);
    EXPECT_EQ(coauth::check_user_header("Transfer-Encoding", "chunked"), errc::invalid_header);
}

//
TEST(http1_writer, a_method_is_a_token_and_keeps_its_case) {
    for (std::string_view const method : {"GET\r\n", "GE T", "", "GET ", "G\tT", "G/T"}) {
        EXPECT_EQ(coauth::check_method(method), errc::invalid_method) << method;
    }
    EXPECT_EQ(coauth::check_method("patch"), fine);
    coauth::detail::wiped_buffer out;
    coauth::write_request_head(out, "patch", "/", "h", {});
    EXPECT_TRUE(out.view().starts_with("patch / "));
}

}  // namespace
}  // namespace http1_writer_test
