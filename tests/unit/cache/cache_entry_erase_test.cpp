// SPDX-License-Identifier: BSL-1.0

#include <coauth/cache/acquire.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <chrono>
#include <cstdint>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <support/one_key.hpp>
#include <utility>

namespace cache_entry_erase_test {
namespace {

using namespace std::chrono_literals;
using namespace coauth::tests;
using coauth::cache_entry;
using coauth::errc;
using coauth::time_point;
using coauth::token_ref;
using coauth::detail::token_demand;
using coauth::testing::manual_clock;

using forgetting = one_key_test;

//
TEST_F(forgetting, background_failure_cannot_move_a_rejected_token_back_into_use) {
    auto const first = generation();
    clock.advance(49min);
    cache_entry::arrival const a = key.entry->begin_refresh(clock.now());
    ASSERT_TRUE(a.fetch);
    key.entry->invalidate(first);
    key.entry->settle(*a.fetch, server_error());
    key.entry->retry_now();
    EXPECT_EQ(text(), "");
}

TEST_F(forgetting, erase_forgets_the_token_and_the_next_call_fetches) {
    call();
    key.entry->erase();
    EXPECT_EQ(text(), "");
    clock.advance(1s);
    EXPECT_EQ(call()->token(), "token2");
}

TEST_F(forgetting, erase_forgets_a_failure) {
    fail_with(server_error());
    call();
    clock.advance(1s);
    key.entry->erase();
    EXPECT_FALSE(key.entry->health(clock.now()).last_error.has_value());
    grant_again();
    EXPECT_EQ(call()->token(), "token2");
}

TEST_F(forgetting, erase_wins_over_a_late_publish_and_waiters_get_what_they_waited_for) {
    fetcher->hold();
    auto const waits = call();
    key.entry->erase();
    EXPECT_FALSE(key.entry->health(clock.now()).fetching);
    fetcher->let_go();
    run();
    EXPECT_EQ(waits->token(), "token1");
    EXPECT_EQ(text(), "");
    EXPECT_EQ(key.statistics().current_flights, 0U);
}

TEST_F(forgetting, failure_of_an_erased_flight_is_not_remembered) {
    fetcher->hold();
    auto const waits = call();
    key.entry->erase();
    fail_with(server_error());
    fetcher->let_go();
    run();
    EXPECT_TRUE(waits->failed_with(errc::token_endpoint_failed));
    EXPECT_FALSE(key.entry->health(clock.now()).last_error.has_value());
}

TEST_F(forgetting, entry_is_idle_when_nothing_would_be_lost_with_it) {
    EXPECT_TRUE(key.entry->idle(clock.now()));
    fetcher->hold();
    auto const c = call();
    EXPECT_FALSE(key.entry->idle(clock.now()));  // a flight
    fetcher->let_go();
    run();
    clock.advance(59min);
    EXPECT_FALSE(key.entry->idle(clock.now()));  // a token
    clock.advance(1min);
    EXPECT_TRUE(key.entry->idle(clock.now()));
    fail_with(server_error());
    call();
    fetcher->let_go();
    run();
    EXPECT_FALSE(key.entry->idle(clock.now()));  // a failure
    clock.advance(2s);
    EXPECT_TRUE(key.entry->idle(clock.now()));
}

TEST_F(forgetting, entry_with_a_cool_down_is_not_idle) {
    auto const renewed = rejected(generation());
    key.entry->rejected_again(clock.now(), (**renewed->outcome).generation(), api);
    key.entry->erase();
    clock.advance(999ms);
    EXPECT_FALSE(key.entry->idle(clock.now()));
    clock.advance(1s);
    EXPECT_TRUE(key.entry->idle(clock.now()));
}

TEST_F(forgetting, entry_is_small) { EXPECT_LE(sizeof(cache_entry), 256U); }

}  // namespace
}  // namespace cache_entry_erase_test
