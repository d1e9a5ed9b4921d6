// SPDX-License-Identifier: BSL-1.0
//
// What a client is given a token for (RFC 6749 §1.3): the concept, and the erased form that a token
// source holds by value. const use from any thread.

#ifndef COAUTH_GRANT_GRANT_HPP
#define COAUTH_GRANT_GRANT_HPP

#include <coauth/config.hpp>
#include <coauth/error.hpp>
#include <coauth/grant/requested_access.hpp>
#include <coauth/protocol/token_request.hpp>
#include <coauth/result.hpp>
#include <coauth/url.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coauth {
namespace detail {

/// The static constexpr member of that name, false without one.
template <class T>
[[nodiscard]] constexpr bool grant_needs_person() {
    if constexpr (requires { bool(T::needs_person); }) return T::needs_person;
    return false;
}
template <class T>
[[nodiscard]] constexpr bool grant_needs_confidential_client() {
    if constexpr (requires { bool(T::needs_confidential_client); }) {
        return T::needs_confidential_client;
    }
    return false;
}

[[nodiscard]] error sign_in_needed();

}  // namespace detail

/// Either one member, `request(token endpoint, requested_access)`, that makes the token request (or
/// a result with the reason why it cannot), or `static constexpr bool needs_person = true`: then a
/// source gets its first token from coauth::sign_in(), and a refresh token is all it can renew by.
/// `request` runs on the source's executor, once per token request; what it throws fails that one.
///
/// A type may also have `cache_identity()`, convertible to std::string_view or a
/// std::optional<std::string>, without secrets: whoever has the same identity, and the same of
/// everything else, may be given the same token from memory. Without it, or where it is empty, a
/// source keeps its tokens to itself.
///
/// A type whose static constexpr `needs_confidential_client` is true is refused by a source whose
/// client is a `public_client`.
template <class T>
concept grant = std::move_constructible<T> &&
    (detail::grant_needs_person<T>() ||
     requires(T const& t, url const& to, requested_access const& access) {
         { t.request(to, access) } -> std::convertible_to<result<token_request>>;
     });

class any_grant {
public:
    /// Client credentials.
    any_grant();

    template <class T>
    requires(!std::same_as<std::remove_cvref_t<T>, any_grant>) &&
        grant<std::remove_cvref_t<T>> any_grant(T&& g)
        : self_(std::make_shared<model<std::remove_cvref_t<T>> const>(std::forward<T>(g))) {}

    /// errc::reauthorization_required where a person has to be asked.
    [[nodiscard]] result<token_request> request(url const& token_endpoint,
                                                requested_access const& access) const {
        return self_->request(token_endpoint, access);
    }
    [[nodiscard]] bool needs_person() const noexcept { return self_->needs_person(); }
    [[nodiscard]] bool needs_confidential_client() const noexcept {
        return self_->needs_confidential_client();
    }
    [[nodiscard]] std::optional<std::string> cache_identity() const {
        return self_->cache_identity();
    }

private:
    struct interface {
        virtual ~interface() = default;
        virtual result<token_request> request(url const& to,
                                              requested_access const& access) const = 0;
        virtual bool needs_person() const noexcept = 0;
        virtual bool needs_confidential_client() const noexcept = 0;
        virtual std::optional<std::string> cache_identity() const = 0;
    };

    template <class T>
    struct model final : interface {
        explicit model(T g) : made(std::move(g)) {}
        result<token_request> request(
            [[maybe_unused]] url const& to,
            [[maybe_unused]] requested_access const& access) const override {
            if constexpr (detail::grant_needs_person<T>()) {
                return detail::sign_in_needed();
            } else {
                return made.request(to, access);
            }
        }
        bool needs_person() const noexcept override { return detail::grant_needs_person<T>(); }
        bool needs_confidential_client() const noexcept override {
            return detail::grant_needs_confidential_client<T>();
        }
        std::optional<std::string> cache_identity() const override {
            if constexpr (requires { std::string_view(made.cache_identity()); }) {
                auto const text = made.cache_identity();
                return std::string(std::string_view(text));
            } else if constexpr (requires {
                                     {
                                         made.cache_identity()
                                         } -> std::same_as<std::optional<std::string>>;
                                 }) {
                return made.cache_identity();
            } else {
                return std::nullopt;
            }
        }
        T made;
    };

    std::shared_ptr<interface const> self_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/grant/grant_impl.hpp>
#endif

#endif
