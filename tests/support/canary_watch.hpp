// SPDX-License-Identifier: BSL-1.0
//
// Sits behind the configurations that the tests use, takes down everything that the library tells
// (events, logs, HAR, metrics, errors), and fails the test after which a secret is found in it.

#ifndef COAUTH_TESTS_SUPPORT_CANARY_WATCH_HPP
#define COAUTH_TESTS_SUPPORT_CANARY_WATCH_HPP

#include <coauth/exchange_log.hpp>
#include <coauth/observer.hpp>

#include <string_view>

namespace coauth_test {

class canary_watch {
public:
    [[nodiscard]] static coauth::observer observer();
    [[nodiscard]] static coauth::exchange_log log();

    /// Whether the text holds a secret of the tests: one that all of them share, or a token of an
    /// embedded authorization server. Empty: none, else the beginning of what was found.
    [[nodiscard]] static std::string_view find(std::string_view text);
};

}  // namespace coauth_test

#endif
