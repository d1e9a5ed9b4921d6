// SPDX-License-Identifier: BSL-1.0
//
// Many callers at once, on several threads: the counters of oidc-provider prove how many token
// requests they cause.

#include "support/oidc_fixture.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>

#include <list>
#include <map>
#include <mutex>
#include <optional>

namespace coauth::tests::oidc_herd_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::Lt;
using ::testing::Pair;

constexpr unsigned threads = 4;

/// How many calls ended how: a status, or the text of an error. Any thread.
class tally {
public:
    void note(result<response> const& r) {
        add(r ? std::to_string(r->status()) : r.error().what());
    }
    void note(result<token_ref> const& r) { add(r ? "token" : r.error().what()); }

    [[nodiscard]] std::map<std::string, int> outcomes() const {
        std::lock_guard const lock(mutex_);
        return outcomes_;
    }

private:
    void add(std::string const& outcome) {
        std::lock_guard const lock(mutex_);
        ++outcomes_[outcome];
    }

    mutable std::mutex mutex_;
    std::map<std::string, int> outcomes_;
};

awaitable<void> call(rest_client api, tally& outcomes) {
    result<response> const answer = co_await api.try_get("/echo");
    outcomes.note(answer);
}

awaitable<void> take(token_source tokens, tally& outcomes) {
    result<token_ref> const token = co_await tokens.try_get();
    outcomes.note(token);
}

class oidc_herd : public oidc_test {
protected:
    /// Calls at once, each a coroutine of its own on one of the threads; until all have ended.
    std::map<std::string, int> herd(rest_client const& client, asio::thread_pool& pool, int calls) {
        tally outcomes;
        for (int i = 0; i < calls; ++i) asio::co_spawn(pool, call(client, outcomes), rethrow);
        pool.join();
        return outcomes.outcomes();
    }
    /// The same on one thread.
    std::map<std::string, int> herd(rest_client const& client, int calls) {
        tally outcomes;
        for (int i = 0; i < calls; ++i) asio::co_spawn(io, call(client, outcomes), rethrow);
        io.restart();
        io.run();
        return outcomes.outcomes();
    }
};

TEST_F(oidc_herd, thousand_cold_callers_on_four_threads_cause_one_token_request) {
    oidc().fault("on=token&delay_ms=200");
    asio::thread_pool pool(threads);
    token_source const tokens(pool.get_executor(), source());
    rest_client const client(pool.get_executor(), api(tokens));
    EXPECT_THAT(herd(client, pool, 1000), ElementsAre(Pair("200", 1000)));
    oidc_counters const seen = oidc().counters();
    EXPECT_EQ(seen.token_total(), 1);
    EXPECT_EQ(seen.resource_total(), 1000);
    EXPECT_EQ(seen.resource_ok(), 1000);
    EXPECT_EQ(tokens.statistics().fetches, 1U);
}

TEST_F(oidc_herd, cold_callers_without_a_client_on_four_threads_cause_one_token_request) {
    oidc().fault("on=token&delay_ms=50");
    asio::thread_pool pool(threads);
    token_source const tokens(pool.get_executor(), source());
    tally outcomes;
    for (int i = 0; i < 1000; ++i) asio::co_spawn(pool, take(tokens, outcomes), rethrow);
    pool.join();
    EXPECT_THAT(outcomes.outcomes(), ElementsAre(Pair("token", 1000)));
    EXPECT_EQ(oidc().counters().token_total(), 1);
}

TEST_F(oidc_herd, callers_of_many_clients_that_share_a_source_cause_one_token_request) {
    oidc().fault("on=token&delay_ms=50");
    asio::thread_pool pool(threads);
    token_source const tokens(pool.get_executor(), source());
    tally outcomes;
    for (int i = 0; i < 8; ++i) {
        rest_client const client(pool.get_executor(), api(tokens));
        for (int j = 0; j < 25; ++j) asio::co_spawn(pool, call(client, outcomes), rethrow);
    }
    pool.join();
    EXPECT_THAT(outcomes.outcomes(), ElementsAre(Pair("200", 200)));
    EXPECT_EQ(oidc().counters().token_total(), 1);
}

TEST_F(oidc_herd, pool_keeps_to_its_limit_and_reuses_what_it_has) {
    asio::thread_pool pool(threads);
    token_source const tokens(pool.get_executor(), source());
    rest_client_config config = api(tokens);
    config.max_connections_per_origin = 4;
    rest_client const client(pool.get_executor(), config);
    EXPECT_THAT(herd(client, pool, 200), ElementsAre(Pair("200", 200)));
    std::map<int, int> calls_per_connection;
    for (logged_request const& r : oidc_resource_log()) ++calls_per_connection[r.connection];
    EXPECT_THAT(calls_per_connection.size(), AllOf(Gt(0U), Lt(5U)));
}

TEST_F(oidc_herd, failing_endpoint_sees_one_request_and_all_callers_the_same_error) {
    oidc().fault("on=token&status=500&delay_ms=100");
    token_source_config config = source();
    config.clock = clock(std::make_shared<test_clock>(test_clock::kind::standing));
    asio::thread_pool pool(threads);
    token_source const tokens(pool.get_executor(), config);
    rest_client const client(pool.get_executor(), api(tokens));
    auto const outcomes = herd(client, pool, 1000);
    ASSERT_EQ(outcomes.size(), 1U) << outcomes.begin()->first;
    EXPECT_THAT(outcomes.begin()->first, ::testing::HasSubstr("500 from https://localhost"));
    EXPECT_EQ(outcomes.begin()->second, 1000);
    EXPECT_EQ(oidc().counters().token_total(), 1);
    EXPECT_EQ(oidc().counters().resource_total(), 0) << "nothing is sent without a token";
}

TEST_F(oidc_herd, dead_endpoint_sees_one_request_per_backoff_step_and_not_per_caller) {
    auto const time = std::make_shared<test_clock>(test_clock::kind::standing);
    oidc().fault("on=token&close=1");
    token_source_config config = source();
    config.clock = clock(time);
    token_source const tokens(io.get_executor(), config);
    rest_client const client(io.get_executor(), api(tokens));
    auto const first = herd(client, 100);
    ASSERT_EQ(first.size(), 1U) << first.begin()->first;
    EXPECT_EQ(oidc().counters().token_total(), 1);
    EXPECT_EQ(herd(client, 100), first);
    EXPECT_EQ(oidc().counters().token_total(), 1);
    EXPECT_EQ(tokens.statistics().answered_from_memory, 100U);

    time->advance(seconds(2));
    EXPECT_EQ(herd(client, 100), first);
    EXPECT_EQ(oidc().counters().token_total(), 2);
    oidc().fault("on=token");
    time->advance(seconds(2));
    EXPECT_THAT(herd(client, 100), ElementsAre(Pair("200", 100)));
    EXPECT_EQ(oidc().counters().token_total(), 3);
}

TEST_F(oidc_herd, revocation_seen_by_a_hundred_callers_costs_one_token_request_and_no_call) {
    asio::thread_pool pool(threads);
    token_source const tokens(pool.get_executor(), source());
    rest_client const client(pool.get_executor(), api(tokens));
    result<token_ref> const old = asio::co_spawn(pool, tokens.try_get(), asio::use_future).get();
    ASSERT_TRUE(old) << old.error().what();
    oidc().revoke("cc-basic");
    EXPECT_THAT(herd(client, pool, 100), ElementsAre(Pair("200", 100)));
    oidc_counters const seen = oidc().counters();
    EXPECT_EQ(seen.token_total(), 2);
    EXPECT_EQ(seen.resource_ok(), 100);
    EXPECT_THAT(seen.resource_error(), AllOf(Gt(0), Lt(101)));
    EXPECT_TRUE(old->rejected());
}

TEST_F(oidc_herd, revocations_of_several_clients_cost_one_token_request_each) {
    asio::thread_pool pool(threads);
    token_source const tokens(pool.get_executor(), source());
    rest_client const a(pool.get_executor(), api(tokens));
    rest_client const b(pool.get_executor(), api(tokens, "tls12"));
    result<token_ref> const old = asio::co_spawn(pool, tokens.try_get(), asio::use_future).get();
    ASSERT_TRUE(old) << old.error().what();
    oidc().revoke("cc-basic");
    tally outcomes;
    for (int i = 0; i < 50; ++i) {
        asio::co_spawn(pool, call(a, outcomes), rethrow);
        asio::co_spawn(pool, call(b, outcomes), rethrow);
    }
    pool.join();
    EXPECT_THAT(outcomes.outcomes(), ElementsAre(Pair("200", 100)));
    EXPECT_EQ(oidc().counters().token_total(), 2);
}

/// Emits on `executor`, where the cancelled coroutine lives, once that many callers wait.
awaitable<void> cancel_when_waiting(token_source tokens, std::uint64_t callers,
                                    asio::cancellation_signal& signal) {
    any_executor const executor = co_await asio::this_coro::executor;
    while (tokens.statistics().joins < callers) {
        co_await asio::post(executor, asio::use_awaitable);
    }
    signal.emit(asio::cancellation_type::terminal);
}

//
TEST_F(oidc_herd, callers_that_stay_are_served_when_the_one_that_started_the_fetch_is_cancelled) {
    oidc().fault("on=token&delay_ms=200");
    token_source const tokens(io.get_executor(), source());
    rest_client const client(io.get_executor(), api(tokens));
    asio::cancellation_signal leave;
    std::optional<error> left;
    asio::co_spawn(io, client.try_get("/echo"),
                   asio::bind_cancellation_slot(
                       leave.slot(), [&](std::exception_ptr, result<response> const& r) {
                           EXPECT_EQ(tokens.statistics().current_flights, 1U);
                           left = r ? error() : r.error();
                       }));
    asio::co_spawn(io, cancel_when_waiting(tokens, 100, leave), rethrow);
    EXPECT_THAT(herd(client, 99), ElementsAre(Pair("200", 99)));
    ASSERT_TRUE(left);
    EXPECT_TRUE(left->is(errc::cancelled)) << left->what();
    EXPECT_EQ(tokens.statistics().leaves, 1U);
    oidc_counters const seen = oidc().counters();
    EXPECT_EQ(seen.token_total(), 1);
    EXPECT_EQ(seen.token_ok(), 1) << "the fetch was not broken off";
    EXPECT_EQ(seen.resource_total(), 99);
}

//
TEST_F(oidc_herd, fetch_goes_on_when_everybody_has_left_and_the_next_caller_finds_its_token) {
    oidc().fault("on=token&delay_ms=200");
    asio::thread_pool pool(threads);
    token_source const tokens(pool.get_executor(), source());
    tally outcomes;
    std::list<asio::cancellation_signal> signals;
    for (int i = 0; i < 20; ++i) {
        auto const strand = asio::make_strand(pool.get_executor());
        asio::cancellation_signal& signal = signals.emplace_back();
        asio::co_spawn(strand, take(tokens, outcomes),
                       asio::bind_cancellation_slot(signal.slot(), rethrow));
        asio::co_spawn(strand, cancel_when_waiting(tokens, 20, signal), rethrow);
    }
    pool.join();
    EXPECT_EQ(tokens.statistics().leaves, 20U);
    ASSERT_EQ(outcomes.outcomes().size(), 1U);
    EXPECT_EQ(outcomes.outcomes().begin()->second, 20);
    EXPECT_TRUE(tokens.try_cached());
    EXPECT_EQ(oidc().counters().token_total(), 1);
    EXPECT_EQ(oidc().counters().token_ok(), 1);
}

//
TEST_F(oidc_herd, slow_endpoint_costs_one_request_and_each_caller_waits_as_long_as_it_likes) {
    oidc().fault("on=token&delay_ms=2000");
    token_source const tokens(io.get_executor(), source());
    std::vector<std::future<result<token_ref>>> hasty;
    std::vector<std::future<result<token_ref>>> patient;
    for (int i = 0; i < 500; ++i) {
        hasty.push_back(asio::co_spawn(
            io, tokens.try_get(get_options().deadline(milliseconds(i % 50))), asio::use_future));
        patient.push_back(asio::co_spawn(io, tokens.try_get(get_options().deadline(seconds(30))),
                                         asio::use_future));
    }
    io.run();
    for (auto& one : hasty) {
        result<token_ref> const r = one.get();
        ASSERT_FALSE(r);
        EXPECT_TRUE(r.error().is(errc::deadline_exceeded));
    }
    for (auto& one : patient) EXPECT_TRUE(one.get());
    EXPECT_EQ(tokens.statistics().leaves, 500U);
    EXPECT_EQ(oidc().counters().token_total(), 1);
}

//
TEST_F(oidc_herd, context_that_ends_in_the_middle_of_a_fetch_leaves_others_with_an_error) {
    oidc().fault("on=token&hang=1");
    auto home = std::make_unique<asio::io_context>();
    token_source_config config = source();
    config.lifetime.min_refresh_interval = duration::zero();
    config.hooks.before_send = [&home](sent_request const&) {
        if (home) home->stop();
    };
    token_source const tokens(home->get_executor(), config);
    auto at_home = asio::co_spawn(*home, tokens.try_get(), asio::use_future);
    tally outcomes;
    for (int i = 0; i < 10; ++i) asio::co_spawn(io, take(tokens, outcomes), rethrow);
    rest_client const client(io.get_executor(), api(tokens));
    asio::co_spawn(io, call(client, outcomes), rethrow);
    io.poll();
    EXPECT_EQ(tokens.statistics().current_flights, 1U);
    home->run();
    home.reset();
    io.restart();
    io.run();
    EXPECT_THROW((void)at_home.get(), std::future_error);
    EXPECT_EQ(tokens.statistics().current_flights, 0U);
    ASSERT_EQ(outcomes.outcomes().size(), 1U);
    EXPECT_EQ(outcomes.outcomes().begin()->second, 11);
    EXPECT_THAT(outcomes.outcomes().begin()->first, ::testing::HasSubstr("broken_flight"));

    oidc().fault("on=token");
    EXPECT_EQ(run(client.get("/echo")).status(), 200) << "on the caller's own context";
}

}  // namespace
}  // namespace coauth::tests::oidc_herd_test
