// SPDX-License-Identifier: BSL-1.0
//
// The first program with the issuer in the place of the token URL: the token endpoint is looked up
// in the server's metadata, which must name this issuer.

#include <coauth/coauth.hpp>

#include <exception>
#include <iostream>
#include <string>

asio::awaitable<void> list_users(coauth::rest_client& api, std::string target) {
    coauth::response users = co_await api.get(target);  // endpoint found, token fetched
    std::cout << users.status() << ' ' << users.body() << '\n';
}

int main(int argc, char* argv[]) try {
    if (argc < 4 || argc > 6) {
        std::cerr << "usage: 13_by_issuer <issuer> <base url> <client id> [<scope> "
                     "[<target>]]\n"
                     "  The secret is read from the environment variable CLIENT_SECRET.\n"
                     "  Example: 13_by_issuer https://auth.example.com \\\n"
                     "             https://api.example.com/v1 client_id_123 users.read "
                     "'/users?limit=10'\n";
        return 2;
    }
    asio::io_context io;
    coauth::token_source tokens(
        io.get_executor(),
        {.issuer = argv[1],
         .client = coauth::client_secret_basic(argv[3], coauth::secret::from_env("CLIENT_SECRET")),
         .scope = argc > 4 ? argv[4] : ""});
    coauth::rest_client api(io.get_executor(), {.base_url = argv[2], .authorization = tokens});
    asio::co_spawn(io, list_users(api, argc > 5 ? argv[5] : "/users?limit=10"), coauth::rethrow);
    io.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
