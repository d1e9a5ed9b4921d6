// SPDX-License-Identifier: BSL-1.0
//
// What an API answered (RFC 9110 §3.4). Any status is a response, not an error. A value; not
// synchronised.

#ifndef COAUTH_RESPONSE_HPP
#define COAUTH_RESPONSE_HPP

#include <coauth/codec/challenge.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/config.hpp>
#include <coauth/json_body.hpp>
#include <coauth/result.hpp>
#include <coauth/url.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {

class response {
public:
    response() = default;
    response(int status, std::string reason, http_fields headers, std::string body)
        : status_(status),
          reason_(std::move(reason)),
          headers_(std::move(headers)),
          body_(std::move(body)) {}

    /// 100 to 999; 0 in a default-constructed one.
    [[nodiscard]] int status() const noexcept { return status_; }
    [[nodiscard]] bool ok() const noexcept { return status_ >= 200 && status_ < 300; }
    /// Text of the server: for people, and to be escaped before it is shown.
    [[nodiscard]] std::string const& reason() const noexcept { return reason_; }

    /// The first value of a header; names compare without case.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
        return headers_.find(name);
    }
    /// Every value of a header, in order, never joined (Set-Cookie must not be).
    [[nodiscard]] std::vector<std::string_view> header_values(std::string_view name) const {
        return headers_.all(name);
    }
    [[nodiscard]] http_fields const& headers() const noexcept { return headers_; }

    [[nodiscard]] std::string const& body() const& noexcept { return body_; }
    [[nodiscard]] std::string&& body() && noexcept { return std::move(body_); }

    /// The body as a T, whatever the status. Throws coauth::exception: errc::empty_body;
    /// errc::unexpected_content_type for one that is certainly not JSON, such as text/html;
    /// errc::invalid_json and errc::invalid_utf8 with line, column and byte; errc::json_mismatch
    /// with the place of a member that is missing or of another type. No error repeats a value.
    template <json_readable T>
    [[nodiscard]] T json() const {
        return try_json<T>().value();
    }
    /// The same with the error as a value.
    template <json_readable T>
    [[nodiscard]] result<T> try_json() const {
        error wrong = detail::check_json_body(header("Content-Type"), body_);
        result<T> read = wrong ? result<T>(std::move(wrong)) : json_codec<T>::read(body_);
        if (read) return read;
        return std::move(read).error().with_http_status(status_);
    }

    /// Location resolved against the URL of the request (RFC 3986 §5), without fragment. Redirects
    /// are not followed. errc::invalid_url when there is none or it is not http(s).
    [[nodiscard]] result<url> location() const;

    /// The WWW-Authenticate challenges of all such headers (RFC 9110 §11.6.1), for instance the
    /// `scope`, `acr_values` and `max_age` of an insufficient_scope or
    /// insufficient_user_authentication (RFC 6750 §3, RFC 9470 §3). Malformed headers are left out.
    [[nodiscard]] std::vector<challenge> challenges() const;

    /// Where it was requested from, after hooks.
    [[nodiscard]] result<url> request_url() const;
    /// For the library: the parts are put together only when somebody asks.
    void set_request_url(std::shared_ptr<url const> base, std::string target) noexcept {
        base_ = std::move(base);
        target_ = std::move(target);
    }

private:
    int status_ = 0;
    std::string reason_;
    http_fields headers_;
    std::string body_;
    std::shared_ptr<url const> base_;
    std::string target_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/response_impl.hpp>
#endif

#endif
