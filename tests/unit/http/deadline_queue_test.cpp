// SPDX-License-Identifier: BSL-1.0

#include <coauth/http/deadline_queue.hpp>

#include <chrono>
#include <cstdint>
#include <gtest/gtest.h>
#include <memory>
#include <new>
#include <support/allocation_counter.hpp>

namespace deadline_queue_test {
namespace {

using namespace coauth;

struct caller final : http::deadline_queue::entry {
    bool passed = false;
    void deadline_passed() noexcept override { passed = true; }
};

/// False where there was no memory.
bool set(http::deadline_queue& queue, caller& c, duration from_now, std::uint64_t spared) {
    tests::no_memory const now(spared);
    try {
        queue.set(c, boot_clock::now() + from_now);
        return true;
    } catch (std::bad_alloc const&) { return false; }
}

TEST(deadline_queue, a_deadline_that_finds_no_memory_takes_no_other_one_along) {
    for (std::uint64_t spared = 0;; ++spared) {
        asio::io_context io(1);
        auto const queue = std::make_shared<http::deadline_queue>(io.get_executor());
        caller first;
        queue->set(first, boot_clock::now() + std::chrono::milliseconds(2));
        auto unlucky = std::make_unique<caller>();
        bool const enough = set(*queue, *unlucky, std::chrono::milliseconds(1), spared);
        unlucky.reset();
        caller later;
        queue->set(later, boot_clock::now() + std::chrono::milliseconds(3));
        io.run_for(std::chrono::seconds(5));
        EXPECT_TRUE(first.passed && later.passed) << spared;
        if (enough) break;
    }
}

}  // namespace
}  // namespace deadline_queue_test
