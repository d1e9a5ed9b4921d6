// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/challenge.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/testing/authorization_server.hpp>
#include <coauth/testing/manual_clock.hpp>
#include <support/patience.hpp>
#include <support/raw_client.hpp>

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace testing_authorization_server_test {
namespace {

using namespace coauth::testing;
using namespace std::chrono_literals;
using coauth_test::fields_of;
using coauth_test::raw_client;
using coauth_test::raw_response;
using coauth_test::raw_tls;

std::string basic(std::string_view id, std::string_view secret) {
    return "Basic " + coauth::base64_encode(std::string(id).append(":").append(secret));
}

/// A member of a flat JSON object, as it stands there; "(none)" without it.
std::string member(std::string const& json, std::string const& name) {
    std::size_t const at = json.find('"' + name + "\":");
    if (at == std::string::npos) return "(none)";
    std::size_t const from = at + name.size() + 3;
    std::size_t const end =
        json[from] == '"' ? json.find('"', from + 1) + 1 : json.find_first_of(",}", from);
    return json.substr(from, end - from);
}

std::string unquoted(std::string const& text) { return text.substr(1, text.size() - 2); }

struct fixture {
    explicit fixture(authorization_server_options options = {}) {
        options.http.tls = ca.server();
        options.clients.push_back({.client_id = "basic", .secret = "s"});
        options.clients.push_back({.client_id = "post",
                                   .secret = "s",
                                   .scope = "users.read",
                                   .method = authentication_method::client_secret_post});
        server = std::make_unique<authorization_server>(std::move(options));
    }

    [[nodiscard]] raw_client client() const {
        return raw_client(server->http().port(), raw_tls{.ca_pem = ca.ca_pem()});
    }
    /// POST /token; no Authorization field when it is empty.
    [[nodiscard]] raw_response token(std::string const& authorization,
                                     std::string const& form) const {
        auto fields = fields_of({{"Content-Type", "application/x-www-form-urlencoded"}});
        if (!authorization.empty()) fields.append("Authorization", authorization);
        return client().send("POST", "/token", fields, form);
    }
    [[nodiscard]] std::string issue() const {
        return unquoted(member(token(basic("basic", "s"), grant).body, "access_token"));
    }

    static constexpr char const* grant = "grant_type=client_credentials";
    certificate_authority ca;
    std::unique_ptr<authorization_server> server;
};

TEST(testing_authorization_server, issues_a_token_as_rfc_6749_says) {
    fixture const f;
    raw_response const response = f.token(basic("basic", "s"), f.grant);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("Content-Type"), "application/json");
    EXPECT_EQ(response.field("Cache-Control"), "no-store");
    EXPECT_EQ(member(response.body, "token_type"), "\"Bearer\"");
    EXPECT_EQ(member(response.body, "expires_in"), "3600");
    EXPECT_EQ(member(response.body, "scope"), "\"users.read users.write\"");
    std::string const token = unquoted(member(response.body, "access_token"));
    ASSERT_TRUE(token.starts_with("test-token-"));
    EXPECT_EQ(coauth::base64url_decode(token.substr(11)).value().size(), 32U);

    token_information const known = f.server->look_up(token);
    EXPECT_EQ(known.state, token_state::active);
    EXPECT_EQ(known.client_id, "basic");
    EXPECT_EQ(known.scope.to_string(), "users.read users.write");
    EXPECT_NE(f.issue(), token);
}

TEST(testing_authorization_server, each_client_has_one_method_of_authentication) {
    fixture const f;
    std::string const form = f.grant;
    EXPECT_EQ(f.token("", form + "&client_id=post&client_secret=s").status, 200);
    EXPECT_EQ(f.token(basic("post", "s"), form).status, 401);
    EXPECT_EQ(f.token("", form + "&client_id=basic&client_secret=s").status, 401);
}

TEST(testing_authorization_server, basic_credentials_are_decoded_or_raw_as_the_client_is) {
    std::string const awkward = "a:b +%41\xC3\xA9";
    fixture const f({.clients = {{.client_id = awkward, .secret = awkward},
                                 {.client_id = "raw+%41",
                                  .secret = "s:+%41",
                                  .method = authentication_method::client_secret_basic_raw}}});
    std::string const encoded = coauth::form_encode(awkward);
    EXPECT_EQ(encoded, "a%3Ab+%2B%2541%C3%A9");
    EXPECT_EQ(f.token(basic(encoded, encoded), f.grant).status, 200);
    EXPECT_EQ(f.token(basic(awkward, awkward), f.grant).status, 401);
    EXPECT_EQ(f.token(basic("raw+%41", "s:+%41"), f.grant).status, 200);
    EXPECT_EQ(f.token(basic("raw%2B%2541", "s%3A%2B%2541"), f.grant).status, 401);
}

TEST(testing_authorization_server, refuses_wrong_credentials_with_401_and_a_challenge) {
    fixture const f;
    for (std::string const& authorization :
         {basic("basic", "wrong"), basic("nobody", "s"), basic("basic", ""), std::string("Basic !"),
          std::string("Bearer x"), std::string()}) {
        raw_response const response = f.token(authorization, f.grant);
        EXPECT_EQ(response.status, 401) << authorization;
        EXPECT_EQ(member(response.body, "error"), "\"invalid_client\"");
        EXPECT_EQ(response.field("Cache-Control"), "no-store");
        auto const challenges = coauth::parse_challenges(response.field("WWW-Authenticate"));
        ASSERT_TRUE(challenges);
        EXPECT_EQ(challenges->front().scheme, "Basic");
    }
    EXPECT_EQ(f.server->counters().refused, 6U);
    EXPECT_EQ(f.server->counters().tokens_issued, 0U);
}

TEST(testing_authorization_server, refuses_other_mistakes_with_400) {
    fixture const f;
    std::string const who = basic("basic", "s");
    auto const error = [&](std::string const& authorization, std::string const& form) {
        raw_response const response = f.token(authorization, form);
        EXPECT_EQ(response.status, 400) << form;
        return member(response.body, "error");
    };
    EXPECT_EQ(error(who, "scope=users.read"), "\"invalid_request\"");
    EXPECT_EQ(error(who, "grant_type="), "\"invalid_request\"");
    EXPECT_EQ(error(who, "grant_type=password"), "\"unsupported_grant_type\"");
    EXPECT_EQ(error(who, "grant_type=client_credentials&grant_type=client_credentials"),
              "\"invalid_request\"");
    EXPECT_EQ(error(who, "grant_type=%zz"), "\"invalid_request\"");
    EXPECT_EQ(error(who, "grant_type=client_credentials&scope=admin"), "\"invalid_scope\"");
    EXPECT_EQ(error(who, "grant_type=client_credentials&scope=%22"), "\"invalid_scope\"");
    EXPECT_EQ(error(who, "grant_type=client_credentials&client_id=basic&client_secret=s"),
              "\"invalid_request\"");

    raw_client client = f.client();
    EXPECT_EQ(client.send("POST", "/token", fields_of({{"Content-Type", "application/json"}}), "{}")
                  .status,
              400);
    raw_response const get = client.send("GET", "/token?grant_type=client_credentials");
    EXPECT_EQ(get.status, 405);
    EXPECT_EQ(get.field("Allow"), "POST");
    EXPECT_EQ(client.send("GET", "/elsewhere").status, 404);
}

TEST(testing_authorization_server, grants_the_scope_that_was_asked_for) {
    fixture const f;
    std::string const form = f.grant;
    raw_response const response = f.token(basic("basic", "s"), form + "&scope=users.write");
    EXPECT_EQ(member(response.body, "scope"), "\"users.write\"");
    EXPECT_EQ(f.token("", form + "&client_id=post&client_secret=s&scope=users.write").status, 400);
    EXPECT_EQ(f.token(basic("basic", "s"), form + "&resource=a&resource=b&audience=c").status, 200);
}

TEST(testing_authorization_server, lifetimes_are_of_the_server_of_the_client_or_odd) {
    fixture const f({.clients = {{.client_id = "short", .secret = "s", .lifetime = 2s},
                                 {.client_id = "text", .secret = "s", .expires_in = "\"3600\""},
                                 {.client_id = "none", .secret = "s", .expires_in = ""}},
                     .lifetime = 90s});
    auto const expires_in = [&](std::string const& id) {
        return member(f.token(basic(id, "s"), f.grant).body, "expires_in");
    };
    EXPECT_EQ(expires_in("basic"), "90");
    EXPECT_EQ(expires_in("short"), "2");
    EXPECT_EQ(expires_in("text"), "\"3600\"");
    EXPECT_EQ(expires_in("none"), "(none)");
}

TEST(testing_authorization_server, a_token_ends_by_expiry_or_revocation) {
    manual_clock const time;
    fixture const f({.lifetime = 60s, .clock = time});
    std::string const first = f.issue();
    std::string const second = f.issue();
    EXPECT_TRUE(f.server->is_active(first));
    EXPECT_TRUE(f.server->revoke(first));
    EXPECT_EQ(f.server->look_up(first).state, token_state::revoked);
    EXPECT_TRUE(f.server->is_active(second));
    time.advance(59s);
    EXPECT_TRUE(f.server->is_active(second));
    time.advance(1s);
    EXPECT_EQ(f.server->look_up(second).state, token_state::expired);

    std::string const third = f.issue();
    f.server->revoke_all();
    EXPECT_EQ(f.server->look_up(third).state, token_state::revoked);
    EXPECT_TRUE(f.server->is_active(f.issue()));
    EXPECT_EQ(f.server->look_up("something").state, token_state::unknown);
    EXPECT_FALSE(f.server->revoke("something"));
}

TEST(testing_authorization_server, a_client_can_be_replaced_by_one_with_a_new_secret) {
    fixture const f;
    f.server->register_client({.client_id = "basic", .secret = "new"});
    EXPECT_EQ(f.token(basic("basic", "s"), f.grant).status, 401);
    EXPECT_EQ(f.token(basic("basic", "new"), f.grant).status, 200);
}

TEST(testing_authorization_server, counts_by_outcome_and_by_client) {
    fixture const f;
    std::string const form = f.grant;
    (void)f.token(basic("basic", "s"), form);
    (void)f.token(basic("basic", "wrong"), form);
    (void)f.token("", form + "&client_id=post&client_secret=s");
    (void)f.token(basic("nobody", "s"), form);
    f.server->fail_next(1, server_response(503));
    (void)f.token(basic("basic", "s"), form);
    auto const counted = f.server->counters();
    EXPECT_EQ(counted.token_requests, 5U);
    EXPECT_EQ(counted.tokens_issued, 2U);
    EXPECT_EQ(counted.refused, 2U);
    EXPECT_EQ(counted.answered_on_command, 1U);
    EXPECT_EQ(counted.by_client.at("basic"), 3U);
    EXPECT_EQ(counted.by_client.at("post"), 1U);
    EXPECT_EQ(counted.by_client.at(""), 1U);
    EXPECT_EQ(counted.max_in_flight, 1U);
}

TEST(testing_authorization_server, fails_on_command_and_recovers) {
    fixture const f;
    std::string const who = basic("basic", "s");
    f.server->fail_next(2, server_response(503).with_field("Retry-After", "5"));
    f.server->fail_next(1, server_response(200).with_faults({.reset = true}));
    f.server->fail_with(server_response::json(400, R"({"error":"unauthorized_client"})"));
    EXPECT_EQ(f.token(who, f.grant).field("Retry-After"), "5");
    EXPECT_EQ(f.token(who, f.grant).status, 503);
    EXPECT_EQ(f.token(who, f.grant).error, asio::error::connection_reset);
    EXPECT_EQ(f.token(who, f.grant).status, 400);
    EXPECT_EQ(f.token(who, f.grant).status, 400);
    EXPECT_EQ(f.client().send("GET", "/.well-known/oauth-authorization-server").status, 200);
    f.server->recover();
    EXPECT_EQ(f.token(who, f.grant).status, 200);
}

TEST(testing_authorization_server, a_delay_lets_requests_overlap) {
    fixture const f;
    raw_client first = f.client();
    raw_client second = f.client();
    std::string const request =
        "POST /token HTTP/1.1\r\nHost: h\r\nContent-Length: 29\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        "Authorization: " +
        basic("basic", "s") + "\r\n\r\n" + f.grant;
    coauth_test::with_enough_patience(100ms, [&](coauth::duration delay) {
        f.server->delay(delay);
        first.write(request);
        second.write(request);
        EXPECT_EQ(first.receive().status, 200);
        EXPECT_EQ(second.receive().status, 200);
        return f.server->counters().max_in_flight == 2U;
    });
}

TEST(testing_authorization_server, records_requests_without_secrets) {
    fixture const f;
    std::string const canary = "canary-value";
    auto const form = std::string(f.grant) +
                      "&scope=users.read&client_id=post&client_secret=" + canary +
                      "&assertion=" + canary + "&custom=x";
    (void)f.token("", form);
    (void)f.token(basic("basic", canary), f.grant);
    (void)f.client().send("GET", "/token?refresh_token=" + canary,
                          fields_of({{"Cookie", canary}, {"DPoP", canary}, {"Note", "n"}}));
    auto const records = f.server->requests();
    ASSERT_EQ(records.size(), 3U);
    EXPECT_EQ(records[0].method, "POST");
    EXPECT_EQ(records[0].path, "/token");
    EXPECT_EQ(records[0].status, 401);
    EXPECT_EQ(records[0].parameter("scope"), "users.read");
    EXPECT_EQ(records[0].parameter("client_id"), "post");
    EXPECT_EQ(records[0].parameter("custom"), "x");
    EXPECT_EQ(records[0].parameter("client_secret"), coauth::redacted);
    EXPECT_EQ(records[0].parameter("absent"), std::nullopt);
    EXPECT_EQ(records[1].fields.find("Authorization"), "Basic [redacted]");
    EXPECT_EQ(records[2].fields.find("Cookie"), coauth::redacted);
    EXPECT_EQ(records[2].fields.find("Note"), "n");
    std::string const encoded = coauth::base64_encode("basic:" + canary);
    for (recorded_request const& record : records) {
        for (auto const& [name, value] : record.parameters) {
            EXPECT_EQ(value.find(canary), std::string::npos) << name;
        }
        for (auto const field : record.fields) {
            EXPECT_EQ(field.value.find(canary), std::string::npos) << field.name;
            EXPECT_EQ(field.value.find(encoded), std::string::npos) << field.name;
        }
    }
}

TEST(testing_authorization_server, keeps_the_last_256_requests) {
    fixture const f;
    raw_client client = f.client();
    for (int i = 0; i != 300; ++i) (void)client.send("GET", "/" + std::to_string(i));
    auto const records = f.server->requests();
    ASSERT_EQ(records.size(), 256U);
    EXPECT_EQ(records.front().path, "/44");
    EXPECT_EQ(records.back().path, "/299");
    EXPECT_EQ(records.back().request_number, 300U);
}

TEST(testing_authorization_server, publishes_metadata) {
    fixture const f;
    raw_response const response = f.client().send("GET", "/.well-known/oauth-authorization-server");
    EXPECT_EQ(response.field("Content-Type"), "application/json");
    EXPECT_EQ(member(response.body, "issuer"), '"' + f.server->issuer() + '"');
    EXPECT_EQ(member(response.body, "token_endpoint"), '"' + f.server->token_url() + '"');
    coauth::json_value whole;
    EXPECT_TRUE(coauth::json_reader(response.body).next_value(whole));
}

TEST(testing_authorization_server, can_be_commanded_while_it_works) {
    fixture const f;
    std::atomic<bool> done = false;
    std::thread commander([&] {
        while (!done) {
            f.server->revoke_all();
            f.server->delay(10us);
            f.server->fail_next(1, server_response(503));
            f.server->register_client({.client_id = "other", .secret = "s"});
            (void)f.server->counters();
            (void)f.server->requests();
            f.server->recover();
        }
    });
    raw_client client = f.client();
    auto const fields = fields_of({{"Content-Type", "application/x-www-form-urlencoded"},
                                   {"Authorization", basic("basic", "s")}});
    for (int i = 0; i != 100; ++i) {
        int const status = client.send("POST", "/token", fields, f.grant).status;
        EXPECT_TRUE(status == 200 || status == 503) << status;
    }
    done = true;
    commander.join();
    EXPECT_EQ(f.server->counters().token_requests, 100U);
}

}  // namespace
}  // namespace testing_authorization_server_test
