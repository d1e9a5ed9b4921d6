// SPDX-License-Identifier: BSL-1.0

#include <coauth/coauth.hpp>
#include <coauth/testing/api_server.hpp>
#include <coauth/testing/authorization_server.hpp>

coauth::awaitable<void> another_call(coauth::rest_client& api);

coauth::awaitable<void> another_call(coauth::rest_client& api) {
    coauth::response const users = co_await api.get("/users?limit=1");
    if (!users.ok()) throw std::runtime_error(users.reason());
}
