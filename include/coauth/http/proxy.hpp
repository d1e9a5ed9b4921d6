// SPDX-License-Identifier: BSL-1.0
//
// A proxy_config, checked. Immutable; any thread.

#ifndef COAUTH_HTTP_PROXY_HPP
#define COAUTH_HTTP_PROXY_HPP

#include <coauth/http/no_proxy.hpp>
#include <coauth/http/proxy_config.hpp>
#include <coauth/url.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace coauth::http {

class proxy {
public:
    /// Null where there is no configuration. Throws coauth::exception: invalid_url for the proxy's
    /// URL, invalid_configuration for a rule.
    [[nodiscard]] static std::shared_ptr<proxy const> make(
        std::optional<proxy_config> const& config) {
        return config ? std::make_shared<proxy const>(*config) : nullptr;
    }
    explicit proxy(proxy_config const& config)
        : address_(detail::parse_proxy_url(config.url).value()),
          origin_(address_.origin()),
          credentials_(config.credentials),
          direct_(no_proxy_rules::parse(config.no_proxy).value()) {}

    /// False: this target is reached directly.
    [[nodiscard]] bool covers(url const& target) const {
        return !detail::is_local_host(target.host()) &&
               !direct_.contains(target.host(), target.port());
    }

    [[nodiscard]] std::string const& host() const noexcept { return address_.host(); }
    [[nodiscard]] std::uint16_t port() const noexcept { return address_.port(); }
    /// "http://host:port"
    [[nodiscard]] std::string const& origin() const noexcept { return origin_; }
    [[nodiscard]] bool has_credentials() const noexcept { return credentials_.has_value(); }

    /// The value of Proxy-Authorization, empty without credentials. Errors: secret_unavailable,
    /// invalid_credentials.
    [[nodiscard]] result<secret> authorization() const {
        return credentials_ ? credentials_->header() : secret();
    }

    /// Equal for the same proxy with the same credentials. To be digested under a key, never
    /// stored.
    [[nodiscard]] secret identity() const {
        detail::wiped_buffer text;
        text.append(origin_);
        text.push_back(' ');
        if (credentials_) text.append(credentials_->identity().reveal());
        return secret(text.view());
    }

private:
    url address_;
    std::string origin_;
    std::optional<proxy_credentials> credentials_;
    no_proxy_rules direct_;
};

}  // namespace coauth::http

#endif
