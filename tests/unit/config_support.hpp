// SPDX-License-Identifier: BSL-1.0
//
// For the tests of configurations: settings as text, member by member, under the pointers of the
// schema; and variables that are gone again after a test.

#ifndef COAUTH_TESTS_UNIT_CONFIG_SUPPORT_HPP
#define COAUTH_TESTS_UNIT_CONFIG_SUPPORT_HPP

#include <coauth/config_schema.hpp>

#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace config_support {

/// Pointer of the schema to value.
using rendered = std::map<std::string, std::string>;

template <class T>
std::string text_of(T const& value) {
    if constexpr (std::is_convertible_v<T, std::string>) {
        return value;
    } else if constexpr (std::is_same_v<T, coauth::duration>) {
        return std::to_string(value.count());
    } else if constexpr (std::is_arithmetic_v<T>) {
        return std::to_string(value);
    } else if constexpr (std::is_enum_v<T>) {
        return std::to_string(static_cast<int>(value));
    } else if constexpr (std::is_same_v<T, coauth::scope>) {
        return value.to_string();
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
        std::string all;
        for (auto const& one : value) all += one + '\n';
        return all;
    } else if constexpr (std::is_same_v<T, coauth::string_pairs>) {
        std::string all;
        for (auto const& [name, content] : value) all += name + '=' + content + '\n';
        return all;
    } else if constexpr (std::is_same_v<T, std::optional<coauth::secret_reference>>) {
        if (!value) return "";
        return std::to_string(static_cast<int>(value->where())) + value->name();
    } else {
        return "";  // for code only
    }
}

// Each of these names every member of its struct: a new one does not compile until it is here, and
// then it needs a key of the schema, for code only if it is not for a file.

inline void render(rendered& out, std::string const& part, coauth::tls_config const& config) {
    auto const& [system_trust, ca_file, ca_pem, certificate_file, certificate_pem, private_key_file,
                 private_key_pem, private_key, private_key_password, min_version, insecure] =
        config;
    out[part + "/system_trust"] = text_of(system_trust);
    out[part + "/ca_file"] = text_of(ca_file);
    out[part + "/ca_pem"] = text_of(ca_pem);
    out[part + "/certificate_file"] = text_of(certificate_file);
    out[part + "/certificate_pem"] = text_of(certificate_pem);
    out[part + "/private_key_file"] = text_of(private_key_file);
    out[part + "/private_key_pem"] = text_of(private_key_pem);
    out[part + "/private_key"] = text_of(private_key);
    out[part + "/private_key_password"] = text_of(private_key_password);
    out[part + "/min_version"] = text_of(min_version);
    out[part + "/insecure"] = text_of(insecure);
}

inline void render(rendered& out, std::string const& part,
                   coauth::token_response_options const& config) {
    auto const& [scheme, strict, assume_bearer, token_type_aliases, max_access_token,
                 form_encoded_responses, ignore_refresh_token, require_issued_token_type,
                 require_scopes] = config;
    out[part + "/scheme"] = text_of(scheme);
    out[part + "/strict"] = text_of(strict);
    out[part + "/assume_bearer"] = text_of(assume_bearer);
    out[part + "/token_type_aliases"] = text_of(token_type_aliases);
    out[part + "/max_access_token"] = text_of(max_access_token);
    out[part + "/form_encoded_responses"] = text_of(form_encoded_responses);
    out[part + "/ignore_refresh_token"] = text_of(ignore_refresh_token);
    out[part + "/require_issued_token_type"] = text_of(require_issued_token_type);
    out[part + "/require_scopes"] = text_of(require_scopes);
}

inline void render(rendered& out, std::string const& part, coauth::lifetime_policy const& config) {
    auto const& [refresh_ahead, refresh_ahead_share, expiry_margin, expiry_margin_share, jitter,
                 jitter_share, unknown_lifetime, min_refresh_interval] = config;
    out[part + "/refresh_ahead"] = text_of(refresh_ahead);
    out[part + "/refresh_ahead_share"] = text_of(refresh_ahead_share);
    out[part + "/expiry_margin"] = text_of(expiry_margin);
    out[part + "/expiry_margin_share"] = text_of(expiry_margin_share);
    out[part + "/jitter"] = text_of(jitter);
    out[part + "/jitter_share"] = text_of(jitter_share);
    out[part + "/unknown_lifetime"] = text_of(unknown_lifetime);
    out[part + "/min_refresh_interval"] = text_of(min_refresh_interval);
}

inline void render(rendered& out, std::string const& part,
                   std::optional<coauth::proxy_config> const& config) {
    auto const& [url, credentials, no_proxy] = config.value_or(coauth::proxy_config{});
    out[part + "/url"] = text_of(url);
    out[part + "/user"] = credentials ? credentials->user() : "";
    out[part + "/password"] =
        credentials
            ? std::string(credentials->identity().reveal()).substr(credentials->user().size())
            : "";
    out[part + "/no_proxy"] = text_of(no_proxy);
}

inline void render(rendered& out, std::string const& part,
                   coauth::token_source_config const& config) {
    auto const& [token_url, issuer, metadata_url, expected_issuer, client, grant, scope, audience,
                 resource, parameters, headers, tls, hooks, observer, log, response,
                 max_response_body, lifetime, fetch_deadline, connect_deadline, first_byte_deadline,
                 clock, store, proxy, insecure_http, network] = config;
    out[part + "/token_endpoint"] = text_of(token_url);
    out[part + "/issuer"] = text_of(issuer);
    out[part + "/metadata_url"] = text_of(metadata_url);
    out[part + "/expected_issuer"] = text_of(expected_issuer);
    auto const identity = client ? client.cache_identity() : std::nullopt;
    out[part + "/client_id"] = identity ? std::string(identity->reveal()) : "";
    out[part + "/scope"] = text_of(scope);
    out[part + "/audience"] = text_of(audience);
    out[part + "/resource"] = text_of(resource);
    out[part + "/parameters"] = text_of(parameters);
    out[part + "/headers"] = text_of(headers);
    render(out, part + "/tls", tls);
    out[part + "/grant"] = text_of(grant);
    out[part + "/hooks"] = text_of(hooks);
    out[part + "/observer"] = text_of(observer);
    out[part + "/log"] = text_of(log);
    render(out, part + "/response", response);
    out[part + "/max_response_body"] = text_of(max_response_body);
    render(out, part + "/lifetime", lifetime);
    out[part + "/fetch_deadline"] = text_of(fetch_deadline);
    out[part + "/connect_deadline"] = text_of(connect_deadline);
    out[part + "/first_byte_deadline"] = text_of(first_byte_deadline);
    out[part + "/clock"] = text_of(clock);
    static_cast<void>(store);  // made of keys of its own
    render(out, part + "/proxy", proxy);
    out[part + "/insecure_http"] = text_of(insecure_http);
    out[part + "/network"] = text_of(network);
}

inline void render(rendered& out, std::string const& part,
                   coauth::rest_client_config const& config) {
    auto const& [base_url, authorization, headers, tls, hooks, observer, log, connect_deadline,
                 first_byte_deadline, call_deadline, max_connections_per_origin, max_response_body,
                 proxy, insecure_http, network] = config;
    out[part + "/base_url"] = text_of(base_url);
    auto const* const fixed = authorization.credential();
    out[part + "/bearer_token"] =
        fixed == nullptr ? "" : fixed->name + ": " + std::string(fixed->value->reveal());
    out[part + "/headers"] = text_of(headers);
    render(out, part + "/tls", tls);
    out[part + "/hooks"] = text_of(hooks);
    out[part + "/observer"] = text_of(observer);
    out[part + "/log"] = text_of(log);
    out[part + "/connect_deadline"] = text_of(connect_deadline);
    out[part + "/first_byte_deadline"] = text_of(first_byte_deadline);
    out[part + "/call_deadline"] = text_of(call_deadline);
    out[part + "/max_connections_per_origin"] = text_of(max_connections_per_origin);
    out[part + "/max_response_body"] = text_of(max_response_body);
    render(out, part + "/proxy", proxy);
    out[part + "/insecure_http"] = text_of(insecure_http);
    out[part + "/network"] = text_of(network);
}

[[nodiscard]] inline rendered render(coauth::config::settings const& settings) {
    auto const& [token, api] = settings;
    rendered out;
    render(out, "/token", token);
    render(out, "/api", api);
    return out;
}

/// Variables that live as long as this object.
class environment {
public:
    environment() = default;
    environment(std::initializer_list<std::pair<std::string, std::string>> variables) {
        for (auto const& [name, value] : variables) set(name, value);
    }
    environment(environment const&) = delete;
    environment& operator=(environment const&) = delete;
    ~environment() {
        for (auto const& name : names_) ::unsetenv(name.c_str());
    }
    void set(std::string const& name, std::string const& value) {
        ::setenv(name.c_str(), value.c_str(), 1);
        names_.push_back(name);
    }

private:
    std::vector<std::string> names_;
};

}  // namespace config_support

#endif
