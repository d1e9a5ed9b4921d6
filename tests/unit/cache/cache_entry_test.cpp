// SPDX-License-Identifier: BSL-1.0

#include <coauth/cache/acquire.hpp>
#include <coauth/cache/token_cache.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <support/allocation_counter.hpp>
#include <support/one_key.hpp>
#include <utility>
#include <vector>

namespace cache_entry_test {
namespace {

using namespace std::chrono_literals;
using namespace coauth::tests;
using coauth::cache_entry;
using coauth::errc;
using coauth::time_point;
using coauth::token_ref;
using coauth::detail::token_demand;
using coauth::testing::manual_clock;

std::string const other_api = "https://other.example.com:443";

class token_renewal : public one_key_test {
protected:
    void always_grant(std::string const& same) {
        fetcher->answer_with([same](unsigned, time_point at) { return granted(same, 3600, at); });
    }
};

// --- hits

TEST_F(token_renewal, hit_neither_allocates_nor_counts_as_a_miss) {
    call();
    cached();
    auto const misses = key.statistics().misses;
    auto const hits = key.statistics().hits;
    auto const allocations = allocations_of_this_thread();
    for (int i = 0; i < 1000; ++i) {
        bool due = false;
        token_ref const token = key.entry->find(clock.now(), due);
        ASSERT_TRUE(token);
        ASSERT_TRUE(token.valid(clock.now()));
        ASSERT_TRUE(key.entry->visit(clock.now(), due, [](auto const&) {}));
    }
    EXPECT_EQ(allocations_of_this_thread(), allocations);
    EXPECT_EQ(key.statistics().misses, misses);
    EXPECT_EQ(key.statistics().hits, hits + 2000);
}

TEST_F(token_renewal, hits_go_on_while_a_fetch_and_its_waiters_are_under_way) {
    auto const first = generation();
    clock.advance(50min);
    fetcher->hold();
    EXPECT_EQ(text(), "token1");
    EXPECT_EQ(fetcher->held(), 1U);
    auto const allocations = allocations_of_this_thread();
    for (int i = 0; i < 100; ++i) {
        bool due = false;
        ASSERT_EQ(key.entry->find(clock.now(), due).generation(), first);
        ASSERT_FALSE(due);  // one renewal is enough
    }
    EXPECT_EQ(allocations_of_this_thread(), allocations);
    fetcher->let_go();
    run();
    EXPECT_EQ(text(), "token2");
}

TEST_F(token_renewal, visitor_that_throws_keeps_no_record_alive) {
    call();
    bool due = false;
    EXPECT_THROW(
        key.entry->visit(clock.now(), due, [](auto const&) { throw std::runtime_error("full"); }),
        std::runtime_error);
    auto const slots = key.core->domain->slot_count();
    for (int i = 0; i < 200; ++i) {
        EXPECT_THROW(key.entry->visit(clock.now(), due,
                                      [](auto const&) { throw std::runtime_error("full"); }),
                     std::runtime_error);
    }
    EXPECT_EQ(key.core->domain->slot_count(), slots);
}

TEST_F(token_renewal, token_has_its_parts) {
    fetcher->answer_with([](unsigned, time_point at) {
        auto got = granted("2YotnFZFEjr1zCsicMWpAA", 3600, at);
        got.response.scope = "users.read";
        return got;
    });
    call();
    token_ref const token = cached();
    EXPECT_EQ(token.authorization(), "Bearer 2YotnFZFEjr1zCsicMWpAA");
    EXPECT_EQ(token.access_token(), "2YotnFZFEjr1zCsicMWpAA");
    EXPECT_EQ(token.token_type(), "Bearer");
    EXPECT_EQ(token.scope(), "users.read");
    EXPECT_EQ(token.expires_at(), clock.now() + 1h);
    EXPECT_FALSE(token.rejected());
}

TEST_F(token_renewal, handle_outlives_cache_source_and_context) {
    token_ref kept;
    {
        asio::io_context short_lived;
        cached_key brief(policy(clock));
        auto const source = std::make_shared<fake_fetcher>(short_lived.get_executor(), clock);
        auto const c = std::make_shared<token_call>();
        start(short_lived.get_executor(), c, brief.entry, source);
        short_lived.run();
        kept = look(brief.entry, source);
        c->outcome.reset();
    }
    EXPECT_EQ(kept.access_token(), "token1");
    token_ref moved(std::move(kept));
    EXPECT_FALSE(kept);  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(moved.access_token(), "token1");
}

TEST_F(token_renewal, replaced_token_stays_readable_for_whoever_holds_it) {
    std::string_view seen;
    auto const first = generation();
    {
        token_ref const held = cached();
        seen = held.access_token();
        key.entry->invalidate(first);
        clock.advance(2s);
        call();
        EXPECT_EQ(seen, "token1");  // a reader keeps its bytes
    }
    EXPECT_EQ(text(), "token2");
    EXPECT_EQ(key.statistics().fetches, 2U);
}

// --- ahead of time

//
TEST_F(token_renewal, replaced_tokens_and_the_flights_that_brought_them_leave_nothing_behind) {
    auto const renew = [this] {
        call();
        clock.advance(2h);
    };
    auto const kept = [] { return allocations_of_this_thread() - deallocations_of_this_thread(); };
    for (int i = 0; i < 10; ++i) renew();
    auto const before = kept();
    for (int i = 0; i < 100; ++i) renew();
    EXPECT_EQ(kept(), before);
}

TEST(record_share, of_a_record_that_nobody_owns_any_more_is_empty) {
    using coauth::detail::hazard_domain;
    using coauth::detail::record_share;
    auto const domain = hazard_domain::make();
    auto* const record = new coauth::detail::token_record(1, {}, {});
    hazard_domain::slot* const held = domain->protect(record);
    static_cast<void>(record_share(*domain, record));
    record_share late = record_share::of(*domain, *record);
    EXPECT_FALSE(late);
    static_cast<void>(late.release());  // it has been retired, which is once
    domain->release(held);
}

TEST_F(token_renewal, soft_window_has_exactly_one_background_refresh_and_everybody_is_served) {
    call();
    fetcher->hold();
    clock.advance(49min);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(text(), "token1");
    EXPECT_EQ(fetcher->fetches(), 2U);
    EXPECT_EQ(key.statistics().background_refreshes, 1U);
    fetcher->let_go();
    run();
    EXPECT_EQ(text(), "token2");
    EXPECT_EQ(fetcher->fetches(), 2U);
}

TEST_F(token_renewal, failed_background_refresh_is_invisible_and_spaces_the_next) {
    call();
    clock.advance(49min);
    fail_with(server_error());
    for (int i = 0; i < 10; ++i) EXPECT_EQ(text(), "token1");
    EXPECT_EQ(fetcher->fetches(), 2U);
    clock.advance(1300ms);  // the first pause is 1 s and at most a fifth
    EXPECT_EQ(text(), "token1");
    EXPECT_EQ(fetcher->fetches(), 3U);
    grant_again();
    clock.advance(2s);
    EXPECT_EQ(text(), "token1");
    EXPECT_EQ(text(), "token4");
}

TEST_F(token_renewal, pause_after_a_failed_refresh_does_not_make_the_token_live_longer) {
    call();
    clock.advance(59min);
    fail_with(server_error(503).with_retry_after(60s));
    EXPECT_EQ(text(), "token1");
    clock.advance(31s);
    EXPECT_EQ(text(), "");
    EXPECT_EQ(call()->token(), "token1");  // not good enough for a hit, but there is no other
    clock.advance(29s);
    EXPECT_EQ(text(), "");
}

TEST_F(token_renewal, background_failures_that_are_not_remembered_are_spaced_too) {
    call();
    clock.advance(49min);
    fail_with(coauth::error(errc::executor_gone));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(text(), "token1");
    EXPECT_EQ(fetcher->fetches(), 2U);
    clock.advance(1s);
    EXPECT_EQ(text(), "token1");
    EXPECT_EQ(fetcher->fetches(), 3U);
}

TEST_F(token_renewal, same_token_again_in_the_soft_window_stays_in_use_and_is_tried_later) {
    auto const ends = clock.now() + 1h;
    fetcher->answer_with([&](unsigned, time_point at) {
        return granted("same", std::chrono::duration_cast<std::chrono::seconds>(ends - at).count(),
                       at);
    });
    call();
    clock.advance(49min);
    EXPECT_EQ(text(), "same");
    clock.advance(3min);
    EXPECT_EQ(text(), "same");
    EXPECT_EQ(fetcher->fetches(), 2U);  // half of the rest is more than 5 min
    clock.advance(3min);
    EXPECT_EQ(text(), "same");
    EXPECT_EQ(fetcher->fetches(), 3U);
}

// --- the end of a token

//
TEST_F(token_renewal, between_hard_and_expiry_callers_wait_for_the_new_token) {
    call();
    fetcher->hold();
    clock.advance(1h - 20s);
    EXPECT_EQ(text(), "");
    auto const c = call();
    EXPECT_FALSE(c->finished());
    fetcher->let_go();
    run();
    EXPECT_EQ(c->token(), "token2");
}

TEST_F(token_renewal, failed_renewal_gives_out_the_old_token_until_its_expiry_and_not_longer) {
    call();
    clock.advance(1h - 20s);
    fail_with(server_error());
    EXPECT_EQ(call()->token(), "token1");
    EXPECT_EQ(call()->token(), "token1");  // within the pause: no fetch
    EXPECT_EQ(fetcher->fetches(), 2U);
    EXPECT_EQ(key.statistics().stale_served, 2U);
    clock.advance(20s);
    EXPECT_TRUE(call()->failed_with(errc::token_endpoint_failed));
    EXPECT_EQ(fetcher->fetches(), 3U);
}

TEST_F(token_renewal, old_token_that_expired_while_the_answer_was_on_its_way_is_not_given_out) {
    call();
    clock.advance(1h - 20s);
    cache_entry::arrival a = key.entry->miss(clock.now());
    key.entry->settle(*a.flight, server_error());
    clock.advance(30s);
    auto const answer = key.entry->answer(*a.flight, false);
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().is(errc::token_endpoint_failed));
}

TEST_F(token_renewal, revoked_token_is_not_stale_but_dead) {
    auto const first = generation();
    clock.advance(1h - 20s);
    key.entry->invalidate(first);
    fail_with(server_error());
    EXPECT_TRUE(call()->failed_with(errc::token_endpoint_failed));
}

// --- failures

//
TEST_F(token_renewal, failure_is_answered_from_memory_until_its_pause_ends) {
    fail_with(server_error(503));
    EXPECT_TRUE(call()->failed_with(errc::token_endpoint_failed));
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(call()->outcome->error().http_status(), 503);
    EXPECT_EQ(fetcher->fetches(), 1U);
    EXPECT_EQ(key.statistics().answered_from_memory, 1000U);
    clock.advance(1201ms);
    call();
    EXPECT_EQ(fetcher->fetches(), 2U);
}

//
TEST_F(token_renewal, hour_of_outage_costs_one_fetch_per_step_of_the_backoff) {
    fail_with(server_error());
    for (int second = 0; second < 3600; ++second) {
        call();
        clock.advance(1s);
    }
    EXPECT_LE(fetcher->fetches(), 8U + 3600U / 30U);
    EXPECT_GE(fetcher->fetches(), 3600U / 37U);
}

//
TEST_F(token_renewal, success_ends_the_failure_and_the_next_one_begins_with_the_first_pause) {
    fail_with(server_error());
    for (int i = 0; i < 6; ++i) {
        call();
        clock.advance(30s);
    }
    grant_again();
    EXPECT_EQ(call()->token(), "token7");
    EXPECT_FALSE(key.entry->health(clock.now()).last_error.has_value());
    clock.advance(2h);
    fail_with(server_error());
    call();
    clock.advance(2s);  // 1 s with a jitter of 0.2; the seventh pause would be half a minute
    call();
    EXPECT_EQ(fetcher->fetches(), 9U);
}

TEST_F(token_renewal, retry_after_is_kept) {
    fail_with(server_error(429).with_retry_after(5s));
    call();
    clock.advance(4999ms);
    EXPECT_TRUE(call()->failed_with(errc::token_endpoint_failed));
    EXPECT_EQ(fetcher->fetches(), 1U);
    clock.advance(1ms);
    call();
    EXPECT_EQ(fetcher->fetches(), 2U);
}

//
TEST_F(token_renewal, retry_after_holds_a_rejection_as_well) {
    auto const first = generation();
    clock.advance(49min);
    fail_with(server_error(503).with_retry_after(30s));
    EXPECT_EQ(text(), "token1");
    EXPECT_EQ(fetcher->fetches(), 2U);
    EXPECT_TRUE(rejected(first)->failed_with(errc::token_endpoint_failed));
    EXPECT_EQ(fetcher->fetches(), 2U);
    grant_again();
    clock.advance(30s);
    EXPECT_EQ(call()->token(), "token3");
}

//
TEST_F(token_renewal, retry_now_clears_the_memory) {
    fail_with(coauth::error(errc::client_refused).with_http_status(401));
    call();
    clock.advance(1s);
    EXPECT_TRUE(call()->failed_with(errc::client_refused));
    key.entry->retry_now();
    grant_again();
    clock.advance(1s);
    EXPECT_FALSE(call()->token().empty());
}

TEST_F(token_renewal, retry_now_brings_a_failed_renewal_ahead_of_time_back_at_once) {
    call();
    clock.advance(49min);
    fail_with(server_error(503).with_retry_after(60s));
    cached();
    clock.advance(2s);
    grant_again();
    EXPECT_EQ(text(), "token1");
    EXPECT_EQ(fetcher->fetches(), 2U);
    key.entry->retry_now();
    EXPECT_EQ(text(), "token1");
    EXPECT_EQ(text(), "token3");
}

TEST_F(token_renewal, what_says_nothing_about_the_server_is_not_remembered) {
    for (errc const e :
         {errc::broken_flight, errc::out_of_memory, errc::cancelled, errc::executor_gone}) {
        fail_with(coauth::error(e));
        EXPECT_TRUE(call()->failed_with(e));
        clock.advance(1s);  // the minimum interval is kept all the same
    }
    EXPECT_EQ(fetcher->fetches(), 4U);
    EXPECT_EQ(key.statistics().failures_other, 4U);
    grant_again();
    EXPECT_EQ(call()->token(), "token5");
}

// --- rejections

//
TEST_F(token_renewal, one_revocation_and_many_callers_cost_one_fetch) {
    auto const first = generation();
    fetcher->hold();
    std::vector<call_handle> calls;
    for (int i = 0; i < 1000; ++i) calls.push_back(rejected(first));
    EXPECT_EQ(fetcher->fetches(), 2U);
    EXPECT_EQ(key.statistics().invalidations, 1U);
    fetcher->let_go();
    run();
    for (auto const& c : calls) EXPECT_EQ(c->token(), "token2");
    for (int i = 0; i < 100; ++i) EXPECT_EQ(rejected(first)->token(), "token2");
    EXPECT_EQ(fetcher->fetches(), 2U);
}

TEST_F(token_renewal, late_401_to_an_old_token_gets_the_new_one_without_a_fetch) {
    auto const first = generation();
    rejected(first);
    EXPECT_EQ(rejected(first, other_api)->token(), "token2");
    EXPECT_EQ(text(), "token2");
    EXPECT_EQ(fetcher->fetches(), 2U);
}

TEST_F(token_renewal, invalidate_of_an_old_token_leaves_the_new_one_alone) {
    auto const first = generation();
    key.entry->invalidate(first);
    EXPECT_EQ(text(), "");
    clock.advance(1s);
    call();
    key.entry->invalidate(first);
    EXPECT_EQ(text(), "token2");
    EXPECT_EQ(key.statistics().invalidations, 1U);
}

TEST_F(token_renewal, invalidate_counts_once_for_each_token) {
    auto const first = generation();
    for (int i = 0; i < 3; ++i) key.entry->invalidate(first);
    EXPECT_EQ(key.statistics().invalidations, 1U);
}

TEST_F(token_renewal, rejection_is_not_held_by_the_minimum_interval) {
    auto const first = generation();
    EXPECT_EQ(rejected(first)->token(), "token2");  // at the same instant of the clock
}

//
TEST_F(token_renewal, failure_of_an_older_refresh_does_not_resurrect_a_rejected_token) {
    auto const first = generation();
    clock.advance(49min);
    fetcher->hold();
    EXPECT_EQ(text(), "token1");
    fail_with(server_error());
    auto const c = rejected(first);
    fetcher->let_go();
    run();
    EXPECT_TRUE(c->failed_with(errc::token_endpoint_failed));
    EXPECT_EQ(text(), "");
    EXPECT_TRUE(call()->failed_with(errc::token_endpoint_failed));
    key.entry->retry_now();
    EXPECT_EQ(text(), "");
}

TEST_F(token_renewal, same_token_again_is_no_renewal_for_the_origin_that_rejected_it) {
    always_grant("same");
    auto const first = generation();
    EXPECT_TRUE(rejected(first)->keeps_its_401());
    EXPECT_EQ(fetcher->fetches(), 2U);
    auto const second = cached().generation();
    EXPECT_NE(second, first);
    EXPECT_EQ(text(), "same");  // the server vouches for it: others go on
    EXPECT_TRUE(rejected(second)->keeps_its_401());
    EXPECT_EQ(fetcher->fetches(), 2U);
    EXPECT_EQ(key.statistics().cooldowns, 1U);
}

TEST_F(token_renewal, same_token_from_a_refresh_under_way_cools_the_origin_as_well) {
    always_grant("same");
    auto const first = generation();
    clock.advance(49min);
    fetcher->hold();
    cached();
    auto const c = rejected(first);
    fetcher->let_go();
    run();
    EXPECT_TRUE(c->keeps_its_401());
    EXPECT_TRUE(rejected(cached().generation())->keeps_its_401());
    EXPECT_EQ(fetcher->fetches(), 2U);
}

TEST_F(token_renewal, origin_that_rejects_every_token_cools_down_from_a_second_to_a_minute) {
    auto current = generation();
    auto expected = fetcher->fetches();
    for (auto const pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
        auto const renewed = rejected(current);
        EXPECT_EQ(fetcher->fetches(), ++expected);
        current = (**renewed->outcome).generation();
        key.entry->rejected_again(clock.now(), current, api);
        key.entry->rejected_again(clock.now(), current, api);  // counted once
        clock.advance(pause - 1ms);
        EXPECT_TRUE(rejected(current)->keeps_its_401());
        EXPECT_EQ(fetcher->fetches(), expected);
        clock.advance(1ms);
    }
}

TEST_F(token_renewal, cool_down_of_one_origin_does_not_touch_another) {
    auto const renewed = rejected(generation());
    auto const current = (**renewed->outcome).generation();
    key.entry->rejected_again(clock.now(), current, api);
    EXPECT_TRUE(rejected(current, api)->keeps_its_401());
    EXPECT_EQ(rejected(current, other_api)->token(), "token3");
}

TEST_F(token_renewal, success_ends_a_cool_down) {
    auto const renewed = rejected(generation());
    auto const current = (**renewed->outcome).generation();
    key.entry->rejected_again(clock.now(), current, api);
    key.entry->accepted(current, other_api);
    EXPECT_TRUE(rejected(current)->keeps_its_401());
    key.entry->accepted(current, api);
    EXPECT_EQ(rejected(current)->token(), "token3");
}

TEST_F(token_renewal, next_call_that_finds_the_renewed_token_rejected_begins_the_cool_down) {
    auto const renewed = rejected(generation());
    auto const current = (**renewed->outcome).generation();
    EXPECT_TRUE(rejected(current)->keeps_its_401());
    EXPECT_EQ(text(), "token2");
    clock.advance(1s);
    EXPECT_EQ(rejected(current)->token(), "token3");
}

// --- statistics

TEST_F(token_renewal, statistics_tell_what_happened) {
    call();
    cached();
    clock.advance(2h);
    fail_with(server_error());
    call();
    clock.advance(2s);
    fail_with(coauth::error(errc::token_refused).with_http_status(400));
    call();
    auto const s = key.statistics();
    EXPECT_EQ(s.hits, 1U);
    EXPECT_EQ(s.misses, 3U);
    EXPECT_EQ(s.joins, 3U);
    EXPECT_EQ(s.fetches, 3U);
    EXPECT_EQ(s.failures_transient, 1U);
    EXPECT_EQ(s.failures_definitive, 1U);
    EXPECT_EQ(s.failures_other, 0U);
    EXPECT_EQ(s.current_flights, 0U);
}

}  // namespace
}  // namespace cache_entry_test
