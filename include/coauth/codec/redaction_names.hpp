// SPDX-License-Identifier: BSL-1.0
//
// Which names stand before a credential: of headers, parameters, JSON members and form parts.
// Better one too many than one too few. Values; a const object may be used from any thread.

#ifndef COAUTH_CODEC_REDACTION_NAMES_HPP
#define COAUTH_CODEC_REDACTION_NAMES_HPP

#include <coauth/codec/http_fields.hpp>
#include <coauth/detail/ascii.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace coauth {

/// Stands in place of what was taken out.
inline constexpr std::string_view redacted = "[redacted]";

namespace detail {

[[nodiscard]] inline std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
    return lower;
}

template <std::size_t N>
[[nodiscard]] bool contains_any(std::string_view text, std::array<std::string_view, N> words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
        return text.find(word) != std::string_view::npos;
    });
}

/// Contains a word that credentials are called by. `name` is in lower case.
[[nodiscard]] inline bool has_sensitive_word(std::string_view name) {
    constexpr std::array<std::string_view, 19> words{
        "token", "secret", "password", "passwd",    "passphrase", "passcode", "pwd",
        "key",   "auth",   "cookie",   "assertion", "credential", "verifier", "signature",
        "dpop",  "saml",   "session",  "jwt",       "csrf"};
    // A name that was taken out itself may have been any.
    return contains_any(name, words) || name.find(redacted) != std::string_view::npos;
}

}  // namespace detail

/// Whether a parameter, JSON member or header of this name holds a credential, by the words in it.
/// Standard names that contain such a word and hold none ("token_type") do not.
[[nodiscard]] inline bool is_sensitive_name(std::string_view name) {
    constexpr std::array<std::string_view, 12> harmless{"oauth",
                                                        "token_type",
                                                        "issued_token_type",
                                                        "token_type_hint",
                                                        "client_assertion_type",
                                                        "authorization_uri",
                                                        "author",
                                                        "authors",
                                                        "keyword",
                                                        "keywords",
                                                        "www_authenticate",
                                                        "proxy_authenticate"};
    constexpr std::array<std::string_view, 3> harmless_ends{"_endpoint", "_supported",
                                                            "_expires_in"};
    constexpr std::array<std::string_view, 8> exactly{"code", "devicecode", "usercode", "sig",
                                                      "sid",  "otp",        "pin",      "pass"};
    std::string lower = detail::lower_case(name);
    std::replace(lower.begin(), lower.end(), '-', '_');
    if (std::find(harmless.begin(), harmless.end(), lower) != harmless.end()) return false;
    if (std::any_of(harmless_ends.begin(), harmless_ends.end(),
                    [&](std::string_view end) { return lower.ends_with(end); })) {
        return false;
    }
    if (detail::has_sensitive_word(lower)) return true;
    std::erase_if(lower, [](char c) { return c == '_' || c == '.' || c == ' '; });
    return lower.find("password") != std::string::npos ||
           std::find(exactly.begin(), exactly.end(), lower) != exactly.end();
}

/// The known names and a user's own.
class sensitive_names {
public:
    /// A name is sensitive also where it contains one of these words, in any case.
    explicit sensitive_names(std::vector<std::string> const& also = {}) {
        for (std::string const& word : also) {
            if (!word.empty()) also_.push_back(detail::lower_case(word));
        }
    }

    [[nodiscard]] bool contain(std::string_view name) const {
        return is_sensitive_name(name) || is_users(name);
    }
    /// Of header fields nothing with such a word in it is harmless but the two challenges.
    [[nodiscard]] bool contain_header(std::string_view name) const {
        if (is_users(name)) return true;
        if (iequals(name, "WWW-Authenticate") || iequals(name, "Proxy-Authenticate")) return false;
        return is_sensitive_name(name) || detail::has_sensitive_word(detail::lower_case(name));
    }

private:
    [[nodiscard]] bool is_users(std::string_view name) const {
        if (also_.empty()) return false;
        std::string const lower = detail::lower_case(name);
        return std::any_of(also_.begin(), also_.end(), [&](std::string const& word) {
            return lower.find(word) != std::string::npos;
        });
    }

    std::vector<std::string> also_;
};

}  // namespace coauth

#endif
