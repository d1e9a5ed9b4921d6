// SPDX-License-Identifier: BSL-1.0
//
// What the authorization server of tests/servers/oidc-provider saw on the wire, and answers of its
// token endpoint that a test makes up.

#ifndef COAUTH_TESTS_SUPPORT_OIDC_LOG_HPP
#define COAUTH_TESTS_SUPPORT_OIDC_LOG_HPP

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::tests {

/// One request as the server saw it.
struct logged_request {
    std::string method;
    std::string path;  ///< with the query
    int status = 0;    ///< 0: the connection was broken before the answer was complete
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;  ///< raw, in order
    int connection = 0;                                        ///< number of the connection
    int request_on_connection = 0;                             ///< 1: the first

    /// Every value of a header; names compare without case.
    [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
};

/// The token requests, or those to the resource, since reset(), in the order of their answers.
[[nodiscard]] std::vector<logged_request> oidc_token_log();
[[nodiscard]] std::vector<logged_request> oidc_resource_log();

/// What /rs/echo saw, from the body of its answer.
struct oidc_echo {
    std::string method;
    std::string query;  ///< as it came, with '?'
    std::string body;
    std::string client_id;
    std::string scope;
    std::string audience;
};
[[nodiscard]] oidc_echo read_echo(std::string const& body);

/// Arms an answer of the token endpoint in place of the server's own. `headers` is a JSON object.
void fake_token_answer(int status, std::string_view body, std::string_view headers = "{}",
                       std::string_view more = "");

}  // namespace coauth::tests

#endif
