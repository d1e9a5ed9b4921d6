// SPDX-License-Identifier: BSL-1.0
//
// A scripted server whose answers a test writes as one function, and a token endpoint made of it.

#ifndef COAUTH_TESTS_SUPPORT_RECORDING_SERVER_HPP
#define COAUTH_TESTS_SUPPORT_RECORDING_SERVER_HPP

#include "support/canary_watch.hpp"

#include <coauth/coauth.hpp>
#include <coauth/testing/scripted_server.hpp>

#include <functional>
#include <string>
#include <utility>

namespace coauth_test {

using coauth::testing::server_request;
using coauth::testing::server_response;

class recording_server : public coauth::testing::scripted_server {
public:
    using answer = std::function<server_response(server_request const&)>;

    explicit recording_server(answer a, coauth::testing::http_server_options options = {})
        : scripted_server(std::move(options)) {
        set(std::move(a));
    }
    void set(answer a) { otherwise(std::move(a)); }
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
        config.observer = canary_watch::observer();
        config.log = canary_watch::log();
        return config;
    }
};

}  // namespace coauth_test

#endif
