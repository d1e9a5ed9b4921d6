// SPDX-License-Identifier: BSL-1.0
//
// Many callers of one source at once.

#ifndef COAUTH_TESTS_SUPPORT_CALLER_HERD_HPP
#define COAUTH_TESTS_SUPPORT_CALLER_HERD_HPP

#include <coauth/coauth.hpp>

#include <cstddef>
#include <exception>
#include <mutex>
#include <set>
#include <string>
#include <thread>

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

}  // namespace coauth_test

#endif
