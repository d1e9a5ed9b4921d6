// SPDX-License-Identifier: BSL-1.0
//
// Deadlines that really pass. How long that took is never asserted.

#include <support/http_driver.hpp>
#include <support/patience.hpp>
#include <support/raw_server.hpp>
#include <support/tls_party.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace http_deadline_test {
namespace {

using namespace coauth;
using namespace coauth::tests;
using coauth_test::with_enough_patience;
using std::chrono::milliseconds;

http::transport_options with_first_byte_deadline(duration d) {
    http::transport_options options;
    options.first_byte_deadline = d;
    return options;
}

//
TEST(http_deadline, a_server_that_never_answers_costs_the_first_byte_deadline) {
    raw_server server([](raw_connection& c) { c.read_to_end(); });
    auto const before = open_sockets().size();
    http_client client(with_first_byte_deadline(milliseconds(50)));
    auto const call = client.run(get_from(client.at(server.url())));
    EXPECT_TRUE(call->error.is(errc::deadline_exceeded)) << call->error.what();
    EXPECT_EQ(call->error.where(), stage::wait);
    EXPECT_TRUE(call->error.maybe_processed());
    EXPECT_EQ(client.open(), 0U);
    server.stop();
    EXPECT_LE(open_sockets().size(), before);
}

// every byte comes in time, the response does not.
TEST(http_deadline, the_total_deadline_ends_a_slow_loris) {
    for (bool const in_body : {false, true}) {
        raw_server server([&](raw_connection& c) {
            c.read_request();
            if (in_body) c.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
            event never;
            std::string const head = "HTTP/1.1 200 OK\r\nX-Slow: ";
            for (std::size_t i = 0; !never.wait_for(milliseconds(5)); ++i) {
                if (!c.send(in_body || i >= head.size() ? "x" : head.substr(i, 1))) return;
            }
        });
        http_client client(with_first_byte_deadline(std::chrono::seconds(20)));
        with_enough_patience(milliseconds(80), [&](duration patience) {
            auto const call = get_from(client.at(server.url()));
            call->options.total_deadline = boot_clock::now() + patience;
            client.run(call);
            EXPECT_TRUE(call->error.is(errc::deadline_exceeded)) << call->error.what();
            EXPECT_EQ(client.open(), 0U);
            return call->error.where() == stage::read;
        });
    }
}

//
TEST(http_deadline, the_connect_deadline_covers_the_tls_handshake) {
    event over;
    raw_server server([&](raw_connection& c) {
        c.read_some();  // the ClientHello, and nothing in return
        over.wait();
    });
    tls_party const party;
    auto options = party.options();
    auto const url = "https://localhost:" + std::to_string(server.port());
    with_enough_patience(milliseconds(50), [&](duration patience) {
        options.connect_deadline = patience;
        http_client client(options);
        auto const call = client.run(get_from(client.at(url)));
        EXPECT_TRUE(call->error.is(errc::deadline_exceeded)) << call->error.what();
        EXPECT_FALSE(call->error.maybe_processed());
        EXPECT_EQ(client.open(), 0U);
        return call->error.where() == stage::tls;
    });
    over.set();
}

// the peer's window stays shut.
TEST(http_deadline, an_upload_that_stalls_ends) {
    event over;
    raw_server server([&](raw_connection& c) {
        c.read_some();
        over.wait();
    });
    http_client client(with_first_byte_deadline(milliseconds(50)));
    auto const call = client.run(post_to(client.at(server.url()), std::string(64 << 20, 'x')));
    EXPECT_TRUE(call->error.is(errc::deadline_exceeded)) << call->error.what();
    EXPECT_EQ(call->error.where(), stage::write);
    EXPECT_TRUE(call->error.maybe_processed());
    over.set();
}

// the time in the queue counts.
TEST(http_deadline, a_waiter_waits_no_longer_than_its_total_deadline) {
    event over;
    raw_server server([&](raw_connection& c) {
        c.read_request();
        over.wait();
        c.respond("ok");
        c.read_to_end();
    });
    http::transport_options options;
    options.max_connections_per_origin = 1;
    http_client client(options);
    auto const endpoint = client.at(server.url());
    auto const first = get_from(endpoint);
    auto const second = get_from(endpoint);
    second->options.total_deadline = boot_clock::now() + milliseconds(50);
    client.start(first);
    client.start(second);
    while (!second->finished) client.io().run_one();
    EXPECT_TRUE(second->error.is(errc::deadline_exceeded)) << second->error.what();
    EXPECT_EQ(second->error.where(), stage::queue);
    EXPECT_FALSE(first->finished);
    over.set();
    client.run();
    EXPECT_FALSE(first->error) << first->error.what();
}

//
TEST(http_deadline, the_past_is_over_at_once_and_the_maximum_is_never) {
    raw_server server([](raw_connection& c) { c.serve(); });
    http::transport_options never;
    never.connect_deadline = never.first_byte_deadline = never.idle_timeout = duration::max();
    never.max_age = duration::max();
    http_client client(never);
    auto const endpoint = client.at(server.url());
    for (time_point const at : {time_point{}, time_point::min(), boot_clock::now(),
                                boot_clock::now() - milliseconds(1)}) {
        auto const call = get_from(endpoint);
        call->options.total_deadline = at;
        client.run(call);
        EXPECT_TRUE(call->error.is(errc::deadline_exceeded));
    }
    EXPECT_EQ(server.accepted(), 0U);
    for (time_point const at : {time_point::max(), time_point::max() - duration(1)}) {
        auto const call = get_from(endpoint);
        call->options.total_deadline = at;
        client.run(call);
        EXPECT_FALSE(call->error) << call->error.what();
    }
    EXPECT_EQ(server.accepted(), 1U);
}

//
TEST(http_deadline, durations_of_nothing_and_less_are_over_at_once) {
    raw_server server([](raw_connection& c) { c.read_to_end(); });
    for (duration const d : {duration::zero(), duration(-1), duration::min()}) {
        http::transport_options options;
        options.connect_deadline = d;
        http_client client(options);
        auto const call = client.run(get_from(client.at(server.url())));
        EXPECT_TRUE(call->error.is(errc::deadline_exceeded)) << call->error.what();
        http_client other(with_first_byte_deadline(d));
        auto const unanswered = other.run(get_from(other.at(server.url())));
        EXPECT_TRUE(unanswered->error.is(errc::deadline_exceeded)) << unanswered->error.what();
    }
}

/// Notes its name when its time has come.
struct probe final : http::deadline_queue::entry {
    probe(std::vector<int>& log, int name) : log_(log), name_(name) {}
    void deadline_passed() noexcept override { log_.push_back(name_); }
    std::vector<int>& log_;
    int name_;
};

TEST(http_deadline, entries_pass_in_the_order_of_their_times_whatever_was_moved) {
    asio::io_context io;
    auto const queue = std::make_shared<http::deadline_queue>(io.get_executor());
    std::vector<int> log;
    std::vector<std::unique_ptr<probe>> probes;
    time_point const now = boot_clock::now();
    for (int i = 0; i != 100; ++i) {
        probes.push_back(std::make_unique<probe>(log, i));
        queue->set(*probes.back(), now + milliseconds(1000 * (i * 37 % 100)));
    }
    for (int i = 0; i != 100; ++i) {  // some earlier, some later, some not at all
        queue->set(*probes[static_cast<std::size_t>(i)], now + std::chrono::microseconds(i));
    }
    for (std::size_t i = 0; i < 100; i += 3) probes[i].reset();
    queue->set(*probes[1], time_point::max());
    io.run();
    std::vector<int> expected;
    for (int i = 2; i != 100; ++i) {
        if (i % 3 != 0) expected.push_back(i);
    }
    EXPECT_EQ(log, expected);
    EXPECT_EQ(queue->size(), 0U);
}

//
TEST(http_deadline, many_armed_and_cancelled_deadlines_leave_nothing_behind) {
    asio::io_context io;
    auto const queue = std::make_shared<http::deadline_queue>(io.get_executor());
    std::vector<int> log;
    for (int i = 0; i != 100'000; ++i) {
        probe p(log, i);
        queue->set(p, boot_clock::now() + std::chrono::hours(1));
        if (i % 1000 == 0) io.poll();
        io.restart();
    }
    EXPECT_EQ(queue->size(), 0U);
    io.run();  // returns: no timer is left
    EXPECT_TRUE(log.empty());
}

}  // namespace
}  // namespace http_deadline_test
