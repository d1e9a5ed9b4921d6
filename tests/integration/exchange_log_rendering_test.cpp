// SPDX-License-Identifier: BSL-1.0
//
// A real call, rendered: both servers are in it, and no credential.

#include "support/embedded.hpp"

#include <coauth/codec/json_reader.hpp>
#include <coauth/exchange_log_har.hpp>
#include <coauth/exchange_log_html.hpp>
#include <coauth/exchange_log_text.hpp>
#include <coauth/metrics.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace exchange_log_rendering_test {
namespace {

using namespace coauth_test;

TEST(exchange_log_rendering, of_a_call_shows_both_servers_and_no_credential) {
    embedded_servers servers;
    asio::io_context io;
    coauth::metrics const metrics;
    coauth::exchange_log const log;
    coauth::token_source_config source = servers.source();
    source.observer = metrics;
    coauth::token_source tokens(io.get_executor(), std::move(source));
    coauth::rest_client_config config = servers.client(tokens);
    config.observer = metrics;
    config.log = log;
    coauth::rest_client const api(io.get_executor(), std::move(config));
    for (int i = 0; i != 2; ++i) {
        auto const users = run(io, api.try_send(coauth::request("GET", "/users?limit=2")));
        ASSERT_TRUE(users);
        ASSERT_EQ(users->status(), 200);
    }
    std::string token(tokens.try_cached().authorization());
    ASSERT_TRUE(token.starts_with("Bearer "));
    token.erase(0, 7);

    std::string const text = coauth::to_text(log);
    for (std::string_view const part :
         {"token: fetched (no_cached_token)", "token: hit", "[1] authorization server", "[2] API",
          "> Authorization: Basic [redacted]", "> Authorization: Bearer [redacted]", "TLS ",
          "\"access_token\": \"[redacted]\"", "connection 1, reused"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    }
    std::string const har = coauth::to_har(log);
    coauth::json_reader reader(har);
    coauth::json_value whole;
    EXPECT_TRUE(reader.next_value(whole)) << reader.reason();
    EXPECT_NE(har.find(R"("_party":"authorization_server")"), std::string::npos);

    std::string const html = coauth::to_html(log);
    for (std::string_view const part :
         {"A token was fetched, since there was none in memory", "The token came from memory.",
          "<h3>Authorization server</h3>", "Authorization: Bearer [redacted]"}) {
        EXPECT_NE(html.find(part), std::string::npos) << part;
    }

    std::string page;
    metrics.write_openmetrics(page);
    EXPECT_NE(page.find("http_client_request_duration_seconds_count{http_request_method=\"GET\""),
              std::string::npos);
    EXPECT_NE(page.find(R"(reason="no_cached_token"} 1)"), std::string::npos) << page;
    std::size_t const active = page.find("\nhttp_client_active_requests{");
    ASSERT_NE(active, std::string::npos) << page;
    EXPECT_EQ(page.substr(page.find("} ", active), 4), "} 0\n") << page;

    for (std::string const& shown : {text, har, html, page}) {
        EXPECT_EQ(shown.find(token), std::string::npos);
        EXPECT_EQ(shown.find(client_secret), std::string::npos);
    }
}

}  // namespace
}  // namespace exchange_log_rendering_test
