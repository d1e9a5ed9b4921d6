// SPDX-License-Identifier: BSL-1.0
//
// How calls to an API are authorized: a token source, HTTP Basic, a static bearer token, an API
// key, a client certificate, nothing, or the user's own type. Copyable handle; const use from any
// thread.

#ifndef COAUTH_AUTHORIZATION_HPP
#define COAUTH_AUTHORIZATION_HPP

#include <coauth/config.hpp>
#include <coauth/detail/awaitable.hpp>
#include <coauth/fwd.hpp>
#include <coauth/http/tls_config.hpp>
#include <coauth/response.hpp>
#include <coauth/secret.hpp>
#include <coauth/token_source.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coauth {

namespace http {
class tls_context;
}

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
    http_basic(std::string_view user_id, secret const& password);
    /// The password is read now, once.
    http_basic(std::string_view user_id, secret_reference const& password);

    [[nodiscard]] detail::static_credential const& credential() const noexcept {
        return credential_;
    }

private:
    detail::static_credential credential_;
};

/// A bearer token from somewhere else (RFC 6750 §2.1), never renewed.
class bearer_token {
public:
    explicit bearer_token(secret const& token);
    /// The token is read now, once.
    explicit bearer_token(secret_reference const& token);

    [[nodiscard]] detail::static_credential const& credential() const noexcept {
        return credential_;
    }

private:
    detail::static_credential credential_;
};

/// An API key in a header of its own, for instance `X-Api-Key`.
class api_key {
public:
    api_key(std::string header_name, secret key);
    /// The key is read now, once.
    api_key(std::string header_name, secret_reference const& key);

    [[nodiscard]] detail::static_credential const& credential() const noexcept {
        return credential_;
    }

private:
    detail::static_credential credential_;
};

/// A TLS client certificate and nothing else: the connection is the credential. Files are read now,
/// and again when they change; throws coauth::exception(errc::invalid_client_certificate) and the
/// like.
class client_certificate {
public:
    explicit client_certificate(tls_config const& config);
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

    /// None: requests go out as they are.
    authorization() = default;
    authorization(token_source tokens);
    authorization(http_basic const& basic);
    authorization(bearer_token const& bearer);
    authorization(api_key const& key);
    authorization(client_certificate certificate);

    template <class T>
    requires(!std::same_as<std::remove_cvref_t<T>, authorization> &&
             !std::same_as<std::remove_cvref_t<T>, token_source>) &&
        authorization_method<std::remove_cvref_t<T>> authorization(T&& method)
        : authorization(std::shared_ptr<user_method const>(
              std::make_shared<model<std::remove_cvref_t<T>>>(std::forward<T>(method)))) {}

    [[nodiscard]] bool is_none() const noexcept { return kind_ == nullptr; }

    // For the library: which of them it is; null for the others.

    [[nodiscard]] token_source const* tokens() const noexcept;
    [[nodiscard]] detail::static_credential const* credential() const noexcept;
    [[nodiscard]] client_certificate const* certificate() const noexcept;
    [[nodiscard]] user_method const* method() const noexcept;

private:
    struct kind;
    template <class T>
    struct model;

    explicit authorization(std::shared_ptr<user_method const> method);

    std::shared_ptr<kind const> kind_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/authorization_impl.hpp>
#endif

#endif
