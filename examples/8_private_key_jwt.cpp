// SPDX-License-Identifier: BSL-1.0
//
// The first program with a private key in the place of the secret: the client is one other line.

#include <coauth/coauth.hpp>

#include <exception>
#include <iostream>
#include <string>

asio::awaitable<void> list_users(coauth::rest_client& api, std::string target) {
    coauth::response users = co_await api.get(target);  // an assertion signed, a token fetched
    std::cout << users.status() << ' ' << users.body() << '\n';
}

int main(int argc, char* argv[]) try {
    if (argc < 5 || argc > 7) {
        std::cerr << "usage: 8_private_key_jwt <token url> <base url> <client id> <key file> "
                     "[<scope> [<target>]]\n"
                     "  The key is PEM or a JWK; it is read again for every token request.\n"
                     "  SSL_CERT_FILE may name the certificates to trust.\n";
        return 2;
    }
    asio::io_context io;
    coauth::token_source tokens(
        io.get_executor(),
        {.token_url = argv[1],
         .client = coauth::private_key_jwt(argv[3], coauth::secret::from_file(argv[4])),
         .scope = argc > 5 ? argv[5] : ""});
    coauth::rest_client api(io.get_executor(), {.base_url = argv[2], .authorization = tokens});
    asio::co_spawn(io, list_users(api, argc > 6 ? argv[6] : "/users?limit=10"), coauth::rethrow);
    io.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
