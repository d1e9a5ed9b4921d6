// SPDX-License-Identifier: BSL-1.0
//
// What a testing authorization server allows, and how requests present themselves to it. Pure
// functions.

#ifndef COAUTH_TESTING_AUTHORIZATION_RULES_HPP
#define COAUTH_TESTING_AUTHORIZATION_RULES_HPP

#include <coauth/scope.hpp>
#include <coauth/testing/client_registry.hpp>
#include <coauth/testing/request_log.hpp>
#include <coauth/testing/server_message.hpp>
#include <coauth/url.hpp>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

[[nodiscard]] inline std::optional<presented_client> credentials_in(
    testing::server_request const& request, form_parameters const& form) {
    if (request.fields.contains("Authorization")) {
        auto basic = basic_credentials(request.fields);
        if (!basic) return std::nullopt;
        return presented_client{true, std::move(basic->first), std::move(basic->second)};
    }
    auto id = form_value(form, "client_id");
    if (!id) return std::nullopt;
    auto secret = form_value(form, "client_secret");
    return presented_client{false, std::move(*id), secret.value_or("")};
}

/// RFC 6749 §3.2; `resource` (RFC 8707 §2) and `audience` (RFC 8693 §2.1) may be repeated.
[[nodiscard]] inline bool has_repeated(form_parameters const& form) {
    std::set<std::string_view> seen;
    for (auto const& [name, value] : form) {
        bool const repeatable = name == "resource" || name == "audience";
        if (!seen.insert(name).second && !repeatable) return true;
    }
    return false;
}

/// Nothing: the client may not ask for that.
[[nodiscard]] inline std::optional<coauth::scope> scope_for(
    testing::registered_client const& client, std::optional<std::string> const& wanted) {
    if (!wanted) return client.scope;
    auto parsed = coauth::scope::parse(*wanted);
    if (!parsed || !client.scope.includes(*parsed)) return std::nullopt;
    return std::move(*parsed);
}

/// RFC 6749 §3.1.2.3; of loopback addresses the port is not compared (RFC 8252 §7.3).
[[nodiscard]] inline bool may_be_sent_to(testing::registered_client const& client,
                                         std::string const& redirect_uri) {
    auto const there = url::parse(redirect_uri);
    for (auto const& text : client.redirect_uris) {
        if (text == redirect_uri) return true;
        auto const known = url::parse(text);
        bool const loopback = known && there && known->is_loopback() && !known->is_https();
        if (loopback && !there->is_https() && known->host() == there->host() &&
            known->target() == there->target()) {
            return true;
        }
    }
    return false;
}

[[nodiscard]] inline testing::server_response not_stored(testing::server_response response) {
    response.fields.append("Cache-Control", "no-store");
    response.fields.append("Pragma", "no-cache");
    return response;
}

}  // namespace coauth::detail

#endif
