// SPDX-License-Identifier: BSL-1.0
//
// What an API description says, the same for all versions of it: servers, ways to authorize,
// operations. Plain values; const use from any thread.

#ifndef COAUTH_OPENAPI_DESCRIPTION_HPP
#define COAUTH_OPENAPI_DESCRIPTION_HPP

#include <coauth/codec/http_fields.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coauth::openapi {

/// One value in braces of a server's URL.
struct server_variable {
    std::string name;
    std::string default_value;
    std::vector<std::string> allowed;  ///< empty: any
};

struct server {
    std::string url;  ///< as it stands: relative, or with variables, too
    std::string description;
    std::vector<server_variable> variables;
    std::string place;  ///< "api.json: /servers/0: line 3, column 5", as in all that have one
};

enum class scheme_kind : unsigned char {
    oauth2,
    http_basic,
    http_bearer,
    api_key,
    open_id_connect,
    mutual_tls,
    unknown,  ///< for instance HTTP Digest
};

enum class flow_kind : unsigned char { client_credentials, authorization_code, implicit, password };

struct oauth_flow {
    flow_kind kind = flow_kind::client_credentials;
    std::string token_url;  ///< as it stands: relative, too
    std::string authorization_url;
    std::string refresh_url;
    std::vector<std::string> scopes;  ///< those that are declared, in order
    std::string place;
};

/// Whether tokens are got by it: the others are not supported.
[[nodiscard]] inline bool is_supported(oauth_flow const& flow) noexcept {
    return flow.kind == flow_kind::client_credentials || flow.kind == flow_kind::authorization_code;
}

enum class parameter_in : unsigned char { path, query, header, cookie, form };

struct security_scheme {
    std::string name;
    scheme_kind kind = scheme_kind::unknown;
    std::string type;  ///< for people: "oauth2", "http basic", "apiKey in query"
    std::vector<oauth_flow> flows;
    parameter_in key_in = parameter_in::header;
    std::string key_name;
    std::string discovery_url;
    bool remote = false;  ///< the document that says so was fetched by URL
    std::string place;
};

/// One scheme of several that are needed together.
struct security_need {
    std::string scheme;
    std::vector<std::string> scopes;
};
/// All of them (AND); empty: nothing is needed.
using security_requirement = std::vector<security_need>;

enum class parameter_style : unsigned char {
    simple,
    label,
    matrix,
    form,
    space_delimited,
    pipe_delimited,
    tab_delimited,
    deep_object,
};

/// `any`: not said, or one of several.
enum class value_type : unsigned char { any, string, integer, number, boolean, array, object };

struct parameter {
    std::string name;
    parameter_in in = parameter_in::query;
    bool required = false;
    parameter_style style = parameter_style::form;
    bool explode = true;
    bool allow_reserved = false;
    value_type type = value_type::any;
    value_type items = value_type::any;
    std::vector<std::string> allowed;  ///< of a value, or of each item; empty: any
    bool file = false;                 ///< in a multipart form
};

struct request_body {
    bool required = false;
    std::vector<std::string> content_types;
};

struct operation {
    std::string id;      ///< may be empty
    std::string method;  ///< "GET"
    std::string path;    ///< "/users/{id}"
    std::string summary;
    bool deprecated = false;
    std::vector<parameter> parameters;
    std::optional<request_body> body;
    /// Any of them (OR); empty: nothing is needed.
    std::vector<security_requirement> security;
    /// In the place of the description's; empty: none of its own.
    std::vector<server> servers;

    [[nodiscard]] std::string name() const { return id.empty() ? method + ' ' + path : id; }
};

struct api_description {
    std::string format;    ///< "OpenAPI 3.0.3", "Swagger 2.0"
    bool swagger = false;  ///< Swagger 2.0
    std::string title;
    std::string version;
    std::string fetched_from;  ///< import_options::fetched_from
    std::vector<server> servers;
    std::vector<security_scheme> schemes;
    std::vector<operation> operations;
    /// What could not be read and is done without: types and paths in documents that are not there.
    std::vector<std::string> notes;

    /// Null when there is none, or more than one.
    [[nodiscard]] operation const* find(std::string_view id) const {
        auto const is = [&](operation const& one) { return one.id == id; };
        auto const at = std::find_if(operations.begin(), operations.end(), is);
        if (id.empty() || at == operations.end()) return nullptr;
        return std::any_of(at + 1, operations.end(), is) ? nullptr : &*at;
    }
    /// By method, in any case, and path as it stands in the description.
    [[nodiscard]] operation const* find(std::string_view method, std::string_view path) const {
        auto const at = std::find_if(operations.begin(), operations.end(), [&](auto const& one) {
            return iequals(one.method, method) && one.path == path;
        });
        return at == operations.end() ? nullptr : &*at;
    }
    [[nodiscard]] security_scheme const* find_scheme(std::string_view name) const {
        auto const at = std::find_if(schemes.begin(), schemes.end(),
                                     [&](security_scheme const& one) { return one.name == name; });
        return at == schemes.end() ? nullptr : &*at;
    }
};

[[nodiscard]] inline std::string_view to_string(flow_kind kind) noexcept {
    switch (kind) {
        case flow_kind::client_credentials: return "clientCredentials";
        case flow_kind::authorization_code: return "authorizationCode";
        case flow_kind::implicit: return "implicit";
        case flow_kind::password: return "password";
    }
    return "";
}

[[nodiscard]] inline std::string_view to_string(parameter_in in) noexcept {
    switch (in) {
        case parameter_in::path: return "path";
        case parameter_in::query: return "query";
        case parameter_in::header: return "header";
        case parameter_in::cookie: return "cookie";
        case parameter_in::form: return "form";
    }
    return "";
}

[[nodiscard]] inline std::string_view to_string(value_type type) noexcept {
    switch (type) {
        case value_type::any: return "value";
        case value_type::string: return "string";
        case value_type::integer: return "integer";
        case value_type::number: return "number";
        case value_type::boolean: return "boolean";
        case value_type::array: return "array";
        case value_type::object: return "object";
    }
    return "";
}

}  // namespace coauth::openapi

#endif
