// SPDX-License-Identifier: BSL-1.0
//
// Executors, deadlines, cancellation and the end of things: guarantee 15 and DESIGN §4.

#include "support/embedded.hpp"
#include "support/recording_server.hpp"

#include <coauth/testing/fail_nth.hpp>
#include <coauth/testing/manual_clock.hpp>
#include <coauth/testing/stepping_executor.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>

namespace lifecycle_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;

std::size_t open_descriptors() {
    auto const all = std::filesystem::directory_iterator("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

server_response silent() { return server_response(200).with_faults({.hang = true}); }

class lifecycle_test : public ::testing::Test {
protected:
    [[nodiscard]] coauth::rest_client_config config(coauth::authorization a = {}) const {
        coauth::rest_client_config c;
        c.base_url = api.url("/");
        c.authorization = std::move(a);
        return c;
    }

    recording_server api{[](server_request const&) { return server_response(200); }};
    recording_token_endpoint token_endpoint;
};

awaitable<void> note_threads(coauth::rest_client api, asio::any_io_executor own,
                             bool& resumed_here) {
    co_await api.get("/x");
    asio::any_io_executor const now = co_await asio::this_coro::executor;
    resumed_here = now == own;
}

// Hooks run on the client's context, strategies on the source's, callers resume on their own.
TEST_F(lifecycle_test, everything_runs_on_its_own_executor) {
    asio::io_context caller;
    asio::io_context clients;
    asio::io_context sources;
    auto const client_work = asio::make_work_guard(clients);
    auto const source_work = asio::make_work_guard(sources);
    std::thread::id hook_thread;
    std::thread::id strategy_thread;
    coauth::token_source_config s = token_endpoint.source();
    s.hooks.before_call = [&](coauth::token_request&) {
        strategy_thread = std::this_thread::get_id();
    };
    coauth::token_source const tokens(sources.get_executor(), std::move(s));
    coauth::rest_client_config c = config(tokens);
    c.hooks.before_call = [&](coauth::request&) { hook_thread = std::this_thread::get_id(); };
    coauth::rest_client const client(clients.get_executor(), std::move(c));
    std::jthread client_thread([&] { clients.run(); });
    std::jthread source_thread([&] { sources.run(); });
    bool resumed_here = false;
    run(caller, note_threads(client, caller.get_executor(), resumed_here));
    EXPECT_TRUE(resumed_here);
    EXPECT_EQ(hook_thread, client_thread.get_id());
    EXPECT_EQ(strategy_thread, source_thread.get_id());
    clients.stop();
    sources.stop();
}

TEST_F(lifecycle_test, a_single_threaded_client_works_in_place_on_its_executor) {
    asio::io_context io;
    coauth::rest_client_config c = config();
    bool in_place = false;
    c.hooks.before_call = [&](coauth::request&) {
        in_place = io.get_executor().running_in_this_thread();
    };
    coauth::rest_client const client(coauth::single_threaded, io.get_executor(), std::move(c));
    EXPECT_EQ(client.get_executor(), asio::any_io_executor(io.get_executor()));
    EXPECT_EQ(run(io, client.get("/x")).status(), 200);
    EXPECT_TRUE(in_place);
}

TEST_F(lifecycle_test, a_single_threaded_client_can_be_called_from_elsewhere) {
    asio::io_context io;
    asio::io_context elsewhere;
    auto const work = asio::make_work_guard(io);
    coauth::rest_client const client(coauth::single_threaded, io.get_executor(), config());
    std::jthread owner([&] { io.run(); });
    EXPECT_EQ(run(elsewhere, client.get("/x")).status(), 200);
    io.stop();
}

// Idle pools and caches hold no work: run() has returned in every test here; and again:
TEST_F(lifecycle_test, run_returns_when_the_calls_are_done_and_the_next_one_reuses_the_connection) {
    asio::io_context io;
    coauth::token_source const tokens(io.get_executor(), token_endpoint.source());
    coauth::rest_client const client(io.get_executor(), config(tokens));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(run(io, client.get("/x")).status(), 200);
    EXPECT_EQ(api.http().counters().connections_opened, 1U);
}

TEST_F(lifecycle_test, handles_may_be_destroyed_in_any_order) {
    asio::io_context io;
    auto tokens =
        std::make_unique<coauth::token_source>(io.get_executor(), token_endpoint.source());
    auto client = std::make_unique<coauth::rest_client>(io.get_executor(), config(*tokens));
    tokens.reset();
    EXPECT_EQ(run(io, client->get("/x")).status(), 200);
    coauth::token_ref kept;
    {
        asio::io_context short_lived;
        coauth::token_source const source(short_lived.get_executor(), token_endpoint.source());
        coauth::rest_client const other(short_lived.get_executor(), config(source));
        EXPECT_EQ(run(short_lived, other.get("/x")).status(), 200);
        kept = source.try_cached();
    }
    EXPECT_EQ(kept.authorization(), "Bearer token-2");
}

TEST_F(lifecycle_test, handles_may_outlive_their_io_context) {
    auto io = std::make_unique<asio::io_context>();
    coauth::token_source const tokens(io->get_executor(), token_endpoint.source());
    coauth::rest_client const client(io->get_executor(), config(tokens));
    EXPECT_EQ(run(*io, client.get("/x")).status(), 200);
    io.reset();
    EXPECT_EQ(tokens.try_cached().authorization(), "Bearer token-1");
    tokens.invalidate(tokens.try_cached());
    asio::io_context another;  // the home context is gone: the next flight runs on the caller's
    coauth::token_ref const renewed = run(another, tokens.get());
    EXPECT_EQ(renewed.authorization(), "Bearer token-2");
}

TEST_F(lifecycle_test, deadlines_say_where_the_time_went) {
    asio::io_context io;
    api.set([](server_request const&) { return silent(); });
    coauth::rest_client_config c = config();
    c.first_byte_deadline = 30ms;
    coauth::rest_client const client(io.get_executor(), std::move(c));
    auto const first_byte = run(io, client.try_get("/x"));
    EXPECT_TRUE(first_byte.error().is(errc::deadline_exceeded));
    EXPECT_EQ(first_byte.error().where(), coauth::stage::wait);
    coauth::rest_client const patient(io.get_executor(), config());
    coauth::request r("GET", "/x");
    r.deadline(30ms);
    auto const total = run(io, patient.try_send(std::move(r)));
    EXPECT_TRUE(total.error().is(errc::deadline_exceeded));
    coauth::request now("GET", "/x");
    now.deadline(0ns);
    EXPECT_TRUE(run(io, patient.try_send(std::move(now))).error().is(errc::deadline_exceeded));
}

TEST_F(lifecycle_test, a_call_that_waits_for_a_token_has_its_own_deadline) {
    asio::io_context io;
    token_endpoint.set([](server_request const&) { return silent(); });
    coauth::token_source_config s = token_endpoint.source();
    s.fetch_deadline = 100ms;
    coauth::token_source const tokens(io.get_executor(), std::move(s));
    coauth::rest_client const client(io.get_executor(), config(tokens));
    coauth::request r("GET", "/x");
    r.deadline(20ms);
    auto const late = run(io, client.try_send(std::move(r)));
    EXPECT_TRUE(late.error().is(errc::deadline_exceeded));
    EXPECT_EQ(late.error().where(), coauth::stage::token);
    EXPECT_EQ(api.count(), 0U);
}

struct spawned {
    std::exception_ptr thrown;
    coauth::result<coauth::response> outcome;
    bool done = false;
};

void spawn(asio::io_context& io, awaitable<coauth::result<coauth::response>> work,
           asio::cancellation_signal& signal, spawned& s) {
    asio::co_spawn(
        io, std::move(work),
        asio::bind_cancellation_slot(
            signal.slot(), [&s](std::exception_ptr e, coauth::result<coauth::response> r) {
                s.thrown = std::move(e);
                s.outcome = std::move(r);
                s.done = true;
            }));
}

/// One TLS call with a cold token, cancelled before one of its steps.
void cancel_at(embedded_servers& servers, coauth::testing::fail_nth& now) {
    coauth::testing::stepping_executor steps;
    coauth::token_source const tokens(steps.get_executor(), servers.source());
    coauth::rest_client const client(steps.get_executor(), servers.client(tokens));
    asio::cancellation_signal signal;
    spawned s;
    spawn(steps.context(), client.try_get("/users"), signal, s);
    while (!s.done && !now.point()) steps.step();
    signal.emit(asio::cancellation_type::terminal);
    steps.run();
    EXPECT_TRUE(s.done);
    bool const answered = s.outcome && s.outcome->status() == 200;
    bool const cancelled = s.thrown || (!s.outcome && s.outcome.error().is(errc::cancelled));
    EXPECT_TRUE(answered || cancelled) << now.n();
}

/// Once the servers have seen that everybody has gone.
std::size_t descriptors_when_idle(embedded_servers& servers) {
    auto const idle = [](auto const& now) { return now.connections_open == 0; };
    EXPECT_TRUE(servers.authorization.http().wait_until(idle));
    EXPECT_TRUE(servers.api.http().wait_until(idle));
    return open_descriptors();
}

TEST_F(lifecycle_test, a_call_can_be_cancelled_at_every_point) {
    embedded_servers servers;
    coauth::testing::fail_nth first(1);
    cancel_at(servers, first);
    std::size_t const before = descriptors_when_idle(servers);
    auto const places = coauth::testing::for_each_failure(
        [&](coauth::testing::fail_nth& now) { cancel_at(servers, now); });
    EXPECT_GT(places, 10U);
    EXPECT_EQ(descriptors_when_idle(servers), before);
}

// the context goes away in the middle of a call, at every point.
TEST_F(lifecycle_test, an_io_context_may_be_destroyed_at_every_point_of_a_call) {
    embedded_servers servers;
    auto const places = coauth::testing::for_each_failure([&](coauth::testing::fail_nth& now) {
        std::optional<coauth::testing::stepping_executor> steps(std::in_place);
        coauth::token_source const tokens(steps->get_executor(), servers.source());
        coauth::rest_client const client(steps->get_executor(), servers.client(tokens));
        bool done = false;
        asio::co_spawn(steps->get_executor(), client.try_get("/users"),
                       [&](std::exception_ptr, coauth::result<coauth::response>) { done = true; });
        while (!done && !now.point()) steps->step();
        steps.reset();
    });
    EXPECT_GT(places, 10U);
}

awaitable<void> stop_both(coauth::rest_client client, coauth::token_source tokens,
                          coauth::duration grace) {
    co_await client.stop(grace);
    co_await tokens.stop(grace);
}

TEST_F(lifecycle_test, stop_gives_grace_then_ends_calls_and_leaves_nothing_behind) {
    asio::io_context io;
    coauth::token_source const tokens(io.get_executor(), token_endpoint.source());
    coauth::rest_client const client(io.get_executor(), config(tokens));
    EXPECT_EQ(run(io, client.get("/x")).status(), 200);
    api.set([](server_request const&) { return silent(); });
    coauth::result<coauth::response> hanging;
    asio::co_spawn(
        io, client.try_get("/x"),
        [&](std::exception_ptr, coauth::result<coauth::response> r) { hanging = std::move(r); });
    run(io, stop_both(client, tokens, 20ms));
    EXPECT_TRUE(hanging.error().is(errc::stopped));
    EXPECT_TRUE(run(io, client.try_get("/x")).error().is(errc::stopped));
    EXPECT_TRUE(run(io, tokens.try_get()).has_value()) << "what is cached may still be used";
    auto const closed = [](auto const& c) { return c.connections_open == 0; };
    EXPECT_TRUE(api.http().wait_until(closed));
    EXPECT_TRUE(token_endpoint.http().wait_until(closed));
}

awaitable<coauth::request> hold(std::shared_ptr<coauth::detail::suspension> until,
                                coauth::request r) {
    co_await coauth::detail::suspension::wait(until);
    co_return std::move(r);
}

TEST_F(lifecycle_test, stop_ends_a_call_that_waits_for_a_token) {
    asio::io_context io;
    token_endpoint.set([](server_request const&) { return silent(); });
    coauth::token_source const tokens(io.get_executor(), token_endpoint.source());
    coauth::rest_client const client(io.get_executor(), config(tokens));
    coauth::result<coauth::response> waiting;
    asio::co_spawn(
        io, client.try_get("/x"),
        [&](std::exception_ptr, coauth::result<coauth::response> r) { waiting = std::move(r); });
    run(io, stop_both(client, tokens, 20ms));
    EXPECT_TRUE(waiting.error().is(errc::stopped)) << waiting.error().what();
    EXPECT_TRUE(run(io, tokens.try_get()).error().is(errc::stopped));
}

TEST_F(lifecycle_test, stop_lets_calls_in_flight_finish_within_the_grace) {
    asio::io_context io;
    api.set(
        [](server_request const&) { return server_response(200).with_faults({.delay = 20ms}); });
    coauth::rest_client const client(io.get_executor(), config());
    coauth::result<coauth::response> slow;
    asio::co_spawn(
        io, client.try_get("/x"),
        [&](std::exception_ptr, coauth::result<coauth::response> r) { slow = std::move(r); });
    run(io, client.stop(60s));
    ASSERT_TRUE(slow.has_value()) << slow.error().what();
    EXPECT_EQ(slow->status(), 200);
}

//
TEST_F(lifecycle_test, everybody_who_stops_a_client_is_told_when_it_has_stopped) {
    asio::io_context io;
    coauth::rest_client_config c = config();
    std::shared_ptr<coauth::detail::suspension> const hook =
        std::make_shared<coauth::detail::suspension>();
    c.hooks.before_call = [hook](coauth::request r) { return hold(hook, std::move(r)); };
    coauth::rest_client const client(io.get_executor(), std::move(c));
    asio::co_spawn(io, client.try_get("/x"), [](std::exception_ptr, auto const&) {});
    int stopped = 0;
    for (coauth::duration const grace : {coauth::duration(0), coauth::duration::max()}) {
        asio::co_spawn(io, client.stop(grace), [&](std::exception_ptr) { ++stopped; });
    }
    asio::co_spawn(io, client.stop(0s), [&](std::exception_ptr) { ++stopped; });
    while (io.poll() != 0) {}
    EXPECT_EQ(stopped, 0) << "a hook that waits is waited for";
    hook->wake(coauth::detail::wake_reason::ready);
    io.run_for(1s);
    EXPECT_EQ(stopped, 3);
}

// Guarantee 2: looked at again when the head is written, fetched anew at most once.
TEST_F(lifecycle_test, a_token_that_expires_while_the_call_waits_for_a_connection_is_not_sent) {
    asio::io_context io;
    coauth::testing::manual_clock const clock;
    coauth::token_source_config s = token_endpoint.source();
    s.clock = clock;
    coauth::token_source const tokens(io.get_executor(), std::move(s));
    coauth::rest_client_config c = config(tokens);
    c.max_connections_per_origin = 1;
    coauth::rest_client const client(coauth::single_threaded, io.get_executor(), std::move(c));
    EXPECT_EQ(run(io, client.get("/warm")).status(), 200);
    api.set([&](server_request const& r) {
        if (r.target == "/first") clock.advance(2h);
        return server_response(200);
    });
    coauth::result<coauth::response> first;
    coauth::result<coauth::response> second;
    asio::co_spawn(
        io, client.try_get("/first"),
        [&](std::exception_ptr, coauth::result<coauth::response> r) { first = std::move(r); });
    asio::co_spawn(
        io, client.try_get("/second"),
        [&](std::exception_ptr, coauth::result<coauth::response> r) { second = std::move(r); });
    io.restart();
    io.run();
    EXPECT_TRUE(first.has_value());
    EXPECT_TRUE(second.has_value());
    EXPECT_EQ(api.last().target, "/second");
    EXPECT_EQ(api.last().fields.find("Authorization"), "Bearer token-2");
    EXPECT_EQ(token_endpoint.count(), 2U);
}

}  // namespace
}  // namespace lifecycle_test
