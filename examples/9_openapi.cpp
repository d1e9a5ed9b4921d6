// SPDX-License-Identifier: BSL-1.0
//
// An OpenAPI description becomes a client: what follows from it by itself, what it leaves to the
// caller, and calls by operationId.

#include "embedded.hpp"

#include <coauth/openapi.hpp>

#include <exception>
#include <iostream>
#include <utility>

namespace {

namespace openapi = coauth::openapi;

asio::awaitable<void> look(openapi::api users) {
    coauth::response const all =
        co_await users.call("listUsers", openapi::arguments().set("limit", 2));
    std::cout << "listUsers: " << all.status() << ' ' << all.body() << '\n';
    coauth::result<coauth::response> const wrong =
        co_await users.try_call("getUser", openapi::arguments().set("id", "seven"));
    if (!wrong) std::cout << "refused before anything is sent: " << wrong.error().what() << '\n';
}

}  // namespace

int main() try {
    example::embedded_servers servers;
    // A program of yours has a file: openapi::load("api.json").
    openapi::api_description const users = openapi::parse(
        servers.description(R"(, {"url": "https://users.example.com/v1", "description": "live"})"));

    openapi::plan const planned = openapi::decide(users);
    std::cout << users.format << ", token URL " << planned.token_url << ", scopes "
              << planned.scope.to_string() << '\n';
    for (openapi::question const& one : planned.questions) {
        std::cout << "asks: " << one.text << " (" << one.answered_by << ")\n";
    }

    openapi::choices chosen;
    chosen.server = users.servers.front().url;
    openapi::credentials mine;
    mine.client(
        coauth::client_secret_basic(example::client_id, coauth::secret(example::client_secret)));
    openapi::configuration config = openapi::configure(users, std::move(mine), chosen);
    config.client.tls = config.token->tls = servers.trust();

    asio::io_context io;
    openapi::api const api(io.get_executor(), std::move(config));
    asio::co_spawn(io, look(api), coauth::rethrow);
    io.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
