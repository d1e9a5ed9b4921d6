// SPDX-License-Identifier: BSL-1.0
//
// From a description to a call: import, configure, call, against the embedded servers.

#include "support/embedded.hpp"

#include <coauth/openapi.hpp>
#include <coauth/store/memory_store.hpp>
#include <coauth/testing/headless_browser.hpp>

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace openapi_test {
namespace {

namespace openapi = coauth::openapi;
using coauth::condition;
using coauth::errc;
using coauth::secret;
using nlohmann::json;
using openapi::arguments;
using testing::ElementsAre;
using testing::HasSubstr;

/// The API of the testing kit.
json users_api(std::string const& base, std::string const& token_url) {
    json const flows = {{"clientCredentials",
                         {{"tokenUrl", token_url},
                          {"scopes", {{"users.read", "Read"}, {"users.write", "Write"}}}}}};
    json const limit = {{"name", "limit"}, {"in", "query"}, {"schema", {{"type", "integer"}}}};
    json const id = {
        {"name", "id"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "integer"}}}};
    json const get = {{"operationId", "listUsers"},
                      {"parameters", {limit}},
                      {"security", {{{"oauth", {"users.read"}}}}}};
    json const post = {
        {"operationId", "createUser"},
        {"security", {{{"oauth", {"users.write"}}}}},
        {"requestBody", {{"required", true}, {"content", {{"application/json", json::object()}}}}}};
    json const one = {{"operationId", "getUser"}, {"security", {{{"oauth", {"users.read"}}}}}};
    json const paths = {{"/users", {{"get", get}, {"post", post}}},
                        {"/users/{id}", {{"parameters", {id}}, {"get", one}}}};
    return {
        {"openapi", "3.0.3"},
        {"info", {{"title", "Users"}, {"version", "1"}}},
        {"servers", {{{"url", base}}}},
        {"components", {{"securitySchemes", {{"oauth", {{"type", "oauth2"}, {"flows", flows}}}}}}},
        {"paths", paths}};
}

constexpr std::chrono::seconds patience(20);

class openapi_call : public testing::Test {
protected:
    [[nodiscard]] json document() const {
        return users_api(servers.api.base_url(), servers.authorization.token_url());
    }
    [[nodiscard]] static openapi::credentials client() {
        return openapi::credentials().client(coauth::client_secret_basic(
            coauth_test::client_id, secret(coauth_test::client_secret)));
    }
    [[nodiscard]] openapi::configuration trusted(openapi::configuration config) const {
        config.client.tls = servers.trust();
        config.client.observer = coauth_test::canary_watch::observer();
        config.client.log = coauth_test::canary_watch::log();
        if (config.token) {
            config.token->tls = servers.trust();
            config.token->observer = coauth_test::canary_watch::observer();
        }
        return config;
    }
    [[nodiscard]] openapi::api api(json const& described, openapi::choices const& chosen = {},
                                   openapi::credentials given = client()) {
        return {io.get_executor(), trusted(openapi::configure(openapi::parse(described.dump()),
                                                              std::move(given), chosen))};
    }
    [[nodiscard]] std::vector<std::string> scopes_asked_for() const {
        std::vector<std::string> scopes;
        for (auto const& one : servers.authorization.requests()) {
            scopes.emplace_back(one.parameter("scope").value_or("none"));
        }
        return scopes;
    }

    coauth_test::embedded_servers servers;
    asio::io_context io;
};

TEST_F(openapi_call, by_operation_id_fetches_a_token_with_the_scopes_and_calls) {
    openapi::api const users = api(document());
    coauth::response const answer =
        coauth_test::run(io, users.call("listUsers", arguments().set("limit", 2)));
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(json::parse(answer.body()).size(), 2U);
    EXPECT_THAT(scopes_asked_for(), ElementsAre("users.read users.write"));
}

TEST_F(openapi_call, by_method_and_path_sends_parameters_and_body) {
    openapi::api const users = api(document());
    coauth::response const one =
        coauth_test::run(io, users.call("GET", "/users/{id}", arguments().set("id", 7)));
    EXPECT_EQ(json::parse(one.body())["id"], 7);
    coauth::response const made =
        coauth_test::run(io, users.call("createUser", arguments().body(R"({"name": "Ada"})")));
    EXPECT_EQ(made.status(), 201);
    EXPECT_EQ(made.body(), R"({"name": "Ada"})");
}

TEST_F(openapi_call, after_a_stop_are_refused_and_the_token_is_in_the_store) {
    coauth::memory_store const store;
    for (int run = 0; run != 2; ++run) {
        asio::io_context own;
        openapi::configuration config =
            trusted(openapi::configure(openapi::parse(document().dump()), client()));
        config.token->store = store;
        openapi::api const users(own.get_executor(), std::move(config));
        EXPECT_EQ(coauth_test::run(own, users.call("listUsers")).status(), 200);
        coauth_test::run(own, users.stop(std::chrono::seconds(1)));
        auto const late = coauth_test::run(own, users.try_call("listUsers"));
        ASSERT_FALSE(late.has_value());
        EXPECT_TRUE(late.error().is(errc::stopped));
    }
    EXPECT_EQ(servers.token_requests(), 1U);
}

TEST_F(openapi_call, that_does_not_fit_sends_nothing) {
    openapi::api const users = api(document());
    auto const refused = [&](arguments given, char const* operation) {
        auto const answer = coauth_test::run(io, users.try_call(operation, std::move(given)));
        return answer.has_value() ? coauth::error() : answer.error();
    };
    EXPECT_TRUE(refused(arguments().set("limit", "many"), "listUsers").is(errc::invalid_argument));
    EXPECT_TRUE(refused(arguments(), "createUser").is(errc::invalid_argument));
    EXPECT_TRUE(refused(arguments(), "getUser").is(errc::invalid_argument));
    EXPECT_TRUE(refused(arguments(), "listUser").is(errc::unknown_operation));
    EXPECT_THROW((void)users.call("nobody"), coauth::exception);
    EXPECT_EQ(servers.token_requests(), 0U);
    EXPECT_EQ(servers.api.counters().requests, 0U);
}

TEST_F(openapi_call, asks_for_the_least_scope_of_each_operation_on_request) {
    openapi::api const users = api(document(), {.scopes = openapi::scope_mode::per_operation});
    (void)coauth_test::run(io, users.call("listUsers"));
    (void)coauth_test::run(io, users.call("getUser", arguments().set("id", 1)));
    auto const made = coauth_test::run(io, users.call("createUser", arguments().body("{}")));
    EXPECT_EQ(made.status(), 201);
    EXPECT_THAT(scopes_asked_for(), ElementsAre("users.read", "users.write"));
}

TEST_F(openapi_call, asks_for_the_scopes_of_the_operations_that_are_used) {
    openapi::api const users = api(document(), {.operations = {"listUsers"}});
    EXPECT_EQ(coauth_test::run(io, users.call("listUsers")).status(), 200);
    EXPECT_THAT(scopes_asked_for(), ElementsAre("users.read"));
    auto const other = coauth_test::run(io, users.try_call("createUser", arguments().body("{}")));
    EXPECT_TRUE(other.error().is(errc::unknown_operation));
}

TEST_F(openapi_call, follows_what_the_caller_sets_afterwards) {
    json described = document();
    described["servers"][0]["url"] = "https://unreachable.example/v1";
    auto config = openapi::configure(openapi::parse(described.dump()), client());
    config.client.base_url = servers.api.base_url();
    config.token->scope = "users.read";
    openapi::api const users(io.get_executor(), trusted(std::move(config)));
    EXPECT_EQ(coauth_test::run(io, users.call("listUsers")).status(), 200);
    EXPECT_THAT(scopes_asked_for(), ElementsAre("users.read"));
}

TEST_F(openapi_call, never_sends_credentials_to_a_token_url_that_a_fetched_document_names) {
    coauth::testing::authorization_server other({.http = {.tls = servers.ca.server()}});
    json described = users_api(servers.api.base_url(), other.token_url());
    openapi::import_options options;
    options.fetched_from = servers.api.base_url() + "/openapi.json";
    auto const fetched = openapi::parse(described.dump(), options);
    try {
        (void)openapi::configure(fetched, client());
        FAIL();
    } catch (coauth::exception const& e) {
        EXPECT_TRUE(e.error().is(errc::undecided));
        EXPECT_THAT(e.error().message(), HasSubstr(other.token_url()));
    }
    openapi::choices chosen;
    chosen.token_url = servers.authorization.token_url();
    openapi::api const users(io.get_executor(),
                             trusted(openapi::configure(fetched, client(), chosen)));
    EXPECT_EQ(coauth_test::run(io, users.call("listUsers")).status(), 200);
    EXPECT_EQ(other.counters().token_requests, 0U);
}

/// One operation GET /echo, or where it is, behind this scheme.
json one_operation(std::string const& base, std::string const& path, json const& scheme) {
    return {{"openapi", "3.1.0"},
            {"servers", {{{"url", base}}}},
            {"components", {{"securitySchemes", {{"s", scheme}}}}},
            {"paths",
             {{path, {{"get", {{"operationId", "op"}, {"security", {{{"s", json::array()}}}}}}}}}}};
}

TEST_F(openapi_call, by_an_authorization_code_waits_for_a_person_and_goes_on_from_there) {
    coauth::testing::authorization_server server(
        {.http = {.tls = servers.ca.server()},
         .clients = {{.client_id = coauth_test::client_id,
                      .secret = coauth_test::client_secret,
                      .scope = "users.read users.write",
                      .redirect_uris = {"http://127.0.0.1/callback"}}}});
    coauth::testing::api_server resources(server, {.http = {.tls = servers.ca.server()}});
    json described = users_api(resources.base_url(), server.token_url());
    json& flows = described["components"]["securitySchemes"]["oauth"]["flows"];
    json flow = std::move(flows["clientCredentials"]);
    flow["authorizationUrl"] = server.authorization_url();
    flows = {{"authorizationCode", std::move(flow)}};
    auto config = openapi::configure(openapi::parse(described.dump()), client());
    ASSERT_TRUE(config.authorization_code);
    coauth::testing::headless_browser const window(
        [&](std::string const& url) { return server.visit(url); });
    config.authorization_code->open = window;
    config.token->lifetime.min_refresh_interval = {};  // it is waited for on a timer of Asio
    openapi::api const users(io.get_executor(), trusted(std::move(config)));

    auto const early = coauth_test::run(io, users.try_call("listUsers"));
    ASSERT_FALSE(early.has_value());
    EXPECT_TRUE(early.error().is(errc::reauthorization_required));
    coauth_test::run(io, users.sign_in(coauth::sign_in_options().deadline(patience)));
    EXPECT_EQ(coauth_test::run(io, users.call("listUsers")).status(), 200);
    EXPECT_EQ(coauth_test::run(io, users.call("getUser", arguments().set("id", 1))).status(), 200);
    EXPECT_THAT(window.urls(), ElementsAre(HasSubstr("scope=users.read+users.write")));
    EXPECT_EQ(server.counters().token_requests, 1U);
    EXPECT_EQ(users.token_sources().size(), 1U);
}

TEST_F(openapi_call, that_needs_no_person_is_not_signed_in_for) {
    openapi::api const users = api(document());
    auto const done = coauth_test::run(io, users.try_sign_in());
    ASSERT_FALSE(done.has_value());
    EXPECT_TRUE(done.error().is(errc::invalid_configuration));
    EXPECT_EQ(servers.token_requests(), 0U);
}

TEST_F(openapi_call, authorizes_by_basic_and_by_a_key_in_a_header) {
    openapi::api const basic =
        api(one_operation(servers.api.origin(), "/basic", {{"type", "http"}, {"scheme", "Basic"}}),
            {}, openapi::credentials().basic(coauth::http_basic("user", secret("password"))));
    EXPECT_EQ(coauth_test::run(io, basic.call("op")).status(), 200);
    openapi::api const key =
        api(one_operation(servers.api.origin(), "/key",
                          {{"type", "apiKey"}, {"in", "header"}, {"name", "X-API-Key"}}),
            {}, openapi::credentials().key(secret("key")));
    EXPECT_EQ(coauth_test::run(io, key.call("op")).status(), 200);
    EXPECT_EQ(servers.token_requests(), 0U);
}

TEST_F(openapi_call, sends_a_key_in_query_or_cookie_and_shows_it_nowhere) {
    coauth::exchange_log const log;
    auto const said = [&](json const& scheme) {
        auto config = trusted(openapi::configure(
            openapi::parse(one_operation(servers.api.origin(), "/open", scheme).dump()),
            openapi::credentials().key(secret("hush-hush-hush"))));
        config.client.log = log;
        config.client.hooks.before_send = [](coauth::sent_request const& sent) {
            EXPECT_EQ(sent.url().find("hush"), std::string::npos) << sent.url();
            for (auto const field : sent.headers()) {
                EXPECT_EQ(field.value.find("hush"), std::string_view::npos) << field.name;
            }
        };
        openapi::api const made(io.get_executor(), std::move(config));
        return coauth_test::run(io, made.call("op")).body();
    };
    std::string const in_query = said({{"type", "apiKey"}, {"in", "query"}, {"name", "api_key"}});
    EXPECT_THAT(in_query, HasSubstr("[\"api_key\",\"hush-hush-hush\"]"));
    (void)said({{"type", "apiKey"}, {"in", "cookie"}, {"name", "sid"}});
    std::string const unusual = said({{"type", "apiKey"}, {"in", "query"}, {"name", "appid"}});
    EXPECT_THAT(unusual, HasSubstr("[\"appid\",\"hush-hush-hush\"]"));
    ASSERT_EQ(log.calls().size(), 3U);
    for (auto const& one : log.calls()) {
        EXPECT_EQ(one->url.find("hush"), std::string::npos) << one->url;
        for (auto const& exchange : one->exchanges) {
            EXPECT_EQ(exchange->url.find("hush"), std::string::npos) << exchange->url;
            for (auto const field : exchange->request_headers) {
                EXPECT_EQ(field.value.find("hush"), std::string_view::npos) << field.name;
            }
        }
    }
}

TEST_F(openapi_call, finds_the_token_endpoint_of_an_openid_connect_scheme_by_its_issuer) {
    std::string const discovery =
        servers.authorization.issuer() + "/.well-known/openid-configuration";
    json described = one_operation(servers.api.origin(), "/v1/users",
                                   {{"type", "openIdConnect"}, {"openIdConnectUrl", discovery}});
    auto config = trusted(openapi::configure(openapi::parse(described.dump()), client()));
    config.token->scope = "users.read";
    openapi::api const made(io.get_executor(), std::move(config));
    EXPECT_EQ(coauth_test::run(io, made.call("op")).status(), 200);
    EXPECT_EQ(servers.token_requests(), 1U);
}

TEST_F(openapi_call, sends_a_token_and_a_key_where_both_are_needed) {
    json described = document();
    described["components"]["securitySchemes"]["k"] = {
        {"type", "apiKey"}, {"in", "query"}, {"name", "key"}};
    described["paths"]["/echo"]["get"] = {
        {"operationId", "both"}, {"security", {{{"oauth", {"users.read"}}, {"k", json::array()}}}}};
    openapi::api const both = api(described, {}, client().key(secret("a-key")));
    coauth::response const answer = coauth_test::run(io, both.call("both"));
    EXPECT_EQ(answer.status(), 200);
    EXPECT_THAT(answer.body(), HasSubstr("[\"key\",\"a-key\"]"));
}

TEST_F(openapi_call, of_an_operation_that_needs_nothing_sends_no_token) {
    json described = document();
    described["servers"][0]["url"] = servers.api.origin();
    described["paths"]["/open"]["get"] = {{"operationId", "open"}, {"security", json::array()}};
    openapi::api const users = api(described);
    EXPECT_EQ(coauth_test::run(io, users.call("open")).status(), 200);
    EXPECT_EQ(servers.token_requests(), 0U);
}

TEST_F(openapi_call, sends_a_client_certificate_for_mutual_tls) {
    auto const mine = servers.ca.client();
    coauth::tls_config certificate;
    certificate.certificate_pem = mine.certificate_pem;
    certificate.private_key_pem = mine.private_key_pem;
    coauth::testing::api_server strict(
        servers.authorization,
        {.http = {.tls = servers.ca.server(),
                  .client_certificate = coauth::testing::client_certificates::requested,
                  .client_ca_pem = servers.ca.ca_pem()}});
    openapi::api const made =
        api(one_operation(strict.origin(), "/certificate", {{"type", "mutualTLS"}}), {},
            openapi::credentials().certificate(certificate));
    EXPECT_EQ(coauth_test::run(io, made.call("op")).status(), 200);
}

}  // namespace
}  // namespace openapi_test
