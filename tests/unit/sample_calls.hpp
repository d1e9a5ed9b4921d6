// SPDX-License-Identifier: BSL-1.0
//
// Calls as a recorder would have put them into a log. For tests only.

#ifndef COAUTH_TESTS_UNIT_SAMPLE_CALLS_HPP
#define COAUTH_TESTS_UNIT_SAMPLE_CALLS_HPP

#include <coauth/exchange_log.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace coauth_test {

using namespace std::chrono_literals;

/// 2026-01-31T23:59:59.250Z and later.
inline std::chrono::system_clock::time_point at(std::chrono::milliseconds after) {
    return std::chrono::sys_days(std::chrono::January / 31 / 2026) + 23h + 59min + 59s + 250ms +
           after;
}

inline std::shared_ptr<coauth::exchange_record const> token_exchange() {
    coauth::exchange_record x;
    x.with = coauth::exchange_record::party::authorization_server;
    x.started = at(1ms);
    x.method = "POST";
    x.url = "https://auth.example.com/token";
    x.request_headers.append("Authorization", "Basic [redacted]");
    x.request_headers.append("Content-Type", "application/x-www-form-urlencoded");
    x.request_body = {"grant_type=client_credentials&scope=a%20b+c", 43};
    x.status = 200;
    x.status_text = "OK";
    x.response_headers.append("Content-Type", "application/json");
    x.response_body = {R"({"access_token":"[redacted]","list":[1,{}],"expires_in":3600})", 70};
    x.timings = {.queue = 0ms,
                 .resolve = 1ms,
                 .connect = 2ms,
                 .tls = 10ms,
                 .send = 125us,
                 .wait = 20ms,
                 .receive = 1ms};
    x.took = 35ms;
    x.connection = 1;
    return std::make_shared<coauth::exchange_record const>(std::move(x));
}

/// `number`: the time of its start, in seconds.
inline std::shared_ptr<coauth::exchange_record const> api_exchange(
    int number, coauth::exchange_record::reason why, int status) {
    coauth::exchange_record x;
    x.why = why;
    x.started = at(std::chrono::seconds(number));
    x.method = "GET";
    x.url = "https://api.example.com/v1/users?q=a%20b&code=[redacted]#top";
    x.request_headers.append("Authorization", "Bearer [redacted]");
    x.request_headers.append("Cookie", "sid=[redacted]; theme=[redacted]");
    x.status = status;
    x.timings = {.queue = 1ms, .send = 1ms, .wait = 3ms};
    x.took = 5ms;
    x.connection = 2;
    x.connection_reused = number > 1;
    if (status == 0) {
        x.failure = "the response did not begin in time";
        x.took = 30s;
        return std::make_shared<coauth::exchange_record const>(std::move(x));
    }
    x.status_text = "Fine";
    x.response_headers.append("Set-Cookie", "sid=[redacted]; Path=/; HttpOnly");
    x.response_headers.append("Content-Type", "text/plain; charset=utf-8");
    x.response_body = {"hello", 5};
    x.timings.receive = 500us;
    return std::make_shared<coauth::exchange_record const>(std::move(x));
}

/// A token, a 401, another token that somebody else fetched, and an answer.
inline coauth::call_record resent_call() {
    coauth::call_record call;
    call.started = at(0ms);
    call.took = 2060ms;
    call.method = "GET";
    call.url = "https://api.example.com/v1/users?q=a%20b&code=[redacted]";
    call.status = 200;
    using decision = coauth::token_decision;
    call.tokens.push_back({decision::outcome::fetched,
                           coauth::fetch_reason::no_cached_token,
                           36ms,
                           {token_exchange()}});
    call.tokens.push_back({decision::outcome::hit, coauth::fetch_reason::rejected, 0ms, {}});
    using reason = coauth::exchange_record::reason;
    call.exchanges = {api_exchange(1, reason::first, 401),
                      api_exchange(2, reason::token_renewed, 200)};
    return call;
}

}  // namespace coauth_test

#endif
