// SPDX-License-Identifier: BSL-1.0
//
// Every line of a script twice: over loopback and in a memory network.

#include <coauth/coauth.hpp>
#include <coauth/testing/memory_network.hpp>
#include <coauth/testing/scripted_server.hpp>
#include <support/embedded.hpp>
#include <support/patience.hpp>

#include <gtest/gtest.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace testing_scripted_server_test {
namespace {

using namespace coauth::testing;
using namespace std::chrono_literals;
using coauth::errc;
using coauth_test::run;

class testing_scripted_server : public ::testing::TestWithParam<bool> {
protected:
    [[nodiscard]] bool in_memory() const { return GetParam(); }

    [[nodiscard]] coauth::rest_client_config config() const {
        coauth::rest_client_config c;
        c.base_url = server.origin();
        if (in_memory()) c.network = network;
        return c;
    }
    [[nodiscard]] coauth::result<coauth::response> get(std::string target) {
        return run(io, client.try_get(std::move(target)));
    }

    memory_network network;
    scripted_server server{in_memory() ? network.at("https://api.example.com")
                                       : http_server_options{}};
    asio::io_context io;
    coauth::rest_client client{io.get_executor(), config()};
};

TEST_P(testing_scripted_server, answers_by_the_script) {
    server.expect("GET", "/users").reply(200, "[1]").header("X-Total", "1");
    server.expect("POST", "/users").reply(201, "made", "text/plain");
    auto const list = get("/users?limit=1");
    ASSERT_TRUE(list) << list.error().what();
    EXPECT_EQ(list->status(), 200);
    EXPECT_EQ(list->body(), "[1]");
    EXPECT_EQ(list->header("X-Total"), "1");
    EXPECT_EQ(list->header("Content-Type"), "application/json");
    auto const made = run(io, client.try_post("/users", "{}", "application/json"));
    ASSERT_TRUE(made) << made.error().what();
    EXPECT_EQ(made->status(), 201);
    EXPECT_EQ(server.count(), 2U);
    EXPECT_EQ(server.last().body, "{}");
    EXPECT_EQ(server.problems(), "");
    server.verify();
}

TEST_P(testing_scripted_server, lines_are_used_up_in_the_order_of_writing) {
    server.expect("GET", "/x").reply(503);
    server.expect("GET", "/x").times(2).reply(429);
    server.expect("", "").always().reply(204);
    for (int const status : {503, 429, 429, 204, 204}) EXPECT_EQ(get("/x")->status(), status);
    server.verify();
}

TEST_P(testing_scripted_server, conditions_choose_the_line) {
    server.expect("GET", "/x").when_header("accept", "text/csv").reply(200, "a,b", "text/csv");
    server.expect("GET", "/x?page=2").reply(200, "second");
    server.expect("GET", "/x")
        .when([](server_request const& r) { return r.query.empty(); })
        .reply(200, "first");
    EXPECT_EQ(get("/x?page=2")->body(), "second");
    EXPECT_EQ(get("/x")->body(), "first");
    coauth::request r("GET", "/x");
    r.header("Accept", "text/csv");
    EXPECT_EQ(run(io, client.try_send(std::move(r)))->body(), "a,b");
    server.verify();
}

TEST_P(testing_scripted_server, what_was_not_expected_and_what_has_not_come_are_problems) {
    server.expect("POST", "/token").times(2).reply(200, "{}");
    EXPECT_EQ(get("/other?x=1")->status(), 500);
    EXPECT_EQ(server.problems(),
              "not expected: GET /other?x=1\nhas not come: POST /token, 2 time(s)\n");
    EXPECT_THROW(server.verify(), std::runtime_error);
}

TEST_P(testing_scripted_server, otherwise_answers_the_rest) {
    server.expect("GET", "/x").reply(200);
    server.otherwise([this](server_request const& r) {
        return server_response(200, "text/plain", r.path + std::to_string(server.count()));
    });
    EXPECT_EQ(get("/y")->body(), "/y1");
    EXPECT_EQ(get("/x")->body(), "");
    server.verify();
}

TEST_P(testing_scripted_server, a_reset_without_a_byte_is_connection_reset) {
    server.expect("GET", "/x").reset();
    auto const outcome = get("/x");
    EXPECT_TRUE(outcome.error().is(errc::connection_reset)) << outcome.error().what();
    EXPECT_EQ(outcome.error().cause(), std::errc::connection_reset);
    EXPECT_EQ(server.count(), 1U) << "a new connection is not tried again";
}

TEST_P(testing_scripted_server, a_close_without_a_byte_is_connection_reset) {
    server.expect("GET", "/x").close();
    auto const outcome = get("/x");
    EXPECT_TRUE(outcome.error().is(errc::connection_reset)) << outcome.error().what();
    EXPECT_EQ(outcome.error().cause(), std::error_code(asio::error::eof));
}

TEST_P(testing_scripted_server, a_cut_body_is_truncated) {
    server.expect("GET", "/x").reply(200, "0123456789").cut(4);
    auto const outcome = get("/x");
    EXPECT_TRUE(outcome.error().is(errc::truncated)) << outcome.error().what();
}

TEST_P(testing_scripted_server, a_reset_within_the_body_is_connection_reset) {
    server.expect("GET", "/x").reply(200, "0123456789").cut(4).then_reset();
    auto const outcome = get("/x");
    EXPECT_TRUE(outcome.error().is(errc::connection_reset)) << outcome.error().what();
    EXPECT_EQ(outcome.error().where(), coauth::stage::read);
}

TEST_P(testing_scripted_server, a_reset_after_the_reply_does_not_harm_it) {
    server.expect("GET", "/x").times(2).reply(200, "0123456789").then_reset();
    EXPECT_EQ(get("/x")->body(), "0123456789");
    EXPECT_EQ(get("/x")->body(), "0123456789") << "on a new connection";
    EXPECT_EQ(server.http().counters().connections_opened, 2U);
}

TEST_P(testing_scripted_server, silence_ends_at_the_deadline_of_its_stage) {
    coauth_test::with_enough_patience(20ms, [&](coauth::duration patience) {
        coauth::rest_client_config hasty = config();
        hasty.first_byte_deadline = patience;
        hasty.call_deadline = 2 * patience;
        coauth::rest_client const impatient(io.get_executor(), std::move(hasty));
        server.expect("GET", "/hang").hang();
        server.expect("GET", "/stall").reply(200, "0123456789").cut(4).then_hang();
        auto const nothing = run(io, impatient.try_get("/hang"));
        EXPECT_TRUE(nothing.error().is(errc::deadline_exceeded)) << nothing.error().what();
        auto const part = run(io, impatient.try_get("/stall"));
        EXPECT_TRUE(part.error().is(errc::deadline_exceeded)) << part.error().what();
        return nothing.error().where() == coauth::stage::wait &&
               part.error().where() == coauth::stage::read;
    });
}

TEST_P(testing_scripted_server, raw_bytes_need_not_be_http) {
    server.expect("GET", "/x").reply_raw("SSH-2.0-server\r\n");
    EXPECT_TRUE(get("/x").error().is(errc::malformed_response));
    server.expect("GET", "/x").reply_raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").cut(20);
    auto const cut = get("/x");
    EXPECT_TRUE(cut.error().is(errc::truncated)) << cut.error().what();
}

TEST_P(testing_scripted_server, a_held_reply_waits_for_the_test) {
    auto const slow = server.expect("GET", "/x").hold().delay(1ms).reply(200, "at last");
    std::optional<coauth::result<coauth::response>> outcome;
    asio::co_spawn(io, client.try_get("/x"),
                   [&](std::exception_ptr, coauth::result<coauth::response> r) { outcome = r; });
    std::thread runner([this] { io.run(); });
    EXPECT_TRUE(server.http().wait_until([](auto const& now) { return now.requests == 1; }));
    while (slow.taken() == 0) std::this_thread::yield();
    EXPECT_EQ(server.http().counters().requests_in_flight, 1U);
    slow.release();
    runner.join();
    ASSERT_TRUE(outcome && *outcome);
    EXPECT_EQ((*outcome)->body(), "at last");
    EXPECT_EQ(slow.taken(), 1U);
}

TEST_P(testing_scripted_server, may_be_stopped_while_it_holds_a_reply) {
    server.expect("GET", "/x").hold();
    coauth::result<coauth::response> outcome;
    asio::co_spawn(io, client.try_get("/x"),
                   [&](std::exception_ptr, coauth::result<coauth::response> r) { outcome = r; });
    std::thread runner([this] { io.run(); });
    EXPECT_TRUE(server.http().wait_until([](auto const& now) { return now.requests == 1; }));
    server.http().stop();
    runner.join();
    EXPECT_TRUE(outcome.error().is(errc::connection_reset)) << outcome.error().what();
}

INSTANTIATE_TEST_SUITE_P(everywhere, testing_scripted_server, ::testing::Values(false, true),
                         [](auto const& run_of) { return run_of.param ? "memory" : "loopback"; });

}  // namespace
}  // namespace testing_scripted_server_test
