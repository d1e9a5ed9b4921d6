// SPDX-License-Identifier: BSL-1.0
//
// Bodies of device_code.hpp.

#ifndef COAUTH_GRANT_DEVICE_CODE_IMPL_HPP
#define COAUTH_GRANT_DEVICE_CODE_IMPL_HPP

#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/grant/device_code.hpp>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {
namespace detail {

/// A member of the answer: a string without characters that a terminal would act on.
[[nodiscard]] inline bool read_shown(json_value const& value, std::string& to) {
    constexpr std::size_t longest = 2048;
    if (!value.is(json_type::string)) return false;
    std::string const text = value.to_string();
    to = printable(text, longest);
    return to == text && !to.empty();
}

[[nodiscard]] inline bool read_seconds(json_value const& value, std::chrono::seconds& to) {
    constexpr std::chrono::seconds longest = std::chrono::hours(24);
    if (!value.is(json_type::number)) return false;
    to = std::chrono::seconds(value.to_integer());
    if (to <= std::chrono::seconds::zero()) return false;
    to = std::min(to, longest);
    return true;
}

COAUTH_INLINE result<device_authorization> parse_device_authorization(std::string_view body) {
    auto const malformed = [](std::string what) {
        return error(errc::malformed_device_response, stage::token, std::move(what));
    };
    device_authorization d;
    d.interval = std::chrono::seconds(5);
    std::set<std::string, std::less<>> seen;
    json_object_reader reader(body);
    while (reader.next()) {
        std::string_view const name = reader.name();
        json_value const& value = reader.value();
        if (!seen.insert(std::string(name)).second) return malformed("a member comes twice");
        bool good = true;
        if (name == "device_code") {
            wiped_buffer code;
            good = value.is(json_type::string);
            if (good) value.unescape_to(code);
            d.device_code = secret(code.view());
        } else if (name == "user_code") {
            good = read_shown(value, d.prompt.user_code);
        } else if (name == "verification_uri" || name == "verification_url") {
            // The second name is that of the drafts, which some servers have stayed with.
            good = read_shown(value, d.prompt.verification_uri);
        } else if (name == "verification_uri_complete") {
            good = read_shown(value, d.prompt.verification_uri_complete);
        } else if (name == "expires_in") {
            good = read_seconds(value, d.prompt.expires_in);
        } else if (name == "interval") {
            good = read_seconds(value, d.interval);
        }
        if (!good) return malformed("'" + printable(name, 100) + "' is not what it should be");
    }
    if (reader.failed()) return malformed("the answer is not one well-formed JSON object");
    if (d.device_code.empty() || d.prompt.user_code.empty() || d.prompt.verification_uri.empty() ||
        d.prompt.expires_in == std::chrono::seconds::zero()) {
        return malformed("device_code, user_code, verification_uri or expires_in is missing");
    }
    return d;
}

COAUTH_INLINE token_request device_authorization_request(url const& endpoint,
                                                         requested_access const& access,
                                                         string_pairs const& parameters) {
    token_request r(endpoint, "");
    r.remove_parameter("grant_type");
    access.add_scope_and_audience(r);
    for (auto const& one : access.resource) r.add_parameter("resource", one);
    for (auto const& [name, value] : parameters) r.add_parameter(name, value);
    return r;
}

COAUTH_INLINE token_request device_token_request(url const& token_endpoint, secret const& code,
                                                 requested_access const& access) {
    token_request r(token_endpoint, "urn:ietf:params:oauth:grant-type:device_code");
    r.parameter("device_code", code.reveal());
    access.add_rest(r);
    return r;
}

COAUTH_INLINE void device_poll::back_off() {
    constexpr duration longest = std::chrono::minutes(1);
    interval_ = std::max(interval_, std::min(2 * interval_, longest));
}

COAUTH_INLINE duration device_poll::pause() const noexcept { return std::max(interval_, once_); }

COAUTH_INLINE duration device_poll::rest(time_point now) const noexcept {
    return std::max(expiry_ - now, duration::zero());
}

COAUTH_INLINE error device_poll::heed(error answer) {
    once_ = duration::zero();
    std::string const& said = answer.oauth_error();
    if (said == "authorization_pending") return {};
    if (said == "slow_down") {
        interval_ += std::chrono::seconds(5);
        return {};
    }
    if (said == "expired_token") return device_code_expired();
    if (said == "access_denied") {
        return error(errc::authorization_refused, stage::token)
            .with_http_status(answer.http_status())
            .with_endpoint(answer.endpoint())
            .with_oauth(said, answer.oauth_error_description(), answer.oauth_error_uri());
    }
    if (answer.code() != condition::retryable) return answer;
    if (answer.retry_after()) {
        once_ = *answer.retry_after();
    } else {
        back_off();
    }
    return {};
}

}  // namespace detail

COAUTH_INLINE device_code::device_code(device_code_options options) : options_(std::move(options)) {
    auto const wrong = [](std::string what) {
        return exception(error(errc::invalid_configuration, stage::configuration, std::move(what)));
    };
    if (!options_.show) throw wrong("device_code_options::show is not set");
    std::set<std::string_view> seen{"scope", "client_id", "audience", "resource"};
    for (auto const& [name, value] : options_.parameters) {
        if (!name.empty() && seen.insert(name).second) continue;
        throw wrong("device authorization request parameter '" + name +
                    "' is empty, repeated, or has a field of its own");
    }
}

}  // namespace coauth

#endif
