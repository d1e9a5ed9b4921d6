// SPDX-License-Identifier: BSL-1.0
//
// Asio keeps two coroutine frames of at most 1,020 bytes for each thread; a larger one is an
// allocation for every call. This prints the frame of an ordinary call.

#include <coauth/coauth.hpp>
#include <support/allocation_counter.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <iostream>

namespace frame_size_test {
namespace {

using coauth::tests::last_allocation_of_this_thread;

// A thread that runs no io_context takes its frames from operator new, and the frame is the last
// thing that is made for an awaitable which nobody awaits.
TEST(frame_size, of_an_ordinary_call_is_small_enough_to_be_recycled) {
    constexpr std::size_t recycled_by_asio = 1020;
    asio::io_context io;
    coauth::rest_client const client(coauth::single_threaded, io.get_executor(),
                                     {.base_url = "http://127.0.0.1:1/"});
    auto const throwing = client.get("/");
    std::size_t const get = last_allocation_of_this_thread();
    auto const trying = client.try_get("/");
    std::size_t const try_get = last_allocation_of_this_thread();
    std::cout << "frame of get: " << get << " bytes, of try_get: " << try_get << '\n';
    EXPECT_GT(get, 100U);
    EXPECT_LE(get, recycled_by_asio);
    EXPECT_LE(try_get, recycled_by_asio);
}

}  // namespace
}  // namespace frame_size_test
