// SPDX-License-Identifier: BSL-1.0
//
// One client and one connection pool for many tenants: the authorization comes with the call. The
// sources share a cache, and each tenant's token is given to that tenant only.

#include "embedded.hpp"

#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <utility>

namespace {

asio::awaitable<void> list_users(coauth::rest_client& api, coauth::token_source tenant,
                                 std::string name) {
    coauth::request list("GET", "/users?limit=1");
    list.authorization(tenant);  // the one line that makes it the tenant's call
    coauth::response const users = co_await api.send(std::move(list));
    std::cout << name << ": " << users.status() << ' ' << users.body() << '\n';
}

}  // namespace

int main() try {
    example::embedded_servers servers;
    asio::io_context io;
    coauth::token_cache cache;
    std::map<std::string, coauth::token_source> tenants;
    for (std::string const name : {"red", "green", "blue"}) {
        std::string const secret = "not-a-real-secret of " + name;
        servers.authorization.register_client({.client_id = name, .secret = secret});
        coauth::token_source tokens(
            cache, io.get_executor(),
            {.token_url = servers.authorization.token_url(),
             .client = coauth::client_secret_basic(name, coauth::secret(secret)),
             .scope = "users.read",
             .tls = servers.trust()});
        tenants.emplace(name, tokens);
    }
    coauth::rest_client api(io.get_executor(),
                            {.base_url = servers.api.base_url(), .tls = servers.trust()});
    for (auto const& [name, tokens] : tenants) {
        asio::co_spawn(io, list_users(api, tokens, name), coauth::rethrow);
        asio::co_spawn(io, list_users(api, tokens, name), coauth::rethrow);
    }
    io.run();

    for (auto const& [client, requests] : servers.authorization.counters().by_client) {
        std::cout << "token requests of " << client << ": " << requests << '\n';
    }
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
