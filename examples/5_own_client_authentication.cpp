// SPDX-License-Identifier: BSL-1.0
//
// A client authentication of one's own: any type with one awaitable member that edits the token
// request. No base class, no registration.

#include "embedded.hpp"

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

namespace {

/// Gets the secret from a vault, for every token request anew, and sends it in the body.
class vault_authentication {
public:
    vault_authentication(std::string client_id, std::string path)
        : client_id_(std::move(client_id)), path_(std::move(path)) {}

    // An ordinary function that hands copies to a coroutine: the awaitable is lazy, and must not
    // refer to this object.
    [[nodiscard]] coauth::awaitable<coauth::token_request> authenticate(
        coauth::token_request request) const {
        return authenticate(std::move(request), client_id_, path_);
    }

    /// Whoever has the same identity may be given the same token from memory. Without this member
    /// a source keeps its tokens to itself.
    [[nodiscard]] std::string cache_identity() const { return client_id_ + " vault:" + path_; }

private:
    static coauth::awaitable<coauth::token_request> authenticate(coauth::token_request request,
                                                                 std::string client_id,
                                                                 std::string path) {
        coauth::secret const from_vault = co_await read_vault(std::move(path));
        request.parameter("client_id", client_id);
        request.parameter("client_secret", from_vault.reveal());
        request.authentication_method("client_secret_post");  // for the hints of error messages
        co_return request;
    }

    static coauth::awaitable<coauth::secret> read_vault(std::string path) {
        std::cout << "reading " << path << '\n';
        auto const executor = co_await asio::this_coro::executor;
        asio::steady_timer round_trip(executor, std::chrono::milliseconds(20));
        co_await round_trip.async_wait(asio::use_awaitable);
        co_return coauth::secret("not-a-real-secret");
    }

    std::string client_id_;
    std::string path_;
};

asio::awaitable<void> list_users(coauth::rest_client& api) {
    coauth::response const users = co_await api.get("/users?limit=1");
    std::cout << users.status() << ' ' << users.body() << '\n';
}

}  // namespace

int main() try {
    example::embedded_servers servers;
    servers.authorization.register_client(
        {.client_id = "vault-client",
         .secret = "not-a-real-secret",
         .method = coauth::testing::authentication_method::client_secret_post});

    asio::io_context io;
    coauth::token_source tokens(io.get_executor(),
                                {.token_url = servers.authorization.token_url(),
                                 .client = vault_authentication("vault-client", "secret/api/oauth"),
                                 .scope = "users.read",
                                 .tls = servers.trust()});
    coauth::rest_client api(
        io.get_executor(),
        {.base_url = servers.api.base_url(), .authorization = tokens, .tls = servers.trust()});
    for (int i = 0; i < 3; ++i) asio::co_spawn(io, list_users(api), coauth::rethrow);
    io.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
