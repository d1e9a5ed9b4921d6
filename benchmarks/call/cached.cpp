// SPDX-License-Identifier: BSL-1.0
//
// What it costs to find a token in memory, on one thread and on two.

#include <coauth/testing/authorization_server.hpp>
#include <coauth/token_source.hpp>

#include <asio/co_spawn.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <benchmark/benchmark.h>
#include <coauth/client_auth/client_secret_basic.hpp>
#include <string>

namespace {

/// A source that has its token.
coauth::token_source const& tokens() {
    static coauth::testing::authorization_server server(
        {.clients = {{.client_id = "client", .secret = "secret"}}});
    static asio::thread_pool pool(1);
    static coauth::token_source const source(
        pool.get_executor(),
        {.token_url = server.token_url(),
         .client = coauth::client_secret_basic("client", coauth::secret("secret"))});
    [[maybe_unused]] static coauth::token_ref const token =
        asio::co_spawn(pool, source.get(), asio::use_future).get();
    return source;
}

void try_cached(benchmark::State& state) {
    coauth::token_source const& source = tokens();
    for (auto _ : state) {
        coauth::token_ref const token = source.try_cached();
        if (!token) state.SkipWithError("no token");
        benchmark::DoNotOptimize(&token);
    }
}
BENCHMARK(try_cached)->Threads(1)->Threads(2);

}  // namespace

BENCHMARK_MAIN();
