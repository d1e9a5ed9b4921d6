// SPDX-License-Identifier: BSL-1.0
//
// With what the command speaks to servers: the library's configuration from a file, the environment
// or options, and secrets by reference or from a question, never from the command line.

#ifndef COAUTH_TOOLS_COAUTH_ACCESS_HPP
#define COAUTH_TOOLS_COAUTH_ACCESS_HPP

#include "options.hpp"

#include <coauth/coauth.hpp>

#include <map>
#include <optional>
#include <string>

namespace coauth_tool {

struct access {
    /// Where tokens come from. Without token_url, issuer and metadata_url where only a client was
    /// given: then an API description has to say it.
    std::optional<coauth::token_source_config> token = {};
    /// `base_url` where one is configured, `authorization` where it is not a token's.
    coauth::rest_client_config client = {};

    // What options say, by kind, for the schemes of an API description.
    std::optional<coauth::http_basic> basic = {};
    std::optional<coauth::bearer_token> bearer = {};
    /// By the name of the scheme, or none.
    std::map<std::string, coauth::secret> keys = {};

    [[nodiscard]] bool knows_token_endpoint() const {
        return token &&
               !(token->token_url.empty() && token->issuer.empty() && token->metadata_url.empty());
    }
    [[nodiscard]] bool any_credentials() const {
        return token.has_value() || !client.authorization.is_none();
    }
};

/// The options that read_access() knows.
[[nodiscard]] option_group credential_options();
/// Trust and time limits, which every command that sends something has.
[[nodiscard]] option_group connection_options();

/// Throws failure. Asks for a secret that is needed and not referred to.
[[nodiscard]] access read_access(given_options const& given);

/// Of a --max-time and --cacert alone, without credentials.
void read_connection(given_options const& given, access& into);

}  // namespace coauth_tool

#endif
