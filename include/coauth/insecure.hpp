// SPDX-License-Identifier: BSL-1.0
//
// The switches that give up a protection, as types with names that a reviewer can search for.

#ifndef COAUTH_INSECURE_HPP
#define COAUTH_INSECURE_HPP

#include <coauth/error.hpp>
#include <coauth/url.hpp>

namespace coauth {

/// Credentials may travel over plain http to another machine, where everybody on the way reads
/// them.
struct insecure_http_t {
    explicit insecure_http_t() = default;
};

namespace detail {

/// Empty when credentials may be sent to `target`.
[[nodiscard]] inline error check_transport(url const& target, bool insecure_http) {
    if (target.is_https() || target.is_loopback() || insecure_http) return {};
    return error(errc::insecure_url, stage::configuration,
                 "credentials would go over plain http to " + target.origin())
        .with_hint("use https; insecure_http allows it");
}

/// Empty when `issuer` may say where credentials are sent. Without the exception for loopback: an
/// issuer stands for a server for good (RFC 8414 §2), a port of this machine for whoever has it.
[[nodiscard]] inline error check_issuer(url const& issuer, bool insecure_http) {
    if (issuer.is_https() || insecure_http) return {};
    return error(errc::insecure_url, stage::configuration,
                 "the issuer " + issuer.origin() + " is reached over plain http")
        .with_hint(
            "an issuer is https, on loopback too; insecure_http allows it, and with a "
            "token_url on loopback it is not needed");
}

}  // namespace detail
}  // namespace coauth

#endif
