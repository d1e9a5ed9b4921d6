// SPDX-License-Identifier: BSL-1.0
//
// How calls are authorized, and where credentials may go: guarantees 8, 9, 11 and 12.

#include "support/embedded.hpp"
#include "support/recording_server.hpp"

#include <gtest/gtest.h>

namespace authorization_test {
namespace {

using namespace coauth_test;
using coauth::errc;

class authorization_test : public ::testing::Test {
protected:
    [[nodiscard]] coauth::rest_client_config config(coauth::authorization a = {}) const {
        coauth::rest_client_config c;
        c.base_url = api.url("/v1");
        c.authorization = std::move(a);
        return c;
    }
    coauth::response send(coauth::rest_client const& client, coauth::request r) {
        return run(io, client.send(std::move(r)));
    }
    [[nodiscard]] std::vector<std::string_view> sent(std::string_view header) {
        last = api.last();
        return last.fields.all(header);
    }

    asio::io_context io;
    recording_server api{[](server_request const&) { return server_response::json(200, "{}"); }};
    recording_token_endpoint token_endpoint;
    server_request last;
};

using strings = std::vector<std::string_view>;

TEST_F(authorization_test, none_sends_no_authorization_header) {
    coauth::rest_client const client(io.get_executor(), config());
    EXPECT_EQ(send(client, {"GET", "/x"}).status(), 200);
    EXPECT_EQ(sent("Authorization"), strings());
}

TEST_F(authorization_test, http_basic_is_utf8_in_base64) {
    coauth::rest_client const client(
        io.get_executor(),
        config(coauth::http_basic("Aladdin", coauth::secret("open sesame \xC2\xA3"))));
    send(client, {"GET", "/x"});
    EXPECT_EQ(sent("Authorization"), strings{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZSDCow=="});
}

TEST_F(authorization_test, http_basic_refuses_a_user_id_with_a_colon) {
    coauth::secret const password("p");
    for (char const* user : {"a:b", "a\nb", "\xFF"}) {
        try {
            coauth::http_basic const basic(user, password);
            FAIL() << user;
        } catch (coauth::exception const& e) {
            EXPECT_TRUE(e.error().is(errc::invalid_credentials));
        }
    }
}

TEST_F(authorization_test, static_bearer_and_api_key_are_sent_as_they_are) {
    coauth::rest_client const bearer(io.get_executor(),
                                     config(coauth::bearer_token(coauth::secret("static-token"))));
    send(bearer, {"GET", "/x"});
    EXPECT_EQ(sent("Authorization"), strings{"Bearer static-token"});
    coauth::rest_client const key(io.get_executor(),
                                  config(coauth::api_key("X-Api-Key", coauth::secret("k-1"))));
    send(key, {"GET", "/x"});
    EXPECT_EQ(sent("X-Api-Key"), strings{"k-1"});
    EXPECT_EQ(sent("Authorization"), strings());
}

TEST_F(authorization_test, a_static_credential_is_never_renewed_on_a_401) {  // R-299
    api.set([](server_request const&) { return server_response(401); });
    coauth::rest_client const client(io.get_executor(),
                                     config(coauth::bearer_token(coauth::secret("static-token"))));
    EXPECT_EQ(send(client, {"GET", "/x"}).status(), 401);
    EXPECT_EQ(api.count(), 1U);
}

struct signing_authorization {
    std::string key;
    int* rejections;

    awaitable<coauth::request> apply(coauth::request r) const {
        r.header("X-Signature", key + "/" + r.method());
        co_return r;
    }
    awaitable<bool> on_unauthorized(coauth::response r) const {
        ++*rejections;
        co_return r.status() == 401 && *rejections == 1;
    }
};

TEST_F(authorization_test, a_users_own_type_applies_itself_and_may_try_once_more) {
    int rejections = 0;
    coauth::rest_client const client(io.get_executor(),
                                     config(signing_authorization{"k", &rejections}));
    api.set(
        [](server_request const& r) { return server_response(r.request_number == 1 ? 401 : 200); });
    EXPECT_EQ(send(client, {"PUT", "/x"}).status(), 200);
    EXPECT_EQ(sent("X-Signature"), strings{"k/PUT"});
    EXPECT_EQ(rejections, 1);
    EXPECT_EQ(api.count(), 2U);
}

TEST_F(authorization_test, one_client_serves_many_tenants_by_call) {
    coauth::rest_client const client(io.get_executor(), config());
    coauth::token_source const tokens(io.get_executor(), token_endpoint.source());
    send(client, coauth::request("GET", "/x").authorization(tokens));
    EXPECT_EQ(sent("Authorization"), strings{"Bearer token-1"});
    send(client, coauth::request("GET", "/x")
                     .authorization(coauth::bearer_token(coauth::secret("other-tenant"))));
    EXPECT_EQ(sent("Authorization"), strings{"Bearer other-tenant"});
    EXPECT_EQ(api.http().counters().connections_opened, 1U);
}

// R-114: exactly one Authorization header, the one set by hand.
TEST_F(authorization_test, a_header_set_by_hand_wins_and_no_token_is_fetched_or_renewed) {
    api.set([](server_request const&) { return server_response(401); });
    coauth::token_source const tokens(io.get_executor(), token_endpoint.source());
    coauth::rest_client const client(io.get_executor(), config(tokens));
    EXPECT_EQ(
        send(client, coauth::request("GET", "/x").header("authorization", "Custom 1")).status(),
        401);
    EXPECT_EQ(sent("Authorization"), strings{"Custom 1"});
    EXPECT_EQ(api.count(), 1U);
    EXPECT_EQ(token_endpoint.count(), 0U);
}

// R-114 for a key in a header of its own; beside another header both are wanted.
TEST_F(authorization_test, an_api_key_set_by_hand_wins_over_the_configured_one) {
    coauth::rest_client const client(io.get_executor(),
                                     config(coauth::api_key("X-Api-Key", coauth::secret("k-1"))));
    send(client, coauth::request("GET", "/x").header("x-api-key", "by-hand"));
    EXPECT_EQ(sent("X-Api-Key"), strings{"by-hand"});
    send(client, coauth::request("GET", "/x").header("Authorization", "Custom 1"));
    EXPECT_EQ(sent("X-Api-Key"), strings{"k-1"});
    EXPECT_EQ(sent("Authorization"), strings{"Custom 1"});
}

TEST_F(authorization_test, a_header_set_by_a_hook_wins_too) {
    coauth::token_source const tokens(io.get_executor(), token_endpoint.source());
    coauth::rest_client_config c = config(tokens);
    c.hooks.before_call = [](coauth::request& r) { r.header("Authorization", "Hook 1"); };
    coauth::rest_client const client(io.get_executor(), std::move(c));
    send(client, {"GET", "/x"});
    EXPECT_EQ(sent("Authorization"), strings{"Hook 1"});
    EXPECT_EQ(token_endpoint.count(), 0U);
}

// R-116, R-183
TEST_F(authorization_test, a_hook_that_moves_the_request_to_another_origin_loses_the_credentials) {
    recording_server other([](server_request const&) { return server_response(200); });
    coauth::token_source const tokens(io.get_executor(), token_endpoint.source());
    coauth::rest_client_config c = config(tokens);
    c.hooks.before_call = [&](coauth::request& r) { r.absolute_url(other.url("/elsewhere?x=1")); };
    coauth::rest_client const client(io.get_executor(), std::move(c));
    send(client,
         coauth::request("GET", "/x").header("Cookie", "session=1").header("X-Kept", "yes"));
    EXPECT_EQ(api.count(), 0U);
    EXPECT_EQ(token_endpoint.count(), 0U);
    server_request const seen = other.last();
    EXPECT_EQ(seen.target, "/elsewhere?x=1");
    EXPECT_FALSE(seen.fields.contains("Authorization"));
    EXPECT_FALSE(seen.fields.contains("Cookie"));
    EXPECT_EQ(seen.fields.find("X-Kept"), "yes");
}

TEST_F(authorization_test, hooks_run_once_per_call_and_for_every_send) {
    int renewed = 0;
    api.set([&](server_request const& r) {
        return server_response(r.fields.find("Authorization") == "Bearer token-1" ? 401 : 200);
    });
    coauth::token_source const tokens(io.get_executor(), token_endpoint.source());
    coauth::rest_client_config c = config(tokens);
    int before_call = 0;
    int after_response = 0;
    std::vector<std::string> sends;
    std::string host;
    c.hooks.before_call = [&](coauth::request& r) {
        ++before_call;
        r.header("X-Hook", "1").query("added", "yes");
    };
    c.hooks.before_send = [&](coauth::sent_request const& s) {
        host = s.headers().find("Host").value_or("");
        sends.push_back(s.method() + " " + s.url() + " " +
                        std::string(s.headers().find("Authorization").value_or("")) + " " +
                        s.body());
    };
    c.hooks.after_response = [&](coauth::response& r) {
        ++after_response;
        renewed = r.status();
    };
    coauth::rest_client const client(io.get_executor(), std::move(c));
    send(client, coauth::request("POST", "/x?api_key=1")
                     .body(R"({"password":"p","n":1})", "application/json"));
    EXPECT_EQ(before_call, 1);
    EXPECT_EQ(after_response, 1);
    EXPECT_EQ(renewed, 200);
    ASSERT_EQ(sends.size(), 2U);
    std::string const expected = "POST " + api.url("/v1/x?api_key=[redacted]&added=yes") +
                                 R"( Bearer [redacted] {"password":"[redacted]","n":1})";
    EXPECT_EQ(sends[0], expected);
    EXPECT_EQ(sends[1], expected);
    EXPECT_EQ(host, api.last().fields.find("Host")) << "a hook sees the head as it is sent";
}

awaitable<coauth::request> waiting_hook(coauth::request r) {
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
    r.header("X-Waited", "1");
    co_return r;
}

awaitable<coauth::response> waiting_response_hook(coauth::response r) {
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
    co_return coauth::response(r.status() + 1, "changed", r.headers(), r.body());
}

TEST_F(authorization_test, hooks_may_wait) {
    coauth::rest_client_config c = config();
    c.hooks.before_call = waiting_hook;
    c.hooks.after_response = waiting_response_hook;
    coauth::rest_client const client(io.get_executor(), std::move(c));
    EXPECT_EQ(send(client, {"GET", "/x"}).status(), 201);
    EXPECT_EQ(sent("X-Waited"), strings{"1"});
}

// R-115, R-388: the hook's own exception, the connection and the token stay.
TEST_F(authorization_test, a_hook_that_throws_fails_its_call_only) {
    coauth::token_source const tokens(io.get_executor(), token_endpoint.source());
    coauth::rest_client_config c = config(tokens);
    bool bad = false;
    c.hooks.before_send = [&](coauth::sent_request const&) {
        if (bad) throw std::logic_error("not today");
    };
    coauth::rest_client const client(io.get_executor(), std::move(c));
    send(client, {"GET", "/x"});
    bad = true;
    EXPECT_THROW(send(client, {"GET", "/x"}), std::logic_error);
    auto const failed = run(io, client.try_get("/x"));
    EXPECT_TRUE(failed.error().is(errc::hook_failed));
    EXPECT_NE(failed.error().what().find("not today"), std::string::npos);
    bad = false;
    EXPECT_EQ(send(client, {"GET", "/x"}).status(), 200);
    EXPECT_EQ(token_endpoint.count(), 1U);
}

// R-094, guarantee 9
TEST_F(authorization_test, credentials_do_not_go_over_plain_http_to_another_machine) {
    coauth::rest_client_config c = config(coauth::bearer_token(coauth::secret("t")));
    c.base_url = "http://api.example.com/";
    EXPECT_THROW(coauth::rest_client(io.get_executor(), c), coauth::exception);
    c.insecure_http = coauth::insecure_http_t();
    EXPECT_NO_THROW(coauth::rest_client(io.get_executor(), c));
    c = config();
    c.base_url = "http://api.example.com/";
    coauth::rest_client const bare(io.get_executor(), std::move(c));
    for (int kind = 0; kind < 2; ++kind) {
        coauth::request r("GET", "/x");
        if (kind == 0)
            r.authorization(coauth::bearer_token(coauth::secret("t")));
        else
            r.header("Authorization", "Bearer t");
        auto const refused = run(io, bare.try_send(std::move(r)));
        EXPECT_TRUE(refused.error().is(errc::insecure_url));
    }
    coauth::token_source_config source = token_endpoint.source();
    source.token_url = "http://auth.example.com/token";
    EXPECT_THROW(coauth::token_source(io.get_executor(), source), coauth::exception);
}

TEST_F(authorization_test, credentials_among_the_default_headers_are_refused) {
    coauth::rest_client_config c = config();
    c.headers = {{"X-Api-Key", "k"}};
    try {
        coauth::rest_client const client(io.get_executor(), std::move(c));
        FAIL();
    } catch (coauth::exception const& e) {
        EXPECT_TRUE(e.error().is(errc::invalid_header));
        EXPECT_FALSE(e.error().hint().empty());
    }
}

// R-170: redirects are the caller's, and Location is resolved for it.
TEST_F(authorization_test, a_redirect_is_returned_with_its_location_resolved) {
    api.set([](server_request const&) {
        return server_response(302).with_field("Location", "../other?x=1#f");
    });
    coauth::rest_client const client(io.get_executor(),
                                     config(coauth::bearer_token(coauth::secret("t"))));
    coauth::response const answer = send(client, {"GET", "/a/b"});
    EXPECT_EQ(answer.status(), 302);
    EXPECT_EQ(answer.location().value().to_string(), api.url("/v1/other?x=1"));
    EXPECT_EQ(api.count(), 1U);
}

/// Says whose certificate it has been shown.
struct tls_api {
    recording_server server;

    explicit tls_api(embedded_servers const& servers)
        : server(
              [](server_request const& r) {
                  return server_response(200, "text/plain", r.client_certificate);
              },
              {.tls = servers.ca.server(),
               .client_certificate = coauth::testing::client_certificates::requested,
               .client_ca_pem = servers.ca.ca_pem()}) {}
};

// R-335
TEST_F(authorization_test, a_call_that_is_moved_to_another_origin_does_not_show_the_certificate) {
    embedded_servers const servers;
    tls_api const mine(servers);
    tls_api const other(servers);
    auto const certificate = servers.ca.client();
    coauth::rest_client_config c;
    c.base_url = mine.server.url("/");
    c.tls = servers.trust();
    c.tls.certificate_pem = certificate.certificate_pem;
    c.tls.private_key_pem = certificate.private_key_pem;
    c.hooks.before_call = [&](coauth::request& r) {
        if (r.target() == "/moved") r.absolute_url(other.server.url("/x"));
        if (r.target() == "/named") r.absolute_url(mine.server.url("/x"));
    };
    coauth::rest_client const client(io.get_executor(), std::move(c));
    EXPECT_EQ(send(client, {"GET", "/stays"}).body(), certificate.thumbprint);
    EXPECT_EQ(send(client, {"GET", "/named"}).body(), certificate.thumbprint);
    EXPECT_EQ(send(client, {"GET", "/moved"}).body(), "");
    EXPECT_EQ(other.server.count(), 1U);
}

TEST_F(authorization_test, a_call_that_is_moved_to_https_trusts_whom_its_client_trusts) {
    embedded_servers const servers;
    tls_api const other(servers);
    coauth::rest_client_config c = config();
    c.tls = servers.trust();
    c.hooks.before_call = [&](coauth::request& r) { r.absolute_url(other.server.url("/x")); };
    coauth::rest_client const client(io.get_executor(), std::move(c));
    EXPECT_EQ(send(client, {"GET", "/x"}).status(), 200);
}

TEST_F(authorization_test, a_client_certificate_is_shown_to_the_api_only_when_asked_for) {
    embedded_servers servers;
    auto const certificate = servers.ca.client();
    tls_api const strict(servers);
    coauth::rest_client_config c;
    c.base_url = strict.server.url("/");
    c.tls = servers.trust();
    coauth::rest_client const client(io.get_executor(), std::move(c));
    coauth::tls_config mine = servers.trust();
    mine.certificate_pem = certificate.certificate_pem;
    mine.private_key_pem = certificate.private_key_pem;
    EXPECT_EQ(send(client, {"GET", "/"}).body(), "");
    coauth::request with("GET", "/");
    with.authorization(coauth::client_certificate(mine));
    EXPECT_EQ(send(client, std::move(with)).body(), certificate.thumbprint);
    EXPECT_THROW(coauth::client_certificate{servers.trust()}, coauth::exception);
}

// R-103, R-101
TEST_F(authorization_test, a_path_is_appended_to_the_base_path_and_cannot_leave_it) {
    coauth::rest_client const client(io.get_executor(), config());
    send(client, {"GET", "users?limit=10"});
    EXPECT_EQ(api.last().target, "/v1/users?limit=10");
    send(client, coauth::request("GET", "/users").query("q", "a&b=c d"));
    EXPECT_EQ(api.last().target, "/v1/users?q=a%26b%3Dc%20d");  // R-108
    std::size_t const before = api.count();
    for (char const* bad :
         {"../x", "/a/../../x", "/%2e%2e/x", "//evil.example/", "/a b", "/a\\b"}) {
        auto const refused = run(io, client.try_get(bad));
        EXPECT_TRUE(!refused && refused.error().is(errc::invalid_target)) << bad;
    }
    EXPECT_EQ(api.count(), before);
    EXPECT_THROW(coauth::request("GE T", "/"), coauth::exception);
    for (char const* name : {"Host", "content-length", "a b", ""}) {
        EXPECT_THROW(coauth::request("GET", "/").header(name, "1"), coauth::exception) << name;
    }
    EXPECT_THROW(coauth::request("GET", "/").header("X", "a\r\nEvil: 1"), coauth::exception);
}

// R-051: the header that RFC 6749 §5.1 demands of the server says nothing about the token itself.
TEST(a_token_answer, without_cache_control_is_used) {
    asio::io_context io;
    recording_token_endpoint endpoint;
    coauth::token_source const tokens(io.get_executor(), endpoint.source());
    EXPECT_EQ(run(io, tokens.get()).access_token(), "token-1");
    EXPECT_EQ(run(io, tokens.get()).access_token(), "token-1");
    EXPECT_EQ(endpoint.count(), 1U);
}

// R-117: there is no way to send it in the query (RFC 9700 §4.3.2).
TEST(an_access_token, goes_in_the_authorization_header_only) {
    asio::io_context io;
    recording_token_endpoint endpoint;
    recording_server api([](server_request const&) { return server_response(401); });
    coauth::token_source const tokens(io.get_executor(), endpoint.source());
    coauth::rest_client_config c;
    c.base_url = api.url("/v1");
    c.authorization = tokens;
    coauth::rest_client const client(io.get_executor(), std::move(c));
    run(io, client.post("/x?limit=1", "{}"));
    ASSERT_EQ(api.count(), 2U);
    for (std::size_t i = 0; i != 2; ++i) {
        server_request const seen = api.request(i);
        EXPECT_EQ(seen.target, "/v1/x?limit=1");
        EXPECT_EQ(seen.body, "{}");
        for (auto const field : seen.fields) {
            bool const is_it = field.value.find("token-") != std::string_view::npos;
            EXPECT_EQ(is_it, coauth::iequals(field.name, "Authorization")) << field.name;
        }
    }
}

}  // namespace
}  // namespace authorization_test
