// SPDX-License-Identifier: BSL-1.0
//
// How a service of yours is tested: its production configuration, one line more, and no ports, DNS,
// certificates or sleeps. With the test framework of your choice the checks are its assertions.

#include <coauth/coauth.hpp>
#include <coauth/testing/testing.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;

// ── The service ──────────────────────────────────────────────────────────────────────────────────

struct settings {
    coauth::token_source_config tokens;
    coauth::rest_client_config api;
};

settings production() {
    settings s;
    s.tokens.token_url = "https://auth.example.com/oauth/token";
    s.tokens.client =
        coauth::client_secret_basic("client_id_123", coauth::secret("not-a-real-secret"));
    s.tokens.scope = "users.read";
    s.api.base_url = "https://api.example.com/v1";
    return s;
}

class user_service {
public:
    user_service(asio::any_io_executor const& executor, settings s)
        : tokens_(executor, std::move(s.tokens)), api_(executor, with_tokens(std::move(s.api))) {}

    /// "unavailable" when the API does not answer as it should.
    asio::awaitable<std::string> user_name() {
        coauth::result<coauth::response> user = co_await api_.try_get("/users/7");
        if (!user && user.error().is(coauth::errc::cancelled)) co_return "cancelled";
        if (!user || user->status() != 200) co_return "unavailable";
        co_return user->body();
    }

private:
    coauth::rest_client_config with_tokens(coauth::rest_client_config config) const {
        config.authorization = tokens_;
        return config;
    }

    coauth::token_source tokens_;
    coauth::rest_client api_;
};

// ── Its tests ────────────────────────────────────────────────────────────────────────────────────

using namespace coauth::testing;

int failures = 0;

void check(bool ok, std::string const& what) {
    std::cout << (ok ? "ok    " : "FAILED  ") << what << '\n';
    if (!ok) ++failures;
}

settings in(memory_network const& net) {
    settings s = production();
    s.tokens.network = s.api.network = net;
    return s;
}

authorization_server_options authorization_at(memory_network const& net, coauth::clock clock = {}) {
    return {.http = net.at("https://auth.example.com"),
            .clients = {{.client_id = "client_id_123", .secret = "not-a-real-secret"}},
            .clock = std::move(clock),
            .token_path = "/oauth/token"};
}

/// Starts a call whose answer will stand in `name`.
void ask(asio::any_io_executor const& executor, user_service& service,
         std::optional<std::string>& name, asio::cancellation_slot slot = {}) {
    asio::co_spawn(
        executor, service.user_name(),
        asio::bind_cancellation_slot(slot, [&name](std::exception_ptr thrown, std::string answer) {
            name = thrown ? "cancelled" : std::move(answer);
        }));
}

void many_callers_share_one_token() {
    memory_network net;
    authorization_server auth(authorization_at(net));
    api_server api(auth, {.http = net.at("https://api.example.com")});
    asio::io_context io;
    user_service service(io.get_executor(), in(net));
    std::optional<std::string> names[100];
    for (auto& name : names) ask(io.get_executor(), service, name);
    io.run();
    std::size_t right = 0;
    for (auto const& name : names) right += name == R"({"id":7,"name":"user 7"})" ? 1 : 0;
    check(right == 100, "a hundred callers get their answer");
    check(auth.counters().token_requests == 1, "they cause one token request");
}

void a_broken_api_is_unavailable() {
    memory_network net;
    authorization_server auth(authorization_at(net));
    scripted_server api(net.at("https://api.example.com"));
    api.expect("GET", "/v1/users/7").reset();
    api.expect("GET", "/v1/users/7").reply(503);
    api.expect("GET", "/v1/users/7").reply(200, R"({"id":7})").cut(4);
    asio::io_context io;
    user_service service(io.get_executor(), in(net));
    for (auto const* fault : {"a reset", "503", "half an answer"}) {
        std::optional<std::string> name;
        ask(io.get_executor(), service, name);
        io.run();
        io.restart();
        check(name == "unavailable", std::string(fault) + " means unavailable");
    }
    check(api.problems().empty(), "the service has asked for what was expected " + api.problems());
}

void an_hour_goes_by() {
    memory_network net;
    manual_clock clock;
    authorization_server auth(authorization_at(net, clock));
    api_server api(auth, {.http = net.at("https://api.example.com")});
    asio::io_context io;
    settings s = in(net);
    s.tokens.clock = clock;
    user_service service(io.get_executor(), std::move(s));
    for (int i = 0; i != 2; ++i) {
        std::optional<std::string> name;
        ask(io.get_executor(), service, name);
        io.run();
        io.restart();
        clock.advance(1h);
    }
    check(auth.counters().tokens_issued == 2, "an expired token is replaced");
    check(api.counters().unauthorized == 0, "and never sent");
}

void nothing_breaks_when_a_caller_leaves() {
    std::size_t const steps = for_each_failure([](fail_nth& now) {
        stepping_executor executor;
        memory_network net(executor.get_executor());  // the servers' steps are steps as well
        authorization_server auth(authorization_at(net));
        api_server api(auth, {.http = net.at("https://api.example.com")});
        user_service service(executor.get_executor(), in(net));
        asio::cancellation_signal cancel;
        std::optional<std::string> name;
        ask(executor.get_executor(), service, name, cancel.slot());
        while (!name) {
            if (now.point()) cancel.emit(asio::cancellation_type::terminal);
            if (!executor.step()) break;
        }
        std::optional<std::string> next;
        ask(executor.get_executor(), service, next);
        executor.drain();
        if (next != R"({"id":7,"name":"user 7"})")
            check(false, "the next call after step " + std::to_string(now.n()));
    });
    check(steps > 20, "a call can be cancelled at each of its steps");
}

}  // namespace

int main() try {
    many_callers_share_one_token();
    a_broken_api_is_unavailable();
    an_hour_goes_by();
    nothing_breaks_when_a_caller_leaves();
    return failures == 0 ? 0 : 1;
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
