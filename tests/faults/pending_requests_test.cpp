// SPDX-License-Identifier: BSL-1.0
//
// Very many calls to a server that does not answer.

#include "support/recording_server.hpp"
#include "support/resident.hpp"
#include "support/tortured_call.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <malloc.h>

namespace pending_requests_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;

struct outcomes {
    std::size_t stopped = 0;
    std::size_t refused = 0;
    std::size_t other = 0;
};

awaitable<void> one_call(coauth::rest_client api, outcomes& counts) {
    auto const got = co_await api.try_get("/slow");
    if (!got && got.error().is(errc::stopped)) {
        ++counts.stopped;
    } else if (!got && got.error().is(errc::too_many_waiting_calls)) {
        ++counts.refused;
    } else {
        ++counts.other;
    }
}

awaitable<void> stop(coauth::rest_client api) { co_await api.stop(0s); }

/// In bytes, of the program's main heap.
std::size_t on_the_heap() { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; }

//
TEST(pending_requests, hundred_thousand_take_less_than_8_kib_each_and_there_is_a_limit) {
    if (sanitized) GTEST_SKIP() << "a sanitizer has a heap of its own";
    recording_server slow([](auto const&) {
        return coauth::testing::server_response(200).with_faults({.hang = true});
    });
    asio::io_context io{1};
    coauth::rest_client_config config;
    config.base_url = slow.url("/");
    config.max_connections_per_origin = 4;
    coauth::rest_client const api(coauth::single_threaded, io.get_executor(), std::move(config));
    constexpr std::size_t waiting = 100'000;
    constexpr std::size_t too_many = 7;
    outcomes counts;
    std::size_t const before = on_the_heap();
    for (std::size_t i = 0; i != waiting; ++i) {
        asio::co_spawn(io, one_call(api, counts), asio::detached);
    }
    io.poll();
    EXPECT_EQ(counts.refused, 0U);
    std::size_t const each = (on_the_heap() - before) / waiting;
    RecordProperty("bytes_per_pending_request", static_cast<int>(each));
    EXPECT_LE(each, 8U * 1024);
    // Those that have a connection, and perhaps have not got it yet, do not wait.
    for (std::size_t i = 0; i != 4 + too_many; ++i) {
        asio::co_spawn(io, one_call(api, counts), asio::detached);
    }
    io.poll();
    EXPECT_EQ(counts.refused, too_many);
    asio::co_spawn(io, stop(api), asio::detached);
    io.run();
    EXPECT_EQ(counts.stopped, waiting + 4);
    EXPECT_EQ(counts.other, 0U);
}

}  // namespace
}  // namespace pending_requests_test
