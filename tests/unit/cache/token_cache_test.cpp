// SPDX-License-Identifier: BSL-1.0

#include <coauth/cache/entry_map.hpp>
#include <coauth/cache/token_cache.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <string>
#include <support/allocation_counter.hpp>
#include <support/many_keys.hpp>
#include <utility>
#include <vector>

namespace token_cache_test {
namespace {

using namespace std::chrono_literals;
using namespace coauth::tests;
using coauth::cache_entry;
using coauth::cache_key;
using coauth::errc;
using coauth::token_cache;
using coauth::token_cache_options;
using coauth::token_ref;
using coauth::detail::seeded_hash;
using coauth::detail::token_demand;
using coauth::testing::manual_clock;

class many_keys : public many_keys_test {
protected:
    explicit many_keys(std::size_t max_entries = 10)
        : many_keys_test({.max_entries = max_entries}) {}

    /// As if a token had been fetched; nobody holds the entry afterwards.
    void put(std::uint64_t n, long lifetime = 3600) {
        entry_handle const entry = bind(n);
        auto const a = entry->miss(clock.now());
        ASSERT_TRUE(a.fetch);
        entry->settle(*a.fetch, granted("token" + std::to_string(n), lifetime, clock.now()));
    }
    token_ref find(std::uint64_t n) {
        bool due = false;
        return cache.find(numbered_key(n), clock.now(), due);
    }
    std::string token(std::uint64_t n) {
        token_ref const found = find(n);
        return found ? std::string(found.access_token()) : std::string();
    }
    call_handle call(entry_handle const& entry) { return many_keys_test::call(entry, fetcher); }

    std::shared_ptr<fake_fetcher> fetcher =
        std::make_shared<fake_fetcher>(io.get_executor(), clock);
};

TEST_F(many_keys, token_is_found_by_its_key_and_by_no_other) {
    put(1);
    put(2);
    EXPECT_EQ(token(1), "token1");
    EXPECT_EQ(token(2), "token2");
    EXPECT_EQ(token(3), "");
    EXPECT_EQ(cache.statistics().hits, 2U);
    EXPECT_EQ(cache.statistics().entries, 2U);
}

TEST_F(many_keys, hit_by_key_allocates_nothing_and_tells_when_renewal_is_due) {
    put(1, 3600);
    EXPECT_EQ(token(1), "token1");
    clock.advance(55min);
    auto const before = allocations_of_this_thread();
    bool due = false;
    token_ref const found = cache.find(numbered_key(1), clock.now(), due);
    EXPECT_EQ(allocations_of_this_thread(), before);
    EXPECT_TRUE(found);
    EXPECT_TRUE(due);
}

TEST_F(many_keys, those_who_hold_an_entry_hold_the_same_one) {
    entry_handle const one = bind(1);
    EXPECT_EQ(bind(1), one);
    cache.erase(numbered_key(1));
    EXPECT_EQ(bind(1), one);
    cache.clear();
    EXPECT_EQ(bind(1), one);
}

//
TEST_F(many_keys, erased_token_is_not_found_any_more_but_lives_in_the_hand) {
    put(1);
    put(2);
    token_ref const held = find(1);
    cache.erase(numbered_key(1));
    EXPECT_FALSE(find(1));
    EXPECT_EQ(held.access_token(), "token1");
    EXPECT_EQ(token(2), "token2");
    EXPECT_EQ(cache.statistics().entries, 1U);
    cache.erase(numbered_key(3));  // was never there
    EXPECT_EQ(token(2), "token2");
}

//
TEST_F(many_keys, fetch_begun_before_the_erasure_serves_its_waiters_and_is_not_kept) {
    fetcher->hold();
    entry_handle const entry = bind(1);
    auto const before = call(entry);
    poll();
    cache.erase(numbered_key(1));
    auto const after = call(entry);
    poll();
    ASSERT_EQ(fetcher->held(), 2U);
    fetcher->let_go();
    poll();
    EXPECT_EQ(before->token(), "token1");
    EXPECT_FALSE(find(1));
    EXPECT_FALSE(after->finished());
    fetcher->let_go();
    poll();
    EXPECT_EQ(after->token(), "token2");
    EXPECT_EQ(token(1), "token2");
    EXPECT_EQ(cache.statistics().current_flights, 0U);
}

//
TEST_F(many_keys, late_fetch_does_not_replace_the_token_that_came_after_the_erasure) {
    fetcher->hold();
    entry_handle const entry = bind(1);
    auto const before = call(entry);
    poll();
    cache.clear();
    entry->settle(*entry->miss(clock.now()).fetch, granted("newer", 3600, clock.now()));
    fetcher->let_go();
    poll();
    EXPECT_EQ(before->token(), "token1");
    EXPECT_EQ(token(1), "newer");
}

TEST_F(many_keys, erasure_forgets_a_failure_and_its_pause) {
    entry_handle const entry = bind(1);
    entry->settle(*entry->miss(clock.now()).fetch, server_error());
    ASSERT_TRUE(entry->miss(clock.now()).failure);
    cache.erase(numbered_key(1));
    EXPECT_TRUE(entry->miss(clock.now()).fetch);
}

TEST_F(many_keys, clear_leaves_only_entries_that_are_held_and_those_empty) {
    entry_handle const held = bind(1);
    put(1);
    for (std::uint64_t n = 2; n < 8; ++n) put(n);
    cache.clear();
    for (std::uint64_t n = 1; n < 8; ++n) EXPECT_FALSE(find(n));
    EXPECT_EQ(cache.statistics().entries, 1U);
    put(5);
    EXPECT_EQ(token(5), "token5");
}

//
TEST_F(many_keys, any_number_of_keys_stays_within_the_bound) {
    for (std::uint64_t n = 0; n < 1000; ++n) {
        put(n);
        EXPECT_EQ(token(n), "token" + std::to_string(n));
        ASSERT_LE(cache.statistics().entries, 10U);
    }
    EXPECT_EQ(cache.statistics().evictions, 990U);
    EXPECT_EQ(cache.statistics().entries_beyond_bound, 0U);
}

TEST_F(many_keys, what_is_of_no_use_goes_before_a_valid_token) {
    for (std::uint64_t n = 0; n < 10; ++n) put(n, n == 6 ? 60 : 3600);
    clock.advance(2min);
    put(10);
    for (std::uint64_t n = 0; n < 11; ++n) EXPECT_EQ(static_cast<bool>(find(n)), n != 6) << n;
}

TEST_F(many_keys, remembered_failure_is_not_idle_until_its_pause_ends) {
    entry_handle entry = bind(1);
    entry->settle(*entry->miss(clock.now()).fetch, server_error());
    EXPECT_FALSE(entry->idle(clock.now()));
    clock.advance(10s);
    EXPECT_TRUE(entry->idle(clock.now()));
}

//
TEST_F(many_keys, entry_that_is_held_is_never_dropped_and_the_bound_gives_way) {
    std::vector<entry_handle> held;
    for (std::uint64_t n = 0; n < 15; ++n) held.push_back(bind(n));
    EXPECT_EQ(cache.statistics().entries, 15U);
    EXPECT_EQ(cache.statistics().entries_beyond_bound, 5U);
    EXPECT_EQ(cache.statistics().evictions, 0U);
    for (std::uint64_t n = 0; n < 15; ++n) EXPECT_EQ(bind(n), held[n]);
    held.clear();
    for (std::uint64_t n = 100; n < 110; ++n) put(n);
    EXPECT_LE(cache.statistics().entries, 10U);
}

//
TEST_F(many_keys, eviction_never_loses_a_waiter_or_a_fetch) {
    fetcher->hold();
    std::vector<call_handle> calls;
    for (std::uint64_t n = 0; n < 8; ++n) calls.push_back(call(bind(n)));
    poll();
    for (std::uint64_t n = 100; n < 300; ++n) put(n);
    for (std::uint64_t n = 0; n < 8; ++n) calls.push_back(call(bind(n)));
    poll();
    EXPECT_EQ(fetcher->fetches(), 8U);
    while (fetcher->let_go()) poll();
    for (auto const& c : calls) EXPECT_NE(c->token(), "");
    EXPECT_EQ(fetcher->fetches(), 8U);
}

TEST_F(many_keys, number_of_keys_has_to_be_above_zero) {
    try {
        token_cache const none(token_cache_options{.max_entries = 0});
        FAIL();
    } catch (coauth::exception const& e) { EXPECT_TRUE(e.error().is(errc::invalid_configuration)); }
}

class thousands_of_keys : public many_keys {
protected:
    thousands_of_keys() : many_keys(100'000) {}
};

TEST_F(thousands_of_keys, each_is_found_while_the_cache_grows) {
    for (std::uint64_t n = 0; n < 5000; ++n) {
        put(n);
        if (n % 7 == 0) { ASSERT_EQ(token(n / 2), "token" + std::to_string(n / 2)); }
    }
    for (std::uint64_t n = 0; n < 5000; ++n) ASSERT_EQ(token(n), "token" + std::to_string(n));
    EXPECT_EQ(cache.statistics().entries, 5000U);
}

TEST_F(thousands_of_keys, expired_ones_are_swept_in_passing) {
    for (std::uint64_t n = 0; n < 1000; ++n) put(n, 60);
    entry_handle const held = bind(7);
    clock.advance(2min);
    for (int i = 0; i < 1000; ++i) static_cast<void>(bind(7));
    EXPECT_EQ(cache.statistics().swept, 999U);
    EXPECT_EQ(cache.statistics().entries, 1U);
    EXPECT_EQ(bind(7), held);
}

TEST_F(thousands_of_keys, expired_ones_are_swept_by_the_fetches_of_others) {
    for (std::uint64_t n = 0; n < 100; ++n) put(n, 60);
    entry_handle const held = bind(1000);
    for (int i = 0; i < 200; ++i) {
        clock.advance(2min);
        held->settle(*held->miss(clock.now()).fetch, granted("held", 60, clock.now()));
    }
    EXPECT_EQ(cache.statistics().entries, 1U);
    EXPECT_TRUE(find(1000));
}

TEST_F(thousands_of_keys, valid_ones_are_not_swept) {
    for (std::uint64_t n = 0; n < 100; ++n) put(n, 3600);
    for (int i = 0; i < 1000; ++i) static_cast<void>(bind(7));
    EXPECT_EQ(cache.statistics().swept, 0U);
    EXPECT_EQ(cache.statistics().entries, 100U);
}

TEST(seeded_hash, is_its_own_in_each_cache) {
    seeded_hash const one;
    seeded_hash const other;
    int alike = 0;
    for (std::uint64_t n = 0; n < 1000; ++n) {
        EXPECT_EQ(one(numbered_key(n)), one(numbered_key(n)));
        alike += one(numbered_key(n)) % 1024 == other(numbered_key(n)) % 1024;
    }
    EXPECT_LT(alike, 50);
}

//
TEST(seeded_hash, spreads_digests_that_were_chosen_to_begin_alike) {
    seeded_hash const hash;
    std::set<std::uint64_t> low;
    std::set<std::uint64_t> high;
    for (std::uint64_t n = 0; n < 1024; ++n) {
        low.insert(hash(numbered_key(n << 54U)) % 1024);
        high.insert(hash(numbered_key(n << 54U)) >> 60U);
    }
    EXPECT_GT(low.size(), 500U);
    EXPECT_GT(high.size(), 8U);
}

}  // namespace
}  // namespace token_cache_test
