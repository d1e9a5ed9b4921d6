// SPDX-License-Identifier: BSL-1.0
//
// Bodies of request.hpp.

#ifndef COAUTH_REQUEST_IMPL_HPP
#define COAUTH_REQUEST_IMPL_HPP

#include <coauth/codec/http1_writer.hpp>
#include <coauth/codec/percent.hpp>
#include <coauth/request.hpp>
#include <coauth/url.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace coauth {

COAUTH_INLINE request::request(std::string method, std::string target)
    : method_(std::move(method)), target_(std::move(target)) {
    if (check_method(method_) != errc{}) {
        throw exception(error(errc::invalid_method, stage::configuration,
                              "the method must be a token, for instance GET"));
    }
}

COAUTH_INLINE request& request::query(std::string_view name, std::string_view value) & {
    target_ += target_.find('?') == std::string::npos ? '?' : '&';
    target_ += percent_encode(name, char_sets::query_component);
    target_ += '=';
    target_ += percent_encode(value, char_sets::query_component);
    return *this;
}

COAUTH_INLINE request& request::header(std::string_view name, std::string_view value) & {
    value = trim_ows(value);
    if (check_user_header(name, value) != errc{}) {
        throw exception(error(errc::invalid_header, stage::configuration,
                              "header not allowed by HTTP, or set by the library"));
    }
    headers_.set(name, value);
    return *this;
}

COAUTH_INLINE request& request::authorization(coauth::authorization a) & {
    authorization_ = std::move(a);
    return *this;
}

COAUTH_INLINE request& request::hide(std::shared_ptr<secret const> value) & {
    hidden_.push_back(std::move(value));
    return *this;
}

COAUTH_INLINE request& request::log(exchange_log records) & {
    log_ = std::move(records);
    return *this;
}

COAUTH_INLINE request& request::body(std::string content, std::string_view content_type) & {
    body_ = std::move(content);
    if (!content_type.empty()) header("Content-Type", content_type);
    return *this;
}

COAUTH_INLINE request& request::remove_header(std::string_view name) & {
    headers_.erase(name);
    return *this;
}

COAUTH_INLINE request& request::absolute_url(std::string_view text) & {
    url_ = url::parse(text).value();
    return *this;
}

COAUTH_INLINE bool request::is_idempotent() const noexcept {
    if (one_shot_) return false;
    return idempotent_.value_or(method_ == "GET" || method_ == "HEAD" || method_ == "OPTIONS" ||
                                method_ == "PUT" || method_ == "DELETE" || method_ == "TRACE");
}

COAUTH_INLINE awaitable<bool> detail::never_again() { co_return false; }

}  // namespace coauth

#endif
