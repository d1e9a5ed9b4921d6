// SPDX-License-Identifier: BSL-1.0
//
// The main path on the embedded servers: calls, tokens, and how many token requests they cause.

#include "support/embedded.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace rest_client_test {
namespace {

using namespace coauth_test;

class rest_client_on_embedded_servers : public ::testing::Test {
protected:
    embedded_servers servers;
    asio::io_context io;
};

awaitable<coauth::response> get(coauth::rest_client& api, std::string target) {
    co_return co_await api.get(target);
}

TEST_F(rest_client_on_embedded_servers, a_call_fetches_caches_and_attaches_a_token) {
    coauth::token_source tokens(io.get_executor(), servers.source());
    coauth::rest_client api(io.get_executor(), servers.client(tokens));
    coauth::response const first = run(io, get(api, "/users?limit=2"));
    coauth::response const second = run(io, get(api, "users"));
    EXPECT_EQ(first.status(), 200);
    EXPECT_EQ(second.status(), 200);
    EXPECT_NE(first.body().find("\"id\""), std::string::npos) << first.body();
    EXPECT_EQ(servers.token_requests(), 1U);
}

awaitable<void> count_ok(coauth::rest_client& api, std::atomic<int>& ok) {
    coauth::response const answer = co_await api.get("/users?limit=1");
    if (answer.status() == 200) ++ok;
}

TEST_F(rest_client_on_embedded_servers,
       thousand_cold_callers_on_four_threads_cause_one_token_request) {
    coauth::token_source tokens(io.get_executor(), servers.source());
    coauth::rest_client api(io.get_executor(), servers.client(tokens));
    std::atomic<int> ok{0};
    for (int i = 0; i < 1000; ++i) asio::co_spawn(io, count_ok(api, ok), coauth::rethrow);
    run_on_threads(io, 4);
    EXPECT_EQ(ok, 1000);
    EXPECT_EQ(servers.token_requests(), 1U);
}

}  // namespace
}  // namespace rest_client_test
