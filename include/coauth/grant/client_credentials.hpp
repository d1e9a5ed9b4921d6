// SPDX-License-Identifier: BSL-1.0
//
// The client credentials grant (RFC 6749 §4.4). Pure: builds the request, knows no sockets.

#ifndef COAUTH_GRANT_CLIENT_CREDENTIALS_HPP
#define COAUTH_GRANT_CLIENT_CREDENTIALS_HPP

#include <coauth/grant/requested_access.hpp>
#include <coauth/protocol/token_request.hpp>
#include <coauth/url.hpp>

#include <string_view>

namespace coauth {

class client_credentials {
public:
    static constexpr bool needs_confidential_client = true;

    [[nodiscard]] token_request request(url const& token_endpoint,
                                        requested_access const& access) const {
        token_request r(token_endpoint, "client_credentials");
        access.add_to(r);
        return r;
    }
    [[nodiscard]] std::string_view cache_identity() const noexcept { return "client_credentials"; }
};

}  // namespace coauth

#endif
