// SPDX-License-Identifier: BSL-1.0

#include <support/scratch.hpp>

#include <coauth/client_auth/client_secret_jwt.hpp>
#include <coauth/client_auth/client_secret_post.hpp>
#include <coauth/client_auth/private_key_jwt.hpp>
#include <coauth/client_auth/tls_client_auth.hpp>
#include <coauth/config_json.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "config_support.hpp"

namespace config_json_test {
namespace {

using namespace std::chrono_literals;
using coauth::errc;
using coauth::config::from_json;
using config_support::environment;

/// Stands where a secret, or anything that might be one, could stand.
constexpr std::string_view canary = "c4n4ry";

std::string const good_token =
    R"("token":{"token_endpoint":"https://a.example/t","client_id":"id","client_secret":"env:S"})";
std::string const good_api = R"("api":{"base_url":"https://b.example"})";

/// The message of the error, in which no value may be.
std::string refusal(std::string const& text, coauth::config::json_options options = {}) {
    auto const settings = from_json(text, options);
    if (settings) return "accepted";
    EXPECT_TRUE(settings.error().is(errc::invalid_configuration)) << settings.error().what();
    EXPECT_EQ(settings.error().code(), coauth::condition::configuration);
    EXPECT_EQ(settings.error().what().find(canary), std::string::npos) << settings.error().what();
    return settings.error().message();
}

std::string with_token(std::string const& members) {
    return R"({"token":{"token_endpoint":"https://a.example/t","client_id":"id",)"
           R"("client_secret":"env:S",)" +
           members + "}}";
}

std::string with_api(std::string const& members) {
    return R"({"api":{"base_url":"https://b.example",)" + members + "}}";
}

TEST(config_json, gives_the_structs_that_code_fills_in) {
    auto const settings = from_json(R"({
        "token": {"token_endpoint": "https://auth.example.com/oauth/token",
                  "client_id": "client_id_123", "client_secret": "env:CLIENT_SECRET",
                  "scope": "users.read", "resource": ["https://api.example.com"],
                  "parameters": {"tenant": "7"}, "fetch_deadline": 2.5,
                  "lifetime": {"refresh_ahead": "5m"}, "tls": {"min_version": "1.3"}},
        "api":   {"base_url": "https://api.example.com/v1", "headers": {"X-Team": "a"},
                  "call_deadline": "250ms"},
        "tls":   {"ca_file": "/etc/ca.pem", "private_key_password": "file:/run/password"}})");
    ASSERT_TRUE(settings) << settings.error().what();
    EXPECT_TRUE(settings->has_token());
    EXPECT_TRUE(settings->has_api());
    EXPECT_EQ(settings->token.token_url, "https://auth.example.com/oauth/token");
    EXPECT_TRUE(settings->token.client);
    EXPECT_EQ(settings->token.scope.to_string(), "users.read");
    EXPECT_EQ(settings->token.fetch_deadline, 2500ms);
    EXPECT_EQ(settings->token.lifetime.refresh_ahead, 5min);
    EXPECT_EQ(settings->token.tls.min_version, coauth::tls_version::tls_1_3);
    EXPECT_EQ(settings->token.tls.ca_file, "/etc/ca.pem");
    EXPECT_EQ(settings->api.tls.ca_file, "/etc/ca.pem");
    EXPECT_EQ(settings->api.tls.private_key_password->name(), "/run/password");
    EXPECT_EQ(settings->api.tls.min_version, coauth::tls_version::tls_1_2);
    EXPECT_EQ(settings->api.call_deadline, 250ms);
    EXPECT_TRUE(settings->api.authorization.is_none());
}

TEST(config_json, the_client_is_the_one_that_code_would_make) {
    auto const of = [](std::string const& method) {
        auto const settings =
            from_json(with_token(R"("token_endpoint_auth_method":")" + method + '"'));
        return std::string(settings.value().token.client.cache_identity()->reveal());
    };
    auto const secret = [] { return coauth::secret::from_env("S"); };
    EXPECT_EQ(of("client_secret_basic"),
              coauth::client_secret_basic("id", secret()).cache_identity().reveal());
    EXPECT_EQ(of("client_secret_post"),
              coauth::client_secret_post("id", secret()).cache_identity().reveal());
    EXPECT_EQ(of("client_secret_jwt"),
              coauth::client_secret_jwt("id", secret()).cache_identity().reveal());
    EXPECT_EQ(of("none"), coauth::public_client("id").cache_identity());
}

TEST(config_json, private_key_jwt_has_everything_of_its_options_but_the_hook) {
    auto const settings = from_json(R"({"token":{
        "token_endpoint":"https://a.example/t", "client_id":"id",
        "token_endpoint_auth_method":"private_key_jwt", "private_key":"file:/key.pem",
        "private_key_password":"env:P", "token_endpoint_auth_signing_alg":"PS256",
        "client_assertion":{"audience":"https://a.example","type":"x","key_id":"k",
                            "certificate_thumbprint":true,"header":{"a":"b"},"lifetime":"30s"}}})");
    ASSERT_TRUE(settings) << settings.error().what();
    coauth::client_assertion_options const options{.audience = "https://a.example",
                                                   .type = "x",
                                                   .key_id = "k",
                                                   .certificate_thumbprint = true,
                                                   .header = {{"a", "b"}},
                                                   .lifetime = 30s};
    coauth::private_key_jwt const same(
        "id",
        {coauth::secret::from_file("/key.pem"),
         {.password = coauth::secret::from_env("P"), .algorithm = coauth::jws_algorithm::ps256}},
        options);
    EXPECT_EQ(settings->token.client.cache_identity()->reveal(), same.cache_identity().reveal());
    EXPECT_FALSE(settings->token.client.needs_client_certificate());
}

TEST(config_json, each_method_asks_for_what_it_needs_and_for_nothing_else) {
    auto const with = [](std::string const& method, std::string const& more = "") {
        return refusal(R"({"token":{"token_endpoint":"https://a.example/t","client_id":"id",)"
                       R"("token_endpoint_auth_method":")" +
                       method + '"' + more + "}}");
    };
    for (char const* method : {"client_secret_basic", "client_secret_post", "client_secret_jwt"}) {
        EXPECT_EQ(with(method), "/token/client_secret: missing");
        EXPECT_EQ(with(method, R"(,"client_secret":"env:S")"), "accepted");
    }
    EXPECT_EQ(with("private_key_jwt"), "/token/private_key: missing for private_key_jwt");
    EXPECT_EQ(with("private_key_jwt", R"(,"private_key":"file:/k")"), "accepted");
    for (char const* method : {"tls_client_auth", "self_signed_tls_client_auth"}) {
        EXPECT_EQ(with(method), "/token/tls/certificate_file: missing for this method");
        EXPECT_EQ(with(method, R"(,"tls":{"certificate_file":"/c.pem"})"), "accepted");
        EXPECT_EQ(with(method, R"(},"tls":{"certificate_file":"/c.pem")"), "accepted");
    }
    EXPECT_EQ(with("none"), "accepted");
    EXPECT_EQ(with("private_key_jwt", R"(,"private_key":"file:/k",)"
                                      R"("client_assertion":{"lifetime":"6m"})"),
              "client assertion: the lifetime is not from 1 s to 5 min");
    EXPECT_NE(with("private_key_jwt", R"(,"private_key":"-----BEGIN c4n4ry")"), "accepted");
    EXPECT_NE(with("none", R"(,"client_assertion":{"modify":1})"), "accepted");
}

TEST(config_json, an_unknown_key_is_an_error_with_the_nearest_name_and_the_place) {
    EXPECT_EQ(refusal("{\"token\":{\n  \"scop\":1," + good_token.substr(9) + "}"),
              "/token/scop (line 2, column 3): unknown key; did you mean 'scope'?");
    EXPECT_EQ(refusal(with_api(R"("tls":{"ca-file":"x"})")),
              "/api/tls/ca-file (line 1, column 47): unknown key; did you mean 'ca_file'?");
    EXPECT_EQ(refusal("{" + good_api + R"(,"tokne":{}})"),
              "/tokne (line 1, column 41): unknown key; did you mean 'token'?");
    EXPECT_EQ(refusal(with_api(R"("scope":"a")")),
              "/api/scope (line 1, column 40): unknown key; did you mean /token/scope?");
    EXPECT_EQ(refusal(with_api(R"("nothing_like_it_at_all":"a")")),
              "/api/nothing_like_it_at_all (line 1, column 40): unknown key");
    EXPECT_EQ(refusal(with_api(R"("é":"a","a/b~\n":1)")),
              "2 problems: /api/é (line 1, column 40): unknown key; /api/a~1b~0\\x0A "
              "(line 1, column 48): unknown key");
}

TEST(config_json, a_secret_written_inline_is_an_error_that_says_how_to_refer_to_one) {
    std::string const head =
        R"({"token":{"token_endpoint":"https://a.example/t","client_id":"id","client_secret":)";
    std::string const why =
        "/token/client_secret (line 1, column 67): a secret is given by reference: \"env:NAME\" "
        "or \"file:/path\"";
    EXPECT_EQ(refusal(head + R"("c4n4ry"}})"), why);
    EXPECT_EQ(refusal(head + R"("env:"}})"), why);
    EXPECT_EQ(refusal(head + R"(["env:c4n4ry"]}})"), why);
    EXPECT_EQ(refusal(head + R"({"c4n4ry":"x"}}})"), why);
    EXPECT_EQ(refusal(head + R"({"inline_secret":"c4n4ry"}}})"),
              why + "; inline_secret needs allow_inline_secrets of the program");
    EXPECT_EQ(refusal(with_api(R"("bearer_token":"c4n4ry")")).find("/api/bearer_token ("), 0U);
}

TEST(config_json, an_inline_secret_is_accepted_where_the_program_allows_it) {
    coauth::config::json_options const allowed{.allow_inline_secrets = true};
    auto const settings =
        from_json(with_api(R"("bearer_token":{"inline_secret":"c4n\u0034ry"})"), allowed);
    ASSERT_TRUE(settings) << settings.error().what();
    EXPECT_EQ(config_support::render(*settings)["/api/bearer_token"],
              "Authorization: Bearer c4n4ry");
    EXPECT_NE(refusal(with_api(R"("bearer_token":{"inline_secret":"c4n4ry","x":1})"), allowed),
              "accepted");
    EXPECT_NE(refusal(with_api(R"("bearer_token":{"inline_secret":""})"), allowed), "accepted");
    EXPECT_NE(refusal(with_api(R"("bearer_token":"c4n4ry")"), allowed), "accepted");
    EXPECT_NE(
        refusal(with_api(R"("tls":{"private_key_password":{"inline_secret":"c4n4ry"}})"), allowed),
        "accepted");
}

TEST(config_json, wrong_types_and_ranges_say_what_is_allowed_and_never_the_value) {
    auto const token = [](std::string const& members) {
        std::string const text = refusal(with_token(members));
        return text.substr(text.find("): ") + 3);
    };
    EXPECT_EQ(token(R"("scope":["c4n4ry"])"), "expected text");
    EXPECT_EQ(token(R"("audience":"")"), "expected text");
    EXPECT_EQ(token(R"("audience":"a\u0000b")"), "expected text");
    EXPECT_EQ(token(R"("audience":null)"), "expected text");
    EXPECT_EQ(token(R"("scope":"c4n4ry\"")"), "a scope cannot hold '\"'");
    EXPECT_EQ(token(R"("token_endpoint_auth_method":"c4n4ry")"),
              "expected client_secret_basic or client_secret_post or client_secret_jwt or "
              "private_key_jwt or tls_client_auth or self_signed_tls_client_auth or none");
    EXPECT_EQ(token(R"("resource":"c4n4ry")"), "expected strings");
    EXPECT_EQ(token(R"("resource":["a",1])"), "expected strings");
    EXPECT_EQ(token(R"("parameters":{"a":1})"),
              "expected names with a string each, no credentials");
    EXPECT_EQ(token(R"("parameters":{"a":"1","a":"2"})"), "'a' is given twice");
    EXPECT_EQ(token(R"("max_response_body":0)"), "expected a whole number above 0");
    EXPECT_EQ(token(R"("max_response_body":-1)"), "expected a whole number above 0");
    EXPECT_EQ(token(R"("max_response_body":1.5)"), "expected a whole number above 0");
    EXPECT_EQ(token(R"("max_response_body":"7")"), "expected a whole number above 0");
    EXPECT_EQ(token(R"("max_response_body":99999999999999999999)"),
              "expected a whole number above 0");
    EXPECT_EQ(token(R"("response":{"strict":"true"})"), "expected true or false");
    EXPECT_EQ(token(R"("lifetime":{"jitter_share":1.01})"), "expected a number from 0 to 1");
    EXPECT_EQ(token(R"("lifetime":[{"jitter":1}])"), "expected an object");
    EXPECT_EQ(token(R"("hooks":{})"), "can be set in code only");
    EXPECT_EQ(token(R"("insecure_http":true)"), "can be set in code only");
    EXPECT_EQ(token(R"("tls":{"private_key_pem":"c4n4ry"})"), "can be set in code only");
}

TEST(config_json, urls_are_read_here_already) {
    std::string const text = refusal(R"({"api":{"base_url":"https://user:c4n4ry@b.example"}})");
    EXPECT_EQ(text.find("/api/base_url (line 1, column 9): "), 0U) << text;
    EXPECT_NE(refusal(R"({"api":{"base_url":"c4n4ry"}})"), "accepted");
}

TEST(config_json, a_credential_among_headers_or_parameters_is_refused) {
    EXPECT_EQ(refusal(with_api(R"("headers":{"Authorization":"Bearer c4n4ry"})")),
              "/api/headers (line 1, column 40): 'Authorization': a credential does not belong "
              "here: see http_basic, bearer_token and api_key, or set it in code");
    EXPECT_NE(refusal(with_token(R"("headers":{"X-Api-Key":"c4n4ry"})")), "accepted");
    EXPECT_NE(refusal(with_token(R"("headers":{"Host":"c4n4ry"})")), "accepted");
    EXPECT_NE(refusal(with_token(R"("parameters":{"client_secret":"c4n4ry"})")), "accepted");
    EXPECT_TRUE(from_json(with_token(R"("parameters":{"token_format":"jwt"})")));
}

TEST(config_json, a_duration_is_seconds_or_has_a_unit) {
    auto const parsed = [](std::string const& value) {
        auto const settings = from_json(with_api(R"("call_deadline":)" + value));
        return settings ? settings->api.call_deadline : coauth::duration(-1);
    };
    EXPECT_EQ(parsed("30"), 30s);
    EXPECT_EQ(parsed("0.25"), 250ms);
    EXPECT_EQ(parsed(R"("30")"), 30s);
    EXPECT_EQ(parsed(R"("30s")"), 30s);
    EXPECT_EQ(parsed(R"("250ms")"), 250ms);
    EXPECT_EQ(parsed(R"("1.5h")"), 90min);
    EXPECT_EQ(parsed(R"("2m")"), 2min);
    EXPECT_EQ(parsed(R"("0.000001s")"), 1us);
    EXPECT_EQ(parsed(R"("87600h")"), std::chrono::hours(87600));
    for (std::string const wrong :
         {"0", R"("0ms")", "-1", "1e3", R"("")", R"("s")", R"(" 1s")", R"("1 s")", R"("1.s")",
          R"(".5s")", R"("1.2.3s")", R"("0.0000001s")", R"("87601h")", R"("1d")", R"("1S")",
          R"("99999999999999999999s")", "true"}) {
        EXPECT_EQ(parsed(wrong), coauth::duration(-1)) << wrong;
    }
}

TEST(config_json, a_key_or_part_that_comes_twice_is_an_error) {
    EXPECT_EQ(refusal(with_api(R"("call_deadline":1,"call_deadline":1)")),
              "/api/call_deadline (line 1, column 58): given twice");
    EXPECT_EQ(refusal("{" + good_api + "," + good_api + "}"),
              "/api (line 1, column 41): given twice");
    EXPECT_EQ(refusal(with_api(R"("tls":{"ca_file":"a","c\u0061_file":"b"})")),
              "/api/tls/ca_file (line 1, column 61): given twice");
}

TEST(config_json, what_is_missing_is_named) {
    EXPECT_EQ(refusal("{}"),
              "nothing is configured: begin with /token/token_endpoint and /api/base_url");
    EXPECT_EQ(refusal(R"({"token":{"scope":"a"}})"),
              "3 problems: /token/token_endpoint: missing; /token/client_id: missing; "
              "/token/client_secret: missing");
    EXPECT_EQ(refusal(R"({"api":{"call_deadline":1}})"), "/api/base_url: missing");
    EXPECT_EQ(refusal(with_api(R"("http_basic":{"user_id":"u"})")),
              "/api/http_basic/password: missing for HTTP Basic");
    EXPECT_EQ(refusal(with_api(R"("api_key":{"header":"X-Key"})")),
              "/api/api_key/value: missing for an API key");
    EXPECT_TRUE(from_json("{" + good_token + "}"));
    EXPECT_TRUE(from_json("{" + good_api + "}"));
}

TEST(config_json, an_api_is_authorized_in_one_way) {
    EXPECT_EQ(refusal("{" + good_token +
                      R"(,"api":{"base_url":"https://b.example",)"
                      R"("bearer_token":"env:T"}})"),
              "/api/bearer_token: the API is authorized by /token/token_endpoint already: leave "
              "one of them out");
}

TEST(config_json, basic_bearer_and_api_key_are_made_with_their_secrets) {
    environment const variables{{"COAUTH_T2_SECRET", "s3cret"}};
    auto const rendered = [](std::string const& members) {
        auto const settings = from_json(with_api(members));
        EXPECT_TRUE(settings) << settings.error().what();
        return config_support::render(settings.value())["/api/bearer_token"];
    };
    EXPECT_EQ(rendered(R"("bearer_token":"env:COAUTH_T2_SECRET")"), "Authorization: Bearer s3cret");
    EXPECT_EQ(rendered(R"("http_basic":{"user_id":"u","password":"env:COAUTH_T2_SECRET"})"),
              "Authorization: Basic dTpzM2NyZXQ=");
    EXPECT_EQ(rendered(R"("api_key":{"value":"env:COAUTH_T2_SECRET"})"), "X-Api-Key: s3cret");
    EXPECT_EQ(rendered(R"("api_key":{"header":"X-K","value":"env:COAUTH_T2_SECRET"})"),
              "X-K: s3cret");
}

TEST(config_json, a_token_store_is_a_directory_and_a_key_by_reference) {
    auto const with_store = [](std::string const& store) {
        return coauth::config::from_json(
            R"({"token": {"token_endpoint": "https://a.example/token", "client_id": "c",
                "client_secret": "env:S", "store": )" +
                store + "}}",
            {.allow_inline_secrets = true});
    };
    auto const kept = with_store(R"({"directory": "/var/t", "sealing_key": "file:/run/k"})");
    ASSERT_TRUE(kept) << kept.error().what();
    EXPECT_TRUE(kept->token.store);
    EXPECT_FALSE(with_store(R"({"directory": "/var/t"})"));
    EXPECT_FALSE(with_store(R"({"sealing_key": "file:/run/k"})"));
    EXPECT_FALSE(with_store(R"({"directory": "/t", "sealing_key": {"inline_secret": "k"}})"));
    EXPECT_FALSE(with_store(R"("/var/t")"));
}

TEST(config_json, a_proxy_is_for_both_parts_and_each_may_have_other_words) {
    auto const settings = from_json("{" + good_token + R"(,
        "api": {"base_url": "https://b.example", "proxy": {"no_proxy": ["*"], "user": "v"}},
        "proxy": {"url": "http://proxy.example:3128", "user": "u", "password": "env:P",
                  "no_proxy": [".b.example", "10.0.0.0/8"]}})");
    ASSERT_TRUE(settings) << settings.error().what();
    ASSERT_TRUE(settings->token.proxy);
    ASSERT_TRUE(settings->api.proxy);
    EXPECT_EQ(settings->token.proxy->url, "http://proxy.example:3128");
    EXPECT_EQ(settings->token.proxy->credentials->identity().reveal(), "u:environment:P");
    EXPECT_EQ(settings->token.proxy->no_proxy,
              (std::vector<std::string>{".b.example", "10.0.0.0/8"}));
    EXPECT_EQ(settings->api.proxy->url, "http://proxy.example:3128");
    EXPECT_EQ(settings->api.proxy->credentials->identity().reveal(), "v:environment:P");
    EXPECT_EQ(settings->api.proxy->no_proxy, std::vector<std::string>{"*"});
}

TEST(config_json, the_environment_has_a_say_about_the_proxy_only_where_it_is_asked) {
    environment const variables{{"https_proxy", "http://u:s3cret@proxy.example:3128"},
                                {"http_proxy", "http://plain.example"},
                                {"no_proxy", ".b.example"}};
    auto const silent = from_json("{" + good_token + "," + good_api + "}");
    EXPECT_FALSE(silent.value().token.proxy);
    EXPECT_FALSE(silent.value().api.proxy);
    auto const settings =
        from_json("{" + good_token + R"(,"api":{"base_url":"http://b.example"},)" +
                  R"("proxy":{"from_environment":true}})");
    ASSERT_TRUE(settings) << settings.error().what();
    EXPECT_EQ(settings->token.proxy.value().url, "http://proxy.example:3128");
    EXPECT_EQ(settings->token.proxy->credentials.value().user(), "u");
    EXPECT_EQ(settings->token.proxy->no_proxy, std::vector<std::string>{".b.example"});
    EXPECT_EQ(settings->api.proxy.value().url, "http://plain.example");
    auto const direct =
        from_json("{" + good_token +
                  R"(,"api":{"base_url":"https://b.example","proxy":{"from_environment":false}},)"
                  R"("proxy":{"from_environment":true}})");
    EXPECT_TRUE(direct.value().token.proxy);
    EXPECT_FALSE(direct.value().api.proxy);
}

TEST(config_json, the_proxy_of_the_environment_is_also_for_a_server_that_is_named_by_its_issuer) {
    environment const variables{{"https_proxy", "http://proxy.example:3128"}};
    for (std::string const& server :
         {std::string(R"("issuer":"https://a.example")"),
          std::string(R"("metadata_url":"https://a.example/m","expected_issuer":"https://i")")}) {
        auto const settings =
            from_json("{\"token\":{" + server + R"(,"client_id":"id","client_secret":"env:S"},)" +
                      good_api + R"(,"proxy":{"from_environment":true}})");
        ASSERT_TRUE(settings) << settings.error().what();
        EXPECT_EQ(settings->token.proxy.value().url, "http://proxy.example:3128");
    }
}

TEST(config_json, a_proxy_of_the_environment_that_cannot_be_used_is_named_with_its_key) {
    environment const variables{{"https_proxy", "socks5://c4n4ry:1080"}};
    EXPECT_EQ(refusal(with_api(R"("proxy":{"from_environment":true})")),
              "/api/proxy/from_environment: environment variable https_proxy: the proxy's URL does "
              "not begin with http://");
}

TEST(config_json, what_a_proxy_lacks_or_has_twice_is_said_once) {
    auto const both = [](std::string const& shared) {
        return refusal("{" + good_token + "," + good_api + R"(,"proxy":{)" + shared + "}}");
    };
    EXPECT_EQ(both(R"("no_proxy":["c4n4ry"])"), "/proxy/url: missing for a proxy");
    EXPECT_EQ(both(R"("user":"c4n4ry")"),
              "2 problems: /proxy/url: missing for a proxy; /proxy/password: missing for a proxy");
    EXPECT_EQ(refusal(with_api(R"("proxy":{"password":"env:P","url":"http://p.example"})")),
              "/api/proxy/user: missing for a proxy");
    EXPECT_EQ(both(R"("from_environment":true,"url":"http://c4n4ry")"),
              "/proxy/url: the proxy is taken from the environment by /proxy/from_environment "
              "already: leave one of them out");
    EXPECT_EQ(refusal("{" + good_token +
                      R"(,"api":{"base_url":"https://b.example","proxy":{"no_proxy":["*"]}},)"
                      R"("proxy":{"from_environment":true}})"),
              "/api/proxy/no_proxy: the proxy is taken from the environment by "
              "/proxy/from_environment already: leave one of them out");
    // The token part brings a proxy of its own, so that only the API lacks something.
    EXPECT_EQ(refusal(R"({"token":{"token_endpoint":"https://a.example/t","client_id":"id",)"
                      R"("client_secret":"env:S","proxy":{"url":"http://p.example"}},)" +
                      good_api + R"(,"proxy":{"no_proxy":["*"]}})"),
              "/proxy/url: missing for a proxy");
}

TEST(config_json, wrong_values_of_a_proxy_say_what_is_allowed_and_never_the_value) {
    auto const url = [](std::string const& value) {
        std::string const text = refusal(with_api(R"("proxy":{"url":")" + value + "\"}"));
        return text.substr(text.find("): ") + 3);
    };
    EXPECT_EQ(url("https://c4n4ry"), "the proxy's URL does not begin with http://");
    EXPECT_EQ(url("c4n4ry:3128"), "the proxy's URL does not begin with http://");
    EXPECT_EQ(url("http://u:c4n4ry@p.example"),
              "the proxy's URL has userinfo ('@' before the host)");
    EXPECT_EQ(url("http://p.example/c4n4ry"), "the proxy's URL has a path or a query");
    EXPECT_EQ(url(""), "expected an http:// URL of host and port");
    auto const member = [](std::string const& one) {
        std::string const text =
            refusal(with_api(R"("proxy":{"url":"http://p.example",)" + one + "}"));
        return text.substr(text.find("): ") + 3);
    };
    EXPECT_EQ(member(R"("no_proxy":["10.c4n4ry.*"])"),
              "expected hosts, .domains, addresses and networks");
    EXPECT_EQ(member(R"("no_proxy":"c4n4ry")"), "expected hosts, .domains, addresses and networks");
    EXPECT_EQ(member(R"("from_environment":"true")"), "expected true or false");
    EXPECT_EQ(member(R"("password":"c4n4ry","user":"u")"),
              "a secret is given by reference: \"env:NAME\" or \"file:/path\"");
    EXPECT_EQ(member(R"("user":"c4n4ry:x","password":"env:P")").find("user-id and password must"),
              0U);
}

TEST(config_json, a_secret_that_is_needed_at_once_and_not_there_is_named_with_its_key) {
    auto const settings = from_json(with_api(R"("bearer_token":"env:COAUTH_T3_NOT_SET")"));
    ASSERT_FALSE(settings);
    EXPECT_TRUE(settings.error().is(errc::secret_unavailable));
    EXPECT_EQ(settings.error().message(),
              "/api/bearer_token: environment variable 'COAUTH_T3_NOT_SET' is not set");
}

TEST(config_json, a_client_secret_need_not_be_there_yet) {
    EXPECT_TRUE(from_json(with_token(R"("scope":"a")")));
}

TEST(config_json, a_client_id_that_the_method_cannot_send_is_refused) {
    auto const settings =
        from_json(R"({"token":{"token_endpoint":"https://a.example/t","client_id":"a:b",)"
                  R"("client_secret":"env:S","client_secret_basic_encoding":"raw"}})");
    ASSERT_FALSE(settings);
    EXPECT_TRUE(settings.error().is(errc::invalid_credentials));
}

TEST(config_json, text_that_is_no_json_is_an_error_with_its_place) {
    EXPECT_EQ(refusal("{\"token\":\n {c4n4ry}}"),
              "not a JSON configuration: expected the name of a member at line 2, column 3");
    EXPECT_EQ(refusal(""), "not a JSON configuration: the text ends too early at line 1, column 1");
    EXPECT_EQ(refusal("[1]"), "not a JSON configuration: not an object at line 1, column 1");
    EXPECT_EQ(refusal("{}{}"),
              "not a JSON configuration: bytes after the value at line 1, column 3");
    EXPECT_EQ(refusal("{\"c4n4ry\xFF\":1}"),
              "not a JSON configuration: not UTF-8 at line 1, column 9");
    EXPECT_NE(refusal(std::string(100'000, '[')), "accepted");
}

TEST(config_json, many_problems_are_counted_and_the_first_ten_shown) {
    std::string members;
    for (int i = 0; i != 15; ++i) members += R"("zzzzzzzz)" + std::to_string(i) + R"(":1,)";
    std::string const text =
        refusal("{\"api\":{" + members + R"("base_url":"https://b.example"}})");
    EXPECT_EQ(text.find("15 problems: /api/zzzzzzzz0 ("), 0U) << text;
    EXPECT_TRUE(text.ends_with("; and more")) << text;
    EXPECT_EQ(text.find("zzzzzzzz10"), std::string::npos);
}

TEST(config_json, a_file_is_read_within_a_bound) {
    coauth_test::scratch_directory const scratch;
    std::string const path = scratch.file("config.json");
    std::ofstream(path) << "{" << good_api << "}\n";
    EXPECT_TRUE(coauth::config::from_json_file(path));
    std::ofstream(path) << "{" << good_api << std::string(70'000, ' ') << "}\n";
    auto const large = coauth::config::from_json_file(path);
    ASSERT_FALSE(large);
    EXPECT_TRUE(large.error().is(errc::invalid_configuration));
    EXPECT_EQ(large.error().message(), "file '" + path + "' is larger than 64 KiB");
    std::remove(path.c_str());
    auto const missing = coauth::config::from_json_file(path);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().message(), "file '" + path + "' No such file or directory");
    EXPECT_FALSE(coauth::config::from_json_file("/dev/zero"));
}

}  // namespace
}  // namespace config_json_test
