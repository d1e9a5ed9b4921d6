// SPDX-License-Identifier: BSL-1.0
//
// Bodies of response.hpp.

#ifndef COAUTH_RESPONSE_IMPL_HPP
#define COAUTH_RESPONSE_IMPL_HPP

#include <coauth/response.hpp>

#include <string_view>
#include <utility>
#include <vector>

namespace coauth {

COAUTH_INLINE result<url> response::location() const {
    auto const value = header("Location");
    if (!value) return error(errc::invalid_url, stage::none, "no Location");
    result<url> const from = request_url();
    if (!from) return from.error();
    return resolve_reference(*from, *value);
}

COAUTH_INLINE std::vector<challenge> response::challenges() const {
    std::vector<challenge> all;
    for (std::string_view const value : headers_.all("WWW-Authenticate")) {
        auto parsed = parse_challenges(value);
        if (!parsed) continue;
        for (challenge& one : *parsed) all.push_back(std::move(one));
    }
    return all;
}

COAUTH_INLINE result<url> response::request_url() const {
    if (!base_) return error(errc::invalid_url, stage::none, "not the answer to a request");
    return resolve_reference(*base_, target_);
}

}  // namespace coauth

#endif
