// SPDX-License-Identifier: BSL-1.0
//
// Bodies of authorization_code.hpp.

#ifndef COAUTH_GRANT_AUTHORIZATION_CODE_IMPL_HPP
#define COAUTH_GRANT_AUTHORIZATION_CODE_IMPL_HPP

#include <coauth/codec/base64.hpp>
#include <coauth/codec/form.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/crypto/digest.hpp>
#include <coauth/crypto/random.hpp>
#include <coauth/grant/authorization_code.hpp>

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {
namespace detail {

inline exception bad_sign_in(std::string message) {
    return exception(error(errc::invalid_configuration, stage::configuration, std::move(message)));
}

inline url checked_redirect(std::string const& text) {
    url place = url::parse(text).value();
    bool const literal = place.host() == "127.0.0.1" || place.host() == "::1";
    if (place.is_https() || !literal || !place.query().empty()) {
        throw bad_sign_in(
            "redirect_uri is http on 127.0.0.1 or [::1], without a query: the name "
            "localhost may lead elsewhere (RFC 8252 §8.3)");
    }
    return place;
}

/// 256 random bits in 43 characters (RFC 7636 §4.1).
inline secret random_text() {
    secret const bytes = random_secret(32);
    wiped_buffer text;
    base64url_encode_to(text, bytes.reveal());
    return secret(text.view());
}

/// The parameters of an authorization response, each at most once (RFC 6749 §3.1).
class authorization_response {
public:
    /// False for what cannot be read.
    [[nodiscard]] bool parse(std::string_view query) {
        std::vector<std::pair<std::string_view, wiped_buffer*>> const known{
            {"code", &code},
            {"state", &state},
            {"iss", &iss},
            {"error", &failure},
            {"error_uri", &error_uri},
            {"error_description", &error_description}};
        std::set<std::string_view> seen;
        for (form_reader reader(query); reader.next();) {
            for (auto const& [name, to] : known) {
                if (reader.encoded_name() != name) continue;
                if (!seen.insert(name).second) return false;
                if (!form_reader::decode_to(*to, reader.encoded_value())) return false;
            }
        }
        return true;
    }

    wiped_buffer code;
    wiped_buffer state;
    wiped_buffer iss;
    wiped_buffer failure;
    wiped_buffer error_description;
    wiped_buffer error_uri;
};

COAUTH_INLINE std::string code_challenge(secret const& verifier) {
    return base64url_encode(as_bytes(sha256(verifier.reveal())));
}

COAUTH_INLINE error check_sign_in(requested_access const& access) {
    if (!access.scope.includes("openid")) return {};
    return error(errc::invalid_configuration, stage::configuration,
                 "the scope openid asks for an id_token, which is not validated yet")
        .with_hint("leave openid out of the scope: an access token does not need it");
}

COAUTH_INLINE authorization_attempt::authorization_attempt(std::string redirect_uri)
    : redirect_uri_(std::move(redirect_uri)), state_(random_text()), verifier_(random_text()) {}

COAUTH_INLINE std::string authorization_attempt::authorization_url(
    url const& endpoint, std::string_view client_id, requested_access const& access,
    string_pairs const& parameters) const {
    token_request wanted(endpoint, "");
    wanted.remove_parameter("grant_type");
    wanted.parameter("response_type", "code").parameter("client_id", client_id);
    wanted.parameter("redirect_uri", redirect_uri_).parameter("state", state_.reveal());
    wanted.parameter("code_challenge", code_challenge(verifier_));
    wanted.parameter("code_challenge_method", "S256");
    access.add_scope_and_audience(wanted);
    for (auto const& one : access.resource) wanted.add_parameter("resource", one);
    for (auto const& [name, value] : parameters) wanted.add_parameter(name, value);
    wiped_buffer query;
    wanted.encode(query);
    std::string text = endpoint.to_string();
    text += endpoint.query().empty() ? '?' : '&';
    return text.append(query.view());
}

COAUTH_INLINE result<secret> authorization_attempt::read(std::string_view query,
                                                         response_issuer const& issuer) const {
    authorization_response got;
    if (!got.parse(query)) {
        return error(errc::malformed_authorization_response, stage::token,
                     "a parameter of the redirect is repeated or cannot be decoded");
    }
    if (secret(got.state.view()) != state_) {
        return error(errc::state_mismatch, stage::token,
                     "the redirect does not belong to this sign-in")
            .with_hint("somebody else may have caused it, or an old page was reloaded: start anew");
    }
    bool const silent = got.iss.empty();
    bool const wrong =
        silent ? issuer.required : !issuer.expected.empty() && got.iss.view() != issuer.expected;
    if (wrong) {
        return error(errc::issuer_mismatch, stage::token,
                     silent ? "the redirect lacks the iss that the server has announced"
                            : "the redirect is from another issuer: '" +
                                  printable(got.iss.view(), 200) + "'");
    }
    if (!got.failure.empty()) {
        constexpr std::size_t longest = 1024;
        return error(errc::authorization_refused, stage::token)
            .with_oauth(printable(got.failure.view(), longest),
                        printable(got.error_description.view(), longest),
                        printable(got.error_uri.view(), longest));
    }
    if (got.code.empty()) {
        return error(errc::malformed_authorization_response, stage::token,
                     "the redirect has neither a code nor an error");
    }
    return secret(got.code.view());
}

COAUTH_INLINE token_request authorization_attempt::redeem(url const& token_endpoint,
                                                          secret const& code,
                                                          requested_access const& access) const {
    token_request r(token_endpoint, "authorization_code");
    r.parameter("code", code.reveal()).parameter("redirect_uri", redirect_uri_);
    r.parameter("code_verifier", verifier_.reveal());
    access.add_rest(r);
    return r;
}

}  // namespace detail

COAUTH_INLINE authorization_code::authorization_code(authorization_code_options options)
    : options_(std::move(options)), redirect_(detail::checked_redirect(options_.redirect_uri)) {
    std::set<std::string_view> seen{"response_type", "client_id",      "redirect_uri",
                                    "scope",         "state",          "audience",
                                    "resource",      "code_challenge", "code_challenge_method"};
    for (auto const& [name, value] : options_.parameters) {
        if (!name.empty() && seen.insert(name).second) continue;
        throw detail::bad_sign_in("authorization request parameter '" + name +
                                  "' is empty, repeated, or has a field of its own");
    }
}

}  // namespace coauth

#endif
