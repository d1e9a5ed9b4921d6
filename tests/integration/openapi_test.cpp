// SPDX-License-Identifier: BSL-1.0
//
// From a description to a call: import, configure, call, against the embedded servers.

#include "support/embedded.hpp"

#include <coauth/openapi.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace openapi = coauth::openapi;
using coauth::condition;
using coauth::errc;
using coauth::secret;
using openapi::arguments;
using testing::ElementsAre;
using testing::HasSubstr;
using nlohmann::json;

/// The API of the testing kit.
json users_api(std::string const& base, std::string const& token_url) {
    json const flows = {{"clientCredentials",
                         {{"tokenUrl", token_url},
                          {"scopes", {{"users.read", "Read"}, {"users.write", "Write"}}}}}};
    json const limit = {{"name", "limit"}, {"in", "query"}, {"schema", {{"type", "integer"}}}};
    json const id = {{"name", "id"},
                     {"in", "path"},
                     {"required", true},
                     {"schema", {{"type", "integer"}}}};
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
    return {{"openapi", "3.0.3"},
            {"info", {{"title", "Users"}, {"version", "1"}}},
            {"servers", {{{"url", base}}}},
            {"components", {{"securitySchemes", {{"oauth", {{"type", "oauth2"}, {"flows", flows}}}}}}},
            {"paths", paths}};
}

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
        return {io.get_executor(),
                trusted(openapi::configure(openapi::parse(described.dump()), std::move(given),
                                           chosen))};
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

}  // namespace
