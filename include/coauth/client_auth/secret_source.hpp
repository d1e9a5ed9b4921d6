// SPDX-License-Identifier: BSL-1.0
//
// Where a client secret comes from, each time it is needed: a fixed value, an environment variable,
// a file, or the user's own awaitable provider (a vault). Copyable handle; const use from any
// thread.

#ifndef COAUTH_CLIENT_AUTH_SECRET_SOURCE_HPP
#define COAUTH_CLIENT_AUTH_SECRET_SOURCE_HPP

#include <coauth/detail/asio.hpp>
#include <coauth/secret.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace coauth {

/// Called for every token request, on the source's executor; bounded by the fetch deadline. An
/// exception fails that token request.
template <class T>
concept secret_provider = std::copy_constructible<T> && requires(T const& t) {
    { t() } -> std::same_as<awaitable<secret>>;
};

class secret_source {
public:
    secret_source(secret value) : origin_(std::make_shared<origin const>(std::move(value))) {}
    secret_source(secret_reference reference)
        : origin_(std::make_shared<origin const>(std::move(reference))) {}
    template <class Provider>
    requires(!std::same_as<Provider, secret_source>) &&
        secret_provider<Provider> secret_source(Provider provider)
        : origin_(std::make_shared<origin const>(provided{std::move(provider), next_number()})) {}

    /// The secret as it is now. Throws coauth::exception(errc::secret_unavailable).
    [[nodiscard]] awaitable<secret> read() const {
        if (auto const* p = std::get_if<provided>(origin_.get())) return p->get();
        return read_now(origin_);
    }

    /// Tells two sources apart without asking a provider: for a fixed value the value, for a
    /// variable or file its name, for a provider its object. To be digested under a key, never
    /// stored.
    [[nodiscard]] secret identity() const {
        if (auto const* fixed = std::get_if<secret>(origin_.get())) {
            detail::wiped_buffer text;
            text.append("value:");
            text.append(fixed->reveal());
            return secret(text.view());
        }
        if (auto const* named = std::get_if<secret_reference>(origin_.get())) {
            bool const file = named->where() == secret_reference::kind::file;
            return secret((file ? "file:" : "environment:") + named->name());
        }
        return secret("provider:" + std::to_string(std::get<provided>(*origin_).number));
    }

private:
    struct provided {
        std::function<awaitable<secret>()> get;
        std::uint64_t number;
    };
    using origin = std::variant<secret, secret_reference, provided>;

    static awaitable<secret> read_now(std::shared_ptr<origin const> from) {
        if (auto const* fixed = std::get_if<secret>(from.get())) co_return fixed->clone();
        result<secret> value = std::get<secret_reference>(*from).read();
        co_return std::move(value).value();
    }

    static std::uint64_t next_number() {
        static std::atomic<std::uint64_t> counter{1};
        return counter.fetch_add(1, std::memory_order_relaxed);  // sync: unique only
    }

    std::shared_ptr<origin const> origin_;
};

namespace detail {

/// What makes two clients that authenticate with a secret the same one.
[[nodiscard]] inline secret client_identity(std::string_view method, std::string_view client_id,
                                            secret_source const& from) {
    wiped_buffer text;
    text.append(method);
    text.push_back(' ');
    text.append(std::to_string(client_id.size()));
    text.push_back(':');
    text.append(client_id);
    text.append(from.identity().reveal());
    return secret(text.view());
}

}  // namespace detail

}  // namespace coauth

#endif
