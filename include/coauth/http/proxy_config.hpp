// SPDX-License-Identifier: BSL-1.0
//
// Which HTTP proxy a client goes through: what a user fills in, or has read from the environment.
// Plain values; the result is a http::proxy.

#ifndef COAUTH_HTTP_PROXY_CONFIG_HPP
#define COAUTH_HTTP_PROXY_CONFIG_HPP

#include <coauth/config.hpp>
#include <coauth/fwd.hpp>
#include <coauth/result.hpp>
#include <coauth/secret.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coauth {

/// User and password for the proxy, by HTTP Basic (RFC 7617): the one scheme there is. They are
/// sent with every CONNECT, without waiting to be asked, and to nobody but the proxy.
class proxy_credentials {
public:
    /// Throws coauth::exception(errc::invalid_credentials): for instance a user with ':'.
    proxy_credentials(std::string user, secret password);
    /// The password is read anew for every connection, so that rotation needs no restart.
    proxy_credentials(std::string user, secret_reference password);

    [[nodiscard]] std::string const& user() const noexcept { return user_; }

    /// The value of Proxy-Authorization. Errors: secret_unavailable, invalid_credentials.
    [[nodiscard]] result<secret> header() const;

    /// Equal for equal credentials; of a reference, its name. To be digested under a key, never
    /// stored.
    [[nodiscard]] secret identity() const;

private:
    struct kept;

    void check(std::string_view password) const;

    std::string user_;
    std::shared_ptr<kept const> kept_;
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
[[nodiscard]] result<url> parse_proxy_url(std::string_view text);

}  // namespace detail
}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/http/proxy_config_env.hpp>
#include <coauth/http/proxy_config_impl.hpp>
#endif

#endif
