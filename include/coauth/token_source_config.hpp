// SPDX-License-Identifier: BSL-1.0
//
// What a token source is told. A plain aggregate for its constructor; do not write it inside a
// co_await expression (g++ 12).

#ifndef COAUTH_TOKEN_SOURCE_CONFIG_HPP
#define COAUTH_TOKEN_SOURCE_CONFIG_HPP

#include <coauth/cache/lifetime_policy.hpp>
#include <coauth/client_auth/client_authentication.hpp>
#include <coauth/clock.hpp>
#include <coauth/exchange_log.hpp>
#include <coauth/grant/grant.hpp>
#include <coauth/hooks.hpp>
#include <coauth/http/dialer.hpp>
#include <coauth/http/proxy_config.hpp>
#include <coauth/http/tls_config.hpp>
#include <coauth/insecure.hpp>
#include <coauth/observer.hpp>
#include <coauth/protocol/token_request.hpp>
#include <coauth/protocol/token_response_options.hpp>
#include <coauth/scope.hpp>
#include <coauth/store/token_store.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace coauth {

struct token_source_config {
    /// The token endpoint (RFC 6749 §3.2): https, or http on loopback. A query is kept.
    std::string token_url = {};
    /// In place of `token_url`: the issuer, from whose metadata the token endpoint comes (RFC 8414;
    /// OpenID Connect Discovery 1.0). It must be what the metadata says, byte for byte, and https,
    /// on loopback too.
    std::string issuer = {};
    /// In place of both, for a server whose metadata is elsewhere, and the issuer that it must
    /// name.
    std::string metadata_url = {};
    std::string expected_issuer = {};
    /// One of client_auth/, such as client_secret_basic or private_key_jwt, or your own type.
    any_client_authentication client = {};
    /// What the token is given for: client_credentials, authorization_code or device_code of
    /// grant/, or your own type. With the latter two a person has to sign in: see sign_in.hpp.
    any_grant grant = {};
    /// RFC 6749 §3.3; empty: the server's default.
    coauth::scope scope = {};
    /// Sent as `audience` where not empty.
    std::string audience = {};
    /// Each sent as `resource` (RFC 8707 §2).
    std::vector<std::string> resource = {};
    /// Further form parameters and headers of the token request.
    string_pairs parameters = {};
    string_pairs headers = {};
    /// Whom to trust, and a client certificate for the token endpoint.
    tls_config tls = {};
    token_hooks hooks = {};
    /// Told of tokens, wherever that happens, and of connections. Sources that share a token share
    /// the observer of the first one, for tokens.
    coauth::observer observer = {};
    /// Records every request that this source sends to the authorization server, as a call of its
    /// own.
    std::optional<exchange_log> log = std::nullopt;
    /// What to accept in a token response.
    token_response_options response = {};
    /// In bytes. Range: above 0.
    std::size_t max_response_body = 1024 * 1024;
    lifetime_policy lifetime = {};
    /// For one token request as a whole, for its connection (DNS, proxy and TLS included), and from
    /// the end of the request to the first byte of the answer. Range: above 0.
    duration fetch_deadline = std::chrono::seconds(30);
    duration connect_deadline = std::chrono::seconds(10);
    duration first_byte_deadline = std::chrono::seconds(30);
    coauth::clock clock = {};
    /// Keeps tokens beyond the end of the process, and shares them with others that have the same
    /// one: `sealed(file_store(…), …)` or your own. Sources that share a token share the store of
    /// the first one. Needs a client, and a `before_call` hook, that can be named. Empty: memory
    /// only.
    any_token_store store = {};
    /// Null: none, whatever the environment says; see proxy_config::from_env().
    std::optional<proxy_config> proxy = std::nullopt;
    /// Send credentials over plain http to another machine. Do not.
    std::optional<insecure_http_t> insecure_http = std::nullopt;
    /// In the place of DNS, TCP and TLS, so that nothing leaves the process; for tests: a
    /// coauth::testing::memory_network. Empty in production.
    http::dialer network = {};
};

}  // namespace coauth

#endif
