// SPDX-License-Identifier: BSL-1.0
//
// The first program with a store: its tokens, and the refresh tokens that renew them, outlive it in
// an encrypted file. Run a second time, or twice at once, it makes no further token request.

#include <coauth/coauth.hpp>
#include <coauth/store/file_store.hpp>
#include <coauth/store/sealed.hpp>

#include <exception>
#include <iostream>
#include <string>

asio::awaitable<void> list_users(coauth::rest_client& api, std::string target) {
    coauth::response users = co_await api.get(target);  // token loaded, renewed or fetched
    std::cout << users.status() << ' ' << users.body() << '\n';
}

/// A store that fails does no harm, but nobody would notice.
struct store_events {
    void operator()(coauth::token_loaded const&) const { std::cerr << "token from the store\n"; }
    void operator()(coauth::store_failed const& e) const {
        std::cerr << "store: " << e.failure.what() << '\n';
    }
};

int main(int argc, char* argv[]) try {
    if (argc < 6 || argc > 8) {
        std::cerr << "usage: 10_keeping_tokens <token url> <base url> <client id> <directory> "
                     "<key file>\n"
                     "             [<scope> [<target>]]\n"
                     "  The secret is read from the environment variable CLIENT_SECRET.\n"
                     "  Make a key with: (umask 077; openssl rand -hex 32 > key)\n";
        return 2;
    }
    asio::io_context io;
    coauth::token_source tokens(
        io.get_executor(),
        {.token_url = argv[1],
         .client = coauth::client_secret_basic(argv[3], coauth::secret::from_env("CLIENT_SECRET")),
         .scope = argc > 6 ? argv[6] : "",
         .observer = store_events(),
         .store = coauth::sealed(coauth::file_store(argv[4]),
                                 coauth::sealing_key(coauth::secret::from_file(argv[5])))});
    coauth::rest_client api(io.get_executor(), {.base_url = argv[2], .authorization = tokens});
    asio::co_spawn(io, list_users(api, argc > 7 ? argv[7] : "/users?limit=10"), coauth::rethrow);
    io.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
