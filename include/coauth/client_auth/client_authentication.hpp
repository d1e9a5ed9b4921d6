// SPDX-License-Identifier: BSL-1.0
//
// How a client proves who it is at the token endpoint (RFC 6749 §2.3): the concept, and the erased
// form that a token source holds by value. const use from any thread.

#ifndef COAUTH_CLIENT_AUTH_CLIENT_AUTHENTICATION_HPP
#define COAUTH_CLIENT_AUTH_CLIENT_AUTHENTICATION_HPP

#include <coauth/detail/awaitable.hpp>
#include <coauth/protocol/token_request.hpp>
#include <coauth/secret.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coauth {

/// One awaitable member that takes the token request, edits it and gives it back. It runs on the
/// source's executor, once per token request, and once more before a second send of a request that
/// it has called `single_use`; an exception fails that request. It also runs, with a request that
/// is not sent, while a failure is remembered that another credential may mend: at most once a
/// second, if it has called `token_request::credential()` or thrown the last time.
///
/// A type may also have `cache_identity()`, convertible to std::string_view or returning a secret:
/// whoever has the same identity may be given the same token from memory. Without it a source keeps
/// its tokens to itself.
///
/// And `client_id()`, convertible to std::string_view: the client it stands for. A source with a
/// token store needs it, since that names the token in every process; a person who signs in through
/// a browser (coauth::sign_in) need not name the client again.
///
/// A type whose static constexpr `needs_client_certificate` is true is refused by a source that has
/// no client certificate for the token endpoint; one whose `is_public` is true by a grant that is
/// not for public clients.
template <class T>
concept client_authentication = std::move_constructible<T> &&
    requires(T const& t, token_request r) {
    { t.authenticate(std::move(r)) } -> std::same_as<awaitable<token_request>>;
};

class any_client_authentication {
public:
    /// Nothing: a configuration that is still incomplete.
    any_client_authentication() = default;

    template <class T>
    requires(!std::same_as<std::remove_cvref_t<T>, any_client_authentication>) &&
        client_authentication<std::remove_cvref_t<T>> any_client_authentication(T&& method)
        : self_(std::make_shared<model<std::remove_cvref_t<T>> const>(std::forward<T>(method))) {}

    [[nodiscard]] explicit operator bool() const noexcept { return self_ != nullptr; }

    [[nodiscard]] awaitable<token_request> authenticate(token_request request) const {
        return self_->authenticate(std::move(request));
    }
    [[nodiscard]] std::optional<secret> cache_identity() const { return self_->cache_identity(); }
    [[nodiscard]] bool needs_client_certificate() const noexcept {
        return self_->needs_client_certificate();
    }
    [[nodiscard]] bool is_public() const noexcept { return self_->is_public(); }
    /// Empty where the type does not say.
    [[nodiscard]] std::string client_id() const { return self_->client_id(); }

private:
    struct interface {
        virtual ~interface() = default;
        virtual awaitable<token_request> authenticate(token_request request) const = 0;
        virtual std::optional<secret> cache_identity() const = 0;
        virtual bool needs_client_certificate() const noexcept = 0;
        virtual bool is_public() const noexcept = 0;
        virtual std::string client_id() const = 0;
    };

    template <class T>
    struct model final : interface {
        explicit model(T m) : method(std::move(m)) {}
        awaitable<token_request> authenticate(token_request request) const override {
            return method.authenticate(std::move(request));
        }
        std::optional<secret> cache_identity() const override {
            if constexpr (requires {
                              { method.cache_identity() } -> std::same_as<secret>;
                          }) {
                return method.cache_identity();
            } else if constexpr (requires { std::string_view(method.cache_identity()); }) {
                auto const text = method.cache_identity();
                return secret(std::string_view(text));
            } else {
                return std::nullopt;
            }
        }
        bool needs_client_certificate() const noexcept override {
            if constexpr (requires { bool(T::needs_client_certificate); }) {
                return T::needs_client_certificate;
            } else {
                return false;
            }
        }
        bool is_public() const noexcept override {
            if constexpr (requires { bool(T::is_public); }) {
                return T::is_public;
            } else {
                return false;
            }
        }
        std::string client_id() const override {
            if constexpr (requires { std::string_view(method.client_id()); }) {
                return std::string(std::string_view(method.client_id()));
            } else {
                return {};
            }
        }
        T method;
    };

    std::shared_ptr<interface const> self_;
};

}  // namespace coauth

#endif
