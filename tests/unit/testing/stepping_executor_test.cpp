// SPDX-License-Identifier: BSL-1.0

#include <coauth/testing/stepping_executor.hpp>

#include <asio/executor_work_guard.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace stepping_executor_test {
namespace {

using namespace std::chrono_literals;
using coauth::testing::stepping_executor;

asio::awaitable<void> three_posts(std::string& trace) {
    for (char const c : {'a', 'b', 'c'}) {
        trace += c;
        co_await asio::post(asio::use_awaitable);
    }
}

TEST(testing_stepping_executor, runs_one_handler_at_a_time) {
    stepping_executor steps;
    std::string trace;
    asio::post(steps.get_executor(), [&] {
        trace += '1';
        asio::post(steps.get_executor(), [&] { trace += '3'; });
    });
    asio::post(steps.get_executor(), [&] { trace += '2'; });
    EXPECT_TRUE(steps.step());
    EXPECT_EQ(trace, "1");
    EXPECT_TRUE(steps.step());
    EXPECT_TRUE(steps.step());
    EXPECT_EQ(trace, "123");
    EXPECT_FALSE(steps.step());
    EXPECT_EQ(steps.steps(), 3U);
    asio::post(steps.get_executor(), [&] { trace += '4'; });
    EXPECT_TRUE(steps.step()) << "new work after the old has ended";
    EXPECT_EQ(trace, "1234");
}

TEST(testing_stepping_executor, runs_until_a_condition_holds) {
    stepping_executor steps;
    std::string trace;
    asio::co_spawn(steps.get_executor(), three_posts(trace), asio::detached);
    EXPECT_TRUE(steps.run_until([&] { return trace == "ab"; }));
    EXPECT_EQ(trace, "ab");
    EXPECT_FALSE(steps.run_until([&] { return trace == "b"; }));
    EXPECT_EQ(trace, "abc");
    EXPECT_FALSE(steps.run_until([] { return false; }, 0));
}

TEST(testing_stepping_executor, drains_what_is_ready_and_leaves_what_is_not) {
    stepping_executor steps;
    asio::steady_timer timer(steps.get_executor());
    timer.expires_after(24h);
    bool rang = false;
    timer.async_wait([&](std::error_code const&) { rang = true; });
    std::string trace;
    asio::co_spawn(steps.get_executor(), three_posts(trace), asio::detached);
    EXPECT_GT(steps.drain(), 2U);
    EXPECT_EQ(trace, "abc");
    EXPECT_FALSE(rang);
    EXPECT_FALSE(steps.step_if_ready());
    timer.cancel();
    EXPECT_EQ(steps.run(), 1U);
    EXPECT_TRUE(rang);
}

void post_for_ever(stepping_executor& steps) {
    asio::post(steps.get_executor(), [&steps] { post_for_ever(steps); });
}

TEST(testing_stepping_executor, every_wait_is_bounded) {
    stepping_executor impatient(1ms);
    auto const work = asio::make_work_guard(impatient.get_executor());
    EXPECT_THROW(impatient.step(), std::runtime_error);
    stepping_executor steps;
    post_for_ever(steps);
    EXPECT_THROW(steps.drain(50), std::runtime_error);
    EXPECT_FALSE(steps.run_until([] { return false; }, 50));
}

TEST(testing_stepping_executor, what_a_handler_throws_comes_out_of_the_step) {
    stepping_executor steps;
    asio::post(steps.get_executor(), [] { throw std::logic_error("from the handler"); });
    EXPECT_THROW(steps.step(), std::logic_error);
}

TEST(testing_stepping_executor, destroying_it_destroys_what_waits) {
    auto const kept = std::make_shared<int>(1);
    std::optional<stepping_executor> steps(std::in_place);
    asio::post(steps->get_executor(), [kept] { FAIL(); });
    EXPECT_EQ(kept.use_count(), 2);
    steps.reset();
    EXPECT_EQ(kept.use_count(), 1);
}

}  // namespace
}  // namespace stepping_executor_test
