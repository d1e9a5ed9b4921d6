// SPDX-License-Identifier: BSL-1.0
//
// What an exchange log keeps of a call: both sides, why, how long, and no secret (R-192, R-193).

#include "support/embedded.hpp"
#include "support/recording_server.hpp"

#include <coauth/exchange_log.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

namespace exchange_log_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::call_record;
using coauth::errc;
using coauth::exchange_log;
using coauth::exchange_record;
using coauth::fetch_reason;
using coauth::token_decision;

using party = exchange_record::party;
using reason = exchange_record::reason;

/// Everything that a record says, in one text.
std::string all_of(call_record const& call) {
    std::string text = call.method + call.url + call.failure;
    for (auto const& x : call.all_exchanges()) {
        text += x->url + x->status_text + x->failure + x->request_body.text + x->response_body.text;
        for (auto const field : x->request_headers) text += std::string(field.value) + "\n";
        for (auto const field : x->response_headers) text += std::string(field.value) + "\n";
    }
    return text;
}

class exchange_log_test : public ::testing::Test {
protected:
    [[nodiscard]] coauth::rest_client make_client(coauth::authorization a) {
        coauth::rest_client_config c;
        c.base_url = api.url("/v1");
        c.authorization = std::move(a);
        return coauth::rest_client(io.get_executor(), std::move(c));
    }
    [[nodiscard]] call_record send(coauth::rest_client const& by, coauth::request r) {
        exchange_log const log;
        r.log(log);
        auto const outcome = run(io, by.try_send(std::move(r)));
        EXPECT_EQ(log.calls().size(), 1U);
        EXPECT_EQ(outcome ? outcome->status() : 0, log.last()->status);
        return *log.last();
    }

    asio::io_context io;
    recording_server api{[](server_request const&) {
        return server_response::json(200, R"({"name":"Ada","password":"api-canary-one"})");
    }};
    recording_token_endpoint token_endpoint;
    coauth::token_source tokens{io.get_executor(), token_endpoint.source()};
    coauth::rest_client client{make_client(tokens)};
};

TEST_F(exchange_log_test, shows_both_sides_of_a_first_call) {
    call_record const call = send(client, coauth::request("GET", "/users?limit=10"));
    EXPECT_EQ(call.method, "GET");
    EXPECT_EQ(call.status, 200);
    EXPECT_EQ(call.failure, "");
    ASSERT_EQ(call.tokens.size(), 1U);
    EXPECT_EQ(call.tokens[0].how, token_decision::outcome::fetched);
    EXPECT_EQ(call.tokens[0].why, fetch_reason::no_cached_token);
    EXPECT_GT(call.tokens[0].waited, 0ns);

    auto const all = call.all_exchanges();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0]->with, party::authorization_server);
    EXPECT_EQ(all[0]->method, "POST");
    EXPECT_EQ(all[0]->status, 200);
    EXPECT_EQ(all[0]->request_headers.find("Authorization"), "Basic [redacted]");
    EXPECT_NE(all[0]->request_body.text.find("grant_type=client_credentials"), std::string::npos);
    EXPECT_NE(all[0]->response_body.text.find(R"("access_token":"[redacted]")"), std::string::npos);
    EXPECT_EQ(all[1]->with, party::api);
    EXPECT_EQ(all[1]->url, api.url("/v1/users?limit=10"));
    EXPECT_EQ(all[1]->request_headers.find("Authorization"), "Bearer [redacted]");
    EXPECT_EQ(all[1]->response_body.text, R"({"name":"Ada","password":"[redacted]"})");
    EXPECT_EQ(all[1]->why, reason::first);
}

TEST_F(exchange_log_test, says_where_the_time_went_and_that_a_connection_was_reused) {
    call_record const first = send(client, coauth::request("GET", "/x"));
    call_record const second = send(client, coauth::request("GET", "/x"));
    exchange_record const& fresh = *first.exchanges.at(0);
    EXPECT_FALSE(fresh.connection_reused);
    EXPECT_EQ(fresh.connection, 1U);
    EXPECT_TRUE(fresh.timings.queue && fresh.timings.connect && fresh.timings.send &&
                fresh.timings.wait && fresh.timings.receive);
    EXPECT_FALSE(fresh.timings.tls);
    EXPECT_FALSE(fresh.timings.resolve) << "the host is an address";

    ASSERT_EQ(second.tokens.size(), 1U);
    EXPECT_EQ(second.tokens[0].how, token_decision::outcome::hit);
    EXPECT_TRUE(second.tokens[0].exchanges.empty());
    exchange_record const& reused = *second.exchanges.at(0);
    EXPECT_TRUE(reused.connection_reused);
    EXPECT_EQ(reused.connection, 1U);
    EXPECT_FALSE(reused.timings.connect);
    EXPECT_GE(reused.took, *reused.timings.wait);
}

TEST_F(exchange_log_test, shows_why_a_request_was_sent_again) {
    run(io, client.get("/x"));
    api.set([](server_request const& r) {
        bool const good = r.fields.find("Authorization") == "Bearer token-2";
        return server_response(good ? 200 : 401);
    });
    call_record const call = send(client, coauth::request("GET", "/x"));
    EXPECT_EQ(call.status, 200);
    ASSERT_EQ(call.tokens.size(), 2U);
    EXPECT_EQ(call.tokens[0].how, token_decision::outcome::hit);
    EXPECT_EQ(call.tokens[1].how, token_decision::outcome::fetched);
    EXPECT_EQ(call.tokens[1].why, fetch_reason::rejected);
    ASSERT_EQ(call.exchanges.size(), 2U);
    EXPECT_EQ(call.exchanges[0]->status, 401);
    EXPECT_EQ(call.exchanges[1]->why, reason::token_renewed);
    EXPECT_EQ(call.exchanges[1]->status, 200);
    auto const all = call.all_exchanges();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[1]->with, party::authorization_server);
}

awaitable<void> send_into(coauth::rest_client& by, exchange_log log) {
    coauth::request r("GET", "/x");
    r.log(std::move(log));
    co_await by.send(std::move(r));
}

TEST_F(exchange_log_test, shows_the_token_request_to_every_caller_that_waited_for_it) {
    exchange_log const log;
    for (int i = 0; i != 5; ++i) asio::co_spawn(io, send_into(client, log), coauth::rethrow);
    io.run();
    int fetched = 0;
    int joined = 0;
    for (auto const& call : log.calls()) {
        ASSERT_EQ(call->tokens.size(), 1U);
        ASSERT_EQ(call->tokens[0].exchanges.size(), 1U);
        EXPECT_EQ(call->tokens[0].exchanges[0]->status, 200);
        fetched += call->tokens[0].how == token_decision::outcome::fetched;
        joined += call->tokens[0].how == token_decision::outcome::joined;
    }
    EXPECT_EQ(fetched, 1);
    EXPECT_EQ(joined, 4);
    EXPECT_EQ(token_endpoint.count(), 1U);
}

TEST_F(exchange_log_test, shows_a_refusal_of_the_authorization_server_and_the_failure_from_memory) {
    token_endpoint.set([](server_request const&) {
        return server_response::json(
            401, R"({"error":"invalid_client","error_description":"not-a-real-secret is wrong"})");
    });
    call_record const call = send(client, coauth::request("GET", "/x"));
    EXPECT_EQ(call.status, 0);
    EXPECT_NE(call.failure.find("invalid_client"), std::string::npos) << call.failure;
    EXPECT_TRUE(call.exchanges.empty());
    ASSERT_EQ(call.tokens.size(), 1U);
    ASSERT_EQ(call.tokens[0].exchanges.size(), 1U);
    EXPECT_EQ(call.tokens[0].exchanges[0]->status, 401);
    EXPECT_EQ(all_of(call).find("not-a-real-secret"), std::string::npos) << all_of(call);

    call_record const again = send(client, coauth::request("GET", "/x"));
    ASSERT_EQ(again.tokens.size(), 1U);
    EXPECT_EQ(again.tokens[0].how, token_decision::outcome::remembered_failure);
    EXPECT_TRUE(again.tokens[0].exchanges.empty());
}

TEST_F(exchange_log_test, shows_how_far_a_failed_exchange_came) {
    std::string const gone = [] {
        recording_server shut([](server_request const&) { return server_response(200); });
        return shut.url("/");
    }();
    coauth::rest_client_config c;
    c.base_url = gone;
    coauth::rest_client const nowhere(io.get_executor(), std::move(c));
    call_record const call = send(nowhere, coauth::request("GET", "/x"));
    ASSERT_EQ(call.exchanges.size(), 1U);
    EXPECT_EQ(call.exchanges[0]->status, 0);
    EXPECT_EQ(call.exchanges[0]->connection, 0U);
    EXPECT_NE(call.exchanges[0]->failure, "");
    EXPECT_TRUE(call.exchanges[0]->timings.connect);
    EXPECT_FALSE(call.exchanges[0]->timings.send);
}

TEST_F(exchange_log_test, keeps_a_call_that_was_cancelled) {
    api.set([](server_request const&) { return server_response(200).with_faults({.hang = true}); });
    exchange_log const log;
    asio::cancellation_signal stop;
    asio::co_spawn(io, send_into(client, log),
                   asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
    while (api.count() == 0) io.run_one_for(1ms);
    stop.emit(asio::cancellation_type::terminal);
    io.run();
    ASSERT_EQ(log.calls().size(), 1U);
    EXPECT_NE(log.last()->failure.find("cancelled"), std::string::npos) << log.last()->failure;
    ASSERT_EQ(log.last()->exchanges.size(), 1U);
    EXPECT_EQ(log.last()->exchanges[0]->status, 0);
}

TEST_F(exchange_log_test, says_that_a_hook_threw_and_not_that_somebody_cancelled) {
    exchange_log const log;
    coauth::rest_client_config c;
    c.base_url = api.url("/");
    c.log = log;
    c.hooks.before_call = [](coauth::request&) { throw std::runtime_error("no such tenant"); };
    coauth::rest_client const hooked(io.get_executor(), std::move(c));
    EXPECT_THROW(run(io, hooked.get("/x")), std::runtime_error);
    EXPECT_TRUE(run(io, hooked.try_get("/x")).error().is(errc::hook_failed));
    ASSERT_EQ(log.calls().size(), 2U);
    for (auto const& call : log.calls()) {
        EXPECT_NE(call->failure.find("no such tenant"), std::string::npos) << call->failure;
        EXPECT_EQ(call->failure.find("cancelled"), std::string::npos) << call->failure;
    }
}

TEST_F(exchange_log_test, shows_the_exchange_before_which_a_hook_threw) {
    exchange_log const log;
    coauth::rest_client_config c;
    c.base_url = api.url("/");
    c.log = log;
    c.hooks.before_send = [](coauth::sent_request const&) { throw std::runtime_error("no"); };
    coauth::rest_client const hooked(io.get_executor(), std::move(c));
    EXPECT_THROW(run(io, hooked.get("/x")), std::runtime_error);
    ASSERT_EQ(log.last()->exchanges.size(), 1U);
    EXPECT_NE(log.last()->exchanges[0]->failure.find("hook"), std::string::npos)
        << log.last()->exchanges[0]->failure;
    EXPECT_EQ(api.count(), 0U);
}

TEST_F(exchange_log_test, shows_a_token_request_that_was_never_answered) {
    token_endpoint.set(
        [](server_request const&) { return server_response(200).with_faults({.hang = true}); });
    exchange_log const log;
    asio::cancellation_signal stop;
    asio::co_spawn(io, send_into(client, log),
                   asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
    while (token_endpoint.count() == 0) io.run_one_for(1ms);
    stop.emit(asio::cancellation_type::terminal);
    run(io, tokens.stop(0s));
    call_record const call = *log.last();
    ASSERT_EQ(call.tokens.size(), 1U);
    ASSERT_EQ(call.tokens[0].exchanges.size(), 1U);
    exchange_record const& hanging = *call.tokens[0].exchanges[0];
    EXPECT_EQ(hanging.status, 0);
    EXPECT_NE(hanging.request_body.text.find("client_credentials"), std::string::npos);
}

TEST_F(exchange_log_test, redacts_the_token_of_the_call_in_its_url_under_any_name) {
    token_endpoint.set(
        [](server_request const&) { return token_answer("canary-token-0123456789"); });
    call_record const call =
        send(client, coauth::request("GET", "/x?cursor=canary-token-0123456789"));
    EXPECT_EQ(all_of(call).find("canary"), std::string::npos) << all_of(call);
}

TEST_F(exchange_log_test, redacts_a_key_in_the_url_of_a_call_that_was_not_sent) {
    token_endpoint.set([](server_request const&) { return server_response(503); });
    coauth::request r("GET", "/x?cursor=canary-key-0123456789");
    r.header("X-Api-Key", "canary-key-0123456789");
    call_record const call = send(client, std::move(r));
    EXPECT_TRUE(call.exchanges.empty());
    EXPECT_EQ(all_of(call).find("canary"), std::string::npos) << all_of(call);
}

TEST_F(exchange_log_test, redacts_wherever_it_turns_up_a_header_that_the_user_names) {
    api.set([](server_request const& r) {
        return server_response(200, "text/plain",
                               "for " + std::string(*r.fields.find("X-Patient")));
    });
    exchange_log const log({.also_redact = {"patient"}});
    coauth::request r("GET", "/x");
    r.header("X-Patient", "canary-patient-0123456789").log(log);
    run(io, client.send(std::move(r)));
    EXPECT_EQ(all_of(*log.last()).find("canary"), std::string::npos) << all_of(*log.last());
}

// R-193: a secret that comes in two reads, and one that the API repeats in plain text.
TEST_F(exchange_log_test, redacts_a_token_that_the_api_echoes_in_plain_text) {
    api.set([](server_request const& r) {
        server_response echo(200);
        echo.fields.append("Content-Type", "text/plain");
        echo.fields.append("X-Seen", r.fields.find("Authorization").value_or(""));
        echo.body = "you sent " + std::string(r.fields.find("Authorization").value_or(""));
        return echo;
    });
    token_endpoint.set(
        [](server_request const&) { return token_answer("canary-token-0123456789"); });
    coauth::request r("GET", "/x?api_key=canary-query-0123456789&limit=1");
    r.header("X-Api-Key", "canary-header-0123456789");
    call_record const call = send(client, std::move(r));
    std::string const text = all_of(call);
    EXPECT_EQ(text.find("canary"), std::string::npos) << text;
    EXPECT_NE(text.find("you sent"), std::string::npos) << text;
    EXPECT_NE(call.url.find("limit=1"), std::string::npos) << call.url;
}

TEST_F(exchange_log_test, of_a_token_source_keeps_its_token_requests) {
    exchange_log const log;
    coauth::token_source_config config = token_endpoint.source();
    config.log = log;
    coauth::token_source const own(io.get_executor(), std::move(config));
    run(io, own.get());
    run(io, own.get());
    ASSERT_EQ(log.calls().size(), 1U);
    EXPECT_EQ(log.last()->method, "POST");
    ASSERT_EQ(log.last()->tokens.at(0).exchanges.size(), 1U);
    EXPECT_EQ(log.last()->tokens[0].exchanges[0]->status, 200);
}

TEST_F(exchange_log_test, keeps_the_last_calls_and_counts_the_others) {
    exchange_log const log({.max_calls = 3});
    coauth::rest_client_config c;
    c.base_url = api.url("/");
    c.log = log;
    coauth::rest_client const logged(io.get_executor(), std::move(c));
    for (int i = 0; i != 5; ++i) run(io, logged.get("/x"));
    ASSERT_EQ(log.calls().size(), 3U);
    EXPECT_EQ(log.calls().front()->number, 3U);
    EXPECT_EQ(log.dropped(), 2U);
}

TEST_F(exchange_log_test, redacts_what_the_user_names) {
    exchange_log const log({.also_redact = {"name"}});
    coauth::request r("GET", "/x");
    r.log(log);
    run(io, client.send(std::move(r)));
    EXPECT_EQ(log.last()->exchanges.at(0)->response_body.text,
              R"({"name":"[redacted]","password":"[redacted]"})");
}

}  // namespace
}  // namespace exchange_log_test
