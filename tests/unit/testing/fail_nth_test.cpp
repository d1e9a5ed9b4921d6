// SPDX-License-Identifier: BSL-1.0

#include <coauth/testing/fail_nth.hpp>

#include <gtest/gtest.h>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <support/allocation_counter.hpp>
#include <vector>

namespace fail_nth_test {
namespace {

using coauth::testing::fail_nth;
using coauth::testing::for_each_failure;

TEST(testing_fail_nth, singles_out_one_event) {
    fail_nth third(3);
    EXPECT_FALSE(third.point());
    EXPECT_FALSE(third.point());
    EXPECT_FALSE(third.fired());
    EXPECT_TRUE(third.point());
    EXPECT_FALSE(third.point());
    EXPECT_TRUE(third.fired());
    EXPECT_EQ(third.events(), 4U);
    fail_nth none(0);
    EXPECT_FALSE(none.point());
    EXPECT_FALSE(none.fired());
}

TEST(testing_fail_nth, can_fail_with_an_exception) {
    fail_nth second(2);
    second.point(std::runtime_error("no"));
    EXPECT_THROW(second.point(std::runtime_error("no")), std::runtime_error);
    second.point(std::runtime_error("no"));
}

TEST(testing_fail_nth, every_event_of_a_scenario_fails_once) {
    std::multiset<std::string> failed;
    std::size_t complete = 0;
    std::size_t const places = for_each_failure([&](fail_nth& fault) {
        for (auto const* place : {"load", "parse", "store"}) {
            if (!fault.point()) continue;
            failed.insert(place);
            return;
        }
        ++complete;
    });
    EXPECT_EQ(places, 3U);
    EXPECT_EQ(failed, (std::multiset<std::string>{"load", "parse", "store"}));
    EXPECT_EQ(complete, 1U);
}

TEST(testing_fail_nth, a_scenario_without_events_runs_once) {
    std::size_t runs = 0;
    EXPECT_EQ(for_each_failure([&](fail_nth&) { ++runs; }), 0U);
    EXPECT_EQ(runs, 1U);
}

TEST(testing_fail_nth, a_scenario_that_never_comes_to_its_end_is_stopped) {
    std::size_t runs = 0;
    auto const endless = [&](fail_nth& fault) {
        ++runs;
        for (std::size_t i = 0; i != fault.n(); ++i) static_cast<void>(fault.point());
    };
    EXPECT_THROW(for_each_failure(endless, 20), std::runtime_error);
    EXPECT_EQ(runs, 20U);
}

TEST(testing_fail_nth, what_a_scenario_throws_ends_it) {
    auto const throws = [](fail_nth& fault) { fault.point(std::logic_error("2")); };
    EXPECT_THROW(for_each_failure(throws), std::logic_error);
}

TEST(testing_fail_nth, an_allocation_can_be_the_event) {
    std::size_t failures = 0;
    std::size_t const places = for_each_failure([&](fail_nth& fault) {
        std::vector<int> numbers;
        try {
            coauth::tests::failing_allocations const now(fault);
            numbers.push_back(1);
            numbers.reserve(100);
        } catch (std::bad_alloc const&) { ++failures; }
    });
    EXPECT_EQ(places, 2U);
    EXPECT_EQ(failures, 2U);
}

}  // namespace
}  // namespace fail_nth_test
