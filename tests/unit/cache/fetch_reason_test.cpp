// SPDX-License-Identifier: BSL-1.0
//
// Why a token is fetched, as events and records say it, and how old it is.

#include <coauth/cache/token_cache.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <support/fake_fetcher.hpp>
#include <utility>
#include <vector>

namespace fetch_reason_test {
namespace {

using namespace std::chrono_literals;
using namespace coauth::tests;
using coauth::fetch_reason;
using coauth::testing::manual_clock;

struct reasons {
    std::shared_ptr<std::vector<fetch_reason>> list = std::make_shared<std::vector<fetch_reason>>();

    void operator()(coauth::token_fetched const& e) const { list->push_back(e.why); }
    void operator()(coauth::token_refreshed const&) const {
        list->push_back(fetch_reason::refresh_ahead);
    }
    void operator()(coauth::token_fetch_failed const& e) const { list->push_back(e.why); }
};

class reason : public ::testing::Test {
protected:
    coauth::cache_policy policy() {
        coauth::cache_policy p;
        p.clock = clock;
        p.lifetime.min_refresh_interval = coauth::duration(0);
        p.observer = seen;
        return p;
    }
    void bring(coauth::cache_entry::arrival const& a, std::string const& token) {
        key.entry->settle(*a.fetch, granted(token, 3600, clock.now()));
    }
    void fetch() { bring(key.entry->miss(clock.now()), "token" + std::to_string(++count)); }
    std::uint64_t generation() {
        bool due = false;
        return key.entry->find(clock.now(), due).generation();
    }

    manual_clock clock;
    reasons seen;
    cached_key key{policy()};
    int count = 0;
};

TEST_F(reason, is_the_lack_of_a_token_then_its_age_on_both_sides_of_the_hard_deadline) {
    fetch();
    clock.advance(50min);
    bring(key.entry->begin_refresh(clock.now()), "ahead");
    clock.advance(2h);
    fetch();
    EXPECT_EQ(*seen.list, (std::vector{fetch_reason::no_cached_token, fetch_reason::refresh_ahead,
                                       fetch_reason::expired}));
}

TEST_F(reason, is_the_rejection_by_an_api) {
    fetch();
    bring(key.entry->reject(clock.now(), generation(), "https://api.example.com:443"), "renewed");
    EXPECT_EQ(seen.list->back(), fetch_reason::rejected);
}

TEST_F(reason, is_the_hand_that_gave_the_token_up_until_another_comes) {
    fetch();
    key.entry->invalidate(generation());
    key.entry->settle(*key.entry->miss(clock.now()).fetch, server_error());
    clock.advance(1min);
    fetch();
    key.entry->erase();
    fetch();
    clock.advance(2h);
    fetch();
    EXPECT_EQ(*seen.list,
              (std::vector{fetch_reason::no_cached_token, fetch_reason::forced,
                           fetch_reason::forced, fetch_reason::forced, fetch_reason::expired}));
    EXPECT_EQ(to_string(fetch_reason::forced), "forced");
}

TEST_F(reason, age_and_rest_of_a_token_count_from_its_request) {
    EXPECT_FALSE(key.entry->health(clock.now()).age);
    auto const a = key.entry->miss(clock.now());
    auto const requested = clock.now();
    clock.advance(5s);
    key.entry->settle(*a.fetch, granted("token", 3600, requested));
    clock.advance(10s);
    auto const h = key.entry->health(clock.now());
    EXPECT_EQ(h.age, 15s);
    EXPECT_EQ(h.valid_for, 3585s);
    clock.advance(2h);
    EXPECT_FALSE(key.entry->health(clock.now()).age);
}

}  // namespace
}  // namespace fetch_reason_test
