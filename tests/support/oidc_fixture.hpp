// SPDX-License-Identifier: BSL-1.0
//
// What the tests against tests/servers/oidc-provider share: configurations that fit it, and a clock
// that a test can push forward.

#ifndef COAUTH_TESTS_SUPPORT_OIDC_FIXTURE_HPP
#define COAUTH_TESTS_SUPPORT_OIDC_FIXTURE_HPP

#include "support/canary_watch.hpp"
#include "support/oidc_log.hpp"
#include "support/oidc_server.hpp"

#include <coauth/coauth.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::tests {

/// A clock that stands still, or runs ahead of the machine's, until it is pushed further.
class test_clock {
public:
    enum class kind : unsigned char { standing, running };
    explicit test_clock(kind k) : kind_(k), begin_(boot_clock::now()) {}

    [[nodiscard]] time_point now() const noexcept {
        time_point const base = kind_ == kind::running ? boot_clock::now() : begin_;
        return base + ahead_.load();
    }
    void advance(duration d) noexcept { ahead_ = ahead_.load() + d; }

private:
    kind kind_;
    time_point begin_;
    std::atomic<duration> ahead_{duration::zero()};
};

class oidc_test : public ::testing::Test {
protected:
    void SetUp() override { COAUTH_REQUIRE_OIDC(); }
    /// Others have the server next, and know nothing of faults.
    void TearDown() override {
        if (oidc_ready_file().empty()) return;
        if (HasFailure()) report_server_errors();
        oidc().reset();
    }

    /// A 500 of the server's own making is no fault of what is tested.
    static void report_server_errors() {
        std::string const errors = oidc().counters().server_errors();
        if (!errors.empty()) ADD_FAILURE() << "the authorization server failed itself:\n" << errors;
    }

    /// The private CA and nothing else.
    static tls_config trust() {
        tls_config config;
        config.system_trust = false;
        config.ca_file = oidc().ca_file();
        return config;
    }

    /// For a client of the server that authenticates with client_secret_basic.
    static token_source_config source(std::string const& client_id = "cc-basic",
                                      std::string_view listener = "https") {
        token_source_config config;
        config.token_url = oidc().origin(listener) + "/token";
        config.client = client_secret_basic(client_id, secret(oidc_secret));
        config.scope = "read write";
        config.tls = trust();
        config.observer = coauth_test::canary_watch::observer();
        config.log = coauth_test::canary_watch::log();
        return config;
    }
    static token_source_config post_source(std::string const& client_id = "cc-post",
                                           std::string_view client_secret = oidc_secret) {
        token_source_config config = source();
        config.client = client_secret_post(client_id, secret(client_secret));
        return config;
    }

    static rest_client_config api(authorization a, std::string_view listener = "https") {
        rest_client_config config;
        config.base_url = oidc().origin(listener) + "/rs";
        config.authorization = std::move(a);
        config.tls = trust();
        config.observer = coauth_test::canary_watch::observer();
        config.log = coauth_test::canary_watch::log();
        return config;
    }

    /// Runs one awaitable, and everything that it leaves behind, to the end.
    template <class T>
    T run(awaitable<T> work) {
        std::future<T> outcome = asio::co_spawn(io, std::move(work), asio::use_future);
        io.restart();
        io.run();
        return outcome.get();
    }
    result<token_ref> fetch(token_source const& tokens, get_options options = get_options()) {
        return run(tokens.try_get(options));
    }
    /// The error of a fetch; no error when it brought a token.
    error failure(token_source const& tokens, get_options options = get_options()) {
        result<token_ref> const token = fetch(tokens, options);
        return token ? error() : token.error();
    }

    asio::io_context io;
};

}  // namespace coauth::tests

#endif
