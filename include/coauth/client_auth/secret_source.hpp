// SPDX-License-Identifier: BSL-1.0
//
// Where a client secret comes from, each time it is needed: a fixed value, an environment variable,
// a file, or the user's own awaitable provider (a vault). Copyable handle; const use from any
// thread.

#ifndef COAUTH_CLIENT_AUTH_SECRET_SOURCE_HPP
#define COAUTH_CLIENT_AUTH_SECRET_SOURCE_HPP

#include <coauth/config.hpp>
#include <coauth/detail/awaitable.hpp>
#include <coauth/secret.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace coauth {

/// Called for every token request, on the source's executor; bounded by the fetch deadline. An
/// exception fails that token request.
template <class T>
concept secret_provider = requires(T const& t) {
    { t() } -> std::same_as<awaitable<secret>>;
}
&&std::copy_constructible<T>;

class secret_source {
public:
    secret_source(secret value);
    secret_source(secret_reference reference);
    template <class Provider>
    requires(!std::same_as<Provider, secret_source>) &&
        secret_provider<Provider> secret_source(Provider provider)
        : origin_(provided(std::move(provider))) {}

    /// The secret as it is now. Throws coauth::exception(errc::secret_unavailable).
    [[nodiscard]] awaitable<secret> read() const;

    /// It is always the same value.
    [[nodiscard]] bool is_fixed() const noexcept;

    /// Tells two sources apart without asking a provider: for a fixed value the value, for a
    /// variable or file its name, for a provider its object. To be digested under a key, never
    /// stored.
    [[nodiscard]] secret identity() const;

private:
    struct origin;

    static std::shared_ptr<origin const> provided(std::function<awaitable<secret>()> provider);
    static awaitable<secret> read_now(std::shared_ptr<origin const> from);

    std::shared_ptr<origin const> origin_;
};

namespace detail {

/// What makes two clients that authenticate with a secret the same one.
[[nodiscard]] secret client_identity(std::string_view method, std::string_view client_id,
                                     secret_source const& from);

}  // namespace detail
}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/client_auth/secret_source_impl.hpp>
#endif

#endif
