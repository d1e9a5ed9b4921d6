// SPDX-License-Identifier: BSL-1.0
//
// The authorization server and the API that all clients of the herd benchmark meet: TLS on
// loopback, a token endpoint that takes 50 ms, and one kind of trouble per scenario.
//
// herd_server <scenario> <file for the CA's certificate>
//
// Prints its URL, serves until its standard input ends (two minutes at most), then prints what it
// has counted, as JSON. POST /control/revoke revokes all tokens issued so far; GET /control/phase
// tells how far `retry_after` is: before, paused, ending, over. GET /control/when/<event> is slow
// to say "not yet", for those who wait for `asked` (a token request has come), `paused` or `over`.

#include <coauth/codec/form.hpp>
#include <coauth/testing/http_server.hpp>
#include <coauth/testing/pki.hpp>
#include <coauth/testing/token_registry.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace {

namespace kit = coauth::testing;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds token_time{50};
constexpr std::chrono::seconds pause_length{2};
/// After an answer has been sent, until its client is sure to have read it.
constexpr milliseconds known_after{400};
/// After the revocation, answers of the API come in spread over this time, so that some callers
/// learn of it when others have a new token already.
constexpr milliseconds api_spread{400};
constexpr unsigned callers = 100;

enum class scenario : unsigned char { cold, failing, revoked, leader_cancelled, retry_after };

[[nodiscard]] scenario scenario_of(std::string_view name) {
    constexpr std::array<std::string_view, 5> names = {"cold", "failing", "revoked",
                                                       "leader_cancelled", "retry_after"};
    auto const* const found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) throw std::runtime_error("unknown scenario");
    return static_cast<scenario>(found - names.begin());
}

/// Lives on the server's thread; read when that has ended.
class service {
public:
    explicit service(scenario which) : which_(which) {}

    [[nodiscard]] kit::server_response answer(kit::server_request const& request) {
        std::string_view const path = request.path;
        if (path.ends_with("/token")) {
            kit::server_response response = token(request);
            response.faults.delay = token_time;
            return response;
        }
        if (path == "/v1/users") return users(request);
        if (path == "/control/revoke") return revoke();
        if (path.starts_with(when_path)) return when(path.substr(when_path.size()));
        if (path == "/control/phase") return kit::server_response(200, "text/plain", phase());
        return kit::server_response(404);
    }

    [[nodiscard]] std::string report() const {
        return "{\"token_requests\":" + std::to_string(token_requests_ - before_revocation_) +
               ",\"paused_token_requests\":" + std::to_string(paused_token_requests_) +
               ",\"api_requests\":" + std::to_string(api_requests_) +
               ",\"api_unauthorized\":" + std::to_string(api_unauthorized_) + '}';
    }

private:
    [[nodiscard]] kit::server_response token(kit::server_request const& request) {
        ++token_requests_;
        if (which_ == scenario::failing) {
            return kit::server_response::json(500, R"({"error":"server_error"})");
        }
        if (which_ == scenario::retry_after) {
            if (auto refusal = pause()) return std::move(*refusal);
        }
        auto const form = coauth::form_decode(request.body);
        std::string_view grant;
        if (form) {
            for (auto const& [name, value] : *form) {
                if (name == "grant_type") grant = value;
            }
        }
        if (grant != "client_credentials" && grant != "refresh_token") {
            return kit::server_response::json(400, R"({"error":"unsupported_grant_type"})");
        }
        // Every client may be anybody here: how they authenticate is not what is measured.
        return kit::server_response::json(
            200, "{\"access_token\":\"" +
                     tokens_.issue("client", "users.read", std::chrono::hours(1)) +
                     "\",\"token_type\":\"Bearer\",\"expires_in\":3600}");
    }

    /// The first request begins the pause, which ends by itself.
    [[nodiscard]] std::optional<kit::server_response> pause() {
        auto const now = steady_clock::now();
        if (!pause_end_) pause_end_ = now + token_time + pause_length;
        if (now >= *pause_end_) return std::nullopt;
        ++paused_token_requests_;
        auto const left = std::chrono::ceil<std::chrono::seconds>(*pause_end_ - now - token_time);
        return kit::server_response::json(503, R"({"error":"temporarily_unavailable"})")
            .with_field("Retry-After", std::to_string(std::max<std::int64_t>(1, left.count())));
    }

    [[nodiscard]] kit::server_response users(kit::server_request const& request) {
        ++api_requests_;
        std::string_view token = request.fields.find("Authorization").value_or("");
        if (token.starts_with("Bearer ")) token.remove_prefix(7);
        bool const good = tokens_.look_up(token).state == kit::token_state::active;
        kit::server_response response =
            kit::server_response::json(200, R"([{"id":1,"name":"user 1"}])");
        if (!good) {
            ++api_unauthorized_;
            response = kit::server_response::json(401, R"({"title":"unauthorized"})")
                           .with_field("WWW-Authenticate", "Bearer error=\"invalid_token\"");
        }
        if (revoked_) response.faults.delay = api_spread / callers * (spread_++ % callers);
        return response;
    }

    [[nodiscard]] kit::server_response revoke() {
        tokens_.revoke_all();
        revoked_ = true;
        before_revocation_ = token_requests_;
        return kit::server_response(204);
    }

    /// Of the pause: the clients go by this and not by clocks of their own, since a busy machine
    /// makes them late.
    [[nodiscard]] std::string phase() const {
        auto const now = steady_clock::now();
        if (!pause_end_ || now < *pause_end_ - pause_length + known_after) return "before";
        if (now < *pause_end_) return "paused";
        return now < *pause_end_ + known_after ? "ending" : "over";
    }

    [[nodiscard]] kit::server_response when(std::string_view event) const {
        bool const come = event == "asked" ? token_requests_ != 0 : phase() == event;
        kit::server_response response(200, "text/plain", come ? "now" : "not yet");
        if (come) return response;
        response.faults.delay = milliseconds(2);
        if (pause_end_) {
            auto const at =
                *pause_end_ + known_after - (event == "over" ? milliseconds(0) : pause_length);
            auto const left = std::chrono::ceil<milliseconds>(at - steady_clock::now());
            response.faults.delay = std::max(left, milliseconds(2));
        }
        return response;
    }

    static constexpr std::string_view when_path = "/control/when/";

    scenario const which_;
    kit::token_registry tokens_;
    std::optional<steady_clock::time_point> pause_end_;
    bool revoked_ = false;
    unsigned spread_ = 0;
    std::uint64_t token_requests_ = 0;
    std::uint64_t before_revocation_ = 0;
    std::uint64_t paused_token_requests_ = 0;
    std::uint64_t api_requests_ = 0;
    std::uint64_t api_unauthorized_ = 0;
};

void wait_for_end_of_input() {
    auto const end = steady_clock::now() + std::chrono::minutes(2);
    while (steady_clock::now() < end) {
        ::pollfd input{STDIN_FILENO, POLLIN, 0};
        if (::poll(&input, 1, 1000) <= 0) continue;
        std::array<char, 64> ignored{};
        if (::read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) return;
    }
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 3) throw std::runtime_error("usage: herd_server <scenario> <CA file>");
    kit::certificate_authority const authority;
    std::ofstream(argv[2]) << authority.ca_pem();
    service served(scenario_of(argv[1]));
    kit::http_server server(
        {.tls = authority.server()},
        kit::synchronous_handler([&](kit::server_request const& r) { return served.answer(r); }));
    std::cout << server.origin() << std::endl;
    wait_for_end_of_input();
    server.stop();
    std::cout << served.report() << std::endl;
} catch (std::exception const& e) {
    std::cerr << "herd_server: " << e.what() << '\n';
    return 1;
}
