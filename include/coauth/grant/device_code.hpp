// SPDX-License-Identifier: BSL-1.0
//
// The device authorization grant (RFC 8628), for programs without a browser: what the server says
// where and what a person has to type, and when to ask whether it has been done. Pure; see
// sign_in.hpp for who sends and waits.

#ifndef COAUTH_GRANT_DEVICE_CODE_HPP
#define COAUTH_GRANT_DEVICE_CODE_HPP

#include <coauth/clock.hpp>
#include <coauth/config.hpp>
#include <coauth/error.hpp>
#include <coauth/grant/requested_access.hpp>
#include <coauth/protocol/token_request.hpp>
#include <coauth/result.hpp>
#include <coauth/secret.hpp>
#include <coauth/url.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace coauth {

/// What to show to the person. Text of the server: printable, one line each.
struct device_prompt {
    /// To be opened in a browser, on any machine, …
    std::string verification_uri;
    /// … and typed in there.
    std::string user_code;
    /// Has the code in it already, for a link or a QR code; empty where the server has none. Show
    /// the code as well: the person compares it.
    std::string verification_uri_complete;
    /// For how long.
    std::chrono::seconds expires_in{};
};

struct device_code_options {
    /// The device authorization endpoint (RFC 8628 §3.1): https, or http on loopback. Empty: the
    /// one of the issuer's metadata.
    std::string device_authorization_url = {};
    /// Further parameters of the device authorization request.
    string_pairs parameters = {};
    /// Whom the tokens belong to, within this program: sources that name the same account share
    /// them. Empty: a source keeps them to itself.
    std::string account = {};
    /// Shows it, on the source's executor; must not block. What it throws ends the sign-in.
    /// Required.
    std::function<void(device_prompt const&)> show = {};
};

class device_code {
public:
    static constexpr bool needs_person = true;

    /// Throws coauth::exception with condition::configuration.
    explicit device_code(device_code_options options);

    [[nodiscard]] device_code_options const& options() const noexcept { return options_; }

    [[nodiscard]] std::optional<std::string> cache_identity() const {
        if (options_.account.empty()) return std::nullopt;
        return "person " + options_.account;
    }

private:
    device_code_options options_;
};

namespace detail {

/// The answer of a device authorization endpoint (RFC 8628 §3.2).
struct device_authorization {
    secret device_code{};
    device_prompt prompt{};
    std::chrono::seconds interval{};
};

/// Errors: errc::malformed_device_response.
[[nodiscard]] result<device_authorization> parse_device_authorization(std::string_view body);

/// RFC 8628 §3.1.
[[nodiscard]] token_request device_authorization_request(url const& endpoint,
                                                         requested_access const& access,
                                                         string_pairs const& parameters);
/// RFC 8628 §3.4.
[[nodiscard]] token_request device_token_request(url const& token_endpoint, secret const& code,
                                                 requested_access const& access);

/// When to ask, and until when (RFC 8628 §3.5). Every pause comes before a question.
class device_poll {
public:
    device_poll(std::chrono::seconds interval, time_point expiry)
        : interval_(interval), expiry_(expiry) {}

    /// From the last answer to the next question.
    [[nodiscard]] duration pause() const noexcept;
    /// Until the code expires.
    [[nodiscard]] duration rest(time_point now) const noexcept;
    [[nodiscard]] bool expired(time_point now) const noexcept { return now >= expiry_; }

    /// What an answer without a token means: no error, ask again; else how the sign-in ends.
    [[nodiscard]] error heed(error answer);

private:
    void back_off();

    duration interval_;
    /// What the server asked for with its last answer only.
    duration once_{};
    time_point expiry_;
};

[[nodiscard]] inline error device_code_expired() {
    return error(errc::device_code_expired, stage::token,
                 "nobody has confirmed the sign-in in time")
        .with_hint("start anew, for another code");
}

}  // namespace detail
}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/grant/device_code_impl.hpp>
#endif

#endif
