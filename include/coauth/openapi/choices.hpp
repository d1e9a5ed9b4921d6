// SPDX-License-Identifier: BSL-1.0
//
// What a caller decides about a description, what is left to decide, and what came of it. Plain
// values.

#ifndef COAUTH_OPENAPI_CHOICES_HPP
#define COAUTH_OPENAPI_CHOICES_HPP

#include <coauth/openapi/description.hpp>
#include <coauth/scope.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coauth::openapi {

enum class scope_mode : unsigned char {
    together,       ///< one token for the client, with the union over the operations used
    per_operation,  ///< the least set for each operation, and a token for each set
};

/// Everything is optional. What is set here is not taken from the description.
struct choices {
    /// One of the description's servers, by its `url` as it stands there.
    std::string server = {};
    /// For the variables of the server's URL. One that makes up the host, or all of the URL, has no
    /// default here, whatever the description says: to set it is to allow it.
    std::map<std::string, std::string> variables = {};
    /// In the place of any server.
    std::string base_url = {};
    /// Names of security schemes to use. Several: those that are needed together, or by different
    /// operations.
    std::vector<std::string> schemes = {};
    std::optional<flow_kind> flow = std::nullopt;
    /// Where the client's credentials go, and nowhere else, whatever the description names.
    /// Absolute.
    std::string token_url = {};
    /// In place of `token_url`: the issuer whose metadata name it.
    std::string issuer = {};
    /// Where a person is asked, for an authorization code. Absolute. Empty: what the description
    /// says; with `issuer`, what its metadata say.
    std::string authorization_url = {};
    /// What to ask for. With scope_mode::per_operation: what may be asked for.
    std::optional<coauth::scope> scope = std::nullopt;
    scope_mode scopes = scope_mode::together;
    /// Ids, or "GET /users": the operations that will be called. Empty: all. Others are refused.
    std::vector<std::string> operations = {};
};

enum class question_kind : unsigned char {
    server,             ///< `choices::server`, or `base_url`
    base_url,           ///< the description does not say it, or only relative to where it came from
    variable,           ///< of the server's URL: `choices::variables`
    scheme,             ///< `choices::schemes`
    flow,               ///< `choices::flow`
    token_url,          ///< it is missing, not usable, or of a fetched description: to be confirmed
    authorization_url,  ///< the same of where a person is asked: `choices::authorization_url`
    scope,              ///< alternatives that are no subsets of each other: `choices::scope`
    authorization,  ///< no credentials for a scheme, or one that is not supported: `credentials`
};

[[nodiscard]] inline std::string_view to_string(question_kind kind) noexcept {
    switch (kind) {
        case question_kind::server: return "server";
        case question_kind::base_url: return "base_url";
        case question_kind::variable: return "variable";
        case question_kind::scheme: return "scheme";
        case question_kind::flow: return "flow";
        case question_kind::token_url: return "token_url";
        case question_kind::authorization_url: return "authorization_url";
        case question_kind::scope: return "scope";
        case question_kind::authorization: return "authorization";
    }
    return "";
}

/// What only the caller can decide.
struct question {
    question_kind kind = question_kind::server;
    std::string text;                  ///< one sentence, with the place in the description
    std::vector<std::string> answers;  ///< to choose from; empty: anything that fits
    std::string answered_by;           ///< "choices::server"
};

/// How one operation is authorized.
struct operation_plan {
    /// Schemes to use together; empty: none is needed.
    std::vector<std::string> schemes;
    coauth::scope scope;
    /// Of a server of its own; empty: the plan's.
    std::string base_url;
    /// Why it cannot be called; empty when it can.
    std::string refused;
};

/// What a client for the description is to be. Complete when there is no question.
struct plan {
    std::string base_url;
    /// In use, in the description's order.
    std::vector<security_scheme> schemes;
    std::optional<flow_kind> flow;
    std::string token_url;
    /// In place of it, of an openIdConnect scheme: whose metadata have it.
    std::string issuer;
    /// Of an authorization code: where a person is asked. Empty: what the metadata say.
    std::string authorization_url;
    coauth::scope scope;
    scope_mode scopes = scope_mode::together;
    std::vector<operation_plan> operations;  ///< one for each of the description's, in its order
    std::vector<question> questions;
    std::vector<std::string> notes;  ///< what a reader should know and need not act on

    [[nodiscard]] bool asks(question_kind kind) const {
        for (question const& one : questions) {
            if (one.kind == kind) return true;
        }
        return false;
    }
};

}  // namespace coauth::openapi

#endif
