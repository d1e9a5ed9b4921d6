// SPDX-License-Identifier: BSL-1.0
//
// The credentials of HTTP Basic (RFC 7617), for servers and for proxies. Pure functions.

#ifndef COAUTH_CODEC_BASIC_AUTH_HPP
#define COAUTH_CODEC_BASIC_AUTH_HPP

#include <coauth/codec/base64.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/error.hpp>
#include <coauth/secret.hpp>

#include <algorithm>
#include <string_view>

namespace coauth {

/// errc::invalid_credentials where RFC 7617 §2 does not allow them; else empty.
[[nodiscard]] inline error check_basic_auth(std::string_view user_id, std::string_view password) {
    auto const bad = [](std::string_view text) {
        return !is_valid_utf8(text) || std::any_of(text.begin(), text.end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        });
    };
    if (user_id.find(':') == std::string_view::npos && !bad(user_id) && !bad(password)) return {};
    return error(errc::invalid_credentials, stage::configuration,
                 "user-id and password must be UTF-8 without control characters, and the user-id "
                 "without ':' (RFC 7617 §2)");
}

/// "Basic …", the value of Authorization or Proxy-Authorization. Precondition: nothing wrong.
[[nodiscard]] inline secret basic_auth(std::string_view user_id, std::string_view password) {
    detail::wiped_buffer plain;
    plain.append(user_id);
    plain.push_back(':');
    plain.append(password);
    detail::wiped_buffer value;
    value.append("Basic ");
    base64_encode_to(value, plain.view());
    return secret(value.view());
}

}  // namespace coauth

#endif
