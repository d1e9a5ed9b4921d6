// SPDX-License-Identifier: BSL-1.0
//
// The embedded servers as the tests use them: one authorization server and one API over TLS with a
// certificate authority of their own, and configurations that fit them.

#ifndef COAUTH_TESTS_SUPPORT_EMBEDDED_HPP
#define COAUTH_TESTS_SUPPORT_EMBEDDED_HPP

#include "support/canary_watch.hpp"

#include <coauth/coauth.hpp>
#include <coauth/testing/api_server.hpp>
#include <coauth/testing/authorization_server.hpp>

#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace coauth_test {

using coauth::awaitable;

inline constexpr char const* client_id = "test-client";
inline constexpr char const* client_secret = "not-a-real-secret";

class embedded_servers {
public:
    embedded_servers()
        : authorization({.http = tls(),
                         .clients = {{.client_id = client_id,
                                      .secret = client_secret,
                                      .scope = "users.read users.write"}}}),
          api(authorization, {.http = tls()}) {}

    [[nodiscard]] coauth::tls_config trust() const {
        coauth::tls_config config;
        config.system_trust = false;
        config.ca_pem = ca.ca_pem();
        return config;
    }
    [[nodiscard]] coauth::token_source_config source() const {
        coauth::token_source_config config;
        config.token_url = authorization.token_url();
        config.client = coauth::client_secret_basic(client_id, coauth::secret(client_secret));
        config.scope = "users.read";
        config.tls = trust();
        config.observer = canary_watch::observer();
        return config;
    }
    [[nodiscard]] coauth::rest_client_config client(coauth::authorization a) const {
        coauth::rest_client_config config;
        config.base_url = api.base_url();
        config.authorization = std::move(a);
        config.tls = trust();
        config.observer = canary_watch::observer();
        config.log = canary_watch::log();
        return config;
    }
    [[nodiscard]] std::uint64_t token_requests() const {
        return authorization.counters().token_requests;
    }

    coauth::testing::certificate_authority ca;
    coauth::testing::authorization_server authorization;
    coauth::testing::api_server api;

private:
    [[nodiscard]] coauth::testing::http_server_options tls() const { return {.tls = ca.server()}; }
};

/// Runs one coroutine on an io_context of its own until it ends; its exception comes out here.
template <class T>
T run(asio::io_context& io, awaitable<T> work) {
    std::optional<T> value;
    std::exception_ptr thrown;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T v) {
        thrown = std::move(e);
        if (!thrown) value.emplace(std::move(v));
    });
    io.restart();
    io.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*value);
}
inline void run(asio::io_context& io, awaitable<void> work) {
    std::exception_ptr thrown;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e) { thrown = std::move(e); });
    io.restart();
    io.run();
    if (thrown) std::rethrow_exception(thrown);
}

/// Runs an io_context on several threads until it has no work left.
inline void run_on_threads(asio::io_context& io, unsigned threads) {
    io.restart();
    std::vector<std::jthread> pool;
    for (unsigned i = 1; i < threads; ++i) pool.emplace_back([&io] { io.run(); });
    io.run();
}

}  // namespace coauth_test

#endif
