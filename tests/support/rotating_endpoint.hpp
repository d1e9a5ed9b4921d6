// SPDX-License-Identifier: BSL-1.0
//
// A token endpoint that rotates refresh tokens, for clients that need no person.

#ifndef COAUTH_TESTS_SUPPORT_ROTATING_ENDPOINT_HPP
#define COAUTH_TESTS_SUPPORT_ROTATING_ENDPOINT_HPP

#include "support/recording_server.hpp"

#include <cstddef>
#include <mutex>
#include <string>
#include <sys/types.h>

namespace coauth_test {

/// Rotates: each refresh token is good once. The first request of a round may go unanswered.
class rotating_endpoint {
public:
    [[nodiscard]] std::string url() const { return server_.url("/token"); }
    [[nodiscard]] std::size_t count() const { return server_.count(); }

    void hang_next() {
        std::lock_guard const lock(mutex_);
        hang_ = true;
    }
    /// Of the process whose request hangs; 0 for none.
    [[nodiscard]] ::pid_t hanging() {
        std::lock_guard const lock(mutex_);
        return hanging_;
    }
    /// Refresh tokens that had been used, or never given.
    [[nodiscard]] int refused() {
        std::lock_guard const lock(mutex_);
        return refused_;
    }
    [[nodiscard]] int initial_grants() {
        std::lock_guard const lock(mutex_);
        return initial_;
    }

private:
    server_response answer(server_request const& r) {
        std::lock_guard const lock(mutex_);
        if (hang_) {
            hang_ = false;
            hanging_ = std::stoi(std::string(r.fields.find("X-Process").value_or("0")));
            return server_response(503).with_faults({.hang = true});
        }
        bool const refresh = r.body.find("grant_type=refresh_token") != std::string::npos;
        std::string const present = "refresh_token=test-token-refresh-" + std::to_string(given_);
        bool const good =
            r.body.size() >= present.size() &&
            r.body.compare(r.body.size() - present.size(), std::string::npos, present) == 0;
        if (refresh && !good) {
            ++refused_;
            return server_response::json(400, R"({"error":"invalid_grant"})");
        }
        if (!refresh) ++initial_;
        std::string const n = std::to_string(++given_);
        return server_response::json(
            200, R"({"token_type":"Bearer","expires_in":3600,"access_token":"test-token-)" + n +
                     R"(","refresh_token":"test-token-refresh-)" + n + R"("})");
    }

    std::mutex mutex_;
    bool hang_ = false;
    ::pid_t hanging_ = 0;
    int given_ = 0;
    int refused_ = 0;
    int initial_ = 0;
    // The last: its thread uses all of the others.
    recording_server server_{[this](server_request const& r) { return answer(r); }};
};

}  // namespace coauth_test

#endif
