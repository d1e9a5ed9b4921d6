// SPDX-License-Identifier: BSL-1.0
//
// Hooks: change a call before it is authorized, watch what is sent (credentials redacted), look at
// the response before the caller does; the same for token requests.

#include "embedded.hpp"

#include <atomic>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace {

asio::awaitable<void> call_twice(coauth::rest_client& api) {
    coauth::response const users = co_await api.get("/users?limit=1");
    std::cout << "the caller sees " << users.status() << '\n';

    // A header set by hand wins: no token is fetched, and a 401 is the caller's.
    coauth::request by_hand("GET", "/users");
    by_hand.header("Authorization", "Bearer of-my-own");
    coauth::response const refused = co_await api.send(std::move(by_hand));
    std::cout << "the caller sees " << refused.status() << '\n';
}

}  // namespace

int main() try {
    example::embedded_servers servers;

    coauth::call_hooks hooks;
    // Once per call, before its authorization is decided. A hook that has to wait for something
    // is an awaitable that takes the request and gives it back.
    auto const number = std::make_shared<std::atomic<int>>(0);
    hooks.before_call = [number](coauth::request& r) {
        r.header("X-Request-Id", std::to_string(++*number));
    };
    // For every send: a call that is sent again after a 401 is seen twice.
    hooks.before_send = [](coauth::sent_request const& r) {
        std::cout << "> " << r.method() << ' ' << r.url()
                  << ", Authorization: " << r.headers().find("Authorization").value_or("none")
                  << ", X-Request-Id: " << r.headers().find("X-Request-Id").value_or("none")
                  << '\n';
    };
    // Once per call, with the response that the caller will get.
    hooks.after_response = [](coauth::response& r) {
        std::cout << "< " << r.status() << ' ' << r.reason() << '\n';
    };

    coauth::token_hooks token_hooks;
    token_hooks.before_call = [](coauth::token_request& r) { r.header("X-Region", "eu"); };
    // The source's tokens depend on that header; sources that do the same may share them.
    token_hooks.cache_identity = "region eu";
    token_hooks.before_send = [](coauth::sent_request const& r) {
        std::cout << "> " << r.method() << ' ' << r.url() << ' ' << r.body() << '\n';
    };
    token_hooks.after_response = [](coauth::received_response const& r) {
        std::cout << "< " << r.status() << ' ' << r.body() << '\n';
    };

    asio::io_context io;
    coauth::token_source tokens(io.get_executor(),
                                {.token_url = servers.authorization.token_url(),
                                 .client = coauth::client_secret_basic(
                                     example::client_id, coauth::secret(example::client_secret)),
                                 .scope = "users.read",
                                 .tls = servers.trust(),
                                 .hooks = token_hooks});
    coauth::rest_client api(io.get_executor(), {.base_url = servers.api.base_url(),
                                                .authorization = tokens,
                                                .tls = servers.trust(),
                                                .hooks = hooks});
    asio::co_spawn(io, call_twice(api), coauth::rethrow);
    io.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
