// SPDX-License-Identifier: BSL-1.0
//
// How URLs are read and put together: bodies of url.hpp.

#ifndef COAUTH_URL_IMPL_HPP
#define COAUTH_URL_IMPL_HPP

#include <coauth/detail/uri_host.hpp>
#include <coauth/detail/uri_text.hpp>
#include <coauth/url.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

COAUTH_INLINE result<url> url::parse(std::string_view text) {
    detail::uri_parts const parts = detail::split_uri(text);
    url parsed;
    if (!parts.scheme) return invalid("the URL has no scheme: it begins with https://");
    parsed.https_ = detail::equals_lower(*parts.scheme, "https");
    if (!parsed.https_ && !detail::equals_lower(*parts.scheme, "http")) {
        return invalid("the URL's scheme is neither http nor https");
    }
    if (!parts.authority) return invalid("'//' does not follow the URL's scheme");
    if (parts.fragment) return invalid("the URL has a fragment ('#')");
    if (parts.authority->find('@') != std::string_view::npos) {
        return invalid("the URL has userinfo ('@' before the host)");
    }

    auto const [host, port] = detail::split_authority(*parts.authority);
    if (std::string why = detail::parse_host(host, parsed.host_); !why.empty()) {
        return invalid(std::move(why));
    }
    parsed.port_ = parsed.https_ ? 443 : 80;
    if (port && !detail::parse_port(*port, parsed.port_)) {
        return invalid("the URL's port is not a number from 1 to 65535");
    }

    if (std::string why = detail::check_path(parts.path); !why.empty()) {
        return invalid("the URL's path " + why);
    }
    if (!parts.path.empty()) parsed.path_ = detail::remove_dot_segments(parts.path);
    if (parts.query) {
        if (std::string why = detail::check_query(*parts.query); !why.empty()) {
            return invalid("the URL's query " + why);
        }
        parsed.query_ = "?" + std::string(*parts.query);
    }
    return parsed;
}

COAUTH_INLINE result<url> resolve_reference(url const& base, std::string_view reference) {
    reference = reference.substr(0, reference.find('#'));
    detail::uri_parts const parts = detail::split_uri(reference);
    // Not through resolve_uri: "http:/..//evil" has no authority, and must not be given one.
    if (parts.scheme) return url::parse(reference);
    // Looked at before dot segments are removed, and with them the fault: "\\/../x".
    if (std::string why = detail::check_path(parts.path); !why.empty()) {
        return error(errc::invalid_url, stage::configuration, "the reference's path " + why);
    }
    return url::parse(detail::resolve_uri(base.to_string(), reference));
}

COAUTH_INLINE result<std::string> append_target(url const& base, std::string_view path_and_query) {
    auto const invalid = [](std::string why) {
        return error(errc::invalid_target, stage::configuration,
                     "the request's target " + std::move(why));
    };
    std::size_t const mark = path_and_query.find('?');
    std::string_view const path = path_and_query.substr(0, mark);
    if (path.starts_with("//")) return invalid("begins with '//'");
    if (path.find("://") != std::string_view::npos) {
        return invalid("is a URL: give a path, or set another base URL");
    }
    if (std::string why = detail::check_path(path); !why.empty()) return invalid(std::move(why));

    std::string target = base.path();
    if (!path.empty()) {
        if (target.ends_with('/')) target.pop_back();
        auto const below = detail::join_below(path);
        if (!below) return invalid("leaves the base URL's path ('..')");
        target += *below;
    }
    if (target.starts_with("//")) return invalid("begins with '//'");
    std::string query(base.query());
    if (mark != std::string_view::npos) {
        std::string_view const own = path_and_query.substr(mark + 1);
        if (std::string why = detail::check_query(own); !why.empty()) {
            return invalid(std::move(why));
        }
        if (!query.empty() && !own.empty()) query += '&';
        query += own;
    }
    if (!query.empty()) target += "?" + query;
    return target;
}

}  // namespace coauth

#endif
