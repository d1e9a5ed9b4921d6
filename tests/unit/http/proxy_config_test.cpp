// SPDX-License-Identifier: BSL-1.0

#include <support/scratch.hpp>

#include <coauth/http/proxy.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace proxy_config_test {
namespace {

using namespace coauth;

constexpr char const* password = "not-a-real-secret";

proxy_config at(std::string url) { return {.url = std::move(url)}; }

url target(std::string_view text) { return url::parse(text).value(); }

/// The error that comes of a configuration; empty when it is fine.
error fault_of(proxy_config const& config) {
    try {
        http::proxy const made(config);
        return {};
    } catch (exception const& e) { return e.error(); }
}

TEST(proxy, is_named_by_an_http_url_with_host_and_port_alone) {
    http::proxy const proxy(at("http://Proxy.Corp:3128/"));
    EXPECT_EQ(proxy.host(), "proxy.corp");
    EXPECT_EQ(proxy.port(), 3128);
    EXPECT_EQ(proxy.origin(), "http://proxy.corp:3128");
    EXPECT_FALSE(proxy.has_credentials());
    EXPECT_TRUE(proxy.authorization().value().empty());
    EXPECT_EQ(http::proxy(at("http://proxy.corp")).port(), 80);
    EXPECT_EQ(http::proxy(at("http://[2001:db8::1]:3128")).host(), "2001:db8::1");
    EXPECT_EQ(http::proxy::make(std::nullopt), nullptr);
}

TEST(proxy, any_other_url_is_refused_with_a_hint) {
    for (char const* const text :
         {"", "proxy.corp:3128", "https://proxy.corp:3128", "socks5://proxy.corp:1080",
          "http://proxy.corp:3128/path", "http://proxy.corp:3128?x", "http:proxy.corp"}) {
        error const e = fault_of(at(text));
        EXPECT_TRUE(e.is(errc::invalid_url)) << text << e.what();
        EXPECT_FALSE(e.hint().empty()) << text;
    }
    EXPECT_TRUE(fault_of(at("http://proxy.corp:0")).is(errc::invalid_url));
    EXPECT_TRUE(fault_of(at("http://")).is(errc::invalid_url));
}

TEST(proxy, credentials_in_the_url_are_refused_and_not_repeated) {
    error const e = fault_of(at("http://user:not-a-real-secret@proxy.corp:3128"));
    EXPECT_TRUE(e.is(errc::invalid_url));
    EXPECT_NE(e.hint().find("proxy_config::credentials"), std::string::npos);
    EXPECT_EQ(e.what().find(password), std::string::npos);
}

TEST(proxy, a_rule_that_is_none_is_refused) {
    proxy_config config = at("http://proxy.corp:3128");
    config.no_proxy = {"example.com", "10.*"};
    EXPECT_TRUE(fault_of(config).is(errc::invalid_configuration));
}

TEST(proxy, does_not_cover_who_is_in_the_rules_nor_this_machine) {
    proxy_config config = at("http://127.0.0.1:3128");
    config.no_proxy = {"corp.test", "10.0.0.0/8", "other.test:8443"};
    http::proxy const proxy(config);
    for (char const* const direct :
         {"https://corp.test", "http://api.corp.test", "https://10.1.2.3",
          "https://other.test:8443", "https://localhost", "http://localhost.:8080",
          "https://127.0.0.1", "http://127.1.2.3:80", "https://[::1]:8443",
          "https://[::ffff:127.0.0.1]"}) {
        EXPECT_FALSE(proxy.covers(target(direct))) << direct;
    }
    for (char const* const covered :
         {"https://other.test", "https://example.com", "http://11.0.0.1", "https://[2001:db8::1]",
          "http://0.0.0.0"}) {
        EXPECT_TRUE(proxy.covers(target(covered))) << covered;
    }
}

// Plain http to loopback may carry credentials; that must never mean a proxy on another machine.
TEST(proxy, never_covers_what_counts_as_loopback_for_credentials) {
    http::proxy const proxy(at("http://proxy.corp:3128"));
    for (char const* const text : {"http://localhost", "http://127.0.0.1", "http://127.255.255.255",
                                   "http://[::1]", "http://127.0.0.1:8080"}) {
        ASSERT_TRUE(target(text).is_loopback()) << text;
        EXPECT_FALSE(proxy.covers(target(text))) << text;
    }
}

TEST(proxy, credentials_become_the_basic_scheme) {
    proxy_config config = at("http://proxy.corp:3128");
    config.credentials = proxy_credentials("Aladdin", secret("open sesame"));
    http::proxy const proxy(config);
    EXPECT_TRUE(proxy.has_credentials());
    EXPECT_EQ(proxy.authorization().value().reveal(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_THROW(proxy_credentials("a:b", secret("x")), exception);
    EXPECT_THROW(proxy_credentials("a\r\nb", secret("x")), exception);
    EXPECT_THROW(proxy_credentials("a", secret("x\ny")), exception);
}

TEST(proxy, a_password_by_reference_is_read_each_time) {
    coauth_test::scratch_directory const scratch;
    std::string const path = scratch.file("password");
    proxy_config config = at("http://proxy.corp:3128");
    config.credentials = proxy_credentials("u", secret::from_file(path));
    http::proxy const proxy(config);
    EXPECT_TRUE(proxy.authorization().error().is(errc::secret_unavailable));
    std::ofstream(path) << "one\n";
    EXPECT_EQ(proxy.authorization().value().reveal(), "Basic dTpvbmU=");
    std::ofstream(path) << "two\n";
    EXPECT_EQ(proxy.authorization().value().reveal(), "Basic dTp0d28=");
    std::ofstream(path) << "t\x01o\n";
    EXPECT_TRUE(proxy.authorization().error().is(errc::invalid_credentials));
}

TEST(proxy, identities_differ_with_proxy_user_and_password) {
    auto const identity = [](char const* text, std::optional<proxy_credentials> with) {
        proxy_config config = at(text);
        config.credentials = std::move(with);
        return std::string(http::proxy(config).identity().reveal());
    };
    auto const fixed = [](char const* user, char const* value) {
        return proxy_credentials(user, secret(value));
    };
    std::string const one = identity("http://a:1", fixed("u", "p"));
    EXPECT_EQ(one, identity("http://A:1/", fixed("u", "p")));
    EXPECT_NE(one, identity("http://a:2", fixed("u", "p")));
    EXPECT_NE(one, identity("http://a:1", fixed("v", "p")));
    EXPECT_NE(one, identity("http://a:1", fixed("u", "q")));
    EXPECT_NE(one, identity("http://a:1", std::nullopt));
    EXPECT_NE(identity("http://a:1", proxy_credentials("u", secret::from_env("P"))),
              identity("http://a:1", proxy_credentials("u", secret::from_file("P"))));
}

/// All that programs look at for a proxy, emptied, and put back at the end.
class proxy_from_env : public ::testing::Test {
protected:
    proxy_from_env() {
        for (char const* const name :
             {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY",
              "no_proxy", "NO_PROXY", "REQUEST_METHOD"}) {
            char const* const value = std::getenv(name);
            before_[name] = value == nullptr ? std::nullopt : std::optional<std::string>(value);
            ::unsetenv(name);
        }
    }
    ~proxy_from_env() override {
        for (auto const& [name, value] : before_) {
            if (value) ::setenv(name.c_str(), value->c_str(), 1);
            if (!value) ::unsetenv(name.c_str());
        }
    }
    static void set(char const* name, char const* value) { ::setenv(name, value, 1); }

    static std::string url_for(std::string_view scheme) {
        auto const found = proxy_config::from_env(scheme);
        return found ? found->url : "none";
    }
    static error fault() {
        try {
            static_cast<void>(proxy_config::from_env());
            return {};
        } catch (exception const& e) { return e.error(); }
    }

private:
    std::map<std::string, std::optional<std::string>> before_;
};

TEST_F(proxy_from_env, is_none_where_the_environment_says_nothing) {
    EXPECT_FALSE(proxy_config::from_env().has_value());
    set("HTTPS_PROXY", "");
    set("no_proxy", "example.com");
    EXPECT_FALSE(proxy_config::from_env().has_value());
}

TEST_F(proxy_from_env, takes_the_variable_of_the_scheme_and_lower_case_first) {
    set("ALL_PROXY", "http://upper.all:1");
    EXPECT_EQ(url_for("https"), "http://upper.all:1");
    EXPECT_EQ(url_for("http"), "http://upper.all:1");
    set("all_proxy", "http://all:1");
    EXPECT_EQ(url_for("https"), "http://all:1");
    set("HTTPS_PROXY", "http://upper.https:1");
    EXPECT_EQ(url_for("https"), "http://upper.https:1");
    EXPECT_EQ(url_for("http"), "http://all:1");
    set("https_proxy", "http://https:1");
    set("http_proxy", "http://http:1");
    EXPECT_EQ(url_for("https"), "http://https:1");
    EXPECT_EQ(url_for("http"), "http://http:1");
}

// A web server hands its client's "Proxy:" header to a CGI program in this variable.
TEST_F(proxy_from_env, never_looks_at_http_proxy_in_upper_case) {
    set("HTTP_PROXY", "http://attacker.test:1");
    EXPECT_EQ(url_for("http"), "none");
    EXPECT_EQ(url_for("https"), "none");
    set("REQUEST_METHOD", "GET");
    EXPECT_EQ(url_for("http"), "none");
}

TEST_F(proxy_from_env, takes_a_value_without_a_scheme_for_http) {
    set("https_proxy", "proxy.corp:3128");
    EXPECT_EQ(url_for("https"), "http://proxy.corp:3128");
    set("https_proxy", "proxy.corp:3128/");
    EXPECT_EQ(url_for("https"), "http://proxy.corp:3128/");
}

TEST_F(proxy_from_env, makes_credentials_of_the_userinfo) {
    for (char const* const value : {"http://us%65r:not-a-real%2Dsecret@proxy.corp:3128",
                                    "user:not-a-real-secret@proxy.corp:3128"}) {
        set("https_proxy", value);
        auto const found = proxy_config::from_env();
        EXPECT_EQ(found->url, "http://proxy.corp:3128");
        ASSERT_TRUE(found->credentials);
        EXPECT_EQ(found->credentials->user(), "user");
        EXPECT_EQ(found->credentials->header().value(), basic_auth("user", password));
    }
    set("https_proxy", "http://user@proxy.corp:3128");
    EXPECT_EQ(proxy_config::from_env()->credentials->header().value(), basic_auth("user", ""));
    set("https_proxy", "http://user:p@ss@proxy.corp:3128");
    EXPECT_EQ(proxy_config::from_env()->credentials->header().value(), basic_auth("user", "p@ss"));
}

TEST_F(proxy_from_env, takes_the_rules_with_it) {
    set("https_proxy", "http://proxy.corp:3128");
    set("NO_PROXY", "upper.test");
    EXPECT_FALSE(http::proxy(*proxy_config::from_env()).covers(target("https://upper.test")));
    set("no_proxy", "localhost,.corp.test, 10.0.0.0/8");
    http::proxy const proxy(*proxy_config::from_env());
    EXPECT_TRUE(proxy.covers(target("https://upper.test")));
    EXPECT_FALSE(proxy.covers(target("https://api.corp.test")));
    EXPECT_FALSE(proxy.covers(target("https://10.2.3.4")));
}

TEST_F(proxy_from_env, names_the_variable_that_cannot_be_used_and_not_its_value) {
    for (char const* const value :
         {"socks5://user:not-a-real-secret@proxy.corp:1080", "https://user:not-a-real-secret@p:1",
          "http://user:not-a-real-secret%4@proxy.corp", "http://u:not-a-real-secret@proxy.corp:0",
          "http://u:not-a-real-secret/x@proxy.corp", "http://not-a-real-secret:x:y@proxy.corp/p"}) {
        set("ALL_PROXY", value);
        error const e = fault();
        EXPECT_TRUE(e) << value;
        EXPECT_NE(e.message().find("ALL_PROXY"), std::string::npos) << e.what();
        EXPECT_EQ(e.what().find(password), std::string::npos) << e.what();
    }
    set("ALL_PROXY", "http://proxy.corp:3128");
    set("NO_PROXY", "10.*");
    EXPECT_NE(fault().message().find("NO_PROXY"), std::string::npos);
}

}  // namespace
}  // namespace proxy_config_test
