// SPDX-License-Identifier: BSL-1.0

#include <support/http_driver.hpp>
#include <support/raw_server.hpp>
#include <support/tls_party.hpp>

#include <algorithm>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace http_exchange_test {
namespace {

using namespace coauth;
using namespace coauth::tests;

TEST(http_exchange, sends_one_request_and_reads_one_response) {
    std::string seen;
    raw_server server([&](raw_connection& c) {
        seen = c.read_request().value_or("");
        c.respond("hello", "X-Test: yes\r\n");
        c.read_to_end();
    });
    http_client client;
    auto const call = post_to(client.at(server.url()), "a=b");
    call->target = "/path?q=1";
    client.run(call);
    EXPECT_FALSE(call->error) << call->error.what();
    EXPECT_EQ(call->status, 200);
    EXPECT_EQ(call->body, "hello");
    EXPECT_EQ(call->sends, 1U);
    client.transport()->stop();
    server.stop();
    EXPECT_EQ(seen, "POST /path?q=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na=b");
}

TEST(http_exchange, works_the_same_through_tls) {
    tls_party const party;
    raw_server server([](raw_connection& c) { c.serve("secret"); }, party.server());
    http_client client(party.options());
    for (bool const reused : {false, true, true}) {
        auto const call = client.run(get_from(client.at(server.url("localhost"))));
        EXPECT_FALSE(call->error) << call->error.what();
        EXPECT_EQ(call->body, "secret");
        EXPECT_EQ(call->reused, reused);
    }
    EXPECT_EQ(server.accepted(), 1U);
}

TEST(http_exchange, an_origin_will_do_where_there_is_no_endpoint) {
    raw_server server([](raw_connection& c) { c.serve(); });
    http_client client;
    for (bool const reused : {false, true}) {
        auto const call = std::make_shared<coauth::tests::call_record>();
        call->options.origin = url::parse(server.url() + "path?is=ignored").value();
        client.run(call);
        EXPECT_FALSE(call->error) << call->error.what();
        EXPECT_EQ(call->reused, reused);
    }
    EXPECT_THROW(http::exchange(client.transport(), {}), coauth::exception);
}

// writing to a connection that is gone raises no SIGPIPE (it would end this program).
//
TEST(http_exchange, a_reset_in_the_middle_of_a_response_is_an_error_of_its_own) {
    for (bool const tls : {false, true}) {
        tls_party const party;
        raw_server server(
            [](raw_connection& c) {
                c.read_request();
                c.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
                c.reset();
            },
            party.server_if(tls));
        http_client client(party.options());
        auto const call = client.run(get_from(client.at(server.url("localhost"))));
        ASSERT_TRUE(call->error.is(errc::connection_reset)) << call->error.what();
        EXPECT_EQ(call->error.where(), stage::read);
        EXPECT_TRUE(call->error.maybe_processed());
        EXPECT_EQ(call->sends, 1U);  // bytes have come, so there is no second send
        EXPECT_EQ(client.open(), 0U);
    }
}

//
TEST(http_exchange, half_a_body_is_truncated_even_if_it_could_stand_alone) {
    for (bool const tls : {false, true}) {
        tls_party const party;
        raw_server server(
            [](raw_connection& c) {
                c.read_request();
                c.send("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{\"access_token\":1}");
                c.say_goodbye();  // a proper end of the TLS stream changes nothing
            },
            party.server_if(tls));
        http_client client(party.options());
        auto const call = client.run(get_from(client.at(server.url("localhost"))));
        EXPECT_TRUE(call->error.is(errc::truncated)) << call->error.what();
        EXPECT_EQ(call->sends, 1U);
        EXPECT_EQ(client.open(), 0U);
    }
}

// without a length the body ends with the connection, which is not used again.
// over TLS only after close_notify, unless the caller takes what there is.
TEST(http_exchange, a_body_may_end_with_the_stream_but_over_tls_only_when_the_server_says_so) {
    struct row {
        bool tls, goodbye, lenient, complete;
    };
    for (row const r : {row{false, false, false, true}, row{true, true, false, true},
                        row{true, false, false, false}, row{true, false, true, true}}) {
        tls_party const party;
        raw_server server(
            [&](raw_connection& c) {
                c.read_request();
                c.send("HTTP/1.1 200 OK\r\n\r\nas long as it takes");
                if (r.goodbye) c.say_goodbye();
            },
            party.server_if(r.tls));
        http_client client(party.options());
        auto const call = get_from(client.at(server.url("localhost")));
        call->options.accept_missing_close_notify = r.lenient;
        client.run(call);
        if (r.complete) {
            EXPECT_FALSE(call->error) << call->error.what();
            EXPECT_EQ(call->body, "as long as it takes");
        } else {
            EXPECT_TRUE(call->error.is(errc::truncated)) << call->error.what();
        }
        EXPECT_EQ(client.open(), 0U);
    }
}

// a response that is complete needs no close_notify.
TEST(http_exchange, a_complete_response_needs_no_close_notify) {
    tls_party const party;
    raw_server server(
        [](raw_connection& c) {
            c.read_request();
            c.respond("done");
        },
        party.server());
    http_client client(party.options());
    auto const call = client.run(get_from(client.at(server.url("localhost"))));
    EXPECT_FALSE(call->error) << call->error.what();
    EXPECT_EQ(call->body, "done");
}

/// Sends a gigabyte in pieces, or as much of it as the client takes.
void send_gigabyte(raw_connection& c, bool chunked) {
    std::string piece(64 * 1024, 'x');
    if (chunked) piece = "10000\r\n" + piece + "\r\n";
    for (int i = 0; i != 16 * 1024; ++i) {
        if (!c.send(piece)) return;
    }
}

//
TEST(http_exchange, a_gigabyte_is_cut_off_at_the_limit) {
    enum class framing { length, chunked, until_close };
    for (framing const f : {framing::length, framing::chunked, framing::until_close}) {
        raw_server server([&](raw_connection& c) {
            c.read_request();
            c.send("HTTP/1.1 200 OK\r\n");
            if (f == framing::length) c.send("Content-Length: 1073741824\r\n");
            if (f == framing::chunked) c.send("Transfer-Encoding: chunked\r\n");
            c.send("\r\n");
            send_gigabyte(c, f == framing::chunked);
        });
        http_client client;
        auto const call = get_from(client.at(server.url()));
        call->options.max_body = 1024 * 1024;
        client.run(call);
        EXPECT_TRUE(call->error.is(errc::body_too_large)) << call->error.what();
        EXPECT_EQ(client.open(), 0U);
    }
}

//
TEST(http_exchange, endless_heads_and_interim_responses_end_at_their_limits) {
    struct row {
        std::string piece;
        errc code;
    };
    for (row const& r : {row{"X-Field: value\r\n", errc::header_too_large},
                         row{"HTTP/1.1 100 Continue\r\n\r\n", errc::too_many_interim_responses}}) {
        raw_server server([&](raw_connection& c) {
            c.read_request();
            if (r.code == errc::header_too_large) c.send("HTTP/1.1 200 OK\r\n");
            while (c.send(r.piece)) {}
        });
        http_client client;
        auto const call = client.run(get_from(client.at(server.url())));
        EXPECT_TRUE(call->error.is(r.code)) << call->error.what();
        EXPECT_EQ(client.open(), 0U);
    }
}

//
TEST(http_exchange, what_is_not_http_is_refused_and_its_connection_dropped) {
    for (char const* const garbage : {"hello\n", "\x15\x03\x01", "SSH-2.0-x\r\n", "<html>"}) {
        raw_server server([&](raw_connection& c) {
            c.read_request();
            c.send(garbage);
            c.read_to_end();
        });
        http_client client;
        auto const call = client.run(get_from(client.at(server.url())));
        EXPECT_TRUE(call->error.is(errc::malformed_response)) << call->error.what();
        EXPECT_EQ(client.open(), 0U);
    }
}

// the server answers and stops reading while the body is still on its way.
TEST(http_exchange, an_early_response_is_used_although_the_request_is_not_sent) {
    for (bool const tls : {false, true}) {
        tls_party const party;
        event received;
        raw_server server(
            [&](raw_connection& c) {
                c.read_some();
                c.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
                received.wait();
            },
            party.server_if(tls));
        http_client client(party.options());
        auto const call =
            client.run(post_to(client.at(server.url("localhost")), std::string(64 << 20, 'x')));
        EXPECT_FALSE(call->error) << call->error.what();
        received.set();
        EXPECT_EQ(call->status, 413);
        EXPECT_EQ(call->body, "big");
        EXPECT_EQ(client.open(), 0U);  // half a request is on it
    }
}

TEST(http_exchange, a_large_body_arrives_whole) {
    std::string const body = [] {
        std::string text;
        for (int i = 0; text.size() < 5'000'000; ++i) text += std::to_string(i);
        return text;
    }();
    for (bool const tls : {false, true}) {
        tls_party const party;
        bool equal = false;
        raw_server server(
            [&](raw_connection& c) {
                auto const request = c.read_request().value_or("");
                equal = request.ends_with("\r\n\r\n" + body);
                c.respond(body);
                c.read_to_end();
            },
            party.server_if(tls));
        http_client client(party.options());
        auto const call = client.run(post_to(client.at(server.url("localhost")), body));
        EXPECT_FALSE(call->error) << call->error.what();
        EXPECT_TRUE(call->body == body);
        EXPECT_EQ(client.transport()->idle_connections(), 1U);
        client.transport()->stop();
        server.stop();
        EXPECT_TRUE(equal);
    }
}

TEST(http_exchange, the_response_to_head_has_no_body_and_the_connection_stays) {
    raw_server server([](raw_connection& c) {
        while (c.read_request()) c.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    });
    http_client client;
    for (int i = 0; i != 2; ++i) {
        auto const call = get_from(client.at(server.url()));
        call->method = "HEAD";
        call->options.head_request = true;
        client.run(call);
        EXPECT_FALSE(call->error) << call->error.what();
        EXPECT_EQ(call->body, "");
    }
    EXPECT_EQ(server.accepted(), 1U);
}

//
TEST(http_exchange, sockets_are_not_inherited_by_other_programs) {
    raw_server server([](raw_connection& c) { c.serve(); });
    http_client client;
    auto const before = open_sockets();
    client.run(get_from(client.at(server.url())));
    std::size_t looked_at = 0;
    for (int const fd : open_sockets()) {
        if (std::count(before.begin(), before.end(), fd) != 0) continue;
        EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
        ++looked_at;
    }
    EXPECT_GE(looked_at, 1U);
}

// no descriptor left is an error of its own, and not the end.
TEST(http_exchange, recovers_when_there_were_no_descriptors) {
#ifdef COAUTH_TESTS_WITH_UBSAN
    GTEST_SKIP() << "the sanitizer's own check of a vptr opens a pipe, and then finds none";
#endif
    raw_server server([](raw_connection& c) { c.serve(); });
    http_client client;
    auto const endpoint = client.at(server.url());
    client.io().poll();
    ::rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    ::rlimit const none{0, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    auto const starved = client.run(get_from(endpoint));
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_TRUE(starved->error.is(errc::too_many_open_files)) << starved->error.what();
    EXPECT_EQ(client.open(), 0U);
    auto const call = client.run(get_from(endpoint));
    EXPECT_FALSE(call->error) << call->error.what();
}

}  // namespace
}  // namespace http_exchange_test
