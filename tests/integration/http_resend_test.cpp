// SPDX-License-Identifier: BSL-1.0
//
// When a request may go out a second time, and when it may not (RFC 9110 §9.2.2, RFC 9112 §9.3.1).

#include <support/http_driver.hpp>
#include <support/raw_server.hpp>
#include <support/tls_party.hpp>

#include <gtest/gtest.h>

namespace http_resend_test {
namespace {

using namespace coauth;
using namespace coauth::tests;

/// How a server ends a connection without an answer.
enum class ending { fin, rst, half_answer };

void end_connection(raw_connection& c, ending how) {
    if (how == ending::half_answer) c.send("HTTP/1.1 2");
    if (how == ending::rst) {
        c.reset();
    } else {
        c.close();
    }
}

/// Answers the first request of a connection and ends the first connection at the second request;
/// later connections are answered.
raw_server::script stale_server(ending how) {
    return [how](raw_connection& c) {
        if (c.index() != 0) return c.serve("fresh");
        if (c.read_request()) c.respond("first");
        if (c.read_request()) end_connection(c, how);
    };
}

class http_resend : public ::testing::TestWithParam<bool> {
protected:
    tls_party party_;
    http_client client_{party_.options()};
};

//
TEST_P(http_resend, a_get_on_a_used_connection_that_ends_is_sent_again_on_a_new_one) {
    for (ending const how : {ending::fin, ending::rst}) {
        raw_server server(stale_server(how), party_.server_if(GetParam()));
        auto const endpoint = client_.at(server.url("localhost"));
        client_.run(get_from(endpoint));
        auto const call = client_.run(get_from(endpoint));
        EXPECT_FALSE(call->error) << call->error.what();
        EXPECT_EQ(call->body, "fresh");
        EXPECT_EQ(call->sends, 2U);
        EXPECT_EQ(call->composed, 2U);  // the caller looks at its token again
        EXPECT_FALSE(call->reused);
        EXPECT_EQ(server.accepted(), 2U);
        EXPECT_EQ(client_.open(), 1U);
        client_.transport()
            ->endpoint_for(url::parse(server.url("localhost")).value())
            ->close_idle();
    }
}

//
TEST_P(http_resend, a_post_is_sent_once_and_the_error_says_that_it_may_have_been_processed) {
    for (ending const how : {ending::fin, ending::rst}) {
        raw_server server(stale_server(how), party_.server_if(GetParam()));
        auto const endpoint = client_.at(server.url("localhost"));
        client_.run(get_from(endpoint));
        auto const call = client_.run(post_to(endpoint));
        EXPECT_TRUE(call->error.is(errc::connection_reset)) << call->error.what();
        EXPECT_TRUE(call->error.maybe_processed());
        EXPECT_EQ(call->error.where(), stage::wait);
        EXPECT_EQ(call->sends, 1U);
        EXPECT_EQ(server.accepted(), 1U);
        EXPECT_EQ(client_.open(), 0U);
    }
}

// a POST that the caller calls repeatable (an idempotency key, a token request) is.
TEST_P(http_resend, a_post_that_is_called_repeatable_is_sent_again) {
    raw_server server(stale_server(ending::rst), party_.server_if(GetParam()));
    auto const endpoint = client_.at(server.url("localhost"));
    client_.run(get_from(endpoint));
    auto const call = post_to(endpoint);
    call->options.repeatable = true;
    client_.run(call);
    EXPECT_FALSE(call->error) << call->error.what();
    EXPECT_EQ(call->sends, 2U);
}

//
TEST_P(http_resend, nothing_is_sent_again_when_a_new_connection_ends) {
    for (ending const how : {ending::fin, ending::rst}) {
        raw_server server(
            [how](raw_connection& c) {
                c.read_request();
                end_connection(c, how);
            },
            party_.server_if(GetParam()));
        auto const call = client_.run(get_from(client_.at(server.url("localhost"))));
        EXPECT_TRUE(call->error.is(errc::connection_reset)) << call->error.what();
        EXPECT_EQ(call->sends, 1U);
        EXPECT_EQ(server.accepted(), 1U);
        EXPECT_EQ(client_.open(), 0U);
    }
}

//
TEST_P(http_resend, nothing_is_sent_again_after_the_first_byte_of_a_response) {
    raw_server server(stale_server(ending::half_answer), party_.server_if(GetParam()));
    auto const endpoint = client_.at(server.url("localhost"));
    client_.run(get_from(endpoint));
    auto const call = client_.run(get_from(endpoint));
    EXPECT_TRUE(call->error.is(errc::truncated)) << call->error.what();
    EXPECT_EQ(call->sends, 1U);
    EXPECT_EQ(server.accepted(), 1U);
}

// the second send goes to a new connection, which is not resent again when it ends.
TEST_P(http_resend, a_request_is_sent_twice_at_most) {
    raw_server server(
        [](raw_connection& c) {
            if (c.index() == 0 && c.read_request()) c.respond("first");
            c.read_request();
        },
        party_.server_if(GetParam()));
    auto const endpoint = client_.at(server.url("localhost"));
    client_.run(get_from(endpoint));
    auto const call = client_.run(get_from(endpoint));
    EXPECT_TRUE(call->error.is(errc::connection_reset)) << call->error.what();
    EXPECT_EQ(call->sends, 2U);
    EXPECT_EQ(server.accepted(), 2U);
    EXPECT_EQ(client_.open(), 0U);
}

// what has gone out once may have been acted on, wherever the second try ends.
TEST(http_resend_over_tls, a_resend_without_a_connection_says_that_the_first_may_be_processed) {
    tls_party const party;
    http_client client(party.options());
    raw_tls tls = party.server();
    tls.at_once = false;
    SSL_CTX* context = nullptr;
    raw_server server(
        [&](raw_connection& c) {
            if (c.index() != 0 || !c.start_tls(context)) return;
            if (c.read_request()) c.respond("first");
            c.read_request();
        },
        tls);
    context = server.context();
    auto const endpoint = client.at(server.url("localhost"));
    client.run(get_from(endpoint));
    auto const call = client.run(get_from(endpoint));
    EXPECT_TRUE(call->error.is(errc::tls_handshake_failed)) << call->error.what();
    EXPECT_EQ(call->sends, 1U);
    EXPECT_TRUE(call->error.maybe_processed());
}

// the end was there before the request, so not even a POST notices.
TEST_P(http_resend, an_idle_connection_that_has_ended_is_not_used) {
    for (ending const how : {ending::fin, ending::rst}) {
        event answered;
        event ended;
        raw_server server(
            [&](raw_connection& c) {
                if (c.index() != 0) return c.serve("fresh");
                if (c.read_request()) c.respond("first");
                answered.wait();
                end_connection(c, how);
                ended.set();
            },
            party_.server_if(GetParam()));
        auto const endpoint = client_.at(server.url("localhost"));
        client_.run(get_from(endpoint));
        EXPECT_EQ(client_.transport()->idle_connections(), 1U);
        answered.set();
        ended.wait();
        auto const call = client_.run(post_to(endpoint));
        EXPECT_FALSE(call->error) << call->error.what();
        EXPECT_EQ(call->sends, 1U);
        EXPECT_EQ(server.accepted(), 2U);
        client_.transport()
            ->endpoint_for(url::parse(server.url("localhost")).value())
            ->close_idle();
    }
}

//
TEST_P(http_resend, an_idle_connection_with_stray_bytes_is_not_used) {
    event answered;
    event strayed;
    raw_server server(
        [&](raw_connection& c) {
            if (c.index() != 0) return c.serve("fresh");
            if (c.read_request()) c.respond("first");
            answered.wait();
            c.respond("an answer that nobody asked for");
            strayed.set();
            c.read_to_end();
        },
        party_.server_if(GetParam()));
    auto const endpoint = client_.at(server.url("localhost"));
    client_.run(get_from(endpoint));
    answered.set();
    strayed.wait();
    auto const call = client_.run(post_to(endpoint));
    EXPECT_FALSE(call->error) << call->error.what();
    EXPECT_EQ(call->body, "fresh");
    EXPECT_EQ(server.accepted(), 2U);
}

//
TEST_P(http_resend, bytes_after_a_response_keep_its_connection_out_of_the_pool) {
    raw_server server(
        [](raw_connection& c) {
            c.read_request();
            c.send(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
            c.read_to_end();
        },
        party_.server_if(GetParam()));
    auto const endpoint = client_.at(server.url("localhost"));
    auto const call = client_.run(get_from(endpoint));
    EXPECT_FALSE(call->error) << call->error.what();
    EXPECT_EQ(call->body, "ok");
    EXPECT_EQ(client_.open(), 0U);
}

INSTANTIATE_TEST_SUITE_P(plain_and_tls, http_resend, ::testing::Bool(),
                         [](auto const& run) { return run.param ? "tls" : "plain"; });

}  // namespace
}  // namespace http_resend_test
