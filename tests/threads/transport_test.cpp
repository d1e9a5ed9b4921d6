// SPDX-License-Identifier: BSL-1.0
//
// The end of a transport on one thread while its executor still runs on another.

#include <support/yield.hpp>  // first

#include <coauth/http/transport.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <support/effort.hpp>
#include <thread>
#include <utility>

namespace transport_test {
namespace {

using namespace coauth;
using namespace std::chrono_literals;

/// What an exchange is to its transport: it holds it, and has a deadline in it.
class call final : public http::deadline_queue::entry {
public:
    call(std::shared_ptr<http::transport> t, duration in) : transport_(std::move(t)) {
        transport_->deadlines().set(*this, boot_clock::now() + in);
    }
    void deadline_passed() noexcept override {}
    ~call() override { cancel_deadline(); }

private:
    std::shared_ptr<http::transport> transport_;
};

/// The last call ends on the executor, and whoever has waited for it drops the client elsewhere.
void drop_behind_a_call(any_executor const& executor, duration deadline) {
    auto t = http::transport::make(executor);
    std::atomic<bool> over{false};
    asio::post(executor, [&over, t, deadline]() mutable {
        { call const c(std::move(t), deadline); }
        over = true;
    });
    while (!over) std::this_thread::yield();
    t.reset();
}

TEST(transport_threads, a_transport_may_be_dropped_while_its_executor_gives_up_its_timer) {
    asio::io_context io;
    auto const work = asio::make_work_guard(io);
    std::jthread const runner([&io] { io.run(); });
    for (unsigned round = 0; round < coauth_test::times(20'000); ++round) {
        drop_behind_a_call(io.get_executor(), round % 2 == 0 ? duration(1h) : duration(0));
    }
    io.stop();
}

//
TEST(transport_threads, a_context_waits_for_a_transport_that_is_just_being_dropped) {
    auto io = std::make_unique<asio::io_context>();
    auto t = http::transport::make(io->get_executor());
    { call const over(t, 1h); }  // which leaves its timer behind
    std::promise<void> dropping;
    std::promise<void> gone;
    bool waited = false;
    std::jthread other([&] {
        tests::instead_of_yield() = [&] {
            dropping.set_value();
            waited = gone.get_future().wait_for(50ms) == std::future_status::timeout;
        };
        t.reset();
        tests::instead_of_yield() = nullptr;
    });
    dropping.get_future().wait();
    io.reset();
    gone.set_value();
    other.join();
    EXPECT_TRUE(waited);
}

}  // namespace
}  // namespace transport_test
