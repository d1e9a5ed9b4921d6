// SPDX-License-Identifier: BSL-1.0
//
// A plain HTTP server on loopback whose answers a test writes as a function, and which remembers
// what it was asked; and a token endpoint made of it.

#ifndef COAUTH_TESTS_SUPPORT_RECORDING_SERVER_HPP
#define COAUTH_TESTS_SUPPORT_RECORDING_SERVER_HPP

#include <coauth/coauth.hpp>
#include <coauth/testing/http_server.hpp>

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace coauth_test {

using coauth::testing::server_request;
using coauth::testing::server_response;

class recording_server {
public:
    using answer = std::function<server_response(server_request const&)>;

    explicit recording_server(answer a, coauth::testing::http_server_options options = {})
        : answer_(std::move(a)),
          server_(std::move(options),
                  coauth::testing::synchronous_handler([this](server_request const& r) {
                      answer now;
                      {
                          std::lock_guard const lock(mutex_);
                          seen_.push_back(r);
                          now = answer_;
                      }
                      return now(r);
                  })) {}

    [[nodiscard]] std::string url(std::string_view path) const { return server_.url(path); }
    [[nodiscard]] std::size_t count() const {
        std::lock_guard const lock(mutex_);
        return seen_.size();
    }
    [[nodiscard]] server_request request(std::size_t i) const {
        std::lock_guard const lock(mutex_);
        return seen_.at(i);
    }
    [[nodiscard]] server_request last() const { return request(count() - 1); }
    void set(answer a) {
        std::lock_guard const lock(mutex_);
        answer_ = std::move(a);
    }
    [[nodiscard]] coauth::testing::http_server& http() noexcept { return server_; }

private:
    mutable std::mutex mutex_;
    std::vector<server_request> seen_;
    answer answer_;
    coauth::testing::http_server server_;
};

[[nodiscard]] inline server_response token_answer(std::string_view token, int lifetime = 3600) {
    return server_response::json(200, R"({"access_token":")" + std::string(token) +
                                          R"(","token_type":"Bearer","expires_in":)" +
                                          std::to_string(lifetime) + "}");
}

/// Gives out token-1, token-2, …
class recording_token_endpoint : public recording_server {
public:
    recording_token_endpoint()
        : recording_server([this](server_request const&) {
              return token_answer("token-" + std::to_string(count()));
          }) {}

    [[nodiscard]] coauth::token_source_config source() const {
        coauth::token_source_config config;
        config.token_url = url("/token");
        config.client = coauth::client_secret_basic("id", coauth::secret("not-a-real-secret"));
        return config;
    }
};

}  // namespace coauth_test

#endif
