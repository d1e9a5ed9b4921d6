// SPDX-License-Identifier: BSL-1.0
//
// A user's program, as the README shows it.

#include <coauth/coauth.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <exception>
#include <iostream>

namespace {

asio::awaitable<void> list_users(coauth::rest_client& api) {
    coauth::response users = co_await api.get("/users?limit=10");
    std::cout << users.status() << ' ' << users.body() << '\n';
}

}  // namespace

int main() {
    asio::io_context io;
    coauth::token_source tokens(io.get_executor(),
                                {.token_url = "https://auth.example.com/oauth/token",
                                 .client = coauth::client_secret_basic(
                                     "client_id_123", coauth::secret::from_env("CLIENT_SECRET")),
                                 .scope = "users.read"});
    coauth::rest_client api(io.get_executor(),
                            {.base_url = "https://api.example.com/v1", .authorization = tokens});
    asio::co_spawn(io, list_users(api), coauth::rethrow);
    try {
        io.run();
    } catch (std::exception const& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
