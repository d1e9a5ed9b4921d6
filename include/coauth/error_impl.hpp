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

}  // namespace coauth

#endif
