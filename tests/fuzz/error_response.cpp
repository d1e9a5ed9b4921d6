// SPDX-License-Identifier: BSL-1.0
//
// Answers of a token endpoint that grant nothing: one error comes out, whatever the status, the
// type (first line) and the body are, with texts that can be printed.

#include "target.hpp"

#include <coauth/codec/utf8.hpp>
#include <coauth/protocol/error_response.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace error_response_fuzz {
namespace {

using coauth::errc;
using coauth_fuzz::require;

void check_text(std::string const& text) {
    require(text.size() <= coauth::detail::max_error_text, "a text of the server is short");
    require(coauth::is_valid_utf8(text), "a text of the server is UTF-8");
    require(std::none_of(text.begin(), text.end(),
                         [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }),
            "a text of the server has no control characters");
}

void check(int status, std::string_view type, std::string_view body, std::string_view retry_after) {
    coauth::token_endpoint_context const context{.endpoint = "https://h",
                                                 .client_auth_method = "client_secret_basic",
                                                 .retry_after = retry_after,
                                                 .now = 1'700'000'000};
    coauth::error const e = coauth::parse_error_response(status, type, body, context);
    constexpr std::array known{errc::unexpected_redirect, errc::token_endpoint_failed,
                               errc::client_refused, errc::token_refused, errc::unexpected_status};
    require(std::any_of(known.begin(), known.end(), [&](errc one) { return e.is(one); }),
            "it is one of five errors");
    bool const redirect = status / 100 == 3;
    require(e.is(errc::unexpected_redirect) == redirect, "a redirect is called one");
    require(!redirect || e.oauth_error().empty(), "a redirect has no OAuth error");
    require(status / 100 != 5 || e.is(errc::token_endpoint_failed), "5xx may pass");
    require(e.http_status() == status, "an error has its status");
    for (auto const& text : {e.oauth_error(), e.oauth_error_description(), e.oauth_error_uri()}) {
        check_text(text);
    }
    require(coauth::is_valid_utf8(e.what()), "the whole error is UTF-8");
    auto const wait = e.retry_after();
    require(!wait || (wait->count() >= 0 && *wait <= context.max_retry_after),
            "a wait is within its bounds");
}

COAUTH_FUZZ_TARGET(error_response, input) {
    auto const [type, body] = coauth_fuzz::two_lines(input);
    for (int const status : {200, 302, 400, 401, 429, 503}) check(status, type, body, type);
    check(400, "application/json", input, "5");
    check(400, "application/x-www-form-urlencoded", input, "5");
}

}  // namespace
}  // namespace error_response_fuzz
