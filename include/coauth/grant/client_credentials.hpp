// SPDX-License-Identifier: BSL-1.0
//
// The client credentials grant (RFC 6749 §4.4), with resource indicators (RFC 8707) and the
// widespread `audience` parameter. Pure: builds the request, knows no sockets.

#ifndef COAUTH_GRANT_CLIENT_CREDENTIALS_HPP
#define COAUTH_GRANT_CLIENT_CREDENTIALS_HPP

#include <coauth/crypto/digest.hpp>
#include <coauth/protocol/token_request.hpp>
#include <coauth/scope.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {

struct client_credentials {
    coauth::scope scope{};
    /// Sent as `audience` where not empty: not in an RFC, but asked for by several large providers.
    std::string audience{};
    /// Absolute URIs without fragment (RFC 8707 §2), each sent as `resource`.
    std::vector<std::string> resource{};
    /// Extra form parameters. A name that the library sets itself is refused.
    string_pairs parameters{};

    /// errc::invalid_configuration for parameters that would be sent twice.
    [[nodiscard]] error check() const {
        static std::set<std::string, std::less<>> const taken{
            "grant_type", "scope",         "audience",         "resource",
            "client_id",  "client_secret", "client_assertion", "client_assertion_type"};
        std::set<std::string, std::less<>> seen;
        for (auto const& [name, value] : parameters) {
            if (name.empty() || taken.contains(name) || !seen.insert(name).second) {
                return error(errc::invalid_configuration, stage::configuration,
                             "token request parameter '" + name +
                                 "' is empty, repeated, or has a field of its own");
            }
        }
        for (auto const& r : resource) {
            if (r.find('#') != std::string::npos || r.find(':') == std::string::npos) {
                return error(errc::invalid_configuration, stage::configuration,
                             "resource must be an absolute URI without a fragment (RFC 8707)");
            }
        }
        return {};
    }

    [[nodiscard]] token_request request(url const& token_endpoint) const {
        token_request r(token_endpoint, "client_credentials");
        if (!scope.empty()) r.parameter("scope", scope.to_string());
        if (!audience.empty()) r.parameter("audience", audience);
        for (auto const& one : resource) r.add_parameter("resource", one);
        for (auto const& [name, value] : parameters) r.add_parameter(name, value);
        return r;
    }

    /// Everything that shapes the token, in a canonical order, each part named and length-prefixed.
    void identify(sha256_hasher& key) const {
        auto const add = [&](std::string_view name, std::string_view value) {
            key.add_part(name);
            key.add_part(value);
        };
        add("grant", "client_credentials");
        add("scope", scope.canonical());
        add("audience", audience);
        for (auto const& one : std::set<std::string>(resource.begin(), resource.end())) {
            add("resource", one);
        }
        for (auto const& [name, value] :
             std::set<std::pair<std::string, std::string>>(parameters.begin(), parameters.end())) {
            add("parameter", name);
            add("value", value);
        }
    }
};

}  // namespace coauth

#endif
