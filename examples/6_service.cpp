// SPDX-License-Identifier: BSL-1.0
//
// The fast shape for a service: per core one io_context that one thread runs, and one
// single_threaded client on it; all clients share one token source.

#include <coauth/coauth.hpp>

#include <algorithm>
#include <asio/thread_pool.hpp>
#include <atomic>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

struct core {
    asio::io_context io{1};  // one thread runs it
    coauth::rest_client api;

    core(coauth::rest_client_config config, std::string const& target, std::atomic<int>* good)
        : api(coauth::single_threaded, io.get_executor(), std::move(config)) {
        for (int i = 0; i < 10; ++i) asio::co_spawn(io, work(api, target, good), coauth::rethrow);
    }

    /// Stands for the requests that a service serves, some of which need the API.
    static asio::awaitable<void> work(coauth::rest_client& api, std::string target,
                                      std::atomic<int>* good) {
        for (int i = 0; i < 20; ++i) {
            coauth::response const users = co_await api.get(target);
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

int main(int argc, char* argv[]) try {
    if (argc < 4 || argc > 6) {
        std::cerr << "usage: 6_service <issuer> <base url> <client id> [<scope> [<target>]]\n"
                     "  The secret is read from the environment variable CLIENT_SECRET.\n"
                     "  SSL_CERT_FILE may name the certificates to trust.\n";
        return 2;
    }
    std::string const target = argc > 5 ? argv[5] : "/users?limit=10";
    unsigned const count = std::max(2U, std::thread::hardware_concurrency());
    std::atomic<int> good{0};

    asio::thread_pool background(1);  // token requests run here, whichever core needs the token
    coauth::token_source tokens(
        background.get_executor(),
        {.issuer = argv[1],
         .client = coauth::client_secret_basic(argv[3], coauth::secret::from_env("CLIENT_SECRET")),
         .scope = argc > 4 ? argv[4] : ""});

    coauth::rest_client_config const config{.base_url = argv[2], .authorization = tokens};
    std::vector<std::unique_ptr<core>> cores;
    for (unsigned i = 0; i < count; ++i) {
        cores.push_back(std::make_unique<core>(config, target, &good));
    }
    {
        std::vector<std::jthread> threads;
        for (auto const& each : cores) threads.emplace_back([&each] { serve(each->io); });
    }

    coauth::token_cache_statistics const seen = tokens.statistics();
    std::cout << good << " good calls on " << count << " cores, " << seen.fetches
              << " token request, " << seen.hits << " tokens from memory\n";
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
