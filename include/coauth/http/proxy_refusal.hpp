// SPDX-License-Identifier: BSL-1.0
//
// What a proxy means by its refusal, and what to do about it. Pure.

#ifndef COAUTH_HTTP_PROXY_REFUSAL_HPP
#define COAUTH_HTTP_PROXY_REFUSAL_HPP

#include <coauth/codec/challenge.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

/// The schemes that a 407 offers (RFC 9110 §11.7.1), as text for a person: at most eight.
struct proxy_schemes {
    explicit proxy_schemes(http_fields const& fields) {
        std::size_t count = 0;
        for (std::string_view const line : fields.all("Proxy-Authenticate")) {
            auto const challenges = parse_challenges(line);
            if (!challenges) continue;
            for (challenge const& c : *challenges) {
                basic = basic || iequals(c.scheme, "Basic");
                if (++count > 8) continue;
                text += (text.empty() ? "" : ", ") + c.scheme.substr(0, 32);
            }
        }
        if (text.empty()) text = "no scheme that can be read";
    }

    std::string text;
    bool basic = false;
};

[[nodiscard]] inline std::string proxy_authentication_hint(proxy_schemes const& offered,
                                                           bool had_credentials) {
    std::string const offer = "the proxy offers " + offered.text;
    if (!offered.basic) return offer + ", and Basic is all that there is here";
    if (had_credentials) return offer + ", and does not accept these credentials";
    return offer + ": set proxy_config::credentials";
}

/// `authority`: whom the proxy should have led to.
[[nodiscard]] inline error proxy_refusal(int status, http_fields const& fields,
                                         bool had_credentials, std::string const& authority) {
    errc code = errc::proxy_refused;
    std::string hint = "the proxy does not lead there: ask for it, or name the host in no_proxy";
    if (status == 407) {
        code = errc::proxy_authentication_required;
        hint = proxy_authentication_hint(proxy_schemes(fields), had_credentials);
    } else if (status >= 500 || status == 408 || status == 429) {
        code = errc::proxy_failed;
        hint = "the proxy did not reach the server";
    }
    return error(code, stage::proxy, "no way to " + authority + " through the proxy")
        .with_http_status(status)
        .with_hint(std::move(hint));
}

}  // namespace coauth::detail

#endif
