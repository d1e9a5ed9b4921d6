// SPDX-License-Identifier: BSL-1.0
//
// The proxy that the environment names: bodies of proxy_config.hpp. Reads the environment like
// std::getenv: not while another thread changes it.

#ifndef COAUTH_HTTP_PROXY_CONFIG_ENV_HPP
#define COAUTH_HTTP_PROXY_CONFIG_ENV_HPP

#include <coauth/codec/percent.hpp>
#include <coauth/http/no_proxy.hpp>
#include <coauth/http/proxy_config.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

namespace detail {

struct environment_value {
    char const* name = nullptr;
    std::string_view text = {};
};

/// The first that is set and not empty, or an empty one.
[[nodiscard]] inline environment_value first_in_environment(
    std::initializer_list<char const*> names) {
    for (char const* const name : names) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): reading is safe while nobody calls setenv()
        char const* const value = std::getenv(name);
        if (value != nullptr && *value != '\0') return {name, value};
    }
    return {};
}

/// "user:password", percent-encoded.
[[nodiscard]] inline proxy_credentials parse_userinfo(std::string_view text) {
    std::size_t const colon = std::min(text.find(':'), text.size());
    std::string user;
    wiped_buffer password;
    bool const ok =
        append_unescaped(user, text.substr(0, colon), false) &&
        append_unescaped(password, text.substr(std::min(colon + 1, text.size())), false);
    if (!ok) {
        throw exception(error(errc::invalid_credentials, stage::configuration,
                              "a '%' in the userinfo is not followed by two hexadecimal digits"));
    }
    return {std::move(user), secret(password.view())};
}

[[nodiscard]] inline proxy_config parse_environment_proxy(std::string_view text) {
    proxy_config config;
    constexpr std::string_view separator = "://";
    std::size_t const colon = text.find(separator);
    bool const complete = colon != std::string_view::npos;
    std::size_t const begin = complete ? colon + separator.size() : 0;
    config.url = complete ? std::string(text.substr(0, begin)) : "http://";
    std::string_view const authority = text.substr(begin, text.find_first_of("/?#", begin) - begin);
    std::size_t const at = authority.rfind('@');
    std::size_t const host = at == authority.npos ? begin : begin + at + 1;
    config.url += text.substr(host);
    if (at != authority.npos) config.credentials = parse_userinfo(authority.substr(0, at));
    static_cast<void>(parse_proxy_url(config.url).value());
    return config;
}

}  // namespace detail

COAUTH_INLINE std::optional<proxy_config> proxy_config::from_env(std::string_view scheme) {
    using detail::first_in_environment;
    auto const found =
        scheme == "http"
            ? first_in_environment({"http_proxy", "all_proxy", "ALL_PROXY"})
            : first_in_environment({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
    if (found.name == nullptr) return std::nullopt;
    auto const direct = first_in_environment({"no_proxy", "NO_PROXY"});
    char const* at = found.name;
    try {
        proxy_config config = detail::parse_environment_proxy(found.text);
        if (direct.name == nullptr) return config;
        at = direct.name;
        config.no_proxy.emplace_back(direct.text);
        static_cast<void>(no_proxy_rules::parse(config.no_proxy).value());
        return config;
    } catch (exception const& e) {
        error named = e.error();
        throw exception(std::move(named).with_message("environment variable " + std::string(at) +
                                                      ": " + e.error().message()));
    }
}

}  // namespace coauth

#endif
