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
    secret_source(secret value) : origin_(std::make_shared<secret const>(std::move(value))) {}
    secret_source(secret_reference reference) : origin_(std::move(reference)) {}
    template <class Provider>
    requires(!std::same_as<Provider, secret_source>) &&
        secret_provider<Provider> secret_source(Provider provider)
        : origin_(std::make_shared<provided const>(std::move(provider), next_number())) {}

    /// The secret as it is now. Throws coauth::exception(errc::secret_unavailable).
    [[nodiscard]] awaitable<secret> read() const {
        if (auto const* p = std::get_if<std::shared_ptr<provided const>>(&origin_)) {
            return (*p)->get();
        }
        return read_now(origin_);
    }

    /// Tells two sources apart without asking a provider: for a fixed value the value, for a
    /// variable or file its name, for a provider its object. To be digested under a key, never
    /// stored.
    [[nodiscard]] secret identity() const {
        if (auto const* fixed = std::get_if<std::shared_ptr<secret const>>(&origin_)) {
            detail::wiped_buffer text;
            text.append("value:");
            text.append((*fixed)->reveal());
            return secret(text.view());
        }
        if (auto const* named = std::get_if<secret_reference>(&origin_)) {
            bool const file = named->where() == secret_reference::kind::file;
            return secret((file ? "file:" : "environment:") + named->name());
        }
        auto const number = std::get<std::shared_ptr<provided const>>(origin_)->number;
        return secret("provider:" + std::to_string(number));
    }

private:
    struct provided {
        std::function<awaitable<secret>()> get;
        std::uint64_t number;
        provided(std::function<awaitable<secret>()> g, std::uint64_t n)
            : get(std::move(g)), number(n) {}
    };
    using origin = std::variant<std::shared_ptr<secret const>, secret_reference,
                                std::shared_ptr<provided const>>;

    static awaitable<secret> read_now(origin from) {
        if (auto const* fixed = std::get_if<std::shared_ptr<secret const>>(&from)) {
            co_return (*fixed)->clone();
        }
        result<secret> value = std::get<secret_reference>(from).read();
        co_return std::move(value).value();
    }

    static std::uint64_t next_number() {
        static std::atomic<std::uint64_t> counter{1};
        return counter.fetch_add(1, std::memory_order_relaxed);  // sync: unique only
    }

    origin origin_;
};

}  // namespace coauth

#endif
