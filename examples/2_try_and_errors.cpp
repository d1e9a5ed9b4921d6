// SPDX-License-Identifier: BSL-1.0
//
// Failures as values: what a call that did not succeed says, and how to decide what to do about it
// without a list of codes.

#include "embedded.hpp"

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

namespace {

std::string what_to_do(coauth::error const& e) {
    if (e.code() == coauth::condition::retryable) return "try again later";
    if (e.code() == coauth::condition::credentials_refused) return "look at client id and secret";
    if (e.code() == coauth::condition::configuration) return "mend the program";
    if (e.code() == coauth::condition::cancelled) return "nothing, it was wanted";
    return "show it to a person";
}

void print(std::string const& title, coauth::error const& e) {
    std::cout << title << "\n  " << e.what() << "\n  code " << e.code().message() << ", stage "
              << to_string(e.where()) << ": " << what_to_do(e) << "\n\n";
}

asio::awaitable<void> list_users(coauth::rest_client& api, std::string title, std::string target) {
    coauth::result<coauth::response> const users = co_await api.try_get(std::move(target));
    if (users) {  // any status is a response, also 404
        std::cout << title << "\n  " << users->status() << ' ' << users->reason() << "\n\n";
    } else {
        print(title, users.error());
    }
}

asio::awaitable<void> impatient(coauth::rest_client& api, std::string title) {
    coauth::request hurry("GET", "/users");
    hurry.deadline(std::chrono::milliseconds(50));
    coauth::result<coauth::response> const users = co_await api.try_send(std::move(hurry));
    if (!users) print(title, users.error());
}

}  // namespace

int main() try {
    example::embedded_servers servers;
    asio::io_context io;
    auto const try_it = [&](std::string title, coauth::token_source_config tokens,
                            coauth::rest_client_config config, std::string target = "/users") {
        tokens.tls = config.tls = servers.trust();
        config.authorization = coauth::token_source(io.get_executor(), std::move(tokens));
        coauth::rest_client api(io.get_executor(), std::move(config));
        asio::co_spawn(io, list_users(api, std::move(title), std::move(target)), coauth::rethrow);
        io.restart();
        io.run();
    };
    auto const client =
        coauth::client_secret_basic(example::client_id, coauth::secret(example::client_secret));
    std::string const token_url = servers.authorization.token_url();
    std::string const base_url = servers.api.base_url();

    try_it("a user who does not exist", {.token_url = token_url, .client = client},
           {.base_url = base_url}, "/users/2000");

    try_it("a client that this server knows by another method",
           {.token_url = token_url,
            .client = coauth::client_secret_post(example::client_id,
                                                 coauth::secret(example::client_secret))},
           {.base_url = base_url});

    try_it("a scope that the client may not have",
           {.token_url = token_url, .client = client, .scope = "everything"},
           {.base_url = base_url});

    try_it("a path that leaves the base URL", {.token_url = token_url, .client = client},
           {.base_url = base_url}, "/../admin");

    try_it("an API that is down", {.token_url = token_url, .client = client},
           {.base_url = "https://127.0.0.1:1/v1"});

    servers.authorization.fail_next(
        1, coauth::testing::server_response(503).with_field("Retry-After", "7"));
    try_it("a token endpoint that is overloaded", {.token_url = token_url, .client = client},
           {.base_url = base_url});

    // A configuration that cannot work is refused before anything is sent.
    try {
        coauth::token_source tokens(
            io.get_executor(), {.token_url = "http://auth.example.com/token", .client = client});
    } catch (coauth::exception const& e) { print("a token URL without TLS", e.error()); }

    servers.api.delay(std::chrono::seconds(1));
    coauth::rest_client slow(io.get_executor(),
                             {.base_url = servers.api.origin() + "/open", .tls = servers.trust()});
    asio::co_spawn(io, impatient(slow, "a deadline for one call"), coauth::rethrow);
    io.restart();
    io.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
