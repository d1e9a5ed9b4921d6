// SPDX-License-Identifier: BSL-1.0
//
// A program on a terminal, perhaps on a machine without a desktop: it shows a code, which the
// person types in on a machine that has a browser. What differs from the program before is the
// grant, and what it shows.
//
// With --headless instead of the server's values it brings a server of its own, and a person who
// has agreed when it asks.

#include "embedded.hpp"

#include <exception>
#include <iostream>
#include <string>
#include <string_view>

namespace {

coauth::device_code on_the_terminal() {
    return coauth::device_code({.show = [](coauth::device_prompt const& p) {
        std::cout << "Open " << p.verification_uri << " on any machine\nand type in " << p.user_code
                  << " (good for " << p.expires_in.count() / 60 << " minutes).\n";
    }});
}

asio::awaitable<void> greet(coauth::token_source& tokens, coauth::rest_client& api,
                            coauth::device_code how, std::string target) {
    co_await coauth::sign_in(tokens, how);
    coauth::response users = co_await api.get(target);  // from now on like any other program
    std::cout << users.status() << ' ' << users.body() << '\n';
}

void run(coauth::token_source_config source, coauth::rest_client_config client,
         std::string target) {
    asio::io_context io;
    coauth::device_code const how = on_the_terminal();
    source.grant = how;
    coauth::token_source tokens(io.get_executor(), std::move(source));
    client.authorization = tokens;
    coauth::rest_client api(io.get_executor(), std::move(client));
    asio::co_spawn(io, greet(tokens, api, how, std::move(target)), coauth::rethrow);
    io.run();
}

void run_headless() {
    coauth::testing::certificate_authority const ca;
    coauth::testing::authorization_server server(
        {.http = {.tls = ca.server()},
         .clients = {{.client_id = example::client_id,
                      .method = coauth::testing::authentication_method::none,
                      .device_grant = true}},
         .device_interval = std::chrono::seconds(1)});
    coauth::testing::api_server const api(server, {.http = {.tls = ca.server()}});
    coauth::tls_config const trust{.system_trust = false, .ca_pem = ca.ca_pem()};
    run({.issuer = server.issuer(),
         .client = coauth::public_client(example::client_id),
         .scope = "users.read",
         .tls = trust},
        {.base_url = api.base_url(), .tls = trust}, "/users?limit=2");
}

}  // namespace

int main(int argc, char* argv[]) try {
    if (argc == 2 && std::string_view(argv[1]) == "--headless") {
        run_headless();
        return 0;
    }
    if (argc < 4 || argc > 6) {
        std::cerr << "usage: 12_sign_in_with_a_code <issuer> <base url> <client id> [<scope> "
                     "[<target>]]\n"
                     "       12_sign_in_with_a_code --headless\n";
        return 2;
    }
    run({.issuer = argv[1],
         .client = coauth::public_client(argv[3]),
         .scope = argc > 4 ? argv[4] : ""},
        {.base_url = argv[2]}, argc > 5 ? argv[5] : "/users");
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
