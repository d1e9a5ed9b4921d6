// SPDX-License-Identifier: BSL-1.0

#include <coauth/http/keep_alive.hpp>
#include <support/http_driver.hpp>
#include <support/raw_server.hpp>
#include <support/tls_party.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

namespace http_pool_test {
namespace {

using namespace coauth;
using namespace coauth::tests;

http::transport_options at_most(std::size_t connections, std::size_t waiting = 1000) {
    http::transport_options options;
    options.max_connections_per_origin = connections;
    options.max_waiting = waiting;
    return options;
}

/// Remembers the request lines in the order in which they came.
class journal {
public:
    void note(std::string const& request) {
        std::lock_guard const lock(mutex_);
        targets_.push_back(request.substr(0, request.find(" HTTP")));
    }
    std::vector<std::string> targets() {
        std::lock_guard const lock(mutex_);
        return targets_;
    }

private:
    std::mutex mutex_;
    std::vector<std::string> targets_;
};

TEST(http_pool, a_connection_is_used_again) {
    raw_server server([](raw_connection& c) { c.serve(); });
    http_client client;
    for (int i = 0; i != 20; ++i) {
        auto const call = client.run(get_from(client.at(server.url())));
        EXPECT_FALSE(call->error) << call->error.what();
        EXPECT_EQ(call->reused, i != 0);
    }
    EXPECT_EQ(server.accepted(), 1U);
    EXPECT_EQ(client.transport()->idle_connections(), 1U);
}

//
TEST(http_pool, no_more_connections_than_allowed_and_waiters_go_in_order) {
    journal seen;
    raw_server server([&](raw_connection& c) {
        while (auto const request = c.read_request()) {
            seen.note(*request);
            c.respond("ok");
        }
    });
    http_client client(at_most(1));
    auto const endpoint = client.at(server.url());
    std::vector<call_handle> calls;
    std::vector<std::string> expected;
    for (int i = 0; i != 50; ++i) {
        calls.push_back(get_from(endpoint));
        calls.back()->target = "/" + std::to_string(i);
        expected.push_back("GET /" + std::to_string(i));
        client.start(calls.back());
    }
    client.run();
    for (auto const& call : calls) EXPECT_FALSE(call->error) << call->error.what();
    EXPECT_EQ(server.accepted(), 1U);
    EXPECT_EQ(seen.targets(), expected);
    EXPECT_EQ(client.transport()->waiting(), 0U);
}

//
TEST(http_pool, a_waiter_that_leaves_holds_up_nobody) {
    event held;
    raw_server server([&](raw_connection& c) {
        c.read_request();
        held.wait();
        c.respond("ok");
        c.serve();
    });
    http_client client(at_most(1));
    auto const endpoint = client.at(server.url());
    auto const first = get_from(endpoint);
    auto const leaves = get_from(endpoint);
    auto const last = get_from(endpoint);
    asio::cancellation_signal leave;
    client.start(first);
    asio::co_spawn(client.io(), drive(client.transport(), leaves),
                   asio::bind_cancellation_slot(leave.slot(), asio::detached));
    client.start(last);
    while (client.transport()->waiting() != 2) client.io().run_one();
    leave.emit(asio::cancellation_type::terminal);
    while (!leaves->finished) client.io().run_one();
    EXPECT_TRUE(leaves->error.is(errc::cancelled)) << leaves->error.what();
    EXPECT_EQ(leaves->error.where(), stage::queue);
    EXPECT_EQ(client.transport()->waiting(), 1U);
    held.set();
    client.run();
    EXPECT_FALSE(first->error) << first->error.what();
    EXPECT_FALSE(last->error) << last->error.what();
    EXPECT_EQ(server.accepted(), 1U);
}

//
TEST(http_pool, a_full_queue_is_an_error_at_once) {
    raw_server server([](raw_connection& c) { c.serve(); });
    http_client client(at_most(1, 2));
    auto const endpoint = client.at(server.url());
    std::vector<call_handle> calls;
    for (int i = 0; i != 4; ++i) client.start(calls.emplace_back(get_from(endpoint)));
    client.run();
    for (int i = 0; i != 3; ++i) EXPECT_FALSE(calls[static_cast<std::size_t>(i)]->error);
    EXPECT_TRUE(calls[3]->error.is(errc::too_many_waiting_calls));
    EXPECT_EQ(calls[3]->error.where(), stage::queue);
}

// the failure of one is not the failure of those behind it, and takes no slot with it.
TEST(http_pool, the_slot_of_a_failed_connection_goes_to_the_next) {
    raw_server server([](raw_connection& c) {
        if (c.index() < 3) return c.reset();
        c.serve();
    });
    http_client client(at_most(1));
    auto const endpoint = client.at(server.url());
    std::vector<call_handle> calls;
    for (int i = 0; i != 6; ++i) client.start(calls.emplace_back(post_to(endpoint)));
    client.run();
    for (int i = 0; i != 6; ++i) {
        EXPECT_EQ(static_cast<bool>(calls[static_cast<std::size_t>(i)]->error), i < 3) << i;
    }
    EXPECT_EQ(client.open(), 1U);
}

// many acquisitions through few connections; everybody gets a turn.
TEST(http_pool, everybody_gets_a_turn) {
    raw_server server([](raw_connection& c) { c.serve(); });
    http_client client(at_most(3, 5000));
    auto const endpoint = client.at(server.url());
    std::vector<call_handle> calls;
    for (int i = 0; i != 3000; ++i) client.start(calls.emplace_back(get_from(endpoint)));
    client.run();
    EXPECT_TRUE(std::all_of(calls.begin(), calls.end(),
                            [](auto const& call) { return call->finished && !call->error; }));
    EXPECT_EQ(server.accepted(), 3U);
    EXPECT_EQ(client.transport()->idle_connections(), 3U);
}

TEST(http_pool, a_strand_on_many_threads_is_as_good_as_one_thread) {
    for (bool const tls : {false, true}) {
        tls_party const party;
        raw_server server([](raw_connection& c) { c.serve(); }, party.server_if(tls));
        asio::io_context io;
        auto options = party.options();
        options.max_connections_per_origin = 4;
        auto const transport = http::transport::make(asio::make_strand(io), options);
        auto const endpoint = transport->endpoint_for(url::parse(server.url("localhost")).value());
        std::vector<call_handle> calls;
        for (int i = 0; i != 200; ++i) {
            auto const& call = calls.emplace_back(get_from(endpoint));
            call->options.total_deadline = boot_clock::now() + std::chrono::minutes(1);
            asio::co_spawn(transport->executor(), drive(transport, call), asio::detached);
        }
        std::vector<std::thread> threads;
        for (int i = 0; i != 4; ++i) threads.emplace_back([&io] { io.run(); });
        for (std::thread& thread : threads) thread.join();
        for (auto const& call : calls) EXPECT_FALSE(call->error) << call->error.what();
        EXPECT_LE(server.accepted(), 4U);
        EXPECT_EQ(transport->idle_connections(), transport->open_connections());
    }
}

//
TEST(http_pool, a_server_that_says_close_is_believed) {
    for (char const* const head :
         {"HTTP/1.1 200 OK\r\nConnection: close\r\n", "HTTP/1.1 200 OK\r\nConnection: a, Close\r\n",
          "HTTP/1.0 200 OK\r\n"}) {
        raw_server server([head](raw_connection& c) {
            while (c.read_request()) c.send(head + std::string("Content-Length: 2\r\n\r\nok"));
        });
        http_client client;
        auto const call = client.run(get_from(client.at(server.url())));
        EXPECT_FALSE(call->error) << call->error.what();
        EXPECT_EQ(client.open(), 0U);
    }
}

//
TEST(http_pool, an_announced_idle_time_is_honoured_less_a_second) {
    auto const announced = [](char const* value) {
        http_fields fields;
        fields.append("Keep-Alive", value);
        return http::announced_idle_time(fields);
    };
    EXPECT_EQ(announced("timeout=5, max=100"), std::chrono::seconds(4));
    EXPECT_EQ(announced("max=100 ,\tTimeout=20"), std::chrono::seconds(19));
    EXPECT_EQ(announced("timeout=0"), duration::zero());
    for (char const* const garbage : {"", "timeout", "timeout=", "timeout=-1", "timeout=1x",
                                      "timeout=99999999999999999999", ",,,"}) {
        EXPECT_EQ(announced(garbage), duration::max()) << garbage;
    }
    raw_server server([](raw_connection& c) {
        while (c.read_request()) c.respond("ok", "Keep-Alive: timeout=1\r\n");
    });
    http_client client;
    client.run(get_from(client.at(server.url())));
    EXPECT_EQ(client.open(), 0U);  // it could be closed at any moment
}

//
TEST(http_pool, a_connection_is_not_used_beyond_its_idle_time_or_its_age) {
    for (bool const by_age : {false, true}) {
        raw_server server([](raw_connection& c) { c.serve(); });
        http::transport_options options;
        (by_age ? options.max_age : options.idle_timeout) = std::chrono::milliseconds(1);
        http_client client(options);
        auto const endpoint = client.at(server.url());
        client.run(get_from(endpoint));
        while (client.open() != 0) endpoint->close_expired(boot_clock::now());
        auto const call = client.run(get_from(endpoint));
        EXPECT_FALSE(call->error) << call->error.what();
        EXPECT_FALSE(call->reused);
    }
}

TEST(http_pool, idle_connections_keep_no_context_running) {
    raw_server server([](raw_connection& c) { c.serve(); });
    http_client client;
    auto const call = get_from(client.at(server.url()));
    call->options.total_deadline = boot_clock::now() + std::chrono::hours(1);
    client.run(call);  // returns although a connection idles and deadlines were an hour away
    EXPECT_EQ(client.transport()->idle_connections(), 1U);
    EXPECT_EQ(client.transport()->deadlines().size(), 0U);
    EXPECT_TRUE(client.io().stopped());
}

TEST(http_pool, tls_configurations_do_not_share_connections) {
    tls_party const party;
    raw_server server([](raw_connection& c) { c.serve(); }, party.server());
    http_client client(party.options());
    auto const origin = url::parse(server.url("localhost")).value();
    auto const other = http::tls_context::make(party.client()).value();
    client.run(get_from(client.transport()->endpoint_for(origin)));
    client.run(get_from(client.transport()->endpoint_for(origin, other)));
    client.run(get_from(client.transport()->endpoint_for(origin)));
    client.run(get_from(client.transport()->endpoint_for(origin, other)));
    EXPECT_EQ(server.accepted(), 2U);
}

TEST(http_pool, endpoints_that_nobody_uses_are_forgotten) {
    http_client client;
    std::weak_ptr<http::endpoint> const first = client.at("http://127.0.0.1:1/");
    EXPECT_FALSE(first.expired());
    EXPECT_NE(client.at("http://127.0.0.1:2/"), nullptr);
    EXPECT_TRUE(first.expired());
}

//
TEST(http_pool, stop_ends_idle_connections_and_waiters_and_lets_the_rest_finish) {
    event held;
    raw_server server([&](raw_connection& c) {
        c.read_request();
        held.wait();
        c.respond("ok");
        c.read_to_end();
    });
    http_client client(at_most(1));
    auto const endpoint = client.at(server.url());
    auto const running = get_from(endpoint);
    auto const waiting = get_from(endpoint);
    client.start(running);
    client.start(waiting);
    while (client.transport()->waiting() != 1) client.io().run_one();
    client.transport()->stop();
    auto const late = get_from(endpoint);
    client.start(late);
    held.set();
    client.run();
    EXPECT_FALSE(running->error) << running->error.what();
    EXPECT_TRUE(waiting->error.is(errc::stopped));
    EXPECT_TRUE(late->error.is(errc::stopped));
    EXPECT_EQ(client.open(), 0U);
}

//
TEST(http_pool, stop_now_ends_what_is_under_way) {
    event received;
    raw_server server([&](raw_connection& c) {
        c.read_request();
        received.set();
        c.read_to_end();
    });
    http_client client;
    auto const call = get_from(client.at(server.url()));
    client.start(call);
    while (!received.wait_for(std::chrono::milliseconds(0))) client.io().poll();
    client.transport()->stop_now();
    client.run();
    EXPECT_TRUE(call->error.is(errc::stopped)) << call->error.what();
    EXPECT_EQ(client.open(), 0U);
}

TEST(http_pool, an_unused_connection_can_be_given_back) {
    raw_server server([](raw_connection& c) { c.serve(); });
    http_client client(at_most(1));
    auto const endpoint = client.at(server.url());
    client.run(get_from(endpoint));
    http::exchange_options options;
    options.endpoint = endpoint;
    http::exchange x(client.transport(), options);
    ASSERT_TRUE(x.try_open());
    EXPECT_EQ(x.next(), http::exchange::step::compose);
    EXPECT_EQ(client.transport()->idle_connections(), 0U);
    x.give_back();
    EXPECT_EQ(x.next(), http::exchange::step::open);
    EXPECT_EQ(client.transport()->idle_connections(), 1U);
    EXPECT_TRUE(x.try_open());
}

}  // namespace
}  // namespace http_pool_test
