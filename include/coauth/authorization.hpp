// SPDX-License-Identifier: BSL-1.0
//
// How calls to an API are authorized: a token source, HTTP Basic, a static bearer token, an API
// key, a client certificate, nothing, or the user's own type. Copyable handle; const use from any
// thread.

#ifndef COAUTH_AUTHORIZATION_HPP
#define COAUTH_AUTHORIZATION_HPP

#include <coauth/codec/basic_auth.hpp>
#include <coauth/codec/http1_writer.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/fwd.hpp>
#include <coauth/http/tls_context.hpp>
#include <coauth/response.hpp>
#include <coauth/secret.hpp>
#include <coauth/token_source.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace coauth {

namespace detail {

/// One header that is the same for every call.
struct static_credential {
    std::string name;
    std::shared_ptr<secret const> value;
};

}  // namespace detail

/// HTTP Basic (RFC 7617), UTF-8. A user-id with ':' or a control character is refused
/// (errc::invalid_credentials).
class http_basic {
public:
    http_basic(std::string_view user_id, secret const& password) {
        if (error wrong = check_basic_auth(user_id, password.reveal())) {
            throw exception(std::move(wrong));
        }
        credential_ = {"Authorization",
                       std::make_shared<secret const>(basic_auth(user_id, password.reveal()))};
    }
    /// The password is read now, once.
    http_basic(std::string_view user_id, secret_reference const& password)
        : http_basic(user_id, password.read().value()) {}

    [[nodiscard]] detail::static_credential const& credential() const noexcept {
        return credential_;
    }

private:
    detail::static_credential credential_;
};

/// A bearer token from somewhere else (RFC 6750 §2.1), never renewed.
class bearer_token {
public:
    explicit bearer_token(secret const& token) {
        bool bad = token.empty();
        for (char const c : token.reveal()) bad = bad || c <= 0x20 || c >= 0x7F;
        if (bad) {
            throw exception(error(errc::invalid_credentials, stage::configuration,
                                  "a bearer token is printable ASCII without spaces"));
        }
        detail::wiped_buffer header;
        header.append("Bearer ");
        header.append(token.reveal());
        credential_ = {"Authorization", std::make_shared<secret const>(header.view())};
    }
    /// The token is read now, once.
    explicit bearer_token(secret_reference const& token) : bearer_token(token.read().value()) {}

    [[nodiscard]] detail::static_credential const& credential() const noexcept {
        return credential_;
    }

private:
    detail::static_credential credential_;
};

/// An API key in a header of its own, for instance `X-Api-Key`.
class api_key {
public:
    api_key(std::string header_name, secret key) {
        if (key.empty() || check_user_header(header_name, key.reveal()) != errc{}) {
            throw exception(
                error(errc::invalid_header, stage::configuration,
                      "API key header '" + header_name + "' or its value is not allowed"));
        }
        credential_ = {std::move(header_name), std::make_shared<secret const>(std::move(key))};
    }
    /// The key is read now, once.
    api_key(std::string header_name, secret_reference const& key)
        : api_key(std::move(header_name), key.read().value()) {}

    [[nodiscard]] detail::static_credential const& credential() const noexcept {
        return credential_;
    }

private:
    detail::static_credential credential_;
};

/// A TLS client certificate and nothing else: the connection is the credential. Files are read now;
/// throws coauth::exception(errc::invalid_client_certificate) and the like.
class client_certificate {
public:
    explicit client_certificate(tls_config const& config)
        : tls_(http::tls_context::make(config).value()) {
        if (tls_->client_certificate_thumbprint().empty()) {
            throw exception(error(errc::invalid_client_certificate, stage::configuration,
                                  "no certificate_file or certificate_pem"));
        }
    }
    [[nodiscard]] std::shared_ptr<http::tls_context const> const& tls() const noexcept {
        return tls_;
    }

private:
    std::shared_ptr<http::tls_context const> tls_;
};

/// A user's own way: `apply` takes the request, edits it and gives it back, for every call, on the
/// client's executor. Optional: `on_unauthorized(response)` after a 401; true sends the request
/// once more through `apply`. An exception fails the call.
template <class T>
concept authorization_method = std::move_constructible<T> && requires(T const& t, request r) {
    { t.apply(std::move(r)) } -> std::same_as<awaitable<request>>;
};

class authorization {
public:
    struct user_method {
        virtual ~user_method() = default;
        virtual awaitable<request> apply(request r) const = 0;
        virtual awaitable<bool> on_unauthorized(response r) const = 0;
    };
    using kind = std::variant<std::monostate, token_source, detail::static_credential,
                              client_certificate, std::shared_ptr<user_method const>>;

    /// None: requests go out as they are.
    authorization() = default;
    authorization(token_source tokens) : kind_(std::move(tokens)) {}
    authorization(http_basic const& basic) : kind_(basic.credential()) {}
    authorization(bearer_token const& bearer) : kind_(bearer.credential()) {}
    authorization(api_key const& key) : kind_(key.credential()) {}
    authorization(client_certificate certificate) : kind_(std::move(certificate)) {}

    template <class T>
    requires(!std::same_as<std::remove_cvref_t<T>, authorization> &&
             !std::same_as<std::remove_cvref_t<T>, token_source>) &&
        authorization_method<std::remove_cvref_t<T>> authorization(T&& method)
        : kind_(std::make_shared<model<std::remove_cvref_t<T>> const>(std::forward<T>(method))) {}

    [[nodiscard]] bool is_none() const noexcept {
        return std::holds_alternative<std::monostate>(kind_);
    }
    /// For the library.
    [[nodiscard]] kind const& what() const noexcept { return kind_; }

private:
    template <class T>
    struct model;

    kind kind_;
};

}  // namespace coauth

#endif
