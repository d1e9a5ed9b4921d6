// SPDX-License-Identifier: BSL-1.0
//
// How often one call can reach the wire at most, and that its deadline is one for all of it: the
// budget of docs/ARCHITECTURE.md.

#include "support/embedded.hpp"
#include "support/patience.hpp"
#include "support/raw_server.hpp"
#include "support/recording_server.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace call_budget_test {
namespace {

using namespace coauth_test;
using coauth::errc;

class call_budget : public ::testing::Test {
protected:
    [[nodiscard]] coauth::rest_client make_client(std::string base_url) {
        coauth::rest_client_config config;
        config.base_url = std::move(base_url);
        config.authorization = coauth::token_source(io.get_executor(), endpoint.source());
        return {io.get_executor(), std::move(config)};
    }
    asio::io_context io;
    recording_token_endpoint endpoint;
};

// a status is an answer, and is not asked for again.
TEST_F(call_budget, no_status_but_a_401_makes_a_second_attempt) {
    recording_server api([](server_request const&) { return server_response(500); });
    coauth::rest_client const client = make_client(api.url("/"));
    for (int const status : {400, 403, 404, 408, 409, 425, 429, 500, 502, 503, 504}) {
        std::size_t const before = api.count();
        api.set([status](server_request const&) {
            return server_response(status).with_field("Retry-After", "0");
        });
        EXPECT_EQ(run(io, client.get("/x")).status(), status);
        EXPECT_EQ(api.count(), before + 1) << status;
    }
    std::size_t const before = api.count();
    api.set([](server_request const&) { return server_response(401); });
    EXPECT_EQ(run(io, client.get("/x")).status(), 401);
    EXPECT_EQ(api.count(), before + 2);
}

// the worst that a server can do: every connection that was used once is dead, every token
// is rejected. Two attempts, each with the one resend that a dead connection is worth.
TEST_F(call_budget, two_attempts_and_a_dead_connection_in_each_are_the_most) {
    std::atomic<unsigned> requests = 0;
    coauth::tests::raw_server server([&requests](coauth::tests::raw_connection& c) {
        if (!c.read_request()) return;
        ++requests;
        if (c.index() == 0) {
            c.respond("ok");
        } else {
            c.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
        }
        if (c.read_request()) ++requests;
    });
    coauth::rest_client const client = make_client(server.url());
    EXPECT_EQ(run(io, client.get("/x")).status(), 200);
    requests = 0;
    EXPECT_EQ(run(io, client.get("/x")).status(), 401);
    EXPECT_EQ(requests, 4U);
    EXPECT_EQ(endpoint.count(), 2U);
}

/// The answer, without waiting for a token request that others might still want.
coauth::result<coauth::response> answer_of(asio::io_context& io, coauth::rest_client const& client,
                                           coauth::request r) {
    coauth::result<coauth::response> answer = coauth::error(errc::cancelled);
    asio::co_spawn(io, client.try_send(std::move(r)), [&](auto const&, auto outcome) {
        answer = std::move(outcome);
        io.stop();
    });
    io.restart();
    io.run();
    return answer;
}

// the first attempt is answered with a 401, and then the token, or the second attempt, does
// not come. The other deadlines are half a minute away.
TEST_F(call_budget, one_deadline_covers_both_attempts_and_the_token_between_them) {
    for (bool const token_hangs : {true, false}) {
        with_enough_patience(std::chrono::milliseconds(100), [&](coauth::duration patience) {
            asio::io_context context;
            recording_token_endpoint tokens;
            recording_server api([](server_request const&) { return server_response(200); });
            coauth::rest_client_config config;
            config.base_url = api.url("/");
            config.authorization = coauth::token_source(context.get_executor(), tokens.source());
            coauth::rest_client const client(context.get_executor(), std::move(config));
            EXPECT_EQ(run(context, client.get("/x")).status(), 200);
            if (token_hangs) {
                tokens.set(
                    [](auto const&) { return server_response(200).with_faults({.hang = true}); });
            }
            api.set([&api](server_request const&) {
                if (api.count() == 2) return server_response(401);
                return server_response(200).with_faults({.hang = true});
            });
            coauth::request r("GET", "/x");
            r.deadline(patience);
            auto const answer = answer_of(context, client, std::move(r));
            EXPECT_TRUE(answer.error().is(errc::deadline_exceeded)) << answer.error().what();
            EXPECT_LE(api.count(), 3U);
            return token_hangs ? tokens.count() == 2 : api.count() == 3;
        });
    }
}

}  // namespace
}  // namespace call_budget_test
