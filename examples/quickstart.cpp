// SPDX-License-Identifier: BSL-1.0
//
// What ./quickstart runs: a thousand concurrent calls from four threads that cause one token
// request, then an OpenAPI document that becomes a client, and both sides of a call by it, secrets
// redacted.

#include "embedded.hpp"

#include <coauth/exchange_log_columns.hpp>
#include <coauth/openapi.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t calls = 1000;
constexpr unsigned threads = 4;

// What is printed.

[[nodiscard]] bool colours() {
    static bool const wanted = [] {
        char const* const no_color = std::getenv("NO_COLOR");
        char const* const terminal = std::getenv("TERM");
        bool const refused = no_color != nullptr && *no_color != '\0';
        return !refused && ::isatty(STDOUT_FILENO) == 1 && terminal != nullptr &&
               std::string_view(terminal) != "dumb";
    }();
    return wanted;
}
[[nodiscard]] std::string bold(std::string const& text) {
    return colours() ? "\033[1m" + text + "\033[0m" : text;
}
[[nodiscard]] std::string dim(std::string const& text) {
    return colours() ? "\033[2m" + text + "\033[0m" : text;
}

/// A line at once, so that progress is seen through a pipe too.
void say(std::string const& line = {}) { std::cout << line << std::endl; }

/// Of the terminal, else as many as both sides of a call need next to each other.
[[nodiscard]] std::size_t columns() {
    winsize size{};
    bool const known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0;
    return known ? size.ws_col : coauth::columns_for_two_sides;
}

[[nodiscard]] std::string milliseconds(coauth::duration d) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(1)
         << std::chrono::duration<double, std::milli>(d).count() << " ms";
    return text.str();
}

// A thousand calls.

class tally {
public:
    void succeeded(coauth::duration took) {
        std::lock_guard const lock(mutex_);
        latencies_.push_back(took);
        if (latencies_.size() % (calls / 4) != 0) return;
        say("   " + std::to_string(latencies_.size()) + " of " + std::to_string(calls) +
            " answered");
    }
    void failed(std::string why) {
        std::lock_guard const lock(mutex_);
        if (first_failure_.empty()) first_failure_ = std::move(why);
    }

    // When all threads have ended.

    [[nodiscard]] std::size_t answered() const { return latencies_.size(); }
    [[nodiscard]] std::string const& first_failure() const { return first_failure_; }
    /// Of all calls that were answered; `share` from 0 to 1.
    [[nodiscard]] coauth::duration latency(double share) {
        std::sort(latencies_.begin(), latencies_.end());
        auto const last = static_cast<double>(latencies_.size() - 1);
        return latencies_[static_cast<std::size_t>(share * last)];
    }

private:
    std::mutex mutex_;
    std::vector<coauth::duration> latencies_;
    std::string first_failure_;
};

coauth::awaitable<void> one_of_many(coauth::rest_client& api, tally* results) {
    auto const start = std::chrono::steady_clock::now();
    coauth::result<coauth::response> const users = co_await api.try_get("/users?limit=10");
    if (!users) {
        results->failed(users.error().what());
    } else if (!users->ok()) {
        results->failed("the API answered " + std::to_string(users->status()));
    } else {
        results->succeeded(std::chrono::steady_clock::now() - start);
    }
}

/// Empty when all went well, else what did not.
[[nodiscard]] std::string make_a_thousand_calls(example::embedded_servers const& servers) {
    asio::io_context io;
    coauth::token_source tokens(io.get_executor(),
                                {.token_url = servers.authorization.token_url(),
                                 .client = coauth::client_secret_basic(
                                     example::client_id, coauth::secret(example::client_secret)),
                                 .scope = "users.read",
                                 .tls = servers.trust()});
    coauth::rest_client api(io.get_executor(), {.base_url = servers.api.base_url(),
                                                .authorization = tokens,
                                                .tls = servers.trust(),
                                                .call_deadline = std::chrono::seconds(30)});
    tally results;
    auto const start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < calls; ++i) {
        asio::co_spawn(io, one_of_many(api, &results), coauth::rethrow);
    }
    {
        std::vector<std::jthread> pool;
        for (unsigned i = 0; i < threads; ++i) {
            pool.emplace_back([&] {
                try {
                    io.run();
                } catch (std::exception const& e) { results.failed(e.what()); }
            });
        }
    }
    auto const took = std::chrono::steady_clock::now() - start;

    std::uint64_t const token_requests = servers.authorization.counters().token_requests;
    if (results.answered() != calls) {
        return "only " + std::to_string(results.answered()) + " of " + std::to_string(calls) +
               " calls succeeded; the first failure: " + results.first_failure();
    }
    if (token_requests != 1) {
        return "the calls should have shared one token request, but the authorization server saw " +
               std::to_string(token_requests);
    }
    say();
    say("   calls           " + bold(std::to_string(results.answered())) + " with status 200, in " +
        milliseconds(took));
    say("   token requests  " + bold(std::to_string(token_requests)));
    say("   latency         median " + bold(milliseconds(results.latency(0.5))) + ", p99 " +
        bold(milliseconds(results.latency(0.99))));
    say(dim(
        "                   (all calls start at once and share 32 connections; the wait for one "
        "is included)"));
    say();
    return {};
}

// A client out of an API description, and one call of it, looked at.

namespace openapi = coauth::openapi;

coauth::awaitable<void> list_two(openapi::api users) {
    coauth::response const answer =
        co_await users.call("listUsers", openapi::arguments().set("limit", 2));
    if (!answer.ok())
        throw std::runtime_error("the API answered " + std::to_string(answer.status()));
}

void show(coauth::exchange_log const& log) {
    auto const paint = [](std::string const& line) {
        return line.find('[') == line.find_first_not_of(' ') ? bold(line) : line;
    };
    say(coauth::to_columns(log, columns(), paint));
}

void call_by_description(example::embedded_servers const& servers) {
    openapi::credentials mine;
    mine.client(
        coauth::client_secret_basic(example::client_id, coauth::secret(example::client_secret)));
    openapi::configuration config =
        openapi::configure(openapi::parse(servers.description()), std::move(mine));
    say("   document        " + config.description->title + ", " + config.description->format);
    say("   base URL        " + config.plan.base_url);
    say("   authentication  " + config.plan.schemes.front().type + ", " +
        std::string(to_string(*config.plan.flow)));
    say("   token URL       " + config.plan.token_url);
    say("   scopes          " + config.plan.scope.to_string());
    say();

    coauth::exchange_log const log;
    config.client.log = log;
    config.client.tls = config.token->tls = servers.trust();
    asio::io_context io;
    openapi::api const users(io.get_executor(), std::move(config));
    asio::co_spawn(io, list_two(users), coauth::rethrow);
    io.run();
    show(log);
}

}  // namespace

int main() try {
    say(bold("1") + "  Starting an authorization server and an API, over TLS with a new CA");
    example::embedded_servers const servers;
    say("   authorization server  " + servers.authorization.token_url());
    say("   API                   " + servers.api.base_url());
    say();

    say(bold("2") + "  " + std::to_string(calls) + " concurrent calls on " +
        std::to_string(threads) + " threads, one client, no token yet");
    std::string const problem = make_a_thousand_calls(servers);
    if (!problem.empty()) {
        std::cerr << "quickstart: failed: " << problem << '\n';
        return 1;
    }

    say(bold("3") +
        "  A client out of an OpenAPI document and a client id; both sides of listUsers");
    call_by_description(servers);
    say("quickstart: ok, " + std::to_string(calls) + " calls, 1 token request");
} catch (std::exception const& e) {
    std::cerr << "quickstart: failed: " << e.what() << '\n';
    return 1;
}
