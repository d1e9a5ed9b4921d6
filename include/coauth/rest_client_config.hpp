// SPDX-License-Identifier: BSL-1.0
//
// What a REST client is told. A plain aggregate for its constructor; do not write it inside a
// co_await expression (g++ 12).

#ifndef COAUTH_REST_CLIENT_CONFIG_HPP
#define COAUTH_REST_CLIENT_CONFIG_HPP

#include <coauth/authorization.hpp>
#include <coauth/call_hooks.hpp>
#include <coauth/clock.hpp>
#include <coauth/exchange_log.hpp>
#include <coauth/http/dialer.hpp>
#include <coauth/http/proxy_config.hpp>
#include <coauth/http/tls_config.hpp>
#include <coauth/insecure.hpp>
#include <coauth/observer.hpp>
#include <coauth/protocol/token_request.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace coauth {

struct rest_client_config {
    /// https, or http. Targets are appended to its path, as OpenAPI does. Credentials go to its
    /// origin only, and over plain http to loopback only.
    std::string base_url = {};
    /// For every call that does not bring its own.
    coauth::authorization authorization = {};
    /// Sent with every call, unless the call sets a header of the same name. No credentials: they
    /// also go where a hook sends a request.
    string_pairs headers = {};
    /// Whom calls trust, wherever they go, and the certificate for the origin of the base URL.
    tls_config tls = {};
    call_hooks hooks = {};
    /// Told of calls and connections, on the client's executor.
    coauth::observer observer = {};
    /// Records every call that does not bring a log of its own (request::log).
    std::optional<exchange_log> log = std::nullopt;
    /// For a connection (DNS, proxy and TLS included), from the end of the request to the first
    /// byte of the answer, and for a call as a whole: token, waiting for a connection, resends.
    /// Range: above 0.
    duration connect_deadline = std::chrono::seconds(10);
    duration first_byte_deadline = std::chrono::seconds(30);
    duration call_deadline = std::chrono::seconds(100);
    /// Calls beyond it wait in order. Range: 1 and more.
    std::size_t max_connections_per_origin = 32;
    /// In bytes.
    std::size_t max_response_body = 16 * 1024 * 1024;
    /// Null: none, whatever the environment says; see proxy_config::from_env(). The token source
    /// has one of its own.
    std::optional<proxy_config> proxy = std::nullopt;
    /// Send credentials over plain http to another machine. Do not.
    std::optional<insecure_http_t> insecure_http = std::nullopt;
    /// In the place of DNS, TCP and TLS, so that nothing leaves the process; for tests: a
    /// coauth::testing::memory_network. Empty in production.
    http::dialer network = {};
};

}  // namespace coauth

#endif
