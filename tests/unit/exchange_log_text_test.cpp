// SPDX-License-Identifier: BSL-1.0
//
// An exchange log in a terminal: complete, in order, and nothing in it drives the terminal.

#include <coauth/exchange_log_text.hpp>

#include "sample_calls.hpp"

#include <algorithm>
#include <cstddef>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <string_view>

namespace exchange_log_text_test {
namespace {

using namespace coauth_test;

/// Characters of a line of UTF-8.
std::size_t width(std::string_view line) {
    std::size_t n = 0;
    for (char const c : line) n += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    return n;
}

TEST(exchange_log_text, shows_a_call_with_both_parties_in_order) {
    coauth::exchange_log const log;
    log.add(resent_call());
    std::string const text = coauth::to_text(log);
    EXPECT_EQ(text, R"(call 1  2026-01-31T23:59:59.250Z  2060.000 ms
  GET https://api.example.com/v1/users?q=a%20b&code=[redacted]
  -> 200
  token: fetched (no_cached_token), waited 36.000 ms
  token: hit

  [1] authorization server  +1.000 ms
      connection 1, new
      35.000 ms: queue 0.000, resolve 1.000, connect 2.000, TLS 10.000, send 0.125, wait 20.000,
        receive 1.000
      > POST https://auth.example.com/token
      > Authorization: Basic [redacted]
      > Content-Type: application/x-www-form-urlencoded
      >
      > grant_type=client_credentials&scope=a%20b+c

      < 200 OK
      < Content-Type: application/json
      <
      < {
      <   "access_token": "[redacted]",
      <   "list": [
      <     1,
      <     {}
      <   ],
      <   "expires_in": 3600
      < }

  [2] API  +1000.000 ms
      connection 2, new
      5.000 ms: queue 1.000, send 1.000, wait 3.000, receive 0.500
      > GET https://api.example.com/v1/users?q=a%20b&code=[redacted]#top
      > Authorization: Bearer [redacted]
      > Cookie: sid=[redacted]; theme=[redacted]

      < 401 Fine
      < Set-Cookie: sid=[redacted]; Path=/; HttpOnly
      < Content-Type: text/plain; charset=utf-8
      <
      < hello

  [3] API  +2000.000 ms  sent again with another token
      connection 2, reused
      5.000 ms: queue 1.000, send 1.000, wait 3.000, receive 0.500
      > GET https://api.example.com/v1/users?q=a%20b&code=[redacted]#top
      > Authorization: Bearer [redacted]
      > Cookie: sid=[redacted]; theme=[redacted]

      < 200 Fine
      < Set-Cookie: sid=[redacted]; Path=/; HttpOnly
      < Content-Type: text/plain; charset=utf-8
      <
      < hello
)");
}

TEST(exchange_log_text, is_as_wide_as_asked_and_says_the_same) {
    coauth::call_record call = resent_call();
    call.tokens.clear();
    call.exchanges.resize(1);
    for (std::size_t const columns : {40U, 60U, 200U}) {
        std::istringstream lines(coauth::to_text(call, columns));
        std::size_t widest = 0;
        for (std::string line; std::getline(lines, line);) widest = std::max(widest, width(line));
        EXPECT_LE(widest, columns);
    }
    EXPECT_EQ(coauth::to_text(call, 0), coauth::to_text(call, 40));
    std::string const wide = coauth::to_text(call, 10000);
    EXPECT_NE(wide.find("queue 1.000, send 1.000, wait 3.000, receive 0.500"), std::string::npos);
}

TEST(exchange_log_text, says_what_failed_and_what_is_still_under_way) {
    coauth::call_record call = resent_call();
    call.failure = "timed out";
    auto lost = std::make_shared<coauth::exchange_record>(
        *api_exchange(1, coauth::exchange_record::reason::connection_lost, 0));
    call.exchanges = {lost};
    std::string text = coauth::to_text(call);
    EXPECT_NE(text.find("-> failed: timed out\n"), std::string::npos) << text;
    EXPECT_NE(text.find("      failed: the response did not begin in time\n"), std::string::npos);
    EXPECT_NE(text.find("sent again: the reused connection had ended"), std::string::npos);
    lost->failure.clear();
    lost->connection = 0;
    text = coauth::to_text(call);
    EXPECT_NE(text.find("no response so far\n"), std::string::npos) << text;
    EXPECT_NE(text.find("no connection\n"), std::string::npos) << text;
}

TEST(exchange_log_text, counts_the_calls_that_had_to_make_room) {
    coauth::exchange_log const log({.max_calls = 1});
    EXPECT_EQ(coauth::to_text(log), "");
    log.add(resent_call());
    log.add(resent_call());
    EXPECT_TRUE(coauth::to_text(log).starts_with("(1 earlier calls had to make room)\n\ncall 2  "));
}

TEST(exchange_log_text, lets_nobody_forge_a_line_or_drive_the_terminal) {
    std::mt19937 random(7);
    std::string const pieces[] = {"\r\n",   "\n",    "\r",           "\x1B[2J",      "\x9B",
                                  "\b\b",   "\a",    "\xE2\x80\xAE", "\xE2\x80\xA8", "\xFF\xFE",
                                  "\0x",    "\\x1B", "\xC3\xA9",     "call 9  2026", "      < ",
                                  "{\"a\"", "\x7F",  "\xC2\x9B",     "  -> 200",     "\t"};
    for (int round = 0; round != 300; ++round) {
        std::string hostile;
        for (int i = 0; i != 30; ++i) hostile += pieces[random() % std::size(pieces)];
        coauth::call_record call = resent_call();
        coauth::exchange_record x = *token_exchange();
        x.status_text = hostile;
        x.url += hostile;
        x.failure = hostile;
        x.response_headers.append(hostile, hostile);
        x.response_body = {hostile, hostile.size()};
        call.url += hostile;
        call.tokens.clear();
        call.exchanges = {std::make_shared<coauth::exchange_record const>(x)};
        std::istringstream lines(coauth::to_text(call));
        int calls = 0;
        int heads = 0;
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(width(line), 100U) << line;
            for (std::string_view rest = line; !rest.empty();) {
                char32_t code = 0;
                std::size_t const size = coauth::detail::utf8_front(rest, code);
                ASSERT_NE(size, 0U) << line;
                ASSERT_FALSE(coauth::detail::is_unprintable(code)) << line;
                rest.remove_prefix(size);
            }
            calls += line.starts_with("call ") ? 1 : 0;
            heads += line.starts_with("  [") ? 1 : 0;
        }
        EXPECT_EQ(calls, 1);
        EXPECT_EQ(heads, 1);
    }
}

TEST(exchange_log_text, shows_json_that_is_broken_or_long_as_it_is) {
    EXPECT_EQ(coauth::detail::indent_json("[redacted]"), std::nullopt);
    EXPECT_EQ(coauth::detail::indent_json("[]"), "[]");
    EXPECT_EQ(coauth::detail::indent_json(R"([{},[[1]],"a\n"])"),
              "[\n  {},\n  [\n    [\n      1\n    ]\n  ],\n  \"a\\n\"\n]");
    EXPECT_EQ(coauth::detail::indent_json("7"), "7");
}

}  // namespace
}  // namespace exchange_log_text_test
