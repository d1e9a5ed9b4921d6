// SPDX-License-Identifier: BSL-1.0
//
// Bodies of token endpoints, good but for what a test is about. For tests only.

#ifndef COAUTH_TESTS_UNIT_PROTOCOL_TOKEN_ANSWERS_HPP
#define COAUTH_TESTS_UNIT_PROTOCOL_TOKEN_ANSWERS_HPP

#include <coauth/protocol/token_response.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace coauth_test {

using answer = coauth::result<coauth::token_response>;

[[nodiscard]] inline answer parse(std::string_view body,
                                  coauth::token_response_options const& options = {}) {
    return coauth::parse_token_response(200, "application/json", std::nullopt, body, options);
}

/// An answer that is good but for the members given.
[[nodiscard]] inline std::string with(std::string const& members) {
    return R"({"access_token":"at-1","token_type":"Bearer",)" + members + "}";
}

[[nodiscard]] inline std::string without_type(std::string const& members) {
    return R"({"access_token":"at-1")" + members + "}";
}

[[nodiscard]] inline std::string with_token(std::string const& json_string) {
    return "{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":" + json_string + "}";
}

[[nodiscard]] inline coauth::errc code_of(answer const& a) {
    return a ? coauth::errc{} : static_cast<coauth::errc>(a.error().code().value());
}

[[nodiscard]] inline bool mentions(answer const& a, std::string_view text) {
    return !a && a.error().what().find(text) != std::string::npos;
}

}  // namespace coauth_test

#endif
