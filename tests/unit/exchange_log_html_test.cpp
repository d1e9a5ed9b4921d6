// SPDX-License-Identifier: BSL-1.0
//
// An exchange log as a page: both parties on one line of time, the story in words, and nothing that
// a server sent is more than text.

#include <coauth/exchange_log_html.hpp>

#include "sample_calls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <random>
#include <regex>
#include <string>
#include <string_view>

namespace exchange_log_html_test {
namespace {

using namespace coauth_test;
using testing::HasSubstr;
using testing::Not;

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
    return n;
}

/// What stands behind the head, which is always the same.
std::string body_of(std::string const& page) { return page.substr(page.find("<body>")); }

coauth::call_record call_with(coauth::exchange_record x) {
    coauth::call_record call = resent_call();
    call.exchanges = {std::make_shared<coauth::exchange_record const>(std::move(x))};
    call.tokens.clear();
    return call;
}

TEST(exchange_log_html, puts_both_parties_on_one_line_of_time) {
    coauth::exchange_log const log;
    log.add(resent_call());
    std::string const page = body_of(coauth::to_html(log));
    EXPECT_EQ(count(page, "<svg"), 3U);
    EXPECT_EQ(count(page, "<article>"), 3U);
    // The token's exchange began after 1 ms of 2060 and took 35.
    EXPECT_THAT(page, HasSubstr(R"(<rect class="all" x="485" y="0" height="10" width="16990">)"));
    EXPECT_THAT(page, HasSubstr("TLS 10.000"));
    std::size_t const server = page.find("<h3>Authorization server</h3>");
    std::size_t const api = page.find("<h3>API</h3>");
    std::size_t const token = page.find("<h4>[1] POST https://auth.example.com/token");
    std::size_t const users = page.find("<h4>[2] GET https://api.example.com/v1/users");
    EXPECT_LT(server, token);
    EXPECT_LT(token, api);
    EXPECT_LT(api, users);
}

TEST(exchange_log_html, tells_the_decisions_of_the_cache_and_the_retries_in_words) {
    std::string const page = coauth::to_html(resent_call());
    for (char const* const words :
         {"A token was fetched, since there was none in memory; the call waited 36.000 ms.",
          "The token came from memory.", "Sent again after a 401, with another token.",
          "The caller got 200."}) {
        EXPECT_THAT(page, HasSubstr(words));
    }
    coauth::call_record failed = resent_call();
    using how = coauth::token_decision::outcome;
    failed.tokens = {{how::joined, coauth::fetch_reason::expired, 5ms, {}},
                     {how::remembered_failure, {}, 0ms, {}},
                     {how::rejection_not_believed, {}, 0ms, {}}};
    failed.exchanges = {api_exchange(1, coauth::exchange_record::reason::connection_lost, 0)};
    failed.failure = "timed out";
    std::string const other = coauth::to_html(failed);
    for (char const* const words :
         {"The call joined a token request that was under way, since the one in memory had expired",
          "its pause was not over", "rejected a token just renewed", "had ended before an answer",
          "The call failed: timed out", "Failed: the response did not begin in time"}) {
        EXPECT_THAT(other, HasSubstr(words));
    }
}

TEST(exchange_log_html, folds_headers_and_bodies_behind_what_a_keyboard_reaches) {
    std::string const page = body_of(coauth::to_html(resent_call()));
    EXPECT_EQ(count(page, "<details><summary>"), count(page, "</pre></details>"));
    EXPECT_EQ(count(page, "<details open"), 0U);
    EXPECT_THAT(
        page,
        HasSubstr("<summary>Response body, 70 bytes</summary><pre>{\n  &quot;access_token&quot;: "
                  "&quot;[redacted]&quot;,\n"));
    EXPECT_THAT(page, HasSubstr("Authorization: Bearer [redacted]\n"));
}

TEST(exchange_log_html, needs_nothing_from_anywhere_and_lets_nothing_out) {
    std::string const page = coauth::to_html(resent_call());
    EXPECT_THAT(page, HasSubstr("http-equiv=\"Content-Security-Policy\" content=\"default-src "
                                "'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                                "form-action 'none'\""));
    EXPECT_FALSE(std::regex_search(page, std::regex(R"( (src|href|action|srcset)="(?!#))")));
    EXPECT_FALSE(std::regex_search(page, std::regex("<(script|link|img|iframe|form|base)\\b")));
    EXPECT_THAT(page, Not(HasSubstr("@import")));
    EXPECT_THAT(page, Not(HasSubstr("url(")));
}

TEST(exchange_log_html, takes_everything_that_a_server_said_for_text) {
    std::string const evil =
        "\"'><script>alert(1)</script></pre></details><img src=x onerror=y>&lt;";
    coauth::exchange_record x = *api_exchange(1, coauth::exchange_record::reason::first, 200);
    x.method = evil;
    x.url = "https://api.example.com/" + evil;
    x.status_text = evil;
    x.failure = evil;
    x.request_headers.append("X-Evil", evil);
    x.response_headers.append("X-" + evil, evil);
    x.request_body = {evil, evil.size()};
    x.response_body = {"<!doctype html>\n" + evil, 100};
    coauth::call_record call = call_with(std::move(x));
    call.method = evil;
    call.url = evil;
    call.failure = evil;
    coauth::exchange_log const log;
    log.add(call);
    log.add(call);
    std::string const page = body_of(coauth::to_html(log));
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_EQ(page.find("<img"), std::string::npos);
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&lt;/pre&gt;"));
    EXPECT_THAT(page, HasSubstr("&amp;lt;"));
    EXPECT_EQ(count(page, "<details>"), count(page, "</details>"));
}

TEST(exchange_log_html, shows_control_and_direction_characters_instead_of_obeying_them) {
    coauth::exchange_record x = *api_exchange(1, coauth::exchange_record::reason::first, 200);
    x.response_body = {"a\x1b[31m\xE2\x80\xAE\xFF\nb\r\nc", 12};
    std::string const page = coauth::to_html(call_with(std::move(x)));
    EXPECT_THAT(page, HasSubstr("<pre>a\\x1B[31m\\u{202E}\\xFF\nb\nc\n</pre>"));
}

TEST(exchange_log_html, of_any_bytes_is_balanced_and_in_valid_utf8) {
    std::mt19937 draw(1);
    for (int round = 0; round != 200; ++round) {
        std::string noise;
        for (int i = 0; i != 60; ++i) {
            constexpr std::string_view likely = "<>&\"'/!-=\n scriptpre";
            bool const any = draw() % 4 == 0;
            noise += any ? static_cast<char>(draw() % 256) : likely[draw() % likely.size()];
        }
        coauth::exchange_record x = *api_exchange(1, coauth::exchange_record::reason::first, 200);
        x.url = noise;
        x.response_body = {noise, noise.size()};
        std::string const page = body_of(coauth::to_html(call_with(std::move(x))));
        ASSERT_TRUE(coauth::is_valid_utf8(page));
        ASSERT_EQ(count(page, "<pre>"), count(page, "</pre>"));
        ASSERT_EQ(count(page, "<h4>"), 1U);
        ASSERT_EQ(count(page, "<script"), 0U);
    }
}

TEST(exchange_log_html, has_contents_where_there_are_several_calls_and_says_what_is_missing) {
    EXPECT_THAT(coauth::to_html(coauth::exchange_log()), HasSubstr("No call has ended so far."));
    coauth::exchange_log const log({.max_calls = 2});
    for (int i = 0; i != 3; ++i) log.add(resent_call());
    std::string const page = coauth::to_html(log);
    EXPECT_THAT(page, HasSubstr("1 earlier calls had to make room."));
    EXPECT_THAT(page, HasSubstr("<a href=\"#call-2\">"));
    EXPECT_THAT(page, HasSubstr("<section id=\"call-3\">"));
    EXPECT_THAT(coauth::to_html(resent_call()), Not(HasSubstr("<nav")));
}

TEST(exchange_log_html, takes_odd_times_as_they_come) {
    coauth::exchange_record x = *api_exchange(1, coauth::exchange_record::reason::first, 200);
    x.started = at(-50ms);  // the clock was set back
    x.took = -5ms;
    x.timings = {.wait = -1ms};
    coauth::call_record call = call_with(std::move(x));
    call.took = 0ms;
    std::string const page = coauth::to_html(call);
    EXPECT_FALSE(std::regex_search(page, std::regex("(x|width)=\"-")));
}

}  // namespace
}  // namespace exchange_log_html_test
