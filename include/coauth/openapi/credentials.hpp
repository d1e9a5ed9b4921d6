// SPDX-License-Identifier: BSL-1.0
//
// What the caller has to prove who he is, for the schemes of a description. Copyable; secrets are
// shared between copies and wiped with the last one.

#ifndef COAUTH_OPENAPI_CREDENTIALS_HPP
#define COAUTH_OPENAPI_CREDENTIALS_HPP

#include <coauth/authorization.hpp>
#include <coauth/client_auth/client_authentication.hpp>
#include <coauth/http/tls_config.hpp>
#include <coauth/openapi/description.hpp>
#include <coauth/secret.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coauth::openapi {

class credentials {
public:
    credentials() = default;

    /// For oauth2 with client credentials or an authorization code, and openIdConnect.
    credentials& client(any_client_authentication how) & {
        client_ = std::move(how);
        return *this;
    }
    /// For http basic and http bearer.
    credentials& basic(http_basic user) & {
        basic_ = std::move(user);
        return *this;
    }
    credentials& bearer(bearer_token token) & {
        bearer_ = std::move(token);
        return *this;
    }
    /// For an API key: of the only such scheme, or of the one that is named.
    credentials& key(secret value) & { return key("", std::move(value)); }
    credentials& key(std::string scheme, secret value) & {
        keys_[std::move(scheme)] = std::make_shared<secret const>(std::move(value));
        return *this;
    }
    /// For mutualTLS: certificate and key; what it says of trust is not looked at.
    credentials& certificate(tls_config config) & {
        certificate_ = std::move(config);
        return *this;
    }
    /// For a scheme that the library does not do by itself, or in place of what it does.
    credentials& authorization(std::string scheme, coauth::authorization how) & {
        own_[std::move(scheme)] = std::move(how);
        return *this;
    }

    credentials&& client(any_client_authentication how) && {
        return std::move(client(std::move(how)));
    }
    credentials&& basic(http_basic user) && { return std::move(basic(std::move(user))); }
    credentials&& bearer(bearer_token token) && { return std::move(bearer(std::move(token))); }
    credentials&& key(secret value) && { return std::move(key(std::move(value))); }
    credentials&& key(std::string scheme, secret value) && {
        return std::move(key(std::move(scheme), std::move(value)));
    }
    credentials&& certificate(tls_config config) && {
        return std::move(certificate(std::move(config)));
    }
    credentials&& authorization(std::string scheme, coauth::authorization how) && {
        return std::move(authorization(std::move(scheme), std::move(how)));
    }

    /// Whether they do for a scheme of a description.
    [[nodiscard]] bool fit(security_scheme const& scheme, api_description const& of) const {
        if (own_.contains(scheme.name)) return true;
        switch (scheme.kind) {
            case scheme_kind::oauth2: {
                bool const by_itself =
                    std::any_of(scheme.flows.begin(), scheme.flows.end(), is_supported);
                return client_ && by_itself;
            }
            case scheme_kind::open_id_connect: return static_cast<bool>(client_);
            case scheme_kind::http_basic: return basic_.has_value();
            case scheme_kind::http_bearer: return bearer_.has_value();
            case scheme_kind::api_key: return find_key(scheme.name, of) != nullptr;
            case scheme_kind::mutual_tls: return certificate_.has_value();
            case scheme_kind::unknown: return false;
        }
        return false;
    }

    // For the library.
    [[nodiscard]] any_client_authentication const& client() const noexcept { return client_; }
    [[nodiscard]] std::optional<http_basic> const& basic() const noexcept { return basic_; }
    [[nodiscard]] std::optional<bearer_token> const& bearer() const noexcept { return bearer_; }
    [[nodiscard]] std::optional<tls_config> const& certificate() const noexcept {
        return certificate_;
    }
    /// A key without a name is for a description with one such scheme.
    [[nodiscard]] std::shared_ptr<secret const> find_key(std::string const& scheme,
                                                         api_description const& of) const {
        auto at = keys_.find(scheme);
        auto const count = std::count_if(of.schemes.begin(), of.schemes.end(), [](auto const& one) {
            return one.kind == scheme_kind::api_key;
        });
        if (at == keys_.end() && count == 1) at = keys_.find("");
        return at == keys_.end() ? nullptr : at->second;
    }
    [[nodiscard]] coauth::authorization const* find_own(std::string const& scheme) const {
        auto const at = own_.find(scheme);
        return at == own_.end() ? nullptr : &at->second;
    }

private:
    any_client_authentication client_;
    std::optional<http_basic> basic_;
    std::optional<bearer_token> bearer_;
    std::map<std::string, std::shared_ptr<secret const>> keys_;
    std::optional<tls_config> certificate_;
    std::map<std::string, coauth::authorization> own_;
};

}  // namespace coauth::openapi

#endif
