// SPDX-License-Identifier: BSL-1.0
//
// What a token is to be good for, whatever the grant: scope, resource indicators (RFC 8707), the
// widespread `audience` parameter, and whatever else a server wants to be told. A plain value.

#ifndef COAUTH_GRANT_REQUESTED_ACCESS_HPP
#define COAUTH_GRANT_REQUESTED_ACCESS_HPP

#include <coauth/crypto/digest.hpp>
#include <coauth/error.hpp>
#include <coauth/protocol/token_request.hpp>
#include <coauth/scope.hpp>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {

struct requested_access {
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
            "client_id",  "client_secret", "client_assertion", "client_assertion_type",
            "code",       "code_verifier", "redirect_uri",     "device_code",
            "assertion",  "refresh_token"};
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

    void add_to(token_request& r) const {
        add_scope_and_audience(r);
        add_rest(r);
    }
    /// For the request to the endpoint where a person is asked, or sent from.
    void add_scope_and_audience(token_request& r) const {
        if (!scope.empty()) r.parameter("scope", scope.to_string());
        if (!audience.empty()) r.parameter("audience", audience);
    }
    /// For a token request after a person has granted scope and audience.
    void add_rest(token_request& r) const {
        for (auto const& one : resource) r.add_parameter("resource", one);
        for (auto const& [name, value] : parameters) r.add_parameter(name, value);
    }

    /// Everything that shapes the token, in a canonical order, each part named and length-prefixed.
    void identify(sha256_hasher& key) const {
        auto const add = [&](std::string_view name, std::string_view value) {
            key.add_part(name);
            key.add_part(value);
        };
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
