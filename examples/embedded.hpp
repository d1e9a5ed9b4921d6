// SPDX-License-Identifier: BSL-1.0
//
// The other side of the examples: an authorization server and an API in this process, on free
// loopback ports, over TLS with a certificate authority made just now. A program of yours has URLs
// in place of it.

#ifndef COAUTH_EXAMPLES_EMBEDDED_HPP
#define COAUTH_EXAMPLES_EMBEDDED_HPP

#include <coauth/coauth.hpp>
#include <coauth/testing/api_server.hpp>
#include <coauth/testing/authorization_server.hpp>

#include <string>

namespace example {

inline constexpr char const* client_id = "client_id_123";
inline constexpr char const* client_secret = "not-a-real-secret";

struct embedded_servers {
    coauth::testing::certificate_authority ca;
    coauth::testing::authorization_server authorization{
        {.http = {.tls = ca.server()},
         .clients = {{.client_id = client_id, .secret = client_secret}}}};
    coauth::testing::api_server api{authorization, {.http = {.tls = ca.server()}}};

    /// Trust this authority and no other.
    [[nodiscard]] coauth::tls_config trust() const {
        return {.system_trust = false, .ca_pem = ca.ca_pem()};
    }

    /// What the provider of an API publishes: an OpenAPI document of this one. `further_servers`
    /// are members of the list, each with a comma before it.
    [[nodiscard]] std::string description(std::string const& further_servers = "") const {
        return R"({"openapi": "3.0.3", "info": {"title": "Users", "version": "1"},
            "servers": [{"url": ")" +
               api.base_url() + R"("})" + further_servers + R"(],
            "components": {"securitySchemes": {"oauth": {"type": "oauth2", "flows": {
                "clientCredentials": {"tokenUrl": ")" +
               authorization.token_url() + R"(", "scopes": {"users.read": "Read users"}}}}}},
            "security": [{"oauth": ["users.read"]}],
            "paths": {
                "/users": {"get": {"operationId": "listUsers", "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer"}}]}},
                "/users/{id}": {"get": {"operationId": "getUser", "parameters": [
                    {"name": "id", "in": "path", "required": true,
                     "schema": {"type": "integer"}}]}}}})";
    }
};

}  // namespace example

#endif
