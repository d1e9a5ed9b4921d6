// SPDX-License-Identifier: BSL-1.0
//
// Herds beyond what a rival is asked: 100,000 callers on one key, a thousand keys with a hundred
// callers each, and ten thousand calls a second while the token endpoint is down for a minute (of a
// clock that is set by hand). A real server on loopback, four threads. Prints one line of JSON.
//
// herd_crowd <cold_100k|keys_1k|down_60s>

#include <coauth/coauth.hpp>
#include <coauth/testing/authorization_server.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <asio/thread_pool.hpp>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <utility>
#include <vector>

namespace {

namespace kit = coauth::testing;
using namespace std::chrono_literals;

/// One token endpoint, and callers of any number of sources that share a cache.
class service {
public:
    service() = default;
    service(service const&) = delete;
    service& operator=(service const&) = delete;
    ~service() { pool_.join(); }

    /// Of a client of its own, hence with a key of its own.
    [[nodiscard]] coauth::token_source source(std::string const& client, coauth::clock clock = {}) {
        server_.register_client({.client_id = client, .secret = "secret"});
        return coauth::token_source(
            cache_, pool_.get_executor(),
            {.token_url = server_.token_url(),
             .client = coauth::client_secret_basic(client, coauth::secret("secret")),
             .clock = std::move(clock)});
    }

    /// So many callers at once.
    void ask(coauth::token_source const& tokens, std::size_t callers) {
        waiting_.fetch_add(callers);
        for (std::size_t i = 0; i < callers; ++i) {
            asio::co_spawn(pool_, call(this, tokens), coauth::rethrow);
        }
    }
    /// Until all callers have their answer.
    void wait() {
        for (std::size_t left = waiting_; left != 0; left = waiting_) waiting_.wait(left);
    }

    [[nodiscard]] kit::authorization_server& server() { return server_; }
    [[nodiscard]] std::size_t served() const { return served_; }

private:
    static coauth::awaitable<void> call(service* self, coauth::token_source tokens) {
        coauth::result<coauth::token_ref> const token = co_await tokens.try_get();
        if (token) ++self->served_;
        if (self->waiting_.fetch_sub(1) == 1) self->waiting_.notify_all();
    }

    kit::authorization_server server_{{}};
    asio::thread_pool pool_{4};
    coauth::token_cache cache_;
    std::atomic<std::size_t> waiting_{0};
    std::atomic<std::size_t> served_{0};
};

void print(std::string const& counted, service& s) {
    std::cout << "{\"" << counted << "\":" << s.server().counters().token_requests
              << ",\"served\":" << s.served() << "}\n";
}

/// One key without a token.
void cold_100k() {
    service s;
    s.server().delay(50ms);
    s.ask(s.source("client"), 100'000);
    s.wait();
    print("fetches", s);
}

/// Many keys without tokens.
void keys_1k() {
    service s;
    s.server().delay(50ms);
    std::vector<coauth::token_source> sources;
    for (int i = 0; i < 1000; ++i) sources.push_back(s.source("client-" + std::to_string(i)));
    for (auto const& tokens : sources) s.ask(tokens, 100);
    s.wait();
    print("fetches", s);
}

/// The endpoint answers 500 for a minute; a hundred calls in each hundredth of a second.
void down_60s() {
    kit::manual_clock const clock;
    service s;
    coauth::token_source const tokens = s.source("client", clock);
    s.server().fail_with(kit::server_response::json(500, R"({"error":"server_error"})"));
    for (auto passed = 0ms; passed < 60s; passed += 10ms) {
        s.ask(tokens, 100);
        s.wait();
        clock.advance(10ms);
    }
    if (s.served() != 0) throw std::runtime_error("there was a token while the endpoint was down");
    std::cout << "{\"requests\":" << s.server().counters().token_requests << "}\n";
}

/// A thousand sources have a thousand connections, with both ends in this process.
void allow_many_connections() {
    ::rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

int main(int argc, char** argv) try {
    std::string const scenario = argc == 2 ? argv[1] : "";
    allow_many_connections();
    if (scenario == "cold_100k") {
        cold_100k();
    } else if (scenario == "keys_1k") {
        keys_1k();
    } else if (scenario == "down_60s") {
        down_60s();
    } else {
        throw std::runtime_error("usage: herd_crowd <cold_100k|keys_1k|down_60s>");
    }
} catch (std::exception const& e) {
    std::cerr << "herd_crowd: " << e.what() << '\n';
    return 1;
}
