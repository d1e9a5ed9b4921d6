// SPDX-License-Identifier: BSL-1.0
//
// What was said in one call: the exchanges with the API and with the authorization server, why each
// took place, and where the time went. Everything in it is redacted: it can be shown. Values.

#ifndef COAUTH_EXCHANGE_RECORD_HPP
#define COAUTH_EXCHANGE_RECORD_HPP

#include <coauth/cache/token_decision.hpp>
#include <coauth/clock.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coauth {

/// Where the time of an exchange went. Empty: there was no such phase, for instance no TLS on a
/// connection that had been used before.
struct exchange_timings {
    using phase = std::optional<duration>;
    phase queue = {};    ///< For a place in the connection pool.
    phase resolve = {};  ///< DNS.
    phase connect = {};  ///< TCP.
    phase tls = {};
    phase send = {};
    phase wait = {};  ///< From the last byte of the request to the first of the response.
    phase receive = {};
};

struct recorded_body {
    /// Redacted; a note in brackets in place of what is too long, not text, or broken.
    std::string text = {};
    /// As it was sent or received, in bytes.
    std::size_t size = 0;
};

struct exchange_record {
    enum class party : unsigned char { api, authorization_server };
    enum class reason : unsigned char {
        first,            ///< The first send.
        token_renewed,    ///< Once more after a 401, with another token.
        connection_lost,  ///< Once more: a reused connection had ended before a response.
    };

    party with = party::api;
    reason why = reason::first;
    std::chrono::system_clock::time_point started = {};

    std::string method = {};
    std::string url = {};
    http_fields request_headers = {};
    recorded_body request_body = {};

    /// 0: there was no response, see `failure`.
    int status = 0;
    std::string status_text = {};
    http_fields response_headers = {};
    recorded_body response_body = {};

    exchange_timings timings = {};
    /// From `started` to its end; the sum of the timings and what lies between.
    duration took = duration::zero();
    bool connection_reused = false;
    /// Numbers the connections of one client; 0: there was none.
    std::uint64_t connection = 0;
    /// What went wrong, for people; empty where nothing did, and while it is under way.
    std::string failure = {};
};

/// One call to the API (or one token fetch that a token source recorded for itself).
struct call_record {
    /// Counts the calls of a log, from 1.
    std::uint64_t number = 0;
    std::chrono::system_clock::time_point started = {};
    duration took = duration::zero();
    std::string method = {};
    std::string url = {};
    /// Of the response that the caller got; 0 without.
    int status = 0;
    /// Of the error that the caller got; empty without.
    std::string failure = {};
    /// How it came by its tokens, in order: none, one, and another one after a 401.
    std::vector<token_decision> tokens = {};
    /// With the API, in order. Those with the authorization server are in `tokens`.
    detail::exchange_records exchanges = {};

    /// All of them, with either server, in the order in which they began.
    [[nodiscard]] detail::exchange_records all_exchanges() const;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/exchange_record_impl.hpp>
#endif

#endif
