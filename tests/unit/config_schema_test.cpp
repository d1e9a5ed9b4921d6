// SPDX-License-Identifier: BSL-1.0

#include <coauth/config_env.hpp>
#include <coauth/config_json.hpp>
#include <coauth/config_schema.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "config_support.hpp"

namespace config_schema_test {
namespace {

using namespace config_support;
using coauth::config::key;
using coauth::config::kind;
using coauth::config::schema;
using nlohmann::json;

/// Keys that are no members of a struct: client authentication, authorization and token store are
/// made of them, and a whole proxy.
bool is_made_into_something(key const& k) {
    static std::set<std::string> const pointers{"/token/client_secret",
                                                "/token/token_endpoint_auth_method",
                                                "/token/client_secret_basic_encoding",
                                                "/token/private_key",
                                                "/token/private_key_password",
                                                "/token/token_endpoint_auth_signing_alg",
                                                "/api/http_basic/user_id",
                                                "/api/http_basic/password",
                                                "/api/api_key/header",
                                                "/api/api_key/value"};
    return pointers.contains(k.pointer) || k.pointer.starts_with("/token/client_assertion/") ||
           k.pointer.starts_with("/token/store/") || k.pointer.ends_with("/proxy/from_environment");
}

bool is_shared(key const& k) {
    return k.pointer.starts_with("/tls/") || k.pointer.starts_with("/proxy/");
}

json least() {
    return {{"token",
             {{"token_endpoint", "https://auth.example.com/token"},
              {"client_id", "client_id_123"},
              {"client_secret", "env:COAUTH_TEST_SECRET"}}},
            {"api", {{"base_url", "https://api.example.com/v1"}}},
            {"proxy",
             {{"url", "http://proxy.example.com"}, {"user", "u"}, {"password", "file:/run/p"}}}};
}

rendered read(json const& document) {
    auto const settings = coauth::config::from_json(document.dump());
    EXPECT_TRUE(settings) << settings.error().what();
    return settings ? render(*settings) : rendered{};
}

/// Something that is not the default: in JSON, and as a variable.
std::pair<json, std::string> sample(key const& k) {
    switch (k.kind) {
        case kind::integer: return {7, "7"};
        case kind::share: return {0.5, "0.5"};
        case kind::boolean: {
            bool const value = k.fallback == "false";
            return {value, value ? "true" : "false"};
        }
        case kind::duration: return {"1.5h", "1.5h"};
        case kind::choice:
            return {k.allowed.substr(k.allowed.rfind(' ') + 1),
                    k.allowed.substr(k.allowed.rfind(' ') + 1)};
        case kind::list: return {json::array({"a.example", "10.0.0.1"}), " a.example  10.0.0.1"};
        case kind::map: return {{{"X-One", "1 2"}, {"X-Two", "a,b"}}, "X-One=1%202, X-Two=a%2Cb"};
        case kind::secret: return {"file:/a/b", "/a/b"};
        default: break;
    }
    bool const url = k.pointer.ends_with("_url") || k.pointer.ends_with("_endpoint") ||
                     k.pointer.ends_with("/issuer");
    std::string text = url ? "https://other.example.com/x" : "other";
    if (k.pointer.ends_with("/proxy/url")) text = "http://other.example.com:8080";
    return {text, text};
}

std::vector<key> settable() {
    std::vector<key> keys;
    for (key const& k : schema()) {
        if (k.kind != kind::code_only) keys.push_back(k);
    }
    return keys;
}

TEST(config_schema, every_member_of_the_structs_has_a_key_and_every_key_a_member) {
    std::set<std::string> keys;
    for (key const& k : schema()) {
        if (!is_shared(k) && !is_made_into_something(k)) keys.insert(k.pointer);
    }
    std::set<std::string> members;
    for (auto const& [pointer, value] : render(coauth::config::settings{})) members.insert(pointer);
    EXPECT_EQ(keys, members);
}

TEST(config_schema, names_are_unique_and_hidden_behind_no_suffix) {
    std::set<std::string> pointers;
    std::set<std::string> variables;
    for (key const& k : schema()) {
        EXPECT_TRUE(pointers.insert(k.pointer).second) << k.pointer;
        EXPECT_TRUE(variables.insert(k.variable).second) << k.variable;
        if (k.kind == kind::secret) {
            EXPECT_TRUE(variables.insert(k.variable + "_FILE").second) << k.variable;
        }
        EXPECT_FALSE(k.about.empty()) << k.pointer;
    }
}

TEST(config_schema, a_key_changes_its_own_member_and_no_other) {
    rendered const base = read(least());
    for (key const& k : settable()) {
        if (is_made_into_something(k) || k.pointer == "/api/bearer_token") continue;
        json document = least();
        document[json::json_pointer(k.pointer)] = sample(k).first;
        std::set<std::string> changed;
        for (auto const& [pointer, value] : read(document)) {
            if (base.at(pointer) != value) changed.insert(pointer);
        }
        std::set<std::string> const expected =
            is_shared(k) ? std::set<std::string>{"/token" + k.pointer, "/api" + k.pointer}
                         : std::set<std::string>{k.pointer};
        EXPECT_EQ(changed, expected) << k.pointer;
    }
}

TEST(config_schema, the_environment_says_the_same_as_json) {
    for (key const& k : settable()) {
        if (is_made_into_something(k) || k.pointer == "/api/bearer_token") continue;
        json document = least();
        document[json::json_pointer("/token/client_secret")] = "env:COAUTH_T1_CLIENT_SECRET";
        document[json::json_pointer(k.pointer)] = sample(k).first;
        environment variables{{"COAUTH_T1_TOKEN_ENDPOINT", "https://auth.example.com/token"},
                              {"COAUTH_T1_CLIENT_ID", "client_id_123"},
                              {"COAUTH_T1_CLIENT_SECRET", "of no interest"},
                              {"COAUTH_T1_BASE_URL", "https://api.example.com/v1"},
                              {"COAUTH_T1_PROXY_URL", "http://proxy.example.com"},
                              {"COAUTH_T1_PROXY_USER", "u"},
                              {"COAUTH_T1_PROXY_PASSWORD_FILE", "/run/p"}};
        variables.set("COAUTH_T1_" + k.variable + (k.kind == kind::secret ? "_FILE" : ""),
                      sample(k).second);
        auto const settings = coauth::config::from_env("COAUTH_T1");
        ASSERT_TRUE(settings) << settings.error().what();
        EXPECT_EQ(render(*settings), read(document)) << k.pointer;
    }
}

TEST(config_schema, the_defaults_it_names_are_those_of_the_structs) {
    rendered const base = read(least());
    for (key const& k : settable()) {
        if (k.fallback.empty() || k.pointer.starts_with("/api/api_key")) continue;
        json document = least();
        bool const literal =
            k.kind == kind::integer || k.kind == kind::share || k.kind == kind::boolean;
        document[json::json_pointer(k.pointer)] =
            literal ? json::parse(k.fallback) : json(k.fallback);
        EXPECT_EQ(read(document), base) << k.pointer;
    }
    // What it does not name is empty in a struct too.
    rendered const empty = render(coauth::config::settings{});
    for (key const& k : settable()) {
        if (!k.fallback.empty() || is_shared(k) || is_made_into_something(k)) continue;
        EXPECT_EQ(empty.at(k.pointer), "") << k.pointer;
    }
}

std::string table_row(key const& k, std::string const& prefix) {
    std::string variable = "`" + prefix + k.variable + "`";
    if (k.kind == kind::secret) variable += ", `…_FILE`";
    return "| `" + k.pointer + "` | " + variable + " | " + k.allowed + " | " +
           (k.fallback.empty() ? "" : "`" + k.fallback + "`") + " | " + k.about + " |";
}

TEST(config_schema, the_documentation_lists_exactly_these_keys) {
    std::ifstream file(std::string(COAUTH_TEST_VECTORS) + "/../../docs/configuration.md");
    ASSERT_TRUE(file) << "docs/configuration.md is not there";
    std::vector<std::string> written;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("| `/")) written.push_back(line);
    }
    std::vector<std::string> wanted;
    for (key const& k : schema()) {
        if (k.kind != kind::code_only) wanted.push_back(table_row(k, "PREFIX_"));
    }
    std::ostringstream all;
    for (std::string const& row : wanted) all << row << '\n';
    EXPECT_EQ(written, wanted) << "the rows have to be:\n" << all.str();
}

}  // namespace
}  // namespace config_schema_test
