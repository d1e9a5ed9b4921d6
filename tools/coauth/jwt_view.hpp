// SPDX-License-Identifier: BSL-1.0
//
// What a token says of itself, where it is a JWT (RFC 7519). Nothing is verified, and the signature
// is left out, so that what is shown is no credential. Pure functions.

#ifndef COAUTH_TOOLS_COAUTH_JWT_VIEW_HPP
#define COAUTH_TOOLS_COAUTH_JWT_VIEW_HPP

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace coauth_tool {

/// JSON objects as they stand in the token, UTF-8.
struct jwt_view {
    std::string header = {};
    std::string claims = {};
};

[[nodiscard]] std::optional<jwt_view> read_jwt(std::string_view token);

/// The claims with a line for each, and times (exp, iat, nbf) in words beside them.
[[nodiscard]] std::string claims_text(jwt_view const& of,
                                      std::chrono::system_clock::time_point now);

}  // namespace coauth_tool

#endif
