// SPDX-License-Identifier: BSL-1.0

#include <coauth/detail/offload.hpp>

#include <algorithm>
#include <exception>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace offload_test {
namespace {

using coauth::errc;
using coauth::result;
using coauth::detail::offload;
using coauth::detail::worker_pool;

template <class T>
coauth::awaitable<result<T>> caught(coauth::awaitable<T> work) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(work);
            co_return result<void>();
        } else {
            co_return result<T>(co_await std::move(work));
        }
    } catch (coauth::exception const& e) { co_return e.error(); }
}

template <class T>
struct answer_of {
    std::optional<result<T>> value;
    asio::cancellation_signal leave;

    void start(asio::io_context& io, coauth::awaitable<T> work) {
        asio::co_spawn(io, caught(std::move(work)),
                       asio::bind_cancellation_slot(leave.slot(),
                                                    [this](std::exception_ptr const&, result<T> r) {
                                                        value.emplace(std::move(r));
                                                    }));
    }
};

//
TEST(offload, leaves_the_executor_free_while_the_call_blocks) {
    std::promise<int> gate;
    auto const pool = std::make_shared<worker_pool>(1);
    asio::io_context io;
    answer_of<int> answer;
    auto const blocks = [&gate] { return gate.get_future().get(); };
    answer.start(io, offload(pool, blocks));
    bool other_work = false;
    asio::post(io, [&] {
        other_work = true;
        gate.set_value(7);
    });
    io.run();
    EXPECT_TRUE(other_work);
    ASSERT_TRUE(answer.value);
    EXPECT_EQ(answer.value->value(), 7);
}

TEST(offload, lets_go_of_what_the_call_holds_before_the_caller_goes_on) {
    auto const pool = std::make_shared<worker_pool>(1);
    asio::io_context io;
    std::thread::id ended_on;
    std::shared_ptr<int> held(new int(7), [&](int const* p) {
        ended_on = std::this_thread::get_id();
        delete p;
    });
    auto reads = [mine = std::move(held)] { return *mine; };
    asio::co_spawn(io, offload(pool, std::move(reads)), asio::detached);
    io.poll();
    std::promise<std::thread::id> worker;
    pool->run([&] { worker.set_value(std::this_thread::get_id()); });
    std::thread::id const on = worker.get_future().get();
    io.run();
    EXPECT_EQ(ended_on, on);
}

TEST(offload, hands_over_what_the_call_throws) {
    auto const pool = std::make_shared<worker_pool>(1);
    asio::io_context io;
    answer_of<void> own;
    answer_of<void> foreign;
    auto const throws_own = [] { throw coauth::exception(coauth::error(errc::store_refused)); };
    auto const throws = [] { throw std::runtime_error("why"); };
    own.start(io, offload(pool, throws_own));
    foreign.start(io, offload(pool, throws));
    io.run();
    EXPECT_TRUE(own.value->error().is(errc::store_refused));
    EXPECT_TRUE(foreign.value->error().is(errc::store_unavailable));
}

TEST(offload, ends_at_once_when_it_is_cancelled_and_the_call_is_still_made) {
    std::promise<void> gate;
    bool done = false;
    {
        auto const pool = std::make_shared<worker_pool>(1);
        asio::io_context io;
        answer_of<void> answer;
        auto const blocks = [&] {
            gate.get_future().get();
            done = true;
        };
        answer.start(io, offload(pool, blocks));
        io.poll();
        answer.leave.emit(asio::cancellation_type::terminal);
        io.run();
        ASSERT_TRUE(answer.value);
        EXPECT_TRUE(answer.value->error().is(errc::cancelled));
        gate.set_value();
    }
    EXPECT_TRUE(done);
}

TEST(offload, survives_the_end_of_the_context_that_waits) {
    std::promise<void> gate;
    auto const pool = std::make_shared<worker_pool>(1);
    answer_of<void> answer;
    auto const blocks = [&gate] { gate.get_future().get(); };
    {
        asio::io_context io;
        answer.start(io, offload(pool, blocks));
        io.poll();
    }
    gate.set_value();
}

TEST(a_worker_pool, has_no_more_threads_than_it_may_and_does_everything_before_it_ends) {
    std::mutex mutex;
    std::vector<std::thread::id> seen;
    {
        worker_pool pool(2);
        for (int i = 0; i != 100; ++i) {
            pool.run([&] {
                std::lock_guard const lock(mutex);
                seen.push_back(std::this_thread::get_id());
            });
        }
    }
    EXPECT_EQ(seen.size(), 100U);
    std::sort(seen.begin(), seen.end());
    EXPECT_LE(std::unique(seen.begin(), seen.end()) - seen.begin(), 2);
}

TEST(a_worker_pool, may_be_ended_by_its_own_job) {
    std::promise<void> ended;
    auto pool = std::make_shared<worker_pool>(1);
    worker_pool& used = *pool;
    used.run([p = std::move(pool), &ended]() mutable {
        p.reset();
        ended.set_value();
    });
    ended.get_future().get();
}

}  // namespace
}  // namespace offload_test
