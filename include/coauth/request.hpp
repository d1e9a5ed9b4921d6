// SPDX-License-Identifier: BSL-1.0
//
// One call to an API: method, target below the client's base URL, query, headers, body, and what
// this call wants otherwise than its client. A value; not synchronised.

#ifndef COAUTH_REQUEST_HPP
#define COAUTH_REQUEST_HPP

#include <coauth/authorization.hpp>
#include <coauth/clock.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/exchange_log.hpp>
#include <coauth/json_body.hpp>
#include <coauth/secret.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace coauth {

class request {
public:
    request() = default;

    /// `target`: a path with or without a query, appended to the base URL's path. Throws
    /// coauth::exception(errc::invalid_method) for a method that is no token (RFC 9110 §9.1).
    request(std::string method, std::string target);

    /// Adds `name=value` to the query, encoded.
    request& query(std::string_view name, std::string_view value) &;
    /// Sets a header, in place of all of that name. An `Authorization` set here wins over the
    /// configured one: no token is fetched and a 401 is returned as it is. Throws
    /// coauth::exception(errc::invalid_header) for what HTTP does not allow, and for headers that
    /// the library sets itself (Host, Content-Length, Connection, …).
    request& header(std::string_view name, std::string_view value) &;
    request& remove_header(std::string_view name) &;
    request& body(std::string content, std::string_view content_type) &;
    /// Sets the body to `value` as JSON, and the Content-Type. Throws coauth::exception, so that
    /// nothing is sent, for a value that JSON cannot hold (errc::invalid_utf8, errc::invalid_json);
    /// what a conversion of yours throws comes through.
    template <json_writable T>
    request& json(T const& value) & {
        return body(write_json(value).value(), "application/json");
    }
    /// For this call instead of the client's.
    request& authorization(coauth::authorization a) &;
    /// For the whole call, token and all resends included. Range: above 0; default: the client's.
    request& deadline(duration d) & {
        deadline_ = d;
        return *this;
    }
    /// It does no harm if the server acts on this request twice, whatever its method (RFC 9110
    /// §9.2.2). Default: by method.
    request& idempotent(bool value) & {
        idempotent_ = value;
        return *this;
    }
    /// It must leave this machine once at most: no resend after a 401 or a lost connection.
    request& one_shot(bool value) & {
        one_shot_ = value;
        return *this;
    }
    /// A value that stands in this request, under a name that does not say that it is secret:
    /// neither a log nor a hook is shown it, wherever it turns up.
    request& hide(std::shared_ptr<secret const> value) &;
    /// Records this call, with what is said to the API and to the authorization server for it.
    request& log(exchange_log records) &;
    /// Another absolute URL in place of base URL and target; for hooks. On another origin the
    /// credentials are left behind.
    request& absolute_url(std::string_view text) &;

    request&& query(std::string_view n, std::string_view v) && { return std::move(query(n, v)); }
    request&& header(std::string_view n, std::string_view v) && { return std::move(header(n, v)); }
    request&& body(std::string content, std::string_view type) && {
        return std::move(body(std::move(content), type));
    }
    template <json_writable T>
    request&& json(T const& value) && {
        return std::move(json(value));
    }
    request&& authorization(coauth::authorization a) && {
        return std::move(authorization(std::move(a)));
    }
    request&& deadline(duration d) && { return std::move(deadline(d)); }
    request&& idempotent(bool value) && { return std::move(idempotent(value)); }
    request&& one_shot(bool value) && { return std::move(one_shot(value)); }
    request&& log(exchange_log records) && { return std::move(log(std::move(records))); }

    [[nodiscard]] std::string const& method() const noexcept { return method_; }
    [[nodiscard]] std::string const& target() const noexcept { return target_; }
    [[nodiscard]] http_fields const& headers() const noexcept { return headers_; }
    [[nodiscard]] std::string const& body() const noexcept { return body_; }
    [[nodiscard]] std::optional<coauth::authorization> const& authorization() const noexcept {
        return authorization_;
    }
    [[nodiscard]] std::optional<duration> deadline() const noexcept { return deadline_; }
    [[nodiscard]] std::optional<url> const& absolute_url() const noexcept { return url_; }
    [[nodiscard]] std::optional<exchange_log> const& log() const noexcept { return log_; }
    [[nodiscard]] std::vector<std::shared_ptr<secret const>> const& hidden() const noexcept {
        return hidden_;
    }
    [[nodiscard]] bool may_be_sent_again() const noexcept { return !one_shot_; }
    [[nodiscard]] bool is_idempotent() const noexcept;

private:
    std::string method_ = "GET";
    std::string target_;
    http_fields headers_;
    std::string body_;
    std::optional<coauth::authorization> authorization_;
    std::optional<duration> deadline_;
    std::optional<bool> idempotent_;
    std::optional<url> url_;
    std::optional<exchange_log> log_;
    std::vector<std::shared_ptr<secret const>> hidden_;
    bool one_shot_ = false;
};

static_assert(!std::is_aggregate_v<request>, "g++ 12 miscompiles aggregates inside co_await");

namespace detail {

/// What a method of the user's says to a 401 that does not say anything itself.
[[nodiscard]] awaitable<bool> never_again();

}  // namespace detail

template <class T>
struct authorization::model final : authorization::user_method {
    template <class U>
    explicit model(U&& m) : method(std::forward<U>(m)) {}
    awaitable<request> apply(request r) const override { return method.apply(std::move(r)); }
    awaitable<bool> on_unauthorized(response r) const override {
        if constexpr (requires {
                          { method.on_unauthorized(std::move(r)) } -> std::same_as<awaitable<bool>>;
                      }) {
            return method.on_unauthorized(std::move(r));
        } else {
            return detail::never_again();
        }
    }
    T method;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/request_impl.hpp>
#endif

#endif
