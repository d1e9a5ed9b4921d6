// SPDX-License-Identifier: BSL-1.0
//
// What every way of taking the library has to build and run: one call to an API, with a token from
// an authorization server, both on loopback.

#if defined(CONSUMER_HAS_SINGLE_HEADER)
#include <coauth.hpp>
#else
#include <coauth/coauth.hpp>
#include <coauth/testing/api_server.hpp>
#include <coauth/testing/authorization_server.hpp>
#endif

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

namespace {

coauth::awaitable<void> list_users(coauth::rest_client& api) {
    coauth::response const users = co_await api.get("/users?limit=1");
    if (!users.ok()) throw std::runtime_error("the API answered " + std::to_string(users.status()));
    std::cout << "coauth " << COAUTH_VERSION_STRING << ": " << users.body() << '\n';
}

}  // namespace

int main() try {
    coauth::testing::authorization_server authorization(
        {.clients = {{.client_id = "consumer", .secret = "not-a-real-secret"}}});
    coauth::testing::api_server const api_server(authorization);

    asio::io_context io;
    coauth::token_source tokens(
        io.get_executor(),
        {.token_url = authorization.token_url(),
         .client = coauth::client_secret_basic("consumer", coauth::secret("not-a-real-secret"))});
    coauth::rest_client api(io.get_executor(),
                            {.base_url = api_server.base_url(), .authorization = tokens});
    asio::co_spawn(io, list_users(api), coauth::rethrow);
    io.run();
    return authorization.counters().token_requests == 1 ? 0 : 1;
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
