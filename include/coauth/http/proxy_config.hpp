// SPDX-License-Identifier: BSL-1.0
//
// Which HTTP proxy a client goes through: what a user fills in, or has read from the environment.
// Plain values; the result is a http::proxy.

#ifndef COAUTH_HTTP_PROXY_CONFIG_HPP
#define COAUTH_HTTP_PROXY_CONFIG_HPP

#include <coauth/codec/basic_auth.hpp>
#include <coauth/result.hpp>
#include <coauth/secret.hpp>
#include <coauth/url.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace coauth {

/// User and password for the proxy, by HTTP Basic (RFC 7617): the one scheme there is. They are
/// sent with every CONNECT, without waiting to be asked, and to nobody but the proxy.
class proxy_credentials {
public:
    /// Throws coauth::exception(errc::invalid_credentials): for instance a user with ':'.
    proxy_credentials(std::string user, secret password) : user_(std::move(user)) {
        check(password.reveal());
        password_ = std::make_shared<secret const>(std::move(password));
    }
    /// The password is read anew for every connection, so that rotation needs no restart.
    proxy_credentials(std::string user, secret_reference password)
        : user_(std::move(user)), password_(std::move(password)) {
        check({});
    }

    [[nodiscard]] std::string const& user() const noexcept { return user_; }

    /// The value of Proxy-Authorization. Errors: secret_unavailable, invalid_credentials.
    [[nodiscard]] result<secret> header() const {
        if (auto const* fixed = std::get_if<fixed_password>(&password_)) {
            return basic_auth(user_, (*fixed)->reveal());
        }
        result<secret> const now = std::get<secret_reference>(password_).read();
        if (!now) return now.error();
        if (error wrong = check_basic_auth(user_, now->reveal())) return wrong;
        return basic_auth(user_, now->reveal());
    }

    /// Equal for equal credentials; of a reference, its name. To be digested under a key, never
    /// stored.
    [[nodiscard]] secret identity() const {
        if (auto const* fixed = std::get_if<fixed_password>(&password_)) {
            return basic_auth(user_, (*fixed)->reveal());
        }
        auto const& named = std::get<secret_reference>(password_);
        bool const file = named.where() == secret_reference::kind::file;
        return secret(user_ + (file ? ":file:" : ":environment:") + named.name());
    }

private:
    using fixed_password = std::shared_ptr<secret const>;

    void check(std::string_view password) const {
        if (error wrong = check_basic_auth(user_, password)) throw exception(std::move(wrong));
    }

    std::string user_;
    std::variant<fixed_password, secret_reference> password_;
};

/// https targets go through a tunnel (CONNECT, RFC 9110 §9.3.6), with TLS to the server itself and
/// its name verified as without a proxy. http targets are forwarded (RFC 9112 §3.2.2): the proxy
/// reads them. When the proxy fails the call fails; it never goes out directly instead.
struct proxy_config {
    /// "http://proxy.corp:3128"; the port is 80 where none is written. Spoken to in plain text:
    /// https and SOCKS proxies are not offered. Credentials in it are refused.
    std::string url = {};
    std::optional<proxy_credentials> credentials = std::nullopt;
    /// Who is reached without it; see no_proxy_rules. This machine always is: localhost,
    /// 127.0.0.0/8 and ::1.
    std::vector<std::string> no_proxy = {};

    /// What the environment says, now and only when this is called; empty where it says nothing.
    /// As in curl, lower case comes first: for targets of `scheme` "https" https_proxy and
    /// HTTPS_PROXY, of "http" http_proxy alone (a CGI program gets HTTP_PROXY from its client's
    /// "Proxy:" header), then all_proxy and ALL_PROXY; no_proxy and NO_PROXY. A value without
    /// "http://" is taken as if it had it; userinfo becomes `credentials`. Throws coauth::exception
    /// for what cannot be used, naming the variable: nothing is skipped in silence.
    [[nodiscard]] static std::optional<proxy_config> from_env(std::string_view scheme = "https");
};

namespace detail {

/// The URL of a proxy: http, without userinfo, path and query.
[[nodiscard]] inline result<url> parse_proxy_url(std::string_view text) {
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

#include <coauth/http/proxy_config_env.hpp>

#endif
