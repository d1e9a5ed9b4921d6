// SPDX-License-Identifier: BSL-1.0
//
// What a token is to be good for, whatever the grant: scope, resource indicators (RFC 8707), the
// widespread `audience` parameter, and whatever else a server wants to be told. A plain value.

#ifndef COAUTH_GRANT_REQUESTED_ACCESS_HPP
#define COAUTH_GRANT_REQUESTED_ACCESS_HPP

#include <coauth/config.hpp>
#include <coauth/error.hpp>
#include <coauth/protocol/token_request.hpp>
#include <coauth/scope.hpp>

#include <string>
#include <vector>

namespace coauth {

class sha256_hasher;

struct requested_access {
    coauth::scope scope{};
    /// Sent as `audience` where not empty: not in an RFC, but asked for by several large providers.
    std::string audience{};
    /// Absolute URIs without fragment (RFC 8707 §2), each sent as `resource`.
    std::vector<std::string> resource{};
    /// Extra form parameters. A name that the library sets itself is refused.
    string_pairs parameters{};

    /// errc::invalid_configuration for parameters that would be sent twice.
    [[nodiscard]] error check() const;

    void add_to(token_request& r) const {
        add_scope_and_audience(r);
        add_rest(r);
    }
    /// For the request to the endpoint where a person is asked, or sent from.
    void add_scope_and_audience(token_request& r) const;
    /// For a token request after a person has granted scope and audience.
    void add_rest(token_request& r) const;

    /// Everything that shapes the token, in a canonical order, each part named and length-prefixed.
    void identify(sha256_hasher& key) const;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/grant/requested_access_impl.hpp>
#endif

#endif
