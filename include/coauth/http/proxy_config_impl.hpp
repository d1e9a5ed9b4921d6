// SPDX-License-Identifier: BSL-1.0
//
// What a proxy is told, and what its URL may be: bodies of proxy_config.hpp.

#ifndef COAUTH_HTTP_PROXY_CONFIG_IMPL_HPP
#define COAUTH_HTTP_PROXY_CONFIG_IMPL_HPP

#include <coauth/codec/basic_auth.hpp>
#include <coauth/detail/uri_text.hpp>
#include <coauth/http/proxy_config.hpp>
#include <coauth/url.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace coauth {

struct proxy_credentials::kept {
    std::variant<secret, secret_reference> password;
};

COAUTH_INLINE proxy_credentials::proxy_credentials(std::string user, secret password)
    : user_(std::move(user)) {
    check(password.reveal());
    kept_ = std::make_shared<kept const>(kept{std::move(password)});
}

COAUTH_INLINE proxy_credentials::proxy_credentials(std::string user, secret_reference password)
    : user_(std::move(user)), kept_(std::make_shared<kept const>(kept{std::move(password)})) {
    check({});
}

COAUTH_INLINE result<secret> proxy_credentials::header() const {
    if (auto const* fixed = std::get_if<secret>(&kept_->password)) {
        return basic_auth(user_, fixed->reveal());
    }
    result<secret> const now = std::get<secret_reference>(kept_->password).read();
    if (!now) return now.error();
    if (error wrong = check_basic_auth(user_, now->reveal())) return wrong;
    return basic_auth(user_, now->reveal());
}

COAUTH_INLINE secret proxy_credentials::identity() const {
    if (auto const* fixed = std::get_if<secret>(&kept_->password)) {
        return basic_auth(user_, fixed->reveal());
    }
    auto const& named = std::get<secret_reference>(kept_->password);
    bool const file = named.where() == secret_reference::kind::file;
    return secret(user_ + (file ? ":file:" : ":environment:") + named.name());
}

COAUTH_INLINE void proxy_credentials::check(std::string_view password) const {
    if (error wrong = check_basic_auth(user_, password)) throw exception(std::move(wrong));
}

namespace detail {

COAUTH_INLINE result<url> parse_proxy_url(std::string_view text) {
    auto const refuse = [](char const* why, char const* hint) {
        return error(errc::invalid_url, stage::configuration, why).with_hint(hint);
    };
    std::size_t const colon = text.find("://");
    std::string_view const scheme = text.substr(0, colon);
    if (text.empty() || colon == text.npos || !detail::equals_lower(scheme, "http")) {
        return refuse("the proxy's URL does not begin with http://",
                      "only http proxies are offered, which tunnel https too");
    }
    if (text.find('@') != text.npos) {
        return refuse("the proxy's URL has userinfo ('@' before the host)",
                      "put them into proxy_config::credentials");
    }
    result<url> parsed = url::parse(text);
    if (parsed && parsed->target() != "/") {
        return refuse("the proxy's URL has a path or a query", "give its host and port only");
    }
    return parsed;
}

}  // namespace detail

}  // namespace coauth

#endif
