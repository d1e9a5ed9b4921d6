// SPDX-License-Identifier: BSL-1.0
//
// The whole program of a user: one call to an API with a token from the client credentials grant.

#include <coauth/coauth.hpp>

#include <exception>
#include <iostream>
#include <string>

asio::awaitable<void> list_users(coauth::rest_client& api, std::string target) {
    coauth::response users = co_await api.get(target);  // token fetched, cached, attached
    std::cout << users.status() << ' ' << users.body() << '\n';
}

int main(int argc, char* argv[]) try {
    if (argc < 4 || argc > 6) {
        std::cerr << "usage: 1_client_credentials <token url> <base url> <client id> [<scope> "
                     "[<target>]]\n"
                     "  The secret is read from the environment variable CLIENT_SECRET.\n"
                     "  Example: 1_client_credentials https://auth.example.com/oauth/token \\\n"
                     "             https://api.example.com/v1 client_id_123 users.read "
                     "'/users?limit=10'\n";
        return 2;
    }
    asio::io_context io;
    coauth::token_source tokens(
        io.get_executor(),
        {.token_url = argv[1],
         .client = coauth::client_secret_basic(argv[3], coauth::secret::from_env("CLIENT_SECRET")),
         .scope = argc > 4 ? argv[4] : ""});
    coauth::rest_client api(io.get_executor(), {.base_url = argv[2], .authorization = tokens});
    asio::co_spawn(io, list_users(api, argc > 5 ? argv[5] : "/users?limit=10"), coauth::rethrow);
    io.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
