// SPDX-License-Identifier: BSL-1.0
//
// The end of a transport on one thread while its executor still runs on another.

#include <coauth/http/transport.hpp>

#include <atomic>
#include <chrono>
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

}  // namespace
}  // namespace transport_test
