// SPDX-License-Identifier: BSL-1.0
//
// A desktop program: the person signs in with the browser of the machine, and the program goes on
// with tokens that renew themselves. The first program with a grant, and with nobody's secret.
//
// With --headless instead of the server's values it brings a server and a browser of its own.

#include "embedded.hpp"
#include <coauth/testing/headless_browser.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <string_view>

namespace {

asio::awaitable<void> greet(coauth::token_source& tokens, coauth::rest_client& api,
                            coauth::authorization_code how, std::string target) {
    std::cout << "Please sign in: your browser opens.\n";
    co_await coauth::sign_in(tokens, how);
    coauth::response users = co_await api.get(target);  // from now on like any other program
    std::cout << users.status() << ' ' << users.body() << '\n';
}

void run(coauth::token_source_config source, coauth::rest_client_config client,
         coauth::authorization_code const& how, std::string target) {
    asio::io_context io;
    source.grant = how;
    coauth::token_source tokens(io.get_executor(), std::move(source));
    client.authorization = tokens;
    coauth::rest_client api(io.get_executor(), std::move(client));
    asio::co_spawn(io, greet(tokens, api, how, std::move(target)), coauth::rethrow);
    io.run();
}

void run_headless() {
    example::embedded_servers servers;
    servers.authorization.register_client({.client_id = example::client_id,
                                           .method = coauth::testing::authentication_method::none,
                                           .redirect_uris = {"http://127.0.0.1/callback"}});
    coauth::testing::headless_browser const browser(
        [&](std::string const& url) { return servers.authorization.visit(url); });
    run({.issuer = servers.authorization.issuer(),
         .client = coauth::public_client(example::client_id),
         .scope = "users.read",
         .tls = servers.trust()},
        {.base_url = servers.api.base_url(), .tls = servers.trust()},
        coauth::authorization_code({.open = browser}), "/users?limit=2");
    std::cout << "the browser ends with: " << browser.page().substr(0, 15) << '\n';
}

}  // namespace

int main(int argc, char* argv[]) try {
    if (argc == 2 && std::string_view(argv[1]) == "--headless") {
        run_headless();
        return 0;
    }
    if (argc < 4 || argc > 6) {
        std::cerr << "usage: 11_sign_in_with_a_browser <issuer> <base url> <client id> [<scope> "
                     "[<target>]]\n"
                     "       11_sign_in_with_a_browser --headless\n"
                     "  The client is a native one, with the redirect http://127.0.0.1/callback.\n";
        return 2;
    }
    run({.issuer = argv[1],
         .client = coauth::public_client(argv[3]),
         .scope = argc > 4 ? argv[4] : ""},
        {.base_url = argv[2]}, coauth::authorization_code(), argc > 5 ? argv[5] : "/users");
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
