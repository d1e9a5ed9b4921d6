// SPDX-License-Identifier: BSL-1.0
//
// What can be configured from outside of a program: one table of keys, which drives
// config::from_json and config::from_env alike, and what both of them give. Opt-in. Plain values;
// the table is made once and is the same for every thread.

#ifndef COAUTH_CONFIG_SCHEMA_HPP
#define COAUTH_CONFIG_SCHEMA_HPP

#include <coauth/config_key.hpp>
#include <coauth/detail/config_table.hpp>
#include <coauth/rest_client_config.hpp>
#include <coauth/token_source_config.hpp>

#include <vector>

namespace coauth::config {

/// What a configuration says, as the structs that code fills in: change what you like before you
/// use them.
struct settings {
    /// For a token_source. Without a `token` part its token_url is empty.
    token_source_config token = {};
    /// For a rest_client. Its `authorization` is what `http_basic`, `bearer_token` or `api_key`
    /// say; with a `token` part it is none: set it to your token_source.
    rest_client_config api = {};

    [[nodiscard]] bool has_token() const noexcept {
        return !token.token_url.empty() || !token.issuer.empty() || !token.metadata_url.empty();
    }
    [[nodiscard]] bool has_api() const noexcept { return !api.base_url.empty(); }
};

/// Every key there is, those that only code can set included, in the order of the documentation.
[[nodiscard]] inline std::vector<key> const& schema() {
    static std::vector<key> const table = detail::config_table();
    return table;
}

}  // namespace coauth::config

#endif
