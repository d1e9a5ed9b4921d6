// SPDX-License-Identifier: BSL-1.0
//
// Categories of error codes, and what an error says: bodies of error.hpp.

#ifndef COAUTH_ERROR_IMPL_HPP
#define COAUTH_ERROR_IMPL_HPP

#include <coauth/error.hpp>

#include <openssl/crypto.h>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace coauth {

namespace detail {

/// What a server says may repeat what it was sent: it is wiped when it goes.
inline void wipe_text(std::string& text) noexcept { OPENSSL_cleanse(text.data(), text.size()); }
inline void replace_text(std::string& text, std::string by) noexcept {
    wipe_text(text);
    text = std::move(by);
}

class error_category_impl final : public std::error_category {
public:
    [[nodiscard]] char const* name() const noexcept override { return "coauth"; }
    [[nodiscard]] std::string message(int value) const override {
        std::string_view const text = to_string(static_cast<errc>(value));
        return std::string(text.empty() ? std::string_view("unknown") : text);
    }
};

[[nodiscard]] inline bool matches(errc e, condition c) noexcept {
    int const n = static_cast<int>(e);
    switch (c) {
        case condition::configuration: return n >= 1 && n < 100;
        case condition::transport: return n >= 100 && n < 200;
        case condition::cancelled: return e == errc::cancelled || e == errc::stopped;
        case condition::credentials_refused: return e == errc::client_refused;
        case condition::proxy: return n >= 119 && n < 124;
        case condition::retryable:
            return e == errc::resolve_failed || e == errc::connect_failed ||
                   e == errc::tls_handshake_failed || e == errc::connection_reset ||
                   e == errc::truncated || e == errc::too_many_waiting_calls ||
                   e == errc::too_many_open_files || e == errc::proxy_unreachable ||
                   e == errc::proxy_failed || e == errc::deadline_exceeded ||
                   e == errc::token_endpoint_failed || e == errc::metadata_unavailable ||
                   e == errc::broken_flight || e == errc::executor_gone ||
                   e == errc::out_of_memory || e == errc::store_unavailable;
    }
    return false;
}

class condition_category_impl final : public std::error_category {
public:
    [[nodiscard]] char const* name() const noexcept override { return "coauth.condition"; }
    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<condition>(value)) {
            case condition::retryable: return "worth a retry";
            case condition::credentials_refused: return "credentials refused";
            case condition::configuration: return "configuration";
            case condition::transport: return "transport";
            case condition::cancelled: return "cancelled";
            case condition::proxy: return "proxy";
        }
        return "unknown";
    }
    [[nodiscard]] bool equivalent(std::error_code const& code, int value) const noexcept override {
        return code.category() == coauth::error_category() &&
               matches(static_cast<errc>(code.value()), static_cast<condition>(value));
    }
};

}  // namespace detail

COAUTH_INLINE std::error_category const& error_category() noexcept {
    static detail::error_category_impl const instance;
    return instance;
}

COAUTH_INLINE std::error_category const& condition_category() noexcept {
    static detail::condition_category_impl const instance;
    return instance;
}

COAUTH_INLINE error::error(errc code, stage where, std::string message)
    : code_(code), where_(where) {
    if (!message.empty()) edit().message = std::move(message);
}

COAUTH_INLINE error::error(error const& other)
    : code_(other.code_), where_(other.where_), maybe_processed_(other.maybe_processed_) {
    if (other.details_) details_.reset(new details(*other.details_));
}

COAUTH_INLINE error& error::operator=(error const& other) {
    if (this != &other) *this = error(other);
    return *this;
}

COAUTH_INLINE void error::dispose::operator()(details* d) const noexcept {
    for (std::string* const text :
         {&d->message, &d->oauth_error, &d->oauth_error_description, &d->oauth_error_uri}) {
        detail::wipe_text(*text);
    }
    delete d;
}

COAUTH_INLINE error::details const& error::no_details() noexcept {
    static details const none;
    return none;
}

COAUTH_INLINE error::details& error::edit() {
    if (!details_) details_.reset(new details);
    return *details_;
}

COAUTH_INLINE error&& error::with_message(std::string v) && {
    detail::replace_text(edit().message, std::move(v));
    return std::move(*this);
}

COAUTH_INLINE error&& error::with_hint(std::string v) && {
    edit().hint = std::move(v);
    return std::move(*this);
}

COAUTH_INLINE error&& error::with_endpoint(std::string v) && {
    edit().endpoint = std::move(v);
    return std::move(*this);
}

COAUTH_INLINE error&& error::with_http_status(int v) && {
    edit().http_status = v;
    return std::move(*this);
}

COAUTH_INLINE error&& error::with_oauth(std::string code, std::string description,
                                        std::string uri) && {
    details& d = edit();
    detail::replace_text(d.oauth_error, std::move(code));
    detail::replace_text(d.oauth_error_description, std::move(description));
    detail::replace_text(d.oauth_error_uri, std::move(uri));
    return std::move(*this);
}

COAUTH_INLINE error&& error::with_retry_after(std::optional<std::chrono::seconds> v) && {
    if (v || details_) edit().retry_after = v;
    return std::move(*this);
}

COAUTH_INLINE error&& error::with_cause(std::error_code v) && {
    if (v || details_) edit().cause = v;
    return std::move(*this);
}

COAUTH_INLINE std::string error::what() const {
    details const& d = get();
    std::string text = d.oauth_error.empty() ? code_.message() : d.oauth_error;
    std::string origin;
    if (d.http_status != 0) origin += std::to_string(d.http_status);
    if (!d.endpoint.empty()) origin += (origin.empty() ? "from " : " from ") + d.endpoint;
    if (where_ != stage::none) {
        origin += (origin.empty() ? "during " : ", during ");
        origin += to_string(where_);
    }
    if (!origin.empty()) text += " (" + origin + ")";
    if (!d.oauth_error_description.empty()) text += ": " + d.oauth_error_description;
    if (!d.message.empty()) text += ": " + d.message;
    if (d.cause) text += " [" + d.cause.message() + "]";
    if (d.retry_after) text += "; retry after " + std::to_string(d.retry_after->count()) + " s";
    if (!d.hint.empty()) text += ": " + d.hint;
    return text;
}

COAUTH_INLINE exception::exception(coauth::error e)
    : std::system_error(e.code(), e.what()), error_(std::move(e)), what_(error_.what()) {}

COAUTH_INLINE std::string_view to_string(errc code) noexcept {
    switch (code) {
        case errc::invalid_configuration: return "invalid_configuration";
        case errc::invalid_url: return "invalid_url";
        case errc::invalid_scope: return "invalid_scope";
        case errc::invalid_header: return "invalid_header";
        case errc::insecure_url: return "insecure_url";
        case errc::empty_trust_store: return "empty_trust_store";
        case errc::secret_unavailable: return "secret_unavailable";
        case errc::invalid_client_certificate: return "invalid_client_certificate";
        case errc::invalid_method: return "invalid_method";
        case errc::invalid_target: return "invalid_target";
        case errc::invalid_credentials: return "invalid_credentials";
        case errc::invalid_ca_certificate: return "invalid_ca_certificate";
        case errc::invalid_signing_key: return "invalid_signing_key";
        case errc::invalid_description: return "invalid_description";
        case errc::description_limit: return "description_limit";
        case errc::unsupported_description: return "unsupported_description";
        case errc::undecided: return "undecided";
        case errc::unknown_operation: return "unknown_operation";
        case errc::invalid_argument: return "invalid_argument";
        case errc::resolve_failed: return "resolve_failed";
        case errc::connect_failed: return "connect_failed";
        case errc::tls_handshake_failed: return "tls_handshake_failed";
        case errc::certificate_expired: return "certificate_expired";
        case errc::certificate_not_yet_valid: return "certificate_not_yet_valid";
        case errc::certificate_host_mismatch: return "certificate_host_mismatch";
        case errc::certificate_untrusted: return "certificate_untrusted";
        case errc::certificate_rejected: return "certificate_rejected";
        case errc::connection_reset: return "connection_reset";
        case errc::truncated: return "truncated";
        case errc::malformed_response: return "malformed_response";
        case errc::header_too_large: return "header_too_large";
        case errc::body_too_large: return "body_too_large";
        case errc::too_many_interim_responses: return "too_many_interim_responses";
        case errc::unexpected_encoding: return "unexpected_encoding";
        case errc::too_many_waiting_calls: return "too_many_waiting_calls";
        case errc::too_many_open_files: return "too_many_open_files";
        case errc::proxy_unreachable: return "proxy_unreachable";
        case errc::proxy_authentication_required: return "proxy_authentication_required";
        case errc::proxy_refused: return "proxy_refused";
        case errc::proxy_failed: return "proxy_failed";
        case errc::proxy_malformed_response: return "proxy_malformed_response";
        case errc::deadline_exceeded: return "deadline_exceeded";
        case errc::cancelled: return "cancelled";
        case errc::stopped: return "stopped";
        case errc::executor_gone: return "executor_gone";
        case errc::token_refused: return "token_refused";
        case errc::token_endpoint_failed: return "token_endpoint_failed";
        case errc::unexpected_status: return "unexpected_status";
        case errc::unexpected_redirect: return "unexpected_redirect";
        case errc::unexpected_content_type: return "unexpected_content_type";
        case errc::empty_body: return "empty_body";
        case errc::malformed_token_response: return "malformed_token_response";
        case errc::duplicate_member: return "duplicate_member";
        case errc::invalid_access_token: return "invalid_access_token";
        case errc::missing_token_type: return "missing_token_type";
        case errc::unsupported_token_type: return "unsupported_token_type";
        case errc::invalid_expires_in: return "invalid_expires_in";
        case errc::invalid_refresh_token: return "invalid_refresh_token";
        case errc::insufficient_scope: return "insufficient_scope";
        case errc::client_refused: return "client_refused";
        case errc::reauthorization_required: return "reauthorization_required";
        case errc::discovery_failed: return "discovery_failed";
        case errc::invalid_server_metadata: return "invalid_server_metadata";
        case errc::issuer_mismatch: return "issuer_mismatch";
        case errc::metadata_unavailable: return "metadata_unavailable";
        case errc::authorization_refused: return "authorization_refused";
        case errc::malformed_authorization_response: return "malformed_authorization_response";
        case errc::state_mismatch: return "state_mismatch";
        case errc::redirect_unavailable: return "redirect_unavailable";
        case errc::browser_unavailable: return "browser_unavailable";
        case errc::malformed_device_response: return "malformed_device_response";
        case errc::device_code_expired: return "device_code_expired";
        case errc::broken_flight: return "broken_flight";
        case errc::fetch_threw: return "fetch_threw";
        case errc::out_of_memory: return "out_of_memory";
        case errc::hook_failed: return "hook_failed";
        case errc::invalid_json: return "invalid_json";
        case errc::invalid_utf8: return "invalid_utf8";
        case errc::json_mismatch: return "json_mismatch";
        case errc::store_unavailable: return "store_unavailable";
        case errc::store_refused: return "store_refused";
        case errc::store_record_unreadable: return "store_record_unreadable";
        case errc::store_record_newer: return "store_record_newer";
    }
    return {};
}

COAUTH_INLINE std::string_view to_string(stage s) noexcept {
    switch (s) {
        case stage::none: return "none";
        case stage::configuration: return "configuration";
        case stage::queue: return "queue";
        case stage::resolve: return "resolve";
        case stage::connect: return "connect";
        case stage::tls: return "tls";
        case stage::write: return "write";
        case stage::wait: return "wait";
        case stage::read: return "read";
        case stage::token: return "token";
        case stage::hook: return "hook";
        case stage::proxy: return "proxy";
        case stage::store: return "store";
    }
    return "none";
}

}  // namespace coauth

#endif
