// SPDX-License-Identifier: BSL-1.0
//
// The fast shape for a service: per core one io_context that one thread runs, and one
// single_threaded client on it; all clients share one token source.

#include "embedded.hpp"

#include <algorithm>
#include <asio/thread_pool.hpp>
#include <atomic>
#include <exception>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

namespace {

struct core {
    asio::io_context io{1};  // one thread runs it
    coauth::rest_client api;

    core(coauth::rest_client_config config, std::atomic<int>* good)
        : api(coauth::single_threaded, io.get_executor(), std::move(config)) {
        for (int i = 0; i < 20; ++i) asio::co_spawn(io, work(api, good), coauth::rethrow);
    }

    /// Stands for the requests that a service serves, some of which need the API.
    static asio::awaitable<void> work(coauth::rest_client& api, std::atomic<int>* good) {
        for (int i = 0; i < 50; ++i) {
            coauth::response const users = co_await api.get("/users?limit=10");
            if (users.ok()) ++*good;
        }
    }
};

/// One failed call does not end the core.
void serve(asio::io_context& io) {
    for (;;) {
        try {
            io.run();
            return;
        } catch (std::exception const& e) { std::cerr << e.what() << '\n'; }
    }
}

}  // namespace

int main() try {
    example::embedded_servers servers;
    unsigned const count = std::max(2U, std::thread::hardware_concurrency());
    std::atomic<int> good{0};

    asio::thread_pool background(1);  // token requests run here, whichever core needs the token
    coauth::token_source tokens(background.get_executor(),
                                {.token_url = servers.authorization.token_url(),
                                 .client = coauth::client_secret_basic(
                                     example::client_id, coauth::secret(example::client_secret)),
                                 .scope = "users.read",
                                 .tls = servers.trust()});

    coauth::rest_client_config const config{
        .base_url = servers.api.base_url(), .authorization = tokens, .tls = servers.trust()};
    std::vector<std::unique_ptr<core>> cores;
    for (unsigned i = 0; i < count; ++i) cores.push_back(std::make_unique<core>(config, &good));
    {
        std::vector<std::jthread> threads;
        for (auto const& each : cores) threads.emplace_back([&each] { serve(each->io); });
    }

    std::cout << good << " calls on " << count << " cores, "
              << servers.authorization.counters().token_requests << " token request, "
              << tokens.statistics().hits << " tokens from memory\n";
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
