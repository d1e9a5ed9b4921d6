// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/challenge.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/testing/api_server.hpp>
#include <coauth/testing/manual_clock.hpp>
#include <support/raw_client.hpp>

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace testing_api_server_test {
namespace {

using namespace coauth::testing;
using namespace std::chrono_literals;
using coauth_test::fields_of;
using coauth_test::raw_client;
using coauth_test::raw_response;
using coauth_test::raw_tls;

coauth::http_fields authorized(std::string const& credentials) {
    return fields_of({{"Authorization", credentials}});
}

struct fixture {
    explicit fixture(api_server_options options = {})
        : issuer({.http = {.tls = ca.server()},
                  .clients = {{.client_id = "both", .secret = "s"},
                              {.client_id = "reader", .secret = "s", .scope = "users.read"}},
                  .lifetime = 60s,
                  .clock = time}) {
        options.http.tls = ca.server();
        api.emplace(issuer, std::move(options));
    }

    [[nodiscard]] raw_client client() const {
        return raw_client(api->http().port(), raw_tls{.ca_pem = ca.ca_pem()});
    }
    /// A token through the front door.
    [[nodiscard]] std::string token(std::string const& id = "both") const {
        raw_client front(issuer.http().port(), raw_tls{.ca_pem = ca.ca_pem()});
        std::string const body =
            front
                .send("POST", "/token",
                      fields_of({{"Content-Type", "application/x-www-form-urlencoded"},
                                 {"Authorization", "Basic " + coauth::base64_encode(id + ":s")}}),
                      "grant_type=client_credentials")
                .body;
        std::string const name = "\"access_token\":\"";
        std::size_t const from = body.find(name) + name.size();
        return body.substr(from, body.find('"', from) - from);
    }
    [[nodiscard]] raw_response get(std::string const& target, std::string const& bearer) const {
        return client().send("GET", target, authorized("Bearer " + bearer));
    }

    certificate_authority ca;
    manual_clock time;
    authorization_server mutable issuer;
    std::optional<api_server> mutable api;
};

coauth::challenge challenge_of(raw_response const& response) {
    auto const all = coauth::parse_challenges(response.field("WWW-Authenticate"));
    return all && all->size() == 1 ? all->front() : coauth::challenge();
}

TEST(testing_api_server, lists_and_shows_users_to_the_bearer_of_a_token) {
    fixture const f;
    std::string const token = f.token();
    raw_response const list = f.get("/v1/users?limit=2", token);
    EXPECT_EQ(list.status, 200);
    EXPECT_EQ(list.field("Content-Type"), "application/json");
    EXPECT_EQ(list.body, R"([{"id":1,"name":"user 1"},{"id":2,"name":"user 2"}])");
    EXPECT_EQ(f.get("/v1/users/7", token).body, R"({"id":7,"name":"user 7"})");
    EXPECT_EQ(f.get("/v1/users?limit=0", token).status, 400);
    EXPECT_EQ(f.get("/v1/users?limit=x", token).status, 400);
    EXPECT_EQ(f.get("/v1/users/1001", token).status, 404);
    EXPECT_EQ(f.get("/v1/users/", token).status, 404);
    EXPECT_EQ(f.get("/v1/elsewhere", token).status, 404);
    EXPECT_EQ(f.get("/elsewhere", token).status, 404);
}

TEST(testing_api_server, creates_a_user_by_echoing_it) {
    fixture const f;
    auto fields = authorized("bearer  " + f.token());
    fields.append("Content-Type", "application/json");
    raw_response const response = f.client().send("POST", "/v1/users", fields, R"({"name":"x"})");
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.field("Content-Type"), "application/json");
    EXPECT_EQ(response.field("Location"), "/v1/users/1000");
    EXPECT_EQ(response.body, R"({"name":"x"})");
    EXPECT_EQ(f.client().send("DELETE", "/v1/users/1", fields).status, 405);
}

TEST(testing_api_server, answers_without_an_error_code_where_there_are_no_credentials) {
    fixture const f;
    for (auto const& fields : {fields_of({}), authorized("Basic eDp5"), authorized("Bearer")}) {
        raw_response const response = f.client().send("GET", "/v1/users", fields);
        EXPECT_EQ(response.status, 401);
        coauth::challenge const challenge = challenge_of(response);
        EXPECT_EQ(challenge.scheme, "Bearer");
        EXPECT_EQ(challenge.parameter("error"), std::nullopt);
    }
    EXPECT_EQ(f.api->counters().unauthorized, 3U);
}

TEST(testing_api_server, refuses_unknown_revoked_and_expired_tokens) {
    fixture const f;
    auto const error = [&](std::string const& token) {
        raw_response const response = f.get("/v1/users", token);
        EXPECT_EQ(response.status, 401);
        return std::string(challenge_of(response).parameter("error").value_or(""));
    };
    EXPECT_EQ(error("unknown"), "invalid_token");
    std::string const revoked = f.token();
    f.issuer.revoke_all();
    EXPECT_EQ(error(revoked), "invalid_token");
    std::string const old = f.token();
    EXPECT_EQ(f.get("/v1/users", old).status, 200);
    f.time.advance(60s);
    EXPECT_EQ(error(old), "invalid_token");
    EXPECT_EQ(f.api->counters().unauthorized, 3U);
    EXPECT_EQ(f.api->counters().expired_tokens, 1U);
}

TEST(testing_api_server, refuses_a_token_with_too_little_scope) {
    fixture const f;
    std::string const token = f.token("reader");
    EXPECT_EQ(f.get("/v1/users", token).status, 200);
    raw_response const response =
        f.client().send("POST", "/v1/users", authorized("Bearer " + token), "x");
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(challenge_of(response).parameter("error"), "insufficient_scope");
    EXPECT_EQ(challenge_of(response).parameter("scope"), "users.write");
    EXPECT_EQ(f.api->counters().forbidden, 1U);
}

TEST(testing_api_server, echoes_a_request_without_its_credentials) {
    fixture const f;
    std::string const token = f.token();
    auto fields = authorized("Bearer " + token);
    fields.append("X-API-Key", "canary");
    fields.append("Cookie", "canary");
    fields.append("X-Note", "a \"quoted\" note");
    raw_response const response =
        f.client().send("PATCH", "/v1/echo?q=a%20b&q=2", fields, "line\nline");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body,
              R"({"method":"PATCH","path":"/v1/echo","query":[["q","a b"],["q","2"]],)"
              R"("headers":[["Host","localhost"],["X-Note","a \"quoted\" note"],)"
              R"(["Content-Length","9"]],"body":"line\nline","client_certificate":""})");
    std::string const binary = "\xFF\x01";
    std::string const coded =
        f.client().send("POST", "/v1/echo", authorized("Bearer " + token), binary).body;
    EXPECT_NE(coded.find(R"("body":{"base64":"/wE="})"), std::string::npos);
    coauth::json_value whole;
    EXPECT_TRUE(coauth::json_reader(coded).next_value(whole));
    EXPECT_EQ(f.client().send("HEAD", "/v1/echo", authorized("Bearer " + token)).body, "");
}

TEST(testing_api_server, answers_with_the_status_that_was_asked_for) {
    fixture const f;
    std::string const token = f.token();
    for (int const status : {200, 204, 302, 401, 404, 500, 599}) {
        EXPECT_EQ(f.get("/v1/status/" + std::to_string(status), token).status, status);
    }
    EXPECT_FALSE(f.get("/v1/status/401", token).fields.contains("WWW-Authenticate"));
    EXPECT_EQ(f.get("/v1/status/199", token).status, 404);
    EXPECT_EQ(f.get("/v1/status/x", token).status, 404);
}

TEST(testing_api_server, knows_other_kinds_of_authorization) {
    fixture const f({.http = {.client_certificate = client_certificates::requested},
                     .basic_user = "Aladdin",
                     .basic_password = "open sesame \xC2\xA3:",
                     .key_header = "X-Door",
                     .key = "k"});
    raw_client client = f.client();
    auto const basic = [](std::string const& text) {
        return authorized("Basic " + coauth::base64_encode(text));
    };
    EXPECT_EQ(client.send("GET", "/basic", basic("Aladdin:open sesame \xC2\xA3:")).status, 200);
    raw_response const refused = client.send("GET", "/basic", basic("Aladdin:open sesame"));
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(challenge_of(refused).scheme, "Basic");
    EXPECT_EQ(challenge_of(refused).parameter("charset"), "UTF-8");
    EXPECT_EQ(client.send("GET", "/basic").status, 401);

    raw_response const with_key = client.send("GET", "/key", fields_of({{"x-door", "k"}}));
    EXPECT_EQ(with_key.status, 200);
    EXPECT_EQ(with_key.body.find("door"), std::string::npos);
    EXPECT_EQ(client.send("GET", "/key", fields_of({{"x-door", "l"}})).status, 401);
    EXPECT_EQ(client.send("GET", "/open").status, 200);

    EXPECT_EQ(client.send("GET", "/certificate").status, 403);
    certificate const mine = make_self_signed();
    raw_client certified(f.api->http().port(), raw_tls{.ca_pem = f.ca.ca_pem(), .client = mine});
    EXPECT_NE(certified.send("GET", "/certificate").body.find(mine.thumbprint), std::string::npos);
}

TEST(testing_api_server, rejects_everything_on_command) {
    fixture const f;
    std::string const token = f.token();
    f.api->reject_everything(true);
    raw_response const response = f.get("/v1/users", token);
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(challenge_of(response).parameter("error"), "invalid_token");
    EXPECT_EQ(f.client().send("GET", "/open").status, 200);
    f.api->reject_everything(false);
    EXPECT_EQ(f.get("/v1/users", token).status, 200);
}

TEST(testing_api_server, fails_on_command_and_recovers) {
    fixture const f;
    std::string const token = f.token();
    f.api->fail_next(
        1, server_response(200, "text/plain", "0123456789").with_faults({.truncate_body_at = 3}));
    f.api->fail_with(server_response(503));
    EXPECT_EQ(f.get("/v1/users", token).error, asio::ssl::error::stream_truncated);
    EXPECT_EQ(f.get("/v1/users", token).status, 503);
    f.api->recover();
    EXPECT_EQ(f.get("/v1/users", token).status, 200);
    EXPECT_EQ(f.api->counters().answered_on_command, 2U);
    EXPECT_EQ(f.api->counters().requests, 3U);
}

TEST(testing_api_server, records_requests_without_tokens) {
    fixture const f;
    std::string const token = f.token();
    (void)f.get("/v1/users?limit=3", token);
    auto const records = f.api->requests();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].fields.find("Authorization"), "Bearer [redacted]");
    EXPECT_EQ(records[0].parameter("limit"), "3");
    EXPECT_EQ(records[0].status, 200);
}

TEST(testing_api_server, serves_many_clients_while_it_is_commanded) {
    fixture const f;
    std::string const token = f.token();
    std::atomic<int> served = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i != 8; ++i) {
        threads.emplace_back([&] {
            raw_client client = f.client();
            for (int k = 0; k != 50; ++k) {
                if (client.send("GET", "/v1/users?limit=1", authorized("Bearer " + token)).status) {
                    ++served;
                }
            }
        });
    }
    for (int i = 0; i != 200; ++i) {
        f.api->reject_everything(i % 2 == 0);
        f.api->fail_next(1, server_response(500));
        (void)f.api->counters();
        (void)f.api->requests();
        if (i % 20 == 0) (void)f.token();
    }
    f.api->reject_everything(false);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(served, 400);
    EXPECT_EQ(f.api->counters().requests, 400U);
}

}  // namespace
}  // namespace testing_api_server_test
