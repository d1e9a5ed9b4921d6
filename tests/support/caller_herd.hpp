// SPDX-License-Identifier: BSL-1.0
//
// Many callers of one source at once.

#ifndef COAUTH_TESTS_SUPPORT_CALLER_HERD_HPP
#define COAUTH_TESTS_SUPPORT_CALLER_HERD_HPP

#include "support/other_process.hpp"

#include <coauth/coauth.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace coauth_test {

/// Lets all callers loose at once, on two threads; says how many got which token.
inline std::string herd(coauth::token_source const& tokens, std::size_t callers) {
    std::mutex mutex;
    std::set<std::string> seen;
    std::size_t good = 0;
    asio::io_context io;
    for (std::size_t i = 0; i != callers; ++i) {
        asio::co_spawn(io, tokens.try_get(),
                       [&](std::exception_ptr, coauth::result<coauth::token_ref> got) {
                           std::lock_guard const lock(mutex);
                           if (got) ++good;
                           seen.insert(got ? std::string(got->access_token()) : got.error().what());
                       });
    }
    std::thread other([&io] { io.run(); });
    io.run();
    other.join();
    std::string said = std::to_string(good);
    for (auto const& one : seen) said += " " + one;
    return said;
}

/// What a process of several with one store does as it is told: "later" moves its clock by two
/// hours, a number lets so many callers loose, anything else is for `otherwise`.
inline int obey(line_end const& parent, coauth::token_source_config config,
                std::function<void(std::string const&)> const& otherwise = {}) {
    coauth::testing::manual_clock const clock;
    config.clock = clock;
    asio::io_context io;
    auto const forever = asio::make_work_guard(io);
    std::jthread const home([&io] { io.run(); });
    coauth::token_source const tokens(io.get_executor(), std::move(config));
    while (auto const line = parent.hear()) {
        if (*line == "later") {
            clock.advance(std::chrono::hours(2));
        } else if (line->find_first_not_of("0123456789") == std::string::npos) {
            parent.say(herd(tokens, std::stoul(*line)));
        } else {
            otherwise(*line);
        }
    }
    io.stop();
    return 0;
}

}  // namespace coauth_test

#endif
