// SPDX-License-Identifier: BSL-1.0
//
// What is decided by itself, what is asked, and what is refused.

#include <coauth/coauth.hpp>
#include <coauth/openapi.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plan_test {
namespace {

namespace openapi = coauth::openapi;
using coauth::errc;
using coauth::secret;
using openapi::question_kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string const one_server = R"("servers": [{"url": "https://api.example.com/v1"}])";
std::string const flow = R"("clientCredentials": {"tokenUrl": "https://as.example.com/token"})";

std::string schemes(std::string const& flows) {
    return R"("components": {"securitySchemes": {"o": {"type": "oauth2", "flows": {)" + flows +
           "}}, " + R"("k": {"type": "apiKey", "in": "query", "name": "api_key"},
                       "p": {"type": "oauth2", "flows": {"password": {"tokenUrl": "/t"}}}}})";
}
/// Operations "op0", "op1" and so on with these security requirements.
std::string paths(std::vector<std::string> const& security) {
    std::string text = "\"paths\": {";
    for (std::size_t i = 0; i != security.size(); ++i) {
        std::string const number = std::to_string(i);
        text += (i == 0 ? "\"/" : ", \"/") + number + R"(": {"get": {"operationId": "op)" + number +
                "\", \"security\": " + security[i] + "}}";
    }
    return text + "}";
}
openapi::api_description describe(std::vector<std::string> const& parts,
                                  openapi::import_options const& options = {}) {
    std::string text = R"({"openapi": "3.0.0")";
    for (std::string const& one : parts) text += ", " + one;
    return openapi::parse(text + "}", options);
}
openapi::api_description with_server(std::string const& url, std::string const& variables = "{}") {
    return describe({R"("servers": [{"url": ")" + url + R"(", "variables": )" + variables + "}]"});
}
std::vector<question_kind> asked(openapi::plan const& made) {
    std::vector<question_kind> kinds;
    for (auto const& one : made.questions) kinds.push_back(one.kind);
    return kinds;
}
openapi::credentials client() {
    return openapi::credentials().client(coauth::client_secret_basic("id", secret("s")));
}

TEST(openapi_plan, is_complete_where_the_description_leaves_no_choice) {
    auto const made = decide(describe(
        {one_server, schemes(flow), paths({R"([{"o": ["a", "b"]}])", R"([{"o": ["b", "c"]}])"})}));
    EXPECT_THAT(asked(made), IsEmpty());
    EXPECT_EQ(made.base_url, "https://api.example.com/v1");
    EXPECT_EQ(made.token_url, "https://as.example.com/token");
    EXPECT_EQ(made.scope.to_string(), "a b c");
}

TEST(openapi_plan, two_servers_are_a_question) {
    auto const api = describe({R"("servers": [{"url": "https://a.example"},
                                              {"url": "https://b.example"}])"});
    auto const made = decide(api);
    ASSERT_THAT(asked(made), ElementsAre(question_kind::server));
    EXPECT_THAT(made.questions[0].answers, ElementsAre("https://a.example", "https://b.example"));
    EXPECT_EQ(decide(api, {.server = "https://b.example"}).base_url, "https://b.example/");
    EXPECT_EQ(decide(api, {.base_url = "https://c.example"}).base_url, "https://c.example/");
    EXPECT_THROW((void)decide(api, {.server = "https://evil.example"}), coauth::exception);
}

TEST(openapi_plan, a_relative_server_needs_the_url_of_the_description) {
    EXPECT_THAT(asked(decide(with_server("/v2"))), ElementsAre(question_kind::base_url));
    auto const fetched = describe({R"("servers": [{"url": "../v2"}])"},
                                  {.fetched_from = "https://h.example/docs/a/api.json"});
    EXPECT_EQ(decide(fetched).base_url, "https://h.example/docs/v2");
}

TEST(openapi_plan, variables_take_defaults_and_values_that_are_allowed) {
    auto const api = with_server("https://{tenant}.example.com/{version}",
                                 R"({"tenant": {"default": "demo"},
                                     "version": {"default": "v1", "enum": ["v1", "v2"]}})");
    EXPECT_EQ(decide(api).base_url, "https://demo.example.com/v1");
    EXPECT_EQ(decide(api, {.variables = {{"tenant", "me"}, {"version", "v2"}}}).base_url,
              "https://me.example.com/v2");
    EXPECT_THROW((void)decide(api, {.variables = {{"version", "v3"}}}), coauth::exception);
    EXPECT_THAT(asked(decide(with_server("https://{t}.example.com"))),
                ElementsAre(question_kind::variable));
}

// R-382
TEST(openapi_plan, no_value_of_a_variable_changes_scheme_or_host) {
    auto const api = with_server("https://{tenant}.example.com/{p}",
                                 R"({"tenant": {"default": "a"}, "p": {"default": "b"}})");
    for (char const* const bad :
         {"evil.com/", "evil.com#", "evil.com?", "evil.com\\", "user@evil.com", "evil.com:1",
          "a%2f", "..", ".a", "a.", "", " ", "a\r\nX: y"}) {
        bool const asks_instead = std::string_view(bad).empty();
        if (asks_instead) continue;
        EXPECT_THROW((void)decide(api, {.variables = {{"tenant", bad}}}), coauth::exception) << bad;
    }
    for (char const* const bad : {"../x", "..", "a//b", "?x", "#x", "@evil", "%2e%2e", "a\\b"}) {
        EXPECT_THROW((void)decide(api, {.variables = {{"p", bad}}}), coauth::exception) << bad;
    }
    EXPECT_THROW(
        (void)decide(with_server("https://{t}.example.com", R"({"t": {"default": "evil.com/"}})")),
        coauth::exception);
}

TEST(openapi_plan, a_variable_that_is_the_scheme_of_the_url_takes_what_its_question_offers) {
    auto const api =
        with_server("{protocol}://api.example.com/v1",
                    R"({"protocol": {"default": "https", "enum": ["https", "http"]}})");
    auto const made = decide(api);
    ASSERT_THAT(asked(made), ElementsAre(question_kind::variable));
    for (std::string const& answer : made.questions[0].answers) {
        EXPECT_EQ(decide(api, {.variables = {{"protocol", answer}}}).base_url,
                  answer + "://api.example.com/v1");
    }
    auto const any = with_server("{protocol}://api.example.com/v1");
    for (char const* const bad : {"ftp", "https://evil.example/?x=", "https://evil.example"}) {
        EXPECT_THROW((void)decide(any, {.variables = {{"protocol", bad}}}), coauth::exception)
            << bad;
    }
}

// R-382
TEST(openapi_plan, a_variable_that_is_the_host_takes_no_default_of_the_description) {
    for (char const* const server :
         {"{root}/v1", "https://{root}/v1", "https://api.{root}", "https://{root}.com",
          "{root}://a.example.com", "https://x{root}.com:8443/v1"}) {
        auto const made = decide(with_server(server, R"({"root": {"default": "evil"}})"));
        EXPECT_TRUE(made.asks(question_kind::variable)) << server;
        EXPECT_TRUE(made.base_url.empty()) << server;
    }
    EXPECT_EQ(
        decide(with_server("{root}/v1"), {.variables = {{"root", "https://me.example"}}}).base_url,
        "https://me.example/v1");
    EXPECT_EQ(
        decide(with_server("https://{root}/v1"), {.variables = {{"root", "me.example"}}}).base_url,
        "https://me.example/v1");
}

// R-379
TEST(openapi_plan, a_relative_token_url_is_relative_to_the_server) {
    auto const api =
        describe({one_server, schemes(R"("clientCredentials": {"tokenUrl": "/token"})"),
                  paths({R"([{"o": []}])"})});
    EXPECT_EQ(decide(api).token_url, "https://api.example.com/token");
}

// R-379
TEST(openapi_plan, a_relative_token_url_of_swagger_is_relative_to_the_host) {
    auto const api = openapi::parse(R"({"swagger": "2.0", "host": "h.example", "basePath": "/v1/x",
        "securityDefinitions": {"o": {"type": "oauth2", "flow": "application",
                                      "tokenUrl": "oauth/token"}},
        "security": [{"o": []}], "paths": {"/a": {"get": {}}}})");
    EXPECT_EQ(decide(api).base_url, "https://h.example/v1/x");
    EXPECT_EQ(decide(api).token_url, "https://h.example/oauth/token");
}

// R-379
TEST(openapi_plan, a_token_url_over_plain_http_or_none_at_all_is_not_used) {
    for (char const* const text :
         {R"("clientCredentials": {"tokenUrl": "http://as.example.com/token"})",
          R"("clientCredentials": {})", R"("clientCredentials": {"tokenUrl": "ftp://a/b"})",
          R"("clientCredentials": {"tokenUrl": "https://u:p@a.example/b"})"}) {
        auto const made = decide(describe({one_server, schemes(text), paths({R"([{"o": []}])"})}));
        EXPECT_THAT(asked(made), ElementsAre(question_kind::token_url)) << text;
        EXPECT_TRUE(made.token_url.empty());
    }
}

// R-379
TEST(openapi_plan, several_flows_are_a_question) {
    auto const api =
        describe({one_server,
                  schemes(flow + R"(, "authorizationCode": {"tokenUrl": "https://b.example/t"})"),
                  paths({R"([{"o": []}])"})});
    auto const made = decide(api);
    ASSERT_THAT(asked(made), ElementsAre(question_kind::flow));
    EXPECT_THAT(made.questions[0].answers, ElementsAre("clientCredentials", "authorizationCode"));
    EXPECT_EQ(decide(api, {.flow = openapi::flow_kind::authorization_code}).token_url,
              "https://b.example/t");
}

std::string const code =
    R"("authorizationCode": {"tokenUrl": "https://as.example.com/token", "authorizationUrl": "/login"})";

TEST(openapi_plan, an_authorization_code_has_the_urls_of_its_flow_and_a_person_is_asked) {
    auto const api = describe({one_server, schemes(code), paths({R"([{"o": ["a"]}])"})});
    auto const made = decide(api, {}, client());
    EXPECT_THAT(asked(made), IsEmpty());
    EXPECT_EQ(made.authorization_url, "https://api.example.com/login");
    auto const config = configure(api, client());
    ASSERT_TRUE(config.authorization_code);
    EXPECT_EQ(config.authorization_code->authorization_url, "https://api.example.com/login");
    EXPECT_EQ(config.token->token_url, "https://as.example.com/token");
    EXPECT_EQ(config.token->scope.to_string(), "a");
    EXPECT_EQ(decide(api, {.authorization_url = "https://mine.example/login"}).authorization_url,
              "https://mine.example/login");
    EXPECT_EQ(decide(api, {.issuer = "https://as.example.com"}).authorization_url, "");
}

TEST(openapi_plan, where_a_person_is_sent_is_neither_guessed_nor_taken_from_a_fetched_document) {
    auto const with = [](std::string const& url, openapi::import_options const& options = {}) {
        std::string own = code;
        own.replace(own.find("/login"), 6, url);
        return describe({one_server, schemes(own), paths({R"([{"o": []}])"})}, options);
    };
    for (char const* const bad : {"", "http://as.example.com/login", "javascript:alert(1)"}) {
        EXPECT_THAT(asked(decide(with(bad))), ElementsAre(question_kind::authorization_url)) << bad;
    }
    auto const fetched = with("/login", {.fetched_from = "https://api.example.com/api.json"});
    auto const made = decide(fetched, {.token_url = "https://as.example.com/token"});
    ASSERT_THAT(asked(made), ElementsAre(question_kind::authorization_url));
    EXPECT_THAT(made.questions[0].answers, ElementsAre("https://api.example.com/login"));
    EXPECT_EQ(made.questions[0].answered_by, "choices::authorization_url");
    EXPECT_EQ(made.authorization_url, "");
}

TEST(openapi_plan, what_a_fetched_description_names_is_confirmed_first) {
    openapi::import_options const fetched{.fetched_from = "https://api.example.com/api.json"};
    auto const api = describe({one_server, schemes(flow), paths({R"([{"o": []}])"})}, fetched);
    auto const made = decide(api);
    ASSERT_THAT(asked(made), ElementsAre(question_kind::token_url));
    EXPECT_THAT(made.questions[0].answers, ElementsAre("https://as.example.com/token"));
    EXPECT_THAT(asked(decide(api, {.token_url = "https://as.example.com/token"})), IsEmpty());
}

TEST(openapi_plan, the_callers_token_url_wins_over_any_that_a_document_names) {
    auto const api = describe({one_server, schemes(flow), paths({R"([{"o": []}])"})});
    EXPECT_EQ(decide(api, {.token_url = "https://mine.example/token"}).token_url,
              "https://mine.example/token");
}

TEST(openapi_plan, alternatives_with_different_schemes_are_a_question_that_credentials_answer) {
    auto const api = describe({one_server, schemes(flow), paths({R"([{"o": ["a"]}, {"k": []}])"})});
    auto const made = decide(api);
    ASSERT_THAT(asked(made), ElementsAre(question_kind::scheme));
    EXPECT_THAT(made.questions[0].answers, ElementsAre("o", "k"));
    EXPECT_THAT(asked(decide(api, {.schemes = {"k"}})), IsEmpty());
    EXPECT_EQ(decide(api, {}, client()).schemes.front().name, "o");
    auto const key = openapi::credentials().key(secret("k"));
    EXPECT_EQ(decide(api, {}, key).schemes.front().name, "k");
}

TEST(openapi_plan, schemes_that_are_needed_together_are_used_together) {
    auto const api = describe({one_server, schemes(flow), paths({R"([{"o": ["a"], "k": []}])"})});
    auto const made = decide(api);
    EXPECT_THAT(asked(made), IsEmpty());
    EXPECT_THAT(made.operations[0].schemes, ElementsAre("k", "o"));
    EXPECT_THAT(asked(decide(api, {}, client())), ElementsAre(question_kind::authorization));
}

TEST(openapi_plan, nothing_is_needed_where_nothing_is_said_or_an_empty_requirement) {
    auto const api = describe({one_server, schemes(flow), paths({"[]", "[{}]"})});
    auto const made = decide(api, {}, openapi::credentials());
    EXPECT_THAT(asked(made), IsEmpty());
    EXPECT_THAT(made.operations[0].schemes, IsEmpty());
    EXPECT_THAT(made.operations[1].schemes, IsEmpty());
    EXPECT_TRUE(made.operations[1].refused.empty());
}

TEST(openapi_plan, an_optional_token_is_used_by_who_has_credentials_and_only_by_him) {
    auto const api = describe({one_server, schemes(flow), paths({R"([{}, {"o": ["a"]}])"})});
    EXPECT_THAT(decide(api, {}, client()).operations[0].schemes, ElementsAre("o"));
    auto const without = decide(api, {}, openapi::credentials());
    EXPECT_THAT(without.operations[0].schemes, IsEmpty());
    EXPECT_TRUE(without.operations[0].refused.empty());
}

TEST(openapi_plan, the_least_of_alternative_scopes_is_taken_and_no_least_is_a_question) {
    auto const least =
        describe({one_server, schemes(flow), paths({R"([{"o": ["a", "b"]}, {"o": ["a"]}])"})});
    EXPECT_EQ(decide(least).scope.to_string(), "a");
    auto const torn =
        describe({one_server, schemes(flow), paths({R"([{"o": ["a"]}, {"o": ["b"]}])"})});
    ASSERT_THAT(asked(decide(torn)), ElementsAre(question_kind::scope));
    EXPECT_THAT(decide(torn).questions[0].answers, ElementsAre("a", "b"));
    EXPECT_EQ(decide(torn, {.scope = coauth::scope("b c")}).scope.to_string(), "b c");
    auto const each =
        decide(torn, {.scope = coauth::scope("b c"), .scopes = openapi::scope_mode::per_operation});
    EXPECT_EQ(each.operations[0].scope.to_string(), "b");
}

TEST(openapi_plan, scopes_are_those_of_the_operations_used) {
    auto const api =
        describe({one_server, schemes(flow), paths({R"([{"o": ["a"]}])", R"([{"o": ["b"]}])"})});
    auto const made = decide(api, {.operations = {"op1"}});
    EXPECT_EQ(made.scope.to_string(), "b");
    EXPECT_FALSE(made.operations[0].refused.empty());
    EXPECT_EQ(decide(api, {.operations = {"GET /0"}}).scope.to_string(), "a");
    EXPECT_THROW((void)decide(api, {.operations = {"op7"}}), coauth::exception);
    auto const each = decide(api, {.scopes = openapi::scope_mode::per_operation});
    EXPECT_EQ(each.operations[0].scope.to_string(), "a");
    EXPECT_EQ(each.operations[1].scope.to_string(), "b");
}

// R-381
TEST(openapi_plan, each_scope_with_bad_characters_is_refused_by_name) {
    auto const api = describe({one_server, schemes(flow),
                               paths({R"([{"o": ["good", "b\"ad", "also bad", "w\u0001"]}])"})});
    try {
        (void)decide(api);
        FAIL();
    } catch (coauth::exception const& e) {
        EXPECT_TRUE(e.error().is(errc::invalid_scope));
        EXPECT_THAT(e.error().message(), HasSubstr("op0"));
        EXPECT_THAT(e.error().message(), HasSubstr("'b\"ad', 'also bad', 'w\\x01'"));
    }
}

TEST(openapi_plan, names_what_is_not_supported) {
    auto const made = decide(describe({one_server, schemes(flow), paths({R"([{"p": []}])"})}));
    ASSERT_THAT(asked(made), ElementsAre(question_kind::authorization));
    EXPECT_THAT(made.questions[0].text, HasSubstr("'p' (oauth2 password, not supported)"));
    ASSERT_THAT(made.notes, SizeIs(1));
    EXPECT_THAT(made.notes[0], HasSubstr("flow password is not supported"));
}

TEST(openapi_plan, a_scheme_that_is_chosen_without_credentials_for_it_is_a_question) {
    for (char const* const scheme :
         {R"("type": "http", "scheme": "bearer")", R"("type": "http", "scheme": "basic")",
          R"("type": "apiKey", "in": "query", "name": "key")", R"("type": "mutualTLS")",
          R"("type": "http", "scheme": "digest")"}) {
        auto const api =
            describe({one_server,
                      R"("components": {"securitySchemes": {"c": {)" + std::string(scheme) + "}}}",
                      paths({R"([{"c": []}])"})});
        auto const made = decide(api, {.schemes = {"c"}}, openapi::credentials());
        ASSERT_THAT(asked(made), ElementsAre(question_kind::authorization)) << scheme;
        EXPECT_THAT(made.questions[0].text, HasSubstr("scheme 'c' (")) << scheme;
        auto const own = openapi::credentials().authorization(
            "c", coauth::authorization(coauth::bearer_token(secret("t"))));
        EXPECT_THAT(asked(decide(api, {.schemes = {"c"}}, own)), IsEmpty()) << scheme;
    }
}

TEST(openapi_plan, a_scheme_that_is_the_callers_own_needs_no_endpoint_of_the_description) {
    auto const own =
        client().authorization("c", coauth::authorization(coauth::bearer_token(secret("t"))));
    for (char const* const scheme :
         {R"("type": "oauth2", "flows": {})",
          R"("type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://x.example/a"}})",
          R"("type": "openIdConnect", "openIdConnectUrl": "/openid")"}) {
        auto const api =
            describe({one_server,
                      R"("components": {"securitySchemes": {"c": {)" + std::string(scheme) +
                          R"(}, "o": {"type": "oauth2", "flows": {)" + flow + "}}}}",
                      paths({R"([{"c": []}])", R"([{"o": []}])"})});
        auto const made = decide(api, {}, own);
        EXPECT_THAT(asked(made), IsEmpty()) << scheme;
        EXPECT_EQ(made.token_url, "https://as.example.com/token") << scheme;
        EXPECT_EQ(made.issuer, "") << scheme;
    }
}

/// One operation behind openIdConnect.
openapi::api_description openid(std::string const& url) {
    return describe({one_server,
                     R"("components": {"securitySchemes": {"c": {
        "type": "openIdConnect", "openIdConnectUrl": ")" +
                         url + "\"}}}",
                     paths({R"([{"c": ["a"]}])"})});
}

TEST(openapi_plan, of_openid_connect_takes_the_issuer_before_the_well_known_path) {
    auto const api = openid("https://i.example/realms/x/.well-known/openid-configuration");
    auto const made = decide(api, {}, client());
    EXPECT_TRUE(made.questions.empty());
    EXPECT_EQ(made.issuer, "https://i.example/realms/x");
    EXPECT_EQ(made.token_url, "");
    EXPECT_EQ(made.scope.to_string(), "a");
    auto const config = configure(api, client());
    ASSERT_TRUE(config.token);
    EXPECT_EQ(config.token->issuer, "https://i.example/realms/x");
    // Its metadata may name it with a slash at the end.
    EXPECT_EQ(decide(api, {.issuer = "https://i.example/realms/x/"}).issuer,
              "https://i.example/realms/x/");
}

// R-379
TEST(openapi_plan, of_openid_connect_asks_for_an_issuer_that_it_cannot_tell) {
    for (std::string const url :
         {"https://i.example/x", "http://i.example/.well-known/openid-configuration"}) {
        auto const api = openid(url);
        auto const made = decide(api, {}, client());
        ASSERT_THAT(asked(made), ElementsAre(question_kind::token_url)) << url;
        EXPECT_THAT(made.questions[0].text, HasSubstr(url));
        EXPECT_EQ(made.questions[0].answered_by, "choices::issuer");
        auto const answered = decide(api, {.token_url = "https://i.example/t"});
        EXPECT_EQ(answered.token_url, "https://i.example/t");
        EXPECT_EQ(answered.issuer, "");
        EXPECT_EQ(answered.scope.to_string(), "a");
    }
}

TEST(openapi_plan, of_openid_connect_in_a_fetched_document_has_the_issuer_confirmed) {
    auto api = openid("https://i.example/.well-known/openid-configuration");
    api.fetched_from = "https://api.example.com/openapi.json";
    auto const made = decide(api, {}, client());
    ASSERT_THAT(asked(made), ElementsAre(question_kind::token_url));
    EXPECT_THAT(made.questions[0].answers, ElementsAre("https://i.example"));
    EXPECT_TRUE(decide(api, {.issuer = "https://i.example"}, client()).questions.empty());
}

TEST(openapi_plan, an_operation_on_another_origin_is_not_called_with_these_credentials) {
    auto const api = describe({one_server, R"("paths": {
        "/a": {"get": {"operationId": "a", "servers": [{"url": "https://evil.example"}]}},
        "/b": {"get": {"operationId": "b", "servers": [{"url": "https://api.example.com/v2"}]}}})"});
    auto const made = decide(api);
    EXPECT_THAT(made.operations[0].refused, HasSubstr("https://evil.example"));
    EXPECT_EQ(made.operations[1].base_url, "https://api.example.com/v2");
}

TEST(openapi_plan, configure_throws_every_question_with_its_answers) {
    auto api =
        describe({R"("servers": [{"url": "https://a.example"}, {"url": "https://b.example"}])",
                  schemes(flow), paths({R"([{"o": ["a"]}, {"o": ["b"]}])"})});
    try {
        (void)openapi::configure(std::move(api), client());
        FAIL();
    } catch (coauth::exception const& e) {
        EXPECT_TRUE(e.error().is(errc::undecided));
        EXPECT_THAT(e.error().message(),
                    HasSubstr("https://a.example | https://b.example [choices::server]"));
        EXPECT_THAT(e.error().message(), HasSubstr("a | b [choices::scope]"));
    }
}

}  // namespace
}  // namespace plan_test
