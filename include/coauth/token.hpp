// SPDX-License-Identifier: BSL-1.0
//
// What an authorization server has granted: the answer of a token endpoint (RFC 6749 §5.1) after
// every check, with the oddities of the server noted. A plain value that holds secrets; not
// synchronised.

#ifndef COAUTH_TOKEN_HPP
#define COAUTH_TOKEN_HPP

#include <coauth/secret.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace coauth {

/// How a token is presented. The library sends the canonical spelling, never the server's.
enum class token_scheme : unsigned char {
    bearer,  ///< RFC 6750
    dpop,    ///< RFC 9449
};

[[nodiscard]] constexpr std::string_view to_string(token_scheme scheme) noexcept {
    return scheme == token_scheme::dpop ? "DPoP" : "Bearer";
}

/// What a server did that RFC 6749 does not ask for and the library let pass. Each is meant to be
/// counted.
struct token_response_quirks {
    bool expires_in_missing = false;       ///< Or null.
    bool expires_in_string = false;        ///< Digits in quotes.
    bool expires_in_not_positive = false;  ///< Taken for an unknown lifetime.
    bool expires_in_clamped = false;       ///< More than ten years, cut to ten years.
    bool scope_array = false;              ///< Joined when its elements are scope tokens.
    bool scope_malformed = false;          ///< Empty, null, of another type, or with other bytes.
    bool refresh_token_empty = false;      ///< "" or null, taken for absent.
    bool token_type_assumed = false;       ///< Absent, "" or null, and `assume_bearer` is set.
    bool token_type_alias = false;         ///< One of `token_type_aliases`.
    bool status_201 = false;
    bool content_type_missing = false;
    bool content_type_other = false;  ///< Not application/json.
    bool form_encoded = false;        ///< The body was a form, and `form_encoded_responses` is set.

    friend bool operator==(token_response_quirks const&, token_response_quirks const&) = default;
};

/// One granted token. Move-only, as the secrets in it are.
struct token_response {
    /// Never empty; visible ASCII characters only, so that it fits into a header.
    secret access_token{};
    /// "Bearer" or "DPoP".
    std::string token_type = "Bearer";
    /// Lifetime from the start of the token request, 1 s to ten years; nothing = unknown, never
    /// "for ever".
    std::optional<std::chrono::seconds> expires_in{};
    /// When the server advises to renew, from the start of the token request.
    std::optional<std::chrono::seconds> refresh_in{};
    /// Empty = none was sent: a refresh then keeps the one it used (RFC 6749 §6).
    secret refresh_token{};
    /// Granted scope, tokens separated by one space; nothing = as requested (RFC 6749 §5.1), or
    /// unknown when `scope_unknown` is set.
    std::optional<std::string> scope{};
    bool scope_unknown = false;
    /// RFC 8693 §2.2.1.
    std::optional<std::string> issued_token_type{};
    /// RFC 9396 §7: the JSON text as it came; nothing when absent.
    std::optional<std::string> authorization_details{};
    token_response_quirks quirks{};
};

}  // namespace coauth

#endif
