// SPDX-License-Identifier: BSL-1.0
//
// A key that is refreshed and asked for without end takes no more memory than at the beginning.

#include <support/allocation_counter.hpp>
#include <support/fake_fetcher.hpp>
#include <support/resident.hpp>

#include <coauth/testing/manual_clock.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace cache_growth_test {
namespace {

using namespace std::chrono_literals;
using coauth_test::resident;
using coauth_test::sanitized;

std::uint64_t outstanding() {
    return coauth::tests::allocations_of_this_thread() -
           coauth::tests::deallocations_of_this_thread();
}

class cache_growth : public ::testing::Test {
protected:
    cache_growth() {
        policy.clock = clock;
        key.emplace(policy);
        fetcher = std::make_shared<coauth::tests::fake_fetcher>(io.get_executor(), policy.clock);
    }
    void refresh() {
        clock.advance(2h);
        auto const call = std::make_shared<coauth::tests::token_call>();
        coauth::tests::start(io.get_executor(), call, key->entry, fetcher);
        io.restart();
        io.run();
        if (call->token().empty()) ++failures;
    }

    asio::io_context io{1};
    coauth::testing::manual_clock clock;
    coauth::cache_policy policy;
    std::optional<coauth::tests::cached_key> key;
    std::shared_ptr<coauth::tests::fake_fetcher> fetcher;
    std::size_t failures = 0;
};

//
TEST_F(cache_growth, refreshes_without_end_take_no_more_memory) {
    std::size_t const count = sanitized ? 5'000 : 50'000;
    for (int i = 0; i != 2'000; ++i) refresh();
    std::size_t const before = resident();
    std::uint64_t const allocations = outstanding();
    for (std::size_t i = 0; i != count; ++i) refresh();
    EXPECT_EQ(outstanding(), allocations);
    EXPECT_LE(resident(), before + 1024 * 1024);
    EXPECT_EQ(failures, 0U);
    EXPECT_EQ(fetcher->fetches(), count + 2'000);
}

//
TEST_F(cache_growth, ten_million_hits_allocate_nothing) {
    refresh();
    std::size_t const before = resident();
    std::uint64_t const allocations = coauth::tests::allocations_of_this_thread();
    std::size_t hits = 0;
    std::size_t const count = sanitized ? 1'000'000 : 10'000'000;
    coauth::time_point const now = clock.now();
    for (std::size_t i = 0; i != count; ++i) {
        bool due = false;
        if (key->entry->find(now, due)) ++hits;
    }
    EXPECT_EQ(coauth::tests::allocations_of_this_thread(), allocations);
    EXPECT_LE(resident(), before + 1024 * 1024);
    EXPECT_EQ(hits, count);
}

}  // namespace
}  // namespace cache_growth_test
