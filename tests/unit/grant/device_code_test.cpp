// SPDX-License-Identifier: BSL-1.0

#include <coauth/grant/device_code.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace device_code_test {
namespace {

using namespace std::chrono_literals;
using coauth::errc;
using coauth::error;
using coauth::stage;
using coauth::detail::device_poll;
using coauth::detail::parse_device_authorization;

// RFC 8628 §3.2
constexpr std::string_view sample = R"({
      "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
      "user_code": "WDJB-MJHT",
      "verification_uri": "https://example.com/device",
      "verification_uri_complete": "https://example.com/device?user_code=WDJB-MJHT",
      "expires_in": 1800,
      "interval": 7
    })";

std::string with(std::string_view what, std::string_view by) {
    std::string text(sample);
    std::size_t const at = text.find(what);
    return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

TEST(device_authorization, is_read_as_in_the_rfc) {
    auto const d = parse_device_authorization(sample);
    ASSERT_TRUE(d) << d.error().what();
    EXPECT_EQ(d->device_code.reveal(), "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS");
    EXPECT_EQ(d->prompt.user_code, "WDJB-MJHT");
    EXPECT_EQ(d->prompt.verification_uri, "https://example.com/device");
    EXPECT_EQ(d->prompt.verification_uri_complete,
              "https://example.com/device?user_code=WDJB-MJHT");
    EXPECT_EQ(d->prompt.expires_in, 30min);
    EXPECT_EQ(d->interval, 7s);
}

TEST(device_authorization, has_an_interval_of_five_seconds_where_none_is_said) {
    EXPECT_EQ(parse_device_authorization(with("\"interval\"", "\"other\""))->interval, 5s);
}

TEST(device_authorization, may_name_the_place_as_the_drafts_did) {
    auto const d = parse_device_authorization(with("\"verification_uri\"", "\"verification_url\""));
    ASSERT_TRUE(d) << d.error().what();
    EXPECT_EQ(d->prompt.verification_uri, "https://example.com/device");
}

TEST(device_authorization, is_refused_where_something_is_missing_repeated_or_of_another_kind) {
    for (std::string const& bad :
         {std::string("[]"), std::string("{"), with("\"device_code\"", "\"x\""),
          with("\"user_code\"", "\"x\""), with("\"verification_uri\"", "\"x\""),
          with("\"expires_in\"", "\"x\""), with("1800", "0"), with("1800", "-1"),
          with("1800", "\"1800\""), with("\"WDJB-MJHT\"", "7"), with("interval", "user_code"),
          with("\"interval\": 7", "\"interval\": 0")}) {
        auto const d = parse_device_authorization(bad);
        ASSERT_FALSE(d) << bad;
        EXPECT_TRUE(d.error().is(errc::malformed_device_response));
    }
}

TEST(device_authorization, never_shows_what_a_terminal_would_act_on) {
    EXPECT_FALSE(parse_device_authorization(with("WDJB-MJHT", "\\u001b[2J")));
    EXPECT_FALSE(parse_device_authorization(with("com/device\"", "com/\\u202egro\"")));
}

error said(std::string code) {
    return error(errc::token_refused, stage::token).with_oauth(std::move(code), "", "");
}

// R-076
TEST(device_poll, waits_the_interval_and_longer_for_good_when_told_to_slow_down) {
    device_poll poll(5s, coauth::time_point(1h));
    EXPECT_FALSE(poll.heed(said("authorization_pending")));
    EXPECT_EQ(poll.pause(), 5s);
    EXPECT_FALSE(poll.heed(said("slow_down")));
    EXPECT_EQ(poll.pause(), 10s);
    EXPECT_FALSE(poll.heed(said("authorization_pending")));
    EXPECT_EQ(poll.pause(), 10s);
}

TEST(device_poll, doubles_the_pause_after_a_timeout_up_to_a_minute_but_never_shortens_it) {
    device_poll poll(5s, coauth::time_point(1h));
    error const timeout(errc::deadline_exceeded, stage::wait);
    for (auto const pause : {10s, 20s, 40s, 60s, 60s}) {
        EXPECT_FALSE(poll.heed(timeout));
        EXPECT_EQ(poll.pause(), pause);
    }
    device_poll slow(90s, coauth::time_point(1h));
    EXPECT_FALSE(slow.heed(timeout));
    EXPECT_EQ(slow.pause(), 90s);
}

TEST(device_poll, heeds_a_retry_after_once_and_never_asks_faster_than_the_interval) {
    device_poll poll(5s, coauth::time_point(1h));
    auto const busy = [](std::chrono::seconds wait) {
        return error(errc::token_endpoint_failed, stage::token)
            .with_http_status(503)
            .with_retry_after(wait);
    };
    EXPECT_FALSE(poll.heed(busy(30s)));
    EXPECT_EQ(poll.pause(), 30s);
    EXPECT_FALSE(poll.heed(busy(1s)));
    EXPECT_EQ(poll.pause(), 5s);
}

// R-077
TEST(device_poll, stops_at_everything_else) {
    device_poll poll(5s, coauth::time_point(1h));
    EXPECT_TRUE(poll.heed(said("access_denied")).is(errc::authorization_refused));
    EXPECT_TRUE(poll.heed(said("expired_token")).is(errc::device_code_expired));
    EXPECT_TRUE(poll.heed(said("invalid_request")).is(errc::token_refused));
    EXPECT_TRUE(poll.heed(error(errc::stopped, stage::token)).is(errc::stopped));
    EXPECT_TRUE(poll.heed(error(errc::certificate_expired, stage::tls)));
}

TEST(device_poll, ends_with_the_code) {
    device_poll const poll(5s, coauth::time_point(1h));
    EXPECT_FALSE(poll.expired(coauth::time_point(59min)));
    EXPECT_TRUE(poll.expired(coauth::time_point(1h)));
}

}  // namespace
}  // namespace device_code_test
