// SPDX-License-Identifier: BSL-1.0
//
// Clients and token sources behind one proxy, which is all that knows the servers' names; and what
// each of the three gets to see of the others' credentials.

#include <coauth/http/proxy.hpp>
#include <coauth/testing/proxy_server.hpp>
#include <support/embedded.hpp>
#include <support/raw_server.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace proxy_test {
namespace {

using namespace coauth;
using namespace coauth_test;
using coauth::testing::proxy_server;
using coauth::testing::proxy_server_options;
using coauth::testing::recorded_request;
using coauth::testing::server_response;

constexpr char const* proxy_user = "proxy-user";
constexpr char const* proxy_password = "not-a-real-proxy-secret";

class proxied : public ::testing::Test {
protected:
    proxied()
        : authorization_server_({.http = named("auth.test"),
                                 .clients = {{.client_id = client_id,
                                              .secret = client_secret,
                                              .scope = "users.read"}}}),
          api_(authorization_server_, {.http = named("api.test")}),
          plain_api_(authorization_server_, {.http = {.host = "plain.test"}}),
          proxy_({.user = proxy_user,
                  .password = proxy_password,
                  .hosts = {authority(authorization_server_), authority(api_),
                            authority(plain_api_)}}) {}

    coauth::testing::http_server_options named(std::string name) {
        coauth::testing::certificate_options names;
        names.dns_names = {name};
        return {.host = std::move(name), .tls = ca_.server(names)};
    }
    template <class Server>
    static std::pair<std::string const, unsigned short> authority(Server& server) {
        std::string const origin = server.http().origin();
        return {origin.substr(origin.find("://") + 3), server.http().port()};
    }

    [[nodiscard]] tls_config trust() const {
        tls_config config;
        config.system_trust = false;
        config.ca_pem = ca_.ca_pem();
        return config;
    }
    [[nodiscard]] proxy_config through_proxy() const {
        return {.url = proxy_.url(),
                .credentials = proxy_credentials(proxy_user, secret(proxy_password))};
    }
    [[nodiscard]] token_source_config source() const {
        token_source_config config;
        config.token_url = authorization_server_.token_url();
        config.client = client_secret_basic(client_id, secret(client_secret));
        config.tls = trust();
        config.proxy = through_proxy();
        return config;
    }
    [[nodiscard]] rest_client_config client(coauth::authorization a) const {
        rest_client_config config;
        config.base_url = api_.base_url();
        config.authorization = std::move(a);
        config.tls = trust();
        config.proxy = through_proxy();
        return config;
    }
    /// The response, or the error.
    result<response> get(rest_client& api, std::string path = "/users") {
        return run(io_, api.try_get(std::move(path)));
    }

    static bool names_header(std::vector<recorded_request> const& seen, std::string_view name) {
        return std::any_of(seen.begin(), seen.end(),
                           [&](recorded_request const& r) { return r.fields.contains(name); });
    }

    asio::io_context io_;
    coauth::testing::certificate_authority ca_;
    coauth::testing::authorization_server authorization_server_;
    coauth::testing::api_server api_;
    coauth::testing::api_server plain_api_;
    proxy_server proxy_;
};

//
TEST_F(proxied, token_and_call_go_through_and_nobody_sees_the_credentials_of_another) {
    token_source const tokens(io_.get_executor(), source());
    rest_client api(io_.get_executor(), client(tokens));
    for (int i = 0; i != 3; ++i) {
        auto const users = get(api);
        ASSERT_TRUE(users) << users.error().what();
        EXPECT_EQ(users.value().status(), 200);
    }
    EXPECT_EQ(authorization_server_.counters().token_requests, 1U);
    EXPECT_EQ(proxy_.counters().tunnels, 2U) << "one to each server, used again";
    EXPECT_EQ(proxy_.counters().connections, 2U);
    auto const asked = proxy_.requests();
    ASSERT_EQ(asked.size(), 2U);
    for (recorded_request const& r : asked) {
        EXPECT_EQ(r.method, "CONNECT");
        EXPECT_EQ(r.fields.find("Proxy-Authorization"), "Basic [redacted]");
        EXPECT_EQ(r.fields.size(), 2U) << "Host, and that";
    }
    EXPECT_FALSE(names_header(asked, "Authorization"));
    for (auto const& seen : {authorization_server_.requests(), api_.requests()}) {
        EXPECT_TRUE(names_header(seen, "Authorization"));
        EXPECT_FALSE(names_header(seen, "Proxy-Authorization"));
    }
}

// nor can anybody put it there.
TEST_F(proxied, a_proxy_authorization_by_hand_is_refused) {
    EXPECT_THROW(request("GET", "/").header("Proxy-Authorization", "Basic eA=="), exception);
    rest_client_config config = client({});
    config.headers = {{"proxy-authorization", "Basic eA=="}};
    EXPECT_THROW(rest_client(io_.get_executor(), config), exception);
    token_source_config tokens = source();
    tokens.headers = {{"Proxy-Authorization", "Basic eA=="}};
    EXPECT_THROW(token_source(io_.get_executor(), tokens), exception);
    EXPECT_THROW(api_key("Proxy-Authorization", secret("x")), exception);
}

TEST_F(proxied, a_refusal_fails_the_token_and_the_call_and_names_the_proxy) {
    token_source_config without = source();
    without.proxy->credentials.reset();
    token_source const tokens(io_.get_executor(), without);
    rest_client api(io_.get_executor(), client(tokens));
    auto const call = get(api);
    ASSERT_FALSE(call);
    EXPECT_TRUE(call.error().is(errc::proxy_authentication_required)) << call.error().what();
    EXPECT_EQ(call.error().endpoint(), proxy_.url());
    EXPECT_NE(call.error().hint().find("Basic"), std::string::npos);
    EXPECT_EQ(authorization_server_.counters().token_requests, 0U);
    EXPECT_EQ(api_.counters().requests, 0U);

    rest_client_config wrong = client({});
    wrong.proxy->credentials = proxy_credentials(proxy_user, secret("not-the-secret-either"));
    rest_client other(io_.get_executor(), wrong);
    auto const refused = get(other);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(errc::proxy_authentication_required));
    EXPECT_EQ(refused.error().what().find("not-the-secret-either"), std::string::npos);
    EXPECT_EQ(proxy_.counters().tunnels, 0U);
}

// what a caller is told; http_proxy_test.cpp has the answers byte by byte.
TEST_F(proxied, every_failure_of_the_proxy_is_one_of_the_class_proxy) {
    rest_client api(io_.get_executor(), client(bearer_token(secret("not-a-real-token"))));
    std::vector<std::pair<server_response, errc>> const faults{
        {server_response(407), errc::proxy_authentication_required},
        {server_response(502), errc::proxy_failed},
        {server_response(403), errc::proxy_refused},
        {server_response(200).with_faults({.close_before_response = true}), errc::proxy_failed},
        {server_response(200).with_faults({.reset = true}), errc::proxy_failed},
        {server_response::raw_bytes("220 smtp.test ESMTP\r\n"), errc::proxy_malformed_response}};
    for (auto const& [answer, code] : faults) {
        proxy_.fail_next(1, answer);
        auto const call = get(api);
        ASSERT_FALSE(call);
        EXPECT_TRUE(call.error().is(code)) << call.error().what();
        EXPECT_TRUE(call.error().code() == condition::proxy);
        EXPECT_EQ(call.error().endpoint(), proxy_.url());
        EXPECT_EQ(call.error().what().find(proxy_password), std::string::npos);
        EXPECT_EQ(call.error().what().find("not-a-real-token"), std::string::npos);
    }
    EXPECT_EQ(api_.counters().requests, 0U);
    EXPECT_FALSE(names_header(proxy_.requests(), "Authorization"));
    auto const again = get(api);
    ASSERT_TRUE(again) << again.error().what();
    EXPECT_EQ(again.value().status(), 401);
}

TEST_F(proxied, tunnels_that_the_proxy_closes_are_replaced) {
    token_source const tokens(io_.get_executor(), source());
    rest_client api(io_.get_executor(), client(tokens));
    ASSERT_TRUE(get(api));
    proxy_.close_connections();
    ASSERT_TRUE(api_.http().wait_until([](auto const& now) { return now.connections_open == 0; }));
    auto const users = get(api);
    ASSERT_TRUE(users) << users.error().what();
    EXPECT_EQ(users.value().status(), 200);
    EXPECT_EQ(proxy_.counters().tunnels, 3U);
}

TEST_F(proxied, a_plain_http_api_is_forwarded_without_the_proxys_credentials) {
    rest_client_config config = client({});
    config.base_url = plain_api_.http().origin();
    rest_client api(io_.get_executor(), config);
    for (int i = 0; i != 2; ++i) {
        auto const open = get(api, "/open?x=1");
        ASSERT_TRUE(open) << open.error().what();
        EXPECT_EQ(open.value().status(), 200);
    }
    EXPECT_EQ(proxy_.counters().forwarded, 2U);
    EXPECT_EQ(proxy_.counters().connections, 1U);
    ASSERT_EQ(proxy_.requests().size(), 2U);
    EXPECT_EQ(proxy_.requests()[0].path, plain_api_.http().url("/open?x=1"));
    ASSERT_EQ(plain_api_.requests().size(), 2U);
    EXPECT_FALSE(names_header(plain_api_.requests(), "Proxy-Authorization"));
}

TEST_F(proxied, credentials_do_not_go_to_a_proxy_in_plain_text_unless_that_is_asked_for) {
    rest_client_config config = client(bearer_token(secret("not-a-real-token")));
    config.base_url = plain_api_.http().origin();
    EXPECT_THROW(rest_client(io_.get_executor(), config), exception);
    rest_client_config by_call = config;
    by_call.authorization = {};
    rest_client api(io_.get_executor(), by_call);
    request own("GET", "/open");
    own.header("Authorization", "Bearer not-a-real-token");
    auto const call = run(io_, api.try_send(own));
    ASSERT_FALSE(call);
    EXPECT_TRUE(call.error().is(errc::insecure_url)) << call.error().what();
    EXPECT_EQ(proxy_.counters().connections, 0U);

    config.insecure_http.emplace();
    rest_client careless(io_.get_executor(), config);
    ASSERT_TRUE(get(careless, "/open"));
    EXPECT_TRUE(names_header(proxy_.requests(), "Authorization"));
}

TEST_F(proxied, hooks_do_not_see_what_is_for_the_proxy) {
    std::vector<std::string> shown;
    rest_client_config config = client({});
    config.base_url = plain_api_.http().origin();
    config.hooks.before_send = [&](sent_request const& r) {
        for (http_field const f : r.headers()) shown.emplace_back(f.name);
    };
    rest_client api(io_.get_executor(), config);
    ASSERT_TRUE(get(api, "/open"));
    EXPECT_FALSE(shown.empty());
    EXPECT_EQ(std::count(shown.begin(), shown.end(), "Proxy-Authorization"), 0);
}

TEST_F(proxied, who_is_in_no_proxy_and_this_machine_are_reached_directly) {
    rest_client_config config = client({});
    config.base_url = "http://127.0.0.1:" + std::to_string(plain_api_.http().port());
    rest_client local(io_.get_executor(), config);
    ASSERT_TRUE(get(local, "/open"));
    // 0.0.0.0 leads to this machine, and is none of its names.
    config.base_url = "http://0.0.0.0:" + std::to_string(plain_api_.http().port());
    config.proxy->no_proxy = {"example.com, 0.0.0.0/8"};
    rest_client listed(io_.get_executor(), config);
    ASSERT_TRUE(get(listed, "/open"));
    EXPECT_EQ(proxy_.counters().connections, 0U);
    config.proxy->no_proxy = {};
    rest_client covered(io_.get_executor(), config);
    auto const call = get(covered, "/open");
    EXPECT_EQ(proxy_.counters().connections, 1U);
    ASSERT_TRUE(call);
    EXPECT_EQ(call.value().status(), 502) << "the testing proxy leads to hosts that it knows";
}

// no_proxy_test.cpp has the rules one by one.
TEST_F(proxied, the_environment_is_ignored_unless_it_is_asked_for) {
    for (char const* const name :
         {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
        ::setenv(name, proxy_.url().c_str(), 1);
    }
    ::setenv("NO_PROXY", "example.com,.corp.test,10.0.0.0/8", 1);
    rest_client_config config;
    config.base_url = "http://0.0.0.0:" + std::to_string(plain_api_.http().port());
    rest_client plain(io_.get_executor(), config);
    auto const direct = get(plain, "/open");
    ASSERT_TRUE(direct) << direct.error().what();
    EXPECT_EQ(direct.value().status(), 200);
    EXPECT_EQ(proxy_.counters().connections, 0U);

    config.proxy = proxy_config::from_env("http");
    rest_client asked(io_.get_executor(), config);
    auto const through = get(asked, "/open");
    EXPECT_EQ(proxy_.counters().connections, 1U);
    EXPECT_FALSE(through) << "the proxy wants credentials";
    ::setenv("NO_PROXY", "example.com,.corp.test,0.0.0.0/8", 1);
    config.proxy = proxy_config::from_env("http");
    rest_client listed(io_.get_executor(), config);
    auto const around = get(listed, "/open");
    ASSERT_TRUE(around) << around.error().what();
    EXPECT_EQ(around.value().status(), 200);
    EXPECT_EQ(proxy_.counters().connections, 1U);
    http::proxy const rules(*config.proxy);
    EXPECT_FALSE(rules.covers(url::parse("http://api.corp.test").value()));
    EXPECT_TRUE(rules.covers(url::parse("http://corp.test").value()));
    for (char const* const name : {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY",
                                   "all_proxy", "ALL_PROXY", "NO_PROXY"}) {
        ::unsetenv(name);
    }
}

TEST_F(proxied, sources_share_a_token_only_through_the_same_proxy_with_the_same_credentials) {
    token_cache cache;
    auto const entry = [&](auto const& edit) {
        token_source_config config = source();
        edit(config);
        return token_source(cache, io_.get_executor(), config).entry();
    };
    auto const same = entry([](auto&) {});
    EXPECT_EQ(same, entry([](auto&) {}));
    EXPECT_NE(same, entry([](auto& c) { c.proxy.reset(); }));
    EXPECT_NE(same, entry([](auto& c) { c.proxy->url = "http://127.0.0.1:1"; }));
    EXPECT_NE(same, entry([](auto& c) { c.proxy->credentials.reset(); }));
    EXPECT_NE(same, entry([](auto& c) {
                  c.proxy->credentials = proxy_credentials("other", secret(proxy_password));
              }));
    EXPECT_NE(same, entry([](auto& c) {
                  c.proxy->credentials = proxy_credentials(proxy_user, secret("other"));
              }));
    // Whoever goes around the proxy is somebody who has none.
    EXPECT_EQ(entry([](auto& c) { c.proxy.reset(); }),
              entry([](auto& c) { c.proxy->no_proxy = {"auth.test"}; }));
}

TEST_F(proxied, a_call_that_waits_for_the_tunnel_ends_with_its_client) {
    proxy_.fail_with(server_response(200).with_faults({.hang = true}));
    rest_client api(io_.get_executor(), client({}));
    result<response> outcome;
    asio::co_spawn(io_, api.try_get("/users"),
                   [&](std::exception_ptr, result<response> r) { outcome = std::move(r); });
    while (proxy_.requests().empty()) io_.run_one_for(std::chrono::milliseconds(10));
    run(io_, api.stop(duration::zero()));
    ASSERT_FALSE(outcome);
    EXPECT_TRUE(outcome.error().is(errc::stopped)) << outcome.error().what();
}

}  // namespace
}  // namespace proxy_test
