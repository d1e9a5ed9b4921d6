// SPDX-License-Identifier: BSL-1.0
//
// The authorization code grant (RFC 6749 §4.1) with PKCE (RFC 7636, S256 only), for programs on a
// person's own machine (RFC 8252): the URL for the browser, what it brings back, and the token
// request. Pure; see sign_in.hpp for who opens the browser and listens.

#ifndef COAUTH_GRANT_AUTHORIZATION_CODE_HPP
#define COAUTH_GRANT_AUTHORIZATION_CODE_HPP

#include <coauth/config.hpp>
#include <coauth/error.hpp>
#include <coauth/grant/requested_access.hpp>
#include <coauth/protocol/token_request.hpp>
#include <coauth/result.hpp>
#include <coauth/secret.hpp>
#include <coauth/url.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace coauth {

/// Every field has a default that does for a source with an `issuer`.
struct authorization_code_options {
    /// The authorization endpoint (RFC 6749 §3.1): https, or http on loopback. Empty: the one of
    /// the issuer's metadata.
    std::string authorization_url = {};
    /// Where the browser is sent back to: http on 127.0.0.1 or [::1] (RFC 8252 §7.3). Without a
    /// port a free one is taken, which servers have to allow for such a client.
    std::string redirect_uri = "http://127.0.0.1/callback";
    /// Further parameters of the authorization request, such as `prompt` or `login_hint`.
    string_pairs parameters = {};
    /// Where the type of token_source_config::client is your own and has no `client_id()`.
    std::string client_id = {};
    /// Whom the tokens belong to, within this program: sources that name the same account share
    /// them. Empty: a source keeps them to itself.
    std::string account = {};
    /// The `iss` that a response must have (RFC 9207), where the source has only a token URL. With
    /// an issuer of the source it is that one, and this is not looked at.
    std::string issuer = {};
    /// Shows the URL to the person, on the source's executor; must not block. What it throws ends
    /// the sign-in. Empty: xdg-open.
    std::function<void(std::string const& url)> open = {};
};

class authorization_code {
public:
    static constexpr bool needs_person = true;

    /// Throws coauth::exception with condition::configuration.
    explicit authorization_code(authorization_code_options options = {});

    [[nodiscard]] authorization_code_options const& options() const noexcept { return options_; }
    [[nodiscard]] url const& redirect() const noexcept { return redirect_; }

    [[nodiscard]] std::optional<std::string> cache_identity() const {
        if (options_.account.empty()) return std::nullopt;
        return "person " + options_.account;
    }

private:
    authorization_code_options options_;
    url redirect_;
};

namespace detail {

/// Whom an authorization response has to be from (RFC 9207 §2.4).
struct response_issuer {
    /// Empty: unknown, and what the response says is not looked at.
    std::string expected = {};
    /// The server has announced that it names itself.
    bool required = false;
};

/// One sign-in: what goes out with the authorization request, and has to come back with the
/// response and go into the token request.
class authorization_attempt {
public:
    /// `redirect_uri`: with the port.
    explicit authorization_attempt(std::string redirect_uri);

    /// RFC 6749 §4.1.1, RFC 7636 §4.3.
    [[nodiscard]] std::string authorization_url(url const& endpoint, std::string_view client_id,
                                                requested_access const& access,
                                                string_pairs const& parameters) const;

    /// The code in the query of a redirect. Errors: errc::malformed_authorization_response,
    /// errc::state_mismatch, errc::issuer_mismatch, errc::authorization_refused.
    [[nodiscard]] result<secret> read(std::string_view query, response_issuer const& issuer) const;

    /// RFC 6749 §4.1.3, RFC 7636 §4.5.
    [[nodiscard]] token_request redeem(url const& token_endpoint, secret const& code,
                                       requested_access const& access) const;

private:
    std::string redirect_uri_;
    secret state_;
    secret verifier_;
};

/// Of PKCE: BASE64URL(SHA256(verifier)).
[[nodiscard]] std::string code_challenge(secret const& verifier);

/// Refuses what needs more than an access token to be safe.
[[nodiscard]] error check_sign_in(requested_access const& access);

}  // namespace detail
}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/grant/authorization_code_impl.hpp>
#endif

#endif
