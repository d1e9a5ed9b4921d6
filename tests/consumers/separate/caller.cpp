// SPDX-License-Identifier: BSL-1.0
//
// A user's unit. It is compiled twice: with COAUTH_SEPARATE_COMPILATION it sees declarations only,
// without it has everything in itself.

#include "caller.hpp"

#include <coauth/coauth.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <cstdio>
#include <exception>

namespace {

asio::awaitable<void> call_twice(coauth::rest_client& api) {
    for (int i = 0; i != 2; ++i) {
        coauth::response const users = co_await api.get("/users");
        if (!users.ok()) throw coauth::exception(coauth::error(coauth::errc::unexpected_status));
    }
}

unsigned run(char const* token_url, char const* base_url) {
    asio::io_context io;
    coauth::token_source tokens(
        io.get_executor(),
        {.token_url = token_url,
         .client = coauth::client_secret_basic("client", coauth::secret("not-a-real-secret"))});
    coauth::rest_client api(io.get_executor(), {.base_url = base_url, .authorization = tokens});
    asio::co_spawn(io, call_twice(api), coauth::rethrow);
    try {
        io.run();
    } catch (std::exception const& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 0;
    }
    return static_cast<unsigned>(tokens.statistics().fetches);
}

}  // namespace

#ifdef COAUTH_SEPARATE_COMPILATION
unsigned two_calls(char const* token_url, char const* base_url) { return run(token_url, base_url); }
#else
unsigned two_calls_header_only(char const* token_url, char const* base_url) {
    return run(token_url, base_url);
}
#endif
