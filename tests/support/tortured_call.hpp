// SPDX-License-Identifier: BSL-1.0
//
// A client on an io_context of its own, and calls that take down how they ended, for tests in which
// resources run out in the middle of the work.

#ifndef COAUTH_TESTS_SUPPORT_TORTURED_CALL_HPP
#define COAUTH_TESTS_SUPPORT_TORTURED_CALL_HPP

#include "support/embedded.hpp"

#include <chrono>
#include <cstddef>
#include <gtest/gtest.h>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

namespace coauth_test {

/// What came of one call.
struct tortured_call {
    bool finished = false;
    bool bad_alloc = false;
    int status = 0;
    coauth::error error;

    [[nodiscard]] std::string verdict() const {
        if (!finished) return "never ended";
        if (bad_alloc) return "bad_alloc";
        return error ? error.what() : std::to_string(status);
    }
};

/// The source and the client under test. Deadlines are so short that a call which is lost ends by
/// one of them, and so long that none else does.
struct tortured_client {
    explicit tortured_client(coauth::token_source_config source, coauth::rest_client_config client)
        : tokens(io.get_executor(), std::move(source)),
          api(coauth::single_threaded, io.get_executor(), with(std::move(client), tokens)) {}

    [[nodiscard]] static coauth::rest_client_config with(coauth::rest_client_config config,
                                                         coauth::token_source const& tokens) {
        config.authorization = tokens;
        return config;
    }

    [[nodiscard]] static awaitable<void> get(coauth::rest_client api,
                                             std::shared_ptr<tortured_call> call,
                                             std::shared_ptr<void> until_the_end) {
        try {
            coauth::response const answer = co_await api.get("/users?limit=1");
            call->status = answer.status();
        } catch (coauth::exception const& e) {
            call->error = e.error();
        } catch (std::bad_alloc const&) { call->bad_alloc = true; }
        call->finished = true;
        until_the_end.reset();
    }

    /// Begins when the context is run; `until_the_end` is let go of by the end of the call.
    [[nodiscard]] std::shared_ptr<tortured_call> start(std::shared_ptr<void> until_the_end = {}) {
        auto call = std::make_shared<tortured_call>();
        asio::co_spawn(io, get(api, call, std::move(until_the_end)), asio::detached);
        return call;
    }

    /// Until nothing is left to do. How often a handler has thrown.
    std::size_t run() {
        std::size_t thrown = 0;
        io.restart();
        for (bool done = false; !done;) {
            try {
                io.run();
                done = true;
            } catch (std::bad_alloc const&) { ++thrown; }
        }
        return thrown;
    }

    asio::io_context io{1};
    coauth::token_source tokens;
    coauth::rest_client api;
};

}  // namespace coauth_test

#endif
