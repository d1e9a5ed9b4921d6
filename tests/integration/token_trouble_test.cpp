// SPDX-License-Identifier: BSL-1.0
//
// What the surroundings may do to a flight: handlers that throw, fetches that need each other, a
// wall clock that jumps, a fork.

#include "support/embedded.hpp"
#include "support/other_process.hpp"
#include "support/recording_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace token_trouble_test {
namespace {

/// By how many seconds the wall clock of this process is wrong.
std::atomic<std::time_t> wall_clock_error{0};

}  // namespace

/// Takes the place of the C library's: without an error it says what that says.
extern "C" int clock_gettime(clockid_t id, timespec* to) noexcept {
    long const failed = ::syscall(SYS_clock_gettime, id, to);
    if (failed == 0 && id == CLOCK_REALTIME) to->tv_sec += wall_clock_error.load();
    return static_cast<int>(failed);
}

namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;
using coauth::token_source;

class token_trouble : public ::testing::Test {
protected:
    ~token_trouble() override { wall_clock_error = 0; }

    asio::io_context io;
    recording_token_endpoint token_endpoint;
};

//
TEST_F(token_trouble, handler_that_throws_takes_nobody_with_it) {
    token_source const tokens(io.get_executor(), token_endpoint.source());
    int served = 0;
    for (int i = 0; i < 50; ++i) {
        asio::co_spawn(io, tokens.get(), [&, i](std::exception_ptr e, coauth::token_ref const& t) {
            if (i % 10 == 3) throw std::runtime_error("a handler of mine");
            if (!e && t) ++served;
        });
    }
    int thrown = 0;
    for (bool ended = false; !ended;) {
        try {
            io.run();
            ended = true;
        } catch (std::exception const&) { ++thrown; }  // Asio makes one of several
    }
    EXPECT_GE(thrown, 1);
    EXPECT_EQ(served, 45);
    EXPECT_EQ(token_endpoint.count(), 1U);
}

awaitable<coauth::token_request> with_token_of(token_source const* other,
                                               coauth::token_request request) {
    coauth::token_ref const token = co_await other->get();
    request.parameter("subject_token", token.access_token());
    co_return request;
}

/// A source whose token requests need a token of `other`.
coauth::token_source_config needing(recording_token_endpoint const& endpoint,
                                    token_source const& other) {
    coauth::token_source_config config = endpoint.source();
    config.hooks.before_call = [&other](coauth::token_request r) {
        return with_token_of(&other, std::move(r));
    };
    return config;
}

//
TEST_F(token_trouble, fetch_may_need_the_token_of_another_source) {
    token_source const subject(io.get_executor(), token_endpoint.source());
    token_source const tokens(io.get_executor(), needing(token_endpoint, subject));
    EXPECT_EQ(run(io, tokens.get()).access_token(), "token-2");
    EXPECT_EQ(token_endpoint.count(), 2U);
}

//
TEST_F(token_trouble, fetches_that_need_each_other_end_at_their_deadlines) {
    std::optional<token_source> first;
    std::optional<token_source> second;
    coauth::token_source_config config = token_endpoint.source();
    config.fetch_deadline = 500ms;
    config.hooks.before_call = [&second](coauth::token_request r) {
        return with_token_of(&*second, std::move(r));
    };
    first.emplace(io.get_executor(), config);
    second.emplace(io.get_executor(), needing(token_endpoint, *first));
    EXPECT_FALSE(run(io, first->try_get()));
    EXPECT_EQ(token_endpoint.count(), 0U);
}

// how long a token lives is measured by a clock that nobody sets.
TEST_F(token_trouble, wall_clock_that_jumps_neither_ends_nor_prolongs_a_token) {
    std::time_t const now = std::time(nullptr);
    std::time_t const day = 24 * 60 * 60;
    std::time_t const in_2038 = 2147483647;
    for (std::time_t const error : {day, -day, -now, in_2038 + 60 - now}) {
        wall_clock_error = 0;
        coauth::token_source_config config = token_endpoint.source();
        config.lifetime.min_refresh_interval = 0s;
        token_source const tokens(io.get_executor(), config);
        std::string const token(run(io, tokens.get()).access_token());
        coauth::duration const left = *tokens.health().valid_for;
        wall_clock_error = error;
        ASSERT_LT(std::abs(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()) -
                           now - error),
                  60);
        EXPECT_EQ(run(io, tokens.get()).access_token(), token) << error;
        EXPECT_LE(tokens.health().valid_for, left);
        EXPECT_GT(tokens.health().valid_for, left - 1min);
        tokens.erase();
        EXPECT_NE(run(io, tokens.get()).access_token(), token) << "fetched under the wrong time";
        EXPECT_GT(tokens.health().valid_for, left - 1min);
    }
}

/// A token endpoint in another process: this one has no thread but its own, and may be forked.
int serve_elsewhere(line_end const& parent) {
    recording_token_endpoint const token_endpoint;
    parent.say(token_endpoint.url("/token"));
    while (parent.hear()) parent.say(std::to_string(token_endpoint.count()));
    return 0;
}

//
TEST(token_trouble_of_a_fork, child_has_a_source_of_its_own_and_shares_no_flight) {
    talking_process token_endpoint(serve_elsewhere);
    coauth::token_source_config config;
    config.token_url = token_endpoint.hear();
    config.client = coauth::client_secret_basic("id", coauth::secret("not-a-real-secret"));
    asio::io_context io;
    token_source const tokens(io.get_executor(), config);
    std::optional<std::string> mine;
    asio::co_spawn(io, tokens.get(), [&](std::exception_ptr, coauth::token_ref const& t) {
        if (t) mine = std::string(t.access_token());
    });
    io.poll_one();  // the flight has begun
    io.notify_fork(asio::execution_context::fork_prepare);
    other_process child([&] {
        ::alarm(60);
        asio::io_context own;
        token_source const other(own.get_executor(), config);
        return run(own, other.try_get()) ? 7 : 1;
    });
    io.notify_fork(asio::execution_context::fork_parent);
    io.run();
    EXPECT_EQ(child.status(), 7);
    EXPECT_TRUE(mine.has_value());
    token_endpoint.say("count");
    EXPECT_EQ(token_endpoint.hear(), "2");
}

//
TEST_F(token_trouble, child_that_becomes_another_program_is_held_up_by_nothing) {
    token_source const tokens(io.get_executor(), token_endpoint.source());
    asio::co_spawn(io, tokens.get(), asio::detached);
    io.poll_one();
    ::pid_t const child = ::fork();
    if (child == 0) {
        ::execl("/bin/true", "true", static_cast<char*>(nullptr));
        ::_exit(1);
    }
    io.run();
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_EQ(token_endpoint.count(), 1U);
}

}  // namespace
}  // namespace token_trouble_test
