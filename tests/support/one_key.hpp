// SPDX-License-Identifier: BSL-1.0
//
// One key of a cache, a server that a test tells what to answer, and a clock that stands still.

#ifndef COAUTH_TESTS_SUPPORT_ONE_KEY_HPP
#define COAUTH_TESTS_SUPPORT_ONE_KEY_HPP

#include "support/fake_fetcher.hpp"

#include <coauth/testing/manual_clock.hpp>

#include <cstdint>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>

namespace coauth::tests {

inline std::string const api = "https://api.example.com:443";

class one_key_test : public ::testing::Test {
protected:
    static cache_policy policy(coauth::testing::manual_clock const& clock) {
        cache_policy p;
        p.clock = clock;
        return p;
    }
    void run() {
        io.restart();
        io.poll();
    }
    call_handle call(detail::token_demand demand = detail::token_demand(time_point::max())) {
        auto made = std::make_shared<token_call>();
        start(io.get_executor(), made, key.entry, fetcher, std::move(demand));
        run();
        return made;
    }
    /// A 401 of `origin` to the token of `generation`.
    call_handle rejected(std::uint64_t generation, std::string const& origin = api) {
        return call(detail::token_demand(time_point::max()).after_rejection(generation, origin));
    }
    token_ref cached() {
        token_ref token = look(key.entry, fetcher);
        run();
        return token;
    }
    std::string text() {
        token_ref const token = cached();
        return token ? std::string(token.access_token()) : std::string();
    }
    /// Gets a token and tells its generation.
    std::uint64_t generation() {
        auto const c = call();
        return (**c->outcome).generation();
    }
    void fail_with(error e) {
        fetcher->answer_with([e](unsigned, time_point) { return e; });
    }
    void grant_again() { fetcher->answer_with({}); }

    coauth::testing::manual_clock clock;
    cached_key key{policy(clock)};
    asio::io_context io;
    std::shared_ptr<fake_fetcher> fetcher =
        std::make_shared<fake_fetcher>(io.get_executor(), clock);
};

}  // namespace coauth::tests

#endif
