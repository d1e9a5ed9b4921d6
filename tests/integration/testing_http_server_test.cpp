// SPDX-License-Identifier: BSL-1.0

#include <coauth/testing/http_server.hpp>
#include <support/patience.hpp>
#include <support/raw_client.hpp>

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace testing_http_server_test {
namespace {

using namespace coauth::testing;
using namespace std::chrono_literals;
using coauth_test::fields_of;
using coauth_test::raw_client;
using coauth_test::raw_response;
using coauth_test::raw_tls;
using coauth_test::with_enough_patience;

server_response hello(server_request const&) { return {200, "text/plain", "hello"}; }

http_server plain_server(server_response answer) {
    return http_server({}, synchronous_handler([answer](server_request const&) { return answer; }));
}

/// A server over TLS and the settings with which a client trusts it.
struct tls_fixture {
    explicit tls_fixture(http_server_options options = {}) {
        options.tls = ca.server();
        server.emplace(std::move(options), synchronous_handler(hello));
    }
    [[nodiscard]] raw_tls trust() const { return {.ca_pem = ca.ca_pem()}; }

    certificate_authority ca;
    std::optional<http_server> server;
};

TEST(testing_http_server, shows_the_handler_the_whole_request) {
    server_request seen;
    certificate_authority const ca;
    http_server server({.tls = ca.server()}, synchronous_handler([&](server_request const& r) {
                           seen = r;
                           return server_response(201, "text/plain", "done");
                       }));
    raw_client client(server.port(), raw_tls{.ca_pem = ca.ca_pem()});
    ASSERT_FALSE(client.connect_error()) << client.connect_error().message();
    raw_response const response =
        client.send("PUT", "/a%20b?x=1&y=%C3%A9+z&x=2", fields_of({{"X-Note", "n"}}), "body");
    EXPECT_FALSE(response.error);
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, "done");
    EXPECT_EQ(response.field("Content-Length"), "4");
    EXPECT_TRUE(response.fields.contains("Date"));

    EXPECT_EQ(seen.method, "PUT");
    EXPECT_EQ(seen.target, "/a%20b?x=1&y=%C3%A9+z&x=2");
    EXPECT_EQ(seen.path, "/a%20b");
    EXPECT_EQ(seen.query.size(), 3U);
    EXPECT_EQ(seen.parameter("x"), "1");
    EXPECT_EQ(seen.parameter("y"), "\xC3\xA9 z");
    EXPECT_EQ(seen.parameter("z"), std::nullopt);
    EXPECT_EQ(seen.fields.find("x-note"), "n");
    EXPECT_EQ(seen.body, "body");
    EXPECT_EQ(seen.tls_version, "TLSv1.3");
    EXPECT_EQ(seen.server_name, "localhost");
    EXPECT_EQ(seen.client_certificate, "");
}

TEST(testing_http_server, keeps_a_connection_and_numbers_its_requests) {
    http_server server({}, synchronous_handler([](server_request const& r) {
                           return server_response(200, "text/plain",
                                                  std::to_string(r.connection_number) + '.' +
                                                      std::to_string(r.request_number));
                       }));
    raw_client first(server.port());
    raw_client second(server.port());
    EXPECT_EQ(first.send("GET", "/").body, "1.1");
    EXPECT_EQ(first.send("GET", "/").body, "1.2");
    EXPECT_EQ(second.send("GET", "/").body, "2.1");
    EXPECT_EQ(server.counters().connections_opened, 2U);
    EXPECT_EQ(server.counters().requests, 3U);
    EXPECT_EQ(server.counters().max_requests_in_flight, 1U);
}

TEST(testing_http_server, answers_requests_of_one_packet_in_order) {
    http_server server({}, synchronous_handler([](server_request const& r) {
                           return server_response(200, "text/plain", r.path);
                       }));
    raw_client client(server.port());
    client.write(
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
        "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
        "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(client.receive().body, "/1");
    EXPECT_EQ(client.receive().body, "/2");
    raw_response const last = client.receive();
    EXPECT_EQ(last.body, "/3");
    EXPECT_EQ(last.field("Connection"), "close");
    EXPECT_EQ(client.read_to_end(), asio::error::eof);
}

TEST(testing_http_server, sends_no_body_where_there_is_none) {
    http_server server({}, synchronous_handler([](server_request const& r) {
                           return r.path == "/204" ? server_response(204) : hello(r);
                       }));
    raw_client client(server.port());
    EXPECT_EQ(client.send("HEAD", "/").field("Content-Length"), "5");
    raw_response const empty = client.send("GET", "/204");
    EXPECT_EQ(empty.status, 204);
    EXPECT_FALSE(empty.fields.contains("Content-Length"));
    EXPECT_EQ(client.send("GET", "/").body, "hello");
}

TEST(testing_http_server, sends_chunks_on_command) {
    auto server = plain_server(server_response(200, "text/plain", "0123456789").with_chunks_of(4));
    raw_client client(server.port());
    raw_response const response = client.send("GET", "/");
    EXPECT_EQ(response.body, "0123456789");
    EXPECT_EQ(response.field("Transfer-Encoding"), "chunked");
    EXPECT_EQ(client.send("GET", "/").body, "0123456789");
}

TEST(testing_http_server, refuses_what_is_no_request_or_too_large) {
    http_server server({.limits = {.max_line = 100, .max_body = 10}}, synchronous_handler(hello));
    auto const answer_to = [&](std::string const& bytes) {
        raw_client client(server.port());
        client.write(bytes);
        raw_response const response = client.receive();
        EXPECT_EQ(response.field("Connection"), "close");
        EXPECT_EQ(client.read_to_end(), asio::error::eof);
        return response.status;
    };
    EXPECT_EQ(answer_to("nonsense\r\n\r\n"), 400);
    EXPECT_EQ(answer_to("GET / HTTP/1.1\r\n\r\n"), 400);  // no Host
    EXPECT_EQ(answer_to("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(200, 'x')), 431);
    EXPECT_EQ(answer_to("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n01234567890"),
              413);
    EXPECT_EQ(server.counters().requests, 0U);
}

TEST(testing_http_server, turns_an_exception_of_the_handler_into_a_500) {
    http_server server({}, synchronous_handler([](server_request const&) -> server_response {
                           throw std::runtime_error("out of luck");
                       }));
    raw_client client(server.port());
    raw_response const response = client.send("GET", "/");
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body, "out of luck");
    EXPECT_EQ(client.send("GET", "/").status, 500);
}

TEST(testing_http_server, runs_handlers_that_wait) {
    http_server server({}, [](server_request request) -> coauth::awaitable<server_response> {
        auto executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor);
        timer.expires_after(1ms);
        co_await timer.async_wait(asio::use_awaitable);
        co_return server_response(200, "text/plain", request.path);
    });
    raw_client client(server.port());
    EXPECT_EQ(client.send("GET", "/later").body, "/later");
}

TEST(testing_http_server_faults, closes_before_the_response) {
    auto server = plain_server(server_response().with_faults({.close_before_response = true}));
    raw_client client(server.port());
    raw_response const response = client.send("GET", "/");
    EXPECT_EQ(response.error, coauth::errc::truncated);
    EXPECT_EQ(response.status, 0);
}

TEST(testing_http_server_faults, resets_before_the_response_and_within_it) {
    auto before = plain_server(server_response().with_faults({.reset = true}));
    raw_response const nothing = raw_client(before.port()).send("GET", "/");
    EXPECT_EQ(nothing.error, asio::error::connection_reset);
    EXPECT_EQ(nothing.status, 0);

    auto within = plain_server(server_response(200, "text/plain", "0123456789")
                                   .with_faults({.reset = true, .truncate_body_at = 4}));
    EXPECT_EQ(raw_client(within.port()).send("GET", "/").error, asio::error::connection_reset);
}

TEST(testing_http_server_faults, truncates_a_body) {
    auto server = plain_server(
        server_response(200, "text/plain", "0123456789").with_faults({.truncate_body_at = 4}));
    raw_client client(server.port());
    raw_response const response = client.send("GET", "/");
    EXPECT_EQ(response.error, coauth::errc::truncated);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("Content-Length"), "10");
    EXPECT_EQ(response.body, "0123");
}

TEST(testing_http_server_faults, over_tls_a_fault_ends_without_close_notify) {
    certificate_authority const ca;
    http_server server({.tls = ca.server()}, synchronous_handler([](server_request const& r) {
                           server_response response(200, "text/plain", "0123456789");
                           if (r.path == "/broken") response.faults.truncate_body_at = 4;
                           return response;
                       }));
    raw_client broken(server.port(), raw_tls{.ca_pem = ca.ca_pem()});
    EXPECT_EQ(broken.send("GET", "/broken").error, asio::ssl::error::stream_truncated);

    raw_client polite(server.port(), raw_tls{.ca_pem = ca.ca_pem()});
    EXPECT_EQ(polite.send("GET", "/", fields_of({{"Connection", "close"}})).body, "0123456789");
    EXPECT_EQ(polite.read_to_end(), asio::error::eof);
}

TEST(testing_http_server_faults, hangs_until_the_client_leaves) {
    http_server server({}, synchronous_handler([](server_request const& r) {
                           server_response response = hello(r);
                           response.faults.hang = r.path != "/";
                           if (r.path == "/body") response.faults.truncate_body_at = 2;
                           return response;
                       }));
    auto silent = std::make_unique<raw_client>(server.port());
    silent->write("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n");
    auto within = std::make_unique<raw_client>(server.port());
    within->write("GET /body HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(server.wait_until([](auto const& now) { return now.requests_in_flight == 2; }));

    EXPECT_EQ(raw_client(server.port()).send("GET", "/").body, "hello");
    EXPECT_EQ(silent->socket().available(), 0U);
    within->socket().wait(asio::socket_base::wait_read);
    silent.reset();
    within.reset();
    EXPECT_TRUE(server.wait_until([](auto const& now) { return now.connections_open == 0; }));
    EXPECT_EQ(server.counters().requests_in_flight, 0U);
}

TEST(testing_http_server_faults, delays_without_holding_up_others) {
    with_enough_patience(100ms, [](coauth::duration delay) {
        auto server =
            plain_server(server_response(200, "text/plain", "late").with_faults({.delay = delay}));
        raw_client first(server.port());
        raw_client second(server.port());
        first.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        second.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_EQ(first.receive().body, "late");
        EXPECT_EQ(second.receive().body, "late");
        return server.counters().max_requests_in_flight == 2U;
    });
}

TEST(testing_http_server_faults, sends_byte_by_byte) {
    auto server = plain_server(
        server_response(200, "text/plain", "slow").with_faults({.byte_interval = 1us}));
    raw_client client(server.port());
    EXPECT_EQ(client.send("GET", "/").body, "slow");
    EXPECT_EQ(client.send("GET", "/").body, "slow");
}

TEST(testing_http_server_faults, sends_raw_bytes_and_closes) {
    auto server = plain_server(server_response::raw_bytes("220 mail.example ESMTP\r\n"));
    raw_client client(server.port());
    client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.read_to_end(), asio::error::eof);
    EXPECT_EQ(client.unread(), "220 mail.example ESMTP\r\n");
}

TEST(testing_http_server_tls, speaks_one_version_where_told_to) {
    tls_fixture const old({.max_tls_version = coauth::tls_version::tls_1_2});
    EXPECT_FALSE(raw_client(old.server->port(), old.trust()).connect_error());

    tls_fixture const recent({.min_tls_version = coauth::tls_version::tls_1_3});
    raw_tls tls_1_2 = recent.trust();
    tls_1_2.max_version = TLS1_2_VERSION;
    EXPECT_TRUE(raw_client(recent.server->port(), tls_1_2).connect_error());
    EXPECT_TRUE(
        recent.server->wait_until([](auto const& now) { return now.failed_handshakes == 1; }));
}

TEST(testing_http_server_tls, is_refused_by_a_client_of_another_authority_or_name) {
    tls_fixture const f;
    EXPECT_TRUE(raw_client(f.server->port(), raw_tls{.ca_pem = certificate_authority().ca_pem()})
                    .connect_error());
    EXPECT_TRUE(
        raw_client(f.server->port(), raw_tls{.ca_pem = f.ca.ca_pem(), .host = "example.com"})
            .connect_error());
}

TEST(testing_http_server_tls, survives_a_client_without_tls) {
    tls_fixture const f;
    EXPECT_TRUE(raw_client(f.server->port()).send("GET", "/").error);
    EXPECT_TRUE(f.server->wait_until([](auto const& now) { return now.failed_handshakes == 1; }));
    EXPECT_EQ(raw_client(f.server->port(), f.trust()).send("GET", "/").body, "hello");
}

TEST(testing_http_server_tls, shows_the_clients_certificate) {
    certificate_authority const ca;
    http_server server({.tls = ca.server(),
                        .client_certificate = client_certificates::requested,
                        .client_ca_pem = ca.ca_pem()},
                       synchronous_handler([](server_request const& r) {
                           return server_response(200, "text/plain", r.client_certificate);
                       }));
    certificate const mine = ca.client();
    raw_tls tls{.ca_pem = ca.ca_pem(), .client = mine};
    EXPECT_EQ(raw_client(server.port(), tls).send("GET", "/").body, mine.thumbprint);
    tls.client.reset();
    EXPECT_EQ(raw_client(server.port(), tls).send("GET", "/").body, "");
    tls.client = certificate_authority().client();
    EXPECT_TRUE(raw_client(server.port(), tls).send("GET", "/").error);
}

TEST(testing_http_server_tls, can_insist_on_a_client_certificate_of_anybody) {
    tls_fixture const f({.client_certificate = client_certificates::required});
    raw_tls tls = f.trust();
    EXPECT_TRUE(raw_client(f.server->port(), tls).send("GET", "/").error);
    tls.client = make_self_signed();
    EXPECT_EQ(raw_client(f.server->port(), tls).send("GET", "/").body, "hello");
}

TEST(testing_http_server_life, waiting_for_what_does_not_come_ends) {
    http_server const server({}, synchronous_handler(hello));
    EXPECT_FALSE(server.wait_until([](auto const& now) { return now.requests == 1; }, 1ms));
}

TEST(testing_http_server_life, stop_closes_port_and_connections_and_the_port_is_free_again) {
    http_server server({}, synchronous_handler(hello));
    raw_client client(server.port());
    EXPECT_EQ(client.send("GET", "/").body, "hello");
    server.stop();
    EXPECT_EQ(client.read_to_end(), asio::error::eof);
    EXPECT_EQ(raw_client(server.port()).connect_error(), asio::error::connection_refused);
    EXPECT_EQ(server.counters().connections_open, 0U);
    server.stop();
    server.close_connections();

    http_server const next({.port = server.port()}, synchronous_handler(hello));
    EXPECT_EQ(raw_client(next.port()).send("GET", "/").body, "hello");
}

TEST(testing_http_server_life, a_taken_port_is_an_exception) {
    http_server const first({}, synchronous_handler(hello));
    EXPECT_THROW(http_server({.port = first.port()}, synchronous_handler(hello)),
                 std::system_error);
}

TEST(testing_http_server_life, close_connections_leaves_the_port_open) {
    tls_fixture f;
    raw_client client(f.server->port(), f.trust());
    EXPECT_EQ(client.send("GET", "/").body, "hello");
    f.server->close_connections();
    EXPECT_EQ(client.read_to_end(), asio::ssl::error::stream_truncated);
    EXPECT_EQ(raw_client(f.server->port(), f.trust()).send("GET", "/").body, "hello");
}

TEST(testing_http_server_life, an_idle_connection_is_closed) {
    with_enough_patience(100ms, [](coauth::duration timeout) {
        http_server const server({.idle_timeout = timeout}, synchronous_handler(hello));
        raw_client idle(server.port());
        if (idle.send("GET", "/").body != "hello") return false;
        raw_client half(server.port());
        half.write("GET / HTTP/1.1\r\nHo");
        EXPECT_EQ(idle.read_to_end(), asio::error::eof);
        return half.read_to_end() == asio::error::eof;
    });
}

TEST(testing_http_server_life, connections_above_the_limit_are_closed) {
    http_server const server({.max_connections = 1}, synchronous_handler(hello));
    raw_client first(server.port());
    EXPECT_EQ(first.send("GET", "/").body, "hello");
    EXPECT_TRUE(raw_client(server.port()).send("GET", "/").error);
    EXPECT_EQ(first.send("GET", "/").body, "hello");
}

TEST(testing_http_server_life, ends_while_requests_hang_wait_and_come) {
    std::vector<std::unique_ptr<raw_client>> clients;
    {
        tls_fixture f;
        http_server const busy({.tls = f.ca.server()}, synchronous_handler([](auto const& r) {
                                   server_response response = hello(r);
                                   if (r.path == "/delay")
                                       response.faults.delay = 1h;
                                   else
                                       response.faults.hang = true;
                                   return response;
                               }));
        for (char const* const path : {"/delay", "/hang", "/delay", "/hang"}) {
            clients.push_back(std::make_unique<raw_client>(busy.port(), f.trust()));
            clients.back()->write(std::string("GET ") + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
        }
        ASSERT_TRUE(busy.wait_until([](auto const& now) { return now.requests_in_flight == 4; }));
        clients.push_back(std::make_unique<raw_client>(busy.port()));  // within the handshake
    }
    for (auto const& client : clients) EXPECT_TRUE(client->read_to_end());
}

TEST(testing_http_server_load, a_thousand_requests_over_32_connections) {
    constexpr int connections = 32;
    constexpr int requests_each = 32;
    tls_fixture const f;
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i != connections; ++i) {
        threads.emplace_back([&] {
            raw_client client(f.server->port(), f.trust());
            for (int k = 0; k != requests_each; ++k) {
                if (client.send("GET", "/").body == "hello") ++good;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(good, connections * requests_each);
    EXPECT_EQ(f.server->counters().connections_opened, 32U);
    EXPECT_EQ(f.server->counters().requests, 1024U);
    EXPECT_EQ(f.server->counters().failed_handshakes, 0U);
}

TEST(testing_http_server_load, three_hundred_connections_come_at_once) {
    http_server const server({}, synchronous_handler(hello));
    std::vector<std::unique_ptr<raw_client>> clients;
    for (int i = 0; i != 300; ++i) clients.push_back(std::make_unique<raw_client>(server.port()));
    for (auto const& client : clients) client->write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    for (auto const& client : clients) EXPECT_EQ(client->receive().body, "hello");
    EXPECT_EQ(server.counters().connections_opened, 300U);
}

}  // namespace
}  // namespace testing_http_server_test
