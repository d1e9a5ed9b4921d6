// SPDX-License-Identifier: BSL-1.0
//
// Networks that lose packets, are slow, or forget connections: real ones as far as TCP can tell,
// see packet_loss.hpp.

#include <support/http_driver.hpp>
#include <support/packet_loss.hpp>
#include <support/patience.hpp>
#include <support/raw_server.hpp>
#include <support/tls_party.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>

namespace lossy_network_test {
namespace {

using namespace coauth;
using namespace coauth::tests;

struct network {
    std::atomic<bool> filters = true;

    void make_bad() {
        for (int const fd : connected_sockets()) {
            if (!lose_every_fifth_packet(fd)) filters = false;
        }
    }
    /// How many packets were sent once more, both ways.
    [[nodiscard]] static std::size_t repeated() {
        std::size_t sum = 0;
        for (int const fd : connected_sockets()) sum += tcp_state(fd).tcpi_total_retrans;
        return sum;
    }
};

void respond_in_packets(raw_connection& c, std::string const& body, std::size_t size) {
    std::string const all =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    for (std::size_t at = 0; at < all.size(); at += size) c.send_packet(all.substr(at, size));
}

#define COAUTH_REQUIRE_FILTERS(network) \
    if (!(network).filters) GTEST_SKIP() << "this kernel has no filters for sockets"

class lossy_network : public ::testing::TestWithParam<bool> {
protected:
    [[nodiscard]] http::transport_options options() const {
        return GetParam() ? party.options() : http::transport_options();
    }
    tls_party party;
};

//
TEST_P(lossy_network, a_response_comes_whole_in_packets_of_eight_bytes_though_a_fifth_is_lost) {
    std::string const body(400, 'x');
    network way;
    raw_server server(
        [&](raw_connection& c) {
            way.make_bad();
            while (c.read_request()) { respond_in_packets(c, body, 8); }
        },
        party.server_if(GetParam()));
    http_client client(options());
    for (int i = 0; i != 2; ++i) {
        auto const call = client.run(get_from(client.at(server.url("127.0.0.1"))));
        COAUTH_REQUIRE_FILTERS(way);
        EXPECT_FALSE(call->error) << call->error.what();
        EXPECT_EQ(call->body, body);
        EXPECT_EQ(call->sends, 1U);
    }
    EXPECT_EQ(server.accepted(), 1U);
    EXPECT_GT(network::repeated(), 0U) << "nothing was lost";
}

// with the deadlines as they are when nobody sets any.
TEST_P(lossy_network, no_deadline_passes_at_two_megabits_with_a_fifth_of_the_packets_lost) {
    std::string const body(64 * 1024, 'x');
    network way;
    raw_server server(
        [&](raw_connection& c) {
            way.make_bad();
            for (int const fd : connected_sockets()) limit_rate(fd, 2'000'000 / 8);
            while (auto const request = c.read_request()) {
                respond_in_packets(c, request->size() > body.size() ? "taken" : body, 1400);
            }
        },
        party.server_if(GetParam()));
    use_small_packets();
    http_client client(options());
    auto const down = client.run(get_from(client.at(server.url("127.0.0.1"))));
    COAUTH_REQUIRE_FILTERS(way);
    EXPECT_FALSE(down->error) << down->error.what();
    EXPECT_EQ(down->body, body);
    auto const up = client.run(post_to(client.at(server.url("127.0.0.1")), body));
    EXPECT_FALSE(up->error) << up->error.what();
    EXPECT_EQ(up->body, "taken");
    EXPECT_EQ(server.accepted(), 1U);
    EXPECT_GT(network::repeated(), 0U) << "nothing was lost";
}

/// In milliseconds, of the clients' ends: nothing is sent without one (0).
std::string user_timeouts() {
    std::string text;
    for (int const fd : connected_sockets()) {
        int time = 0;
        ::socklen_t size = sizeof time;
        ::getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &time, &size);
        if (time != 0) text += std::to_string(time) + ' ';
    }
    return text;
}

//
TEST_P(lossy_network, a_request_after_a_pause_gives_an_idle_connection_half_of_its_time) {
    raw_server server(
        [](raw_connection& c) {
            while (c.read_request()) c.respond(user_timeouts());
        },
        party.server_if(GetParam()));
    auto with = options();
    with.max_connections_per_origin = 1;
    with.first_byte_deadline = std::chrono::seconds(21);
    http_client client(with);
    auto const endpoint = client.at(server.url("127.0.0.1"));
    auto const timeout_at = [&](call_handle const& call) { return client.run(call)->body; };
    EXPECT_EQ(timeout_at(get_from(endpoint)), "30000 ");
    EXPECT_EQ(timeout_at(get_from(endpoint)), "10500 ");
    EXPECT_EQ(user_timeouts(), "30000 ");
    EXPECT_EQ(timeout_at(post_to(endpoint)), "30000 ");  // could not be sent again
    EXPECT_EQ(server.accepted(), 1U);
}

// the connection has been forgotten on the way, and neither side is told.
TEST_P(lossy_network, a_request_on_a_forgotten_connection_is_sent_again_before_its_deadline) {
    coauth_test::with_enough_patience(std::chrono::seconds(3), [this](duration first_byte) {
        raw_server server([](raw_connection& c) { c.serve(); }, party.server_if(GetParam()));
        auto with = options();
        with.first_byte_deadline = first_byte;
        http_client client(with);
        auto const endpoint = client.at(server.url("127.0.0.1"));
        auto const before = client.run(get_from(endpoint));
        EXPECT_FALSE(before->error) << before->error.what();
        bool filters = true;
        for (int const fd : connected_sockets()) filters = lose_everything(fd) && filters;
        if (!filters) return true;
        auto const call = client.run(get_from(endpoint));
        if (call->error.is(errc::deadline_exceeded)) return false;
        EXPECT_FALSE(call->error) << call->error.what();
        EXPECT_EQ(call->body, "ok");
        EXPECT_EQ(call->sends, 2U);
        EXPECT_EQ(server.accepted(), 2U);
        return true;
    });
}

INSTANTIATE_TEST_SUITE_P(plain_and_tls, lossy_network, ::testing::Bool(),
                         [](auto const& run) { return run.param ? "tls" : "plain"; });

}  // namespace
}  // namespace lossy_network_test
