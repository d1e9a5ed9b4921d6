// SPDX-License-Identifier: BSL-1.0
//
// One request to a token endpoint (RFC 6749 §3.2) as it is built up by the grant, the client
// authentication and the user's hook: form parameters and headers. Values are wiped. Not
// synchronised.

#ifndef COAUTH_PROTOCOL_TOKEN_REQUEST_HPP
#define COAUTH_PROTOCOL_TOKEN_REQUEST_HPP

#include <coauth/codec/http_fields.hpp>
#include <coauth/config.hpp>
#include <coauth/error.hpp>
#include <coauth/secret.hpp>
#include <coauth/url.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {

/// Names and values of extra parameters or headers, in order.
using string_pairs = std::vector<std::pair<std::string, std::string>>;

class token_request {
public:
    token_request(url token_endpoint, std::string_view grant_type)
        : endpoint_(std::move(token_endpoint)) {
        add_parameter("grant_type", grant_type);
    }

    [[nodiscard]] url const& token_endpoint() const noexcept { return endpoint_; }

    /// Sets a form parameter; RFC 6749 §3.2 allows each only once.
    token_request& parameter(std::string_view name, std::string_view value) {
        remove_parameter(name);
        return add_parameter(name, value);
    }
    /// Adds one more of the same name: only `resource` (RFC 8707 §2) and `audience` may repeat.
    token_request& add_parameter(std::string_view name, std::string_view value);
    token_request& remove_parameter(std::string_view name);
    [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
    [[nodiscard]] std::vector<std::pair<std::string, secret>> const& parameters() const noexcept {
        return parameters_;
    }

    /// Sets a header. Throws coauth::exception(errc::invalid_header) for a name or value that HTTP
    /// does not allow, and for headers that the library sets itself.
    token_request& header(std::string_view name, std::string_view value);
    [[nodiscard]] http_fields const& headers() const noexcept { return headers_; }

    /// The name of the client authentication method, for the hints of error messages.
    token_request& authentication_method(std::string_view registered_name) {
        method_ = registered_name;
        return *this;
    }
    [[nodiscard]] std::string const& authentication_method() const noexcept { return method_; }

    /// The secret or key that the client authenticates with, where it may be another one next time:
    /// a source that sees it change does not wait for the end of a failure's pause. Never sent.
    token_request& credential(std::string_view value) {
        credential_ = secret(value);
        return *this;
    }
    [[nodiscard]] secret const& credential() const noexcept { return credential_; }
    /// Why the client authenticates with an older key than the one that is there now; none where it
    /// does not. The observer of the source is told.
    token_request& stale_credential(error why) {
        stale_credential_ = std::move(why);
        return *this;
    }
    [[nodiscard]] error const& stale_credential() const noexcept { return stale_credential_; }

    /// The issuer of the authorization server, where one is configured; empty: only the token URL
    /// is known. Never one that was read from unverified metadata.
    token_request& issuer(std::string_view configured) {
        issuer_ = configured;
        return *this;
    }
    [[nodiscard]] std::string const& issuer() const noexcept { return issuer_; }

    /// What authenticates the client here is good for one send: before the request goes out once
    /// more, on another connection, the client authenticates it again.
    token_request& single_use(bool once) {
        single_use_ = once;
        return *this;
    }
    [[nodiscard]] bool single_use() const noexcept { return single_use_; }

    /// The two ways to write credentials in a Basic header differ for this client.
    token_request& basic_encodings_differ(bool differ) {
        basic_encodings_differ_ = differ;
        return *this;
    }
    [[nodiscard]] bool basic_encodings_differ() const noexcept { return basic_encodings_differ_; }

    /// The body: application/x-www-form-urlencoded, in the order in which parameters were added.
    void encode(detail::wiped_buffer& out) const;

private:
    url endpoint_;
    std::vector<std::pair<std::string, secret>> parameters_;
    http_fields headers_;
    std::string method_;
    secret credential_;
    error stale_credential_;
    std::string issuer_;
    bool single_use_ = false;
    bool basic_encodings_differ_ = false;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/protocol/token_request_impl.hpp>
#endif

#endif
