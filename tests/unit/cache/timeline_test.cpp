// SPDX-License-Identifier: BSL-1.0

#include <coauth/cache/backoff.hpp>
#include <coauth/cache/origin_cooldown.hpp>
#include <coauth/cache/timeline.hpp>

#include <chrono>
#include <gtest/gtest.h>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace timeline_test {
namespace {

using namespace std::chrono_literals;
using coauth::backoff;
using coauth::duration;
using coauth::failure_kind;
using coauth::lifetime_policy;
using coauth::make_timeline;
using coauth::soft_after_same_token;
using coauth::time_point;
using coauth::timeline;
using coauth::detail::origin_cooldowns;
using seconds = std::chrono::seconds;
using maybe = std::optional<seconds>;

time_point const start{1000s};
constexpr seconds forever{std::numeric_limits<seconds::rep>::max()};
constexpr double almost_one = 0.999999;

timeline after(maybe expires_in, maybe refresh_in = std::nullopt, double random = 0) {
    return make_timeline(lifetime_policy{}, start, expires_in, refresh_in, random);
}

TEST(timeline, hour_is_renewed_after_48_minutes_and_waited_for_in_its_last_half_minute) {
    timeline const t = after(3600s);
    EXPECT_EQ(t.expiry - start, 3600s);
    EXPECT_EQ(t.hard - start, 3570s);
    EXPECT_EQ(t.soft - start, 2880s);  // 20 % = 12 min are less than 15 min
}

TEST(timeline, day_is_renewed_a_quarter_of_an_hour_before_its_end) {
    timeline const t = after(86400s);
    EXPECT_EQ(t.expiry - t.soft, 15min);
    EXPECT_EQ(t.expiry - t.hard, 30s);
}

TEST(timeline, minute_has_a_margin_of_a_tenth) {
    timeline const t = after(60s);
    EXPECT_EQ(t.hard - start, 54s);
    EXPECT_EQ(t.soft - start, 48s);
}

//
TEST(timeline, unknown_lifetime_is_ten_minutes_without_renewal_ahead) {
    timeline const t = after(std::nullopt, std::nullopt, almost_one);
    EXPECT_EQ(t.expiry - start, 10min);
    EXPECT_EQ(t.hard - start, 570s);
    EXPECT_EQ(t.soft, t.hard);
}

// R-011 R-013
TEST(timeline, lifetime_of_zero_or_less_is_unknown) {
    for (seconds const bad : {0s, -1s, -3600s, -forever}) {
        timeline const t = after(bad);
        EXPECT_EQ(t.expiry - start, 10min) << bad.count();
        EXPECT_EQ(t.soft, t.hard) << bad.count();
    }
}

//
TEST(timeline, single_second_is_a_lifetime) {
    timeline const t = after(1s, std::nullopt, almost_one);
    EXPECT_EQ(t.expiry - start, 1s);
    EXPECT_EQ(t.hard - start, 900ms);
    EXPECT_GE(t.soft, start + 700ms);
    EXPECT_LE(t.soft, start + 800ms);
}

// R-014 R-015
TEST(timeline, huge_lifetimes_are_ten_years) {
    for (seconds const huge : {seconds(315'532'800), seconds(10'000'000'000), forever}) {
        EXPECT_EQ(after(huge).expiry - start, std::chrono::hours(24 * 3652)) << huge.count();
    }
}

TEST(timeline, no_time_of_start_overflows) {
    time_point const late = time_point::max() - 1s;
    timeline const t = make_timeline({}, late, 3600s, 1800s, 0.5);
    EXPECT_EQ(t.expiry, time_point::max());
    EXPECT_LE(t.soft, t.hard);
    EXPECT_LE(t.hard, t.expiry);
}

TEST(timeline, advice_to_refresh_takes_the_place_of_the_shares) {
    EXPECT_EQ(after(3600s, 1800s).soft - start, 1800s);
    EXPECT_EQ(after(3600s, 3599s).soft, after(3600s).hard);
}

TEST(timeline, advice_outside_of_the_lifetime_is_ignored) {
    for (seconds const bad : {0s, -5s, 3600s, 7200s, forever, -forever}) {
        EXPECT_EQ(after(3600s, bad).soft, after(3600s).soft) << bad.count();
    }
}

TEST(timeline, jitter_only_brings_the_renewal_forward_and_within_its_bounds) {
    EXPECT_GT(after(3600s).soft - after(3600s, {}, almost_one).soft, 299s);  // 5 min < 10 %
    EXPECT_LE(after(3600s).soft - after(3600s, {}, almost_one).soft, 300s);
    EXPECT_LE(after(600s).soft - after(600s, {}, almost_one).soft, 60s);  // 10 % < 5 min
    EXPECT_LE(after(3600s, 1800s).soft - after(3600s, 1800s, almost_one).soft, 300s);
    EXPECT_EQ(after(3600s, 1s, almost_one).soft, start);
}

TEST(timeline, deadlines_are_ordered_whatever_the_policy_says) {
    lifetime_policy odd;
    for (double const share : {0.0, 0.3, 1.0, 5.0}) {
        odd.refresh_ahead_share = odd.expiry_margin_share = odd.jitter_share = share;
        odd.refresh_ahead = odd.expiry_margin = odd.jitter = duration::max();
        odd.unknown_lifetime = duration::max();
        for (maybe const lifetime : {maybe(1s), maybe(3600s), maybe(forever), maybe()}) {
            timeline const t = make_timeline(odd, start, lifetime, std::nullopt, almost_one);
            EXPECT_LE(start, t.soft);
            EXPECT_LE(t.soft, t.hard);
            EXPECT_LE(t.hard, t.expiry);
        }
    }
}

//
TEST(timeline, no_margin_and_no_share_keeps_a_token_beyond_its_expiry) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    for (double const share : {0.1, 0.0, -0.1, -1e308, 1e308, nan}) {
        for (coauth::duration const time :
             {coauth::duration(1h), coauth::duration(-1h), duration::min(), duration::max()}) {
            lifetime_policy odd;
            odd.refresh_ahead_share = odd.expiry_margin_share = odd.jitter_share = share;
            odd.refresh_ahead = odd.expiry_margin = odd.jitter = time;
            odd.unknown_lifetime = time;
            for (maybe const lifetime : {maybe(1s), maybe(3600s), maybe(forever), maybe()}) {
                timeline const t = make_timeline(odd, start, lifetime, std::nullopt, almost_one);
                EXPECT_LE(start, t.soft);
                EXPECT_LE(t.soft, t.hard);
                EXPECT_LE(t.hard, t.expiry) << share << ' ' << time.count();
            }
        }
    }
}

TEST(timeline, same_token_again_is_tried_at_half_of_the_rest_but_not_within_ten_seconds) {
    timeline const t = after(3600s);
    EXPECT_EQ(soft_after_same_token(t, start), start + 1785s);
    EXPECT_EQ(soft_after_same_token(t, t.hard - 12s), t.hard - 2s);
    EXPECT_EQ(soft_after_same_token(t, t.hard - 4s), t.hard);
    EXPECT_EQ(soft_after_same_token(t, t.hard + 4s), t.hard);
}

std::vector<double> pauses(failure_kind kind, int count, double random = 0) {
    backoff b;
    std::vector<double> seen;
    for (int i = 0; i < count; ++i) {
        seen.push_back(std::chrono::duration<double>(b.next(kind, {}, random)).count());
    }
    return seen;
}

// R-071 R-088
TEST(backoff, transient_failures_grow_by_1_6_up_to_half_a_minute) {
    std::vector<double> const seen = pauses(failure_kind::transient, 10);
    double step = 1;
    for (double const pause : seen) {
        EXPECT_NEAR(pause, step, 1e-6);
        step = std::min(30.0, step * 1.6);
    }
    EXPECT_EQ(seen.back(), 30);
}

//
TEST(backoff, definitive_failures_double_up_to_a_minute) {
    std::vector<double> const expected{1, 2, 4, 8, 16, 32, 60, 60};
    EXPECT_EQ(pauses(failure_kind::definitive, 8), expected);
}

TEST(backoff, jitter_lengthens_by_a_fifth_at_most_and_never_shortens) {
    std::vector<double> const plain = pauses(failure_kind::transient, 10);
    for (double const random : {0.0, 0.25, 0.5, almost_one}) {
        std::vector<double> const jittered = pauses(failure_kind::transient, 10, random);
        for (std::size_t i = 0; i < plain.size(); ++i) {
            EXPECT_GE(jittered[i], plain[i]);
            EXPECT_LE(jittered[i], plain[i] * 1.2 + 1e-6);
        }
    }
}

// R-069 R-070
TEST(backoff, retry_after_takes_the_place_of_the_step_within_a_minute) {
    backoff b;
    EXPECT_EQ(b.next(failure_kind::transient, 5s, almost_one), 5s);
    EXPECT_EQ(b.next(failure_kind::transient, 0s, almost_one), 0s);
    for (seconds const huge : {61s, seconds(10'000'000'000), forever}) {
        EXPECT_EQ(b.next(failure_kind::definitive, huge, 0), 60s) << huge.count();
    }
    for (seconds const past : {-1s, -forever}) {
        EXPECT_EQ(b.next(failure_kind::transient, past, 0), 0s) << past.count();
    }
}

TEST(backoff, reset_begins_anew) {
    backoff b;
    for (int i = 0; i < 5; ++i) static_cast<void>(b.next(failure_kind::definitive, {}, 0));
    b.reset();
    EXPECT_EQ(b.next(failure_kind::definitive, {}, 0), 1s);
}

TEST(origin_cooldown, doubles_from_a_second_to_a_minute_per_new_token) {
    origin_cooldowns c;
    time_point now = start;
    std::uint64_t generation = 0;
    for (seconds const expected : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
        EXPECT_TRUE(c.begin("https://api:443", ++generation, now));
        EXPECT_TRUE(c.cooling("https://api:443", now + expected - 1ns));
        now += expected;
        EXPECT_FALSE(c.cooling("https://api:443", now));
    }
}

TEST(origin_cooldown, counts_one_token_once_and_each_origin_for_itself) {
    origin_cooldowns c;
    EXPECT_TRUE(c.begin("https://a:443", 1, start));
    EXPECT_FALSE(c.begin("https://a:443", 1, start));
    EXPECT_FALSE(c.cooling("https://b:443", start));
    EXPECT_TRUE(c.begin("https://b:443", 1, start));
    c.end("https://a:443");
    EXPECT_FALSE(c.cooling("https://a:443", start));
    EXPECT_TRUE(c.cooling("https://b:443", start));
    EXPECT_FALSE(c.empty());
}

TEST(origin_cooldown, remembers_a_bounded_number_of_origins) {
    origin_cooldowns c;
    for (unsigned i = 0; i < 1000; ++i) {
        c.begin("https://h" + std::to_string(i) + ":443", 1, start + seconds(i));
    }
    unsigned cooling = 0;
    for (unsigned i = 0; i < 1000; ++i) {
        if (c.cooling("https://h" + std::to_string(i) + ":443", start)) ++cooling;
    }
    EXPECT_EQ(cooling, origin_cooldowns::max_origins);
    EXPECT_TRUE(c.cooling("https://h999:443", start + 999s));
}

}  // namespace
}  // namespace timeline_test
