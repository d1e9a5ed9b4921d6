// SPDX-License-Identifier: BSL-1.0
//
// From a configuration to an answer, on the embedded servers, with bodies in JSON.

#include "support/embedded.hpp"
#include "unit/config_support.hpp"

#include <coauth/config_env.hpp>
#include <coauth/config_json.hpp>
#include <coauth/json/nlohmann.hpp>

#include <coauth/testing/proxy_server.hpp>

#include <gtest/gtest.h>

namespace config_test {
namespace {

using namespace coauth_test;
using nlohmann::json;

class config_on_embedded_servers : public ::testing::Test {
protected:
    coauth::response call(coauth::config::settings settings) {
        coauth::token_source tokens(io.get_executor(), settings.token);
        settings.api.authorization = tokens;
        coauth::rest_client api(io.get_executor(), settings.api);
        return run(io, api.get("/users?limit=2"));
    }

    embedded_servers servers;
    asio::io_context io;
    config_support::environment const secret{{"COAUTH_T6_CLIENT_SECRET", client_secret}};
};

TEST_F(config_on_embedded_servers, settings_from_json_reach_the_api) {
    json const document{{"token",
                         {{"token_endpoint", servers.authorization.token_url()},
                          {"client_id", client_id},
                          {"client_secret", "env:COAUTH_T6_CLIENT_SECRET"},
                          {"scope", "users.read"}}},
                        {"api", {{"base_url", servers.api.base_url()}}},
                        {"tls", {{"system_trust", false}, {"ca_pem", servers.ca.ca_pem()}}}};
    auto const answer = call(coauth::config::from_json(document.dump()).value());
    EXPECT_EQ(answer.status(), 200);
    EXPECT_TRUE(answer.json<json>().is_structured());
    EXPECT_EQ(servers.token_requests(), 1U);
}

TEST_F(config_on_embedded_servers, settings_from_the_environment_reach_the_api) {
    config_support::environment const variables{
        {"COAUTH_T6_TOKEN_ENDPOINT", servers.authorization.token_url()},
        {"COAUTH_T6_CLIENT_ID", client_id},
        {"COAUTH_T6_SCOPE", "users.read"},
        {"COAUTH_T6_BASE_URL", servers.api.base_url()},
        {"COAUTH_T6_TLS_SYSTEM_TRUST", "false"},
        {"COAUTH_T6_TLS_CA_PEM", servers.ca.ca_pem()}};
    EXPECT_EQ(call(coauth::config::from_env("COAUTH_T6").value()).status(), 200);
}

TEST_F(config_on_embedded_servers, a_proxy_from_json_is_gone_through) {
    coauth::testing::api_server named(servers.authorization, {.http = {.host = "api.test"}});
    std::string const authority = "api.test:" + std::to_string(named.http().port());
    coauth::testing::proxy_server proxy(
        {.user = "u", .password = client_secret, .hosts = {{authority, named.http().port()}}});
    json const document{
        {"api", {{"base_url", "http://" + authority}}},
        {"proxy",
         {{"url", proxy.url()}, {"user", "u"}, {"password", "env:COAUTH_T6_CLIENT_SECRET"}}}};
    auto const settings = coauth::config::from_json(document.dump()).value();
    coauth::rest_client api(io.get_executor(), settings.api);
    EXPECT_EQ(run(io, api.get("/open")).status(), 200);
    EXPECT_EQ(proxy.counters().forwarded, 1U);
}

}  // namespace
}  // namespace config_test
