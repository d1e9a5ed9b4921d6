// SPDX-License-Identifier: BSL-1.0
//
// What an authorization server says of itself: RFC 8414 and OpenID Connect Discovery 1.0. Where to
// look for it, and how to read it. Pure functions.

#ifndef COAUTH_PROTOCOL_SERVER_METADATA_HPP
#define COAUTH_PROTOCOL_SERVER_METADATA_HPP

#include <coauth/codec/json_reader.hpp>
#include <coauth/error.hpp>
#include <coauth/result.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {

/// The members that this library uses; empty where the server has none.
struct server_metadata {
    std::string issuer;
    std::string token_endpoint;
    std::string authorization_endpoint;
    /// RFC 8628 §4.
    std::string device_authorization_endpoint;
    /// RFC 9207 §3: responses of the authorization endpoint have an `iss`.
    bool iss_in_responses = false;
    /// RFC 8705 §5: for clients with a certificate.
    std::string mtls_token_endpoint;
    std::string mtls_device_authorization_endpoint;
};

/// Where the metadata of `issuer` may be, in the order of asking: inserted before the path (RFC
/// 8414 §3.1), appended to it (OpenID Connect Discovery 1.0 §4), and inserted with the name of the
/// latter. Refuses, with errc::invalid_url, what url::parse refuses, and a query.
[[nodiscard]] inline result<std::vector<url>> well_known_urls(std::string_view issuer) {
    result<url> const parsed = url::parse(issuer);
    if (!parsed) return parsed.error();
    if (!parsed->query().empty()) {
        return error(errc::invalid_url, stage::configuration, "an issuer has no query");
    }
    std::string_view path = parsed->path();
    if (path.ends_with('/')) path.remove_suffix(1);
    std::string const server = std::string(parsed->scheme()) + "://" + parsed->authority();
    std::vector<url> places;
    for (std::string const& place :
         {server + "/.well-known/oauth-authorization-server" + std::string(path),
          server + std::string(path) + "/.well-known/openid-configuration",
          server + "/.well-known/openid-configuration" + std::string(path)}) {
        result<url> one = url::parse(place);
        if (!one) return one.error();
        bool const known = std::find(places.begin(), places.end(), *one) != places.end();
        if (!known) places.push_back(std::move(*one));
    }
    return places;
}

namespace detail {

[[nodiscard]] inline error bad_metadata(std::string message) {
    return error(errc::invalid_server_metadata, stage::token, std::move(message));
}

/// The members of one object, by name. False for a text of another type, or that comes twice.
[[nodiscard]] inline bool read_members(
    json_object_reader& reader,
    std::initializer_list<std::pair<std::string_view, std::string*>> wanted,
    std::initializer_list<std::pair<std::string_view, json_value*>> others = {}) {
    while (reader.next()) {
        for (auto const& [name, to] : others) {
            if (reader.name() == name) *to = reader.value();
        }
        for (auto const& [name, to] : wanted) {
            if (reader.name() != name) continue;
            if (!to->empty() || !reader.value().is(json_type::string)) return false;
            *to = reader.value().to_string();
        }
    }
    return !reader.failed();
}

}  // namespace detail

/// `body`: one JSON object. Errors: errc::invalid_server_metadata; errc::issuer_mismatch unless its
/// issuer is `expected`, byte for byte (RFC 8414 §3.3).
[[nodiscard]] inline result<server_metadata> parse_server_metadata(std::string_view body,
                                                                   std::string_view expected) {
    server_metadata m;
    json_value aliases;
    json_value iss_announced;
    json_object_reader reader(body);
    bool const good =
        detail::read_members(reader,
                             {{"issuer", &m.issuer},
                              {"token_endpoint", &m.token_endpoint},
                              {"authorization_endpoint", &m.authorization_endpoint},
                              {"device_authorization_endpoint", &m.device_authorization_endpoint}},
                             {{"mtls_endpoint_aliases", &aliases},
                              {"authorization_response_iss_parameter_supported", &iss_announced}});
    if (!good) return detail::bad_metadata("the metadata is not one well-formed JSON object");
    if (aliases.is(json_type::object)) {
        json_object_reader inside(aliases.raw());
        bool const fine = detail::read_members(
            inside, {{"token_endpoint", &m.mtls_token_endpoint},
                     {"device_authorization_endpoint", &m.mtls_device_authorization_endpoint}});
        if (!fine) return detail::bad_metadata("mtls_endpoint_aliases cannot be read");
    }
    m.iss_in_responses = iss_announced.raw() == "true";
    if (m.issuer != expected) {
        return error(errc::issuer_mismatch, stage::token,
                     "the metadata is of another issuer: '" + printable(m.issuer, 200) + "'")
            .with_hint(
                "write it exactly as the server does, or, if the server publishes another "
                "one on purpose, set metadata_url and expected_issuer");
    }
    if (m.token_endpoint.empty()) return detail::bad_metadata("there is no token_endpoint");
    return m;
}

}  // namespace coauth

#endif
