// SPDX-License-Identifier: BSL-1.0
//
// Bodies of requested_access.hpp.

#ifndef COAUTH_GRANT_REQUESTED_ACCESS_IMPL_HPP
#define COAUTH_GRANT_REQUESTED_ACCESS_IMPL_HPP

#include <coauth/crypto/digest.hpp>
#include <coauth/error.hpp>
#include <coauth/grant/requested_access.hpp>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

COAUTH_INLINE error requested_access::check() const {
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

COAUTH_INLINE void requested_access::add_scope_and_audience(token_request& r) const {
    if (!scope.empty()) r.parameter("scope", scope.to_string());
    if (!audience.empty()) r.parameter("audience", audience);
}

COAUTH_INLINE void requested_access::add_rest(token_request& r) const {
    for (auto const& one : resource) r.add_parameter("resource", one);
    for (auto const& [name, value] : parameters) r.add_parameter(name, value);
}

COAUTH_INLINE void requested_access::identify(sha256_hasher& key) const {
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

}  // namespace coauth

#endif
