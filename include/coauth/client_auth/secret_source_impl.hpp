// SPDX-License-Identifier: BSL-1.0
//
// Bodies of secret_source.hpp.

#ifndef COAUTH_CLIENT_AUTH_SECRET_SOURCE_IMPL_HPP
#define COAUTH_CLIENT_AUTH_SECRET_SOURCE_IMPL_HPP

#include <coauth/client_auth/secret_source.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace coauth {

struct secret_source::origin {
    struct provided {
        std::function<awaitable<secret>()> get;
        std::uint64_t number;
    };
    std::variant<secret, secret_reference, provided> what;

    static std::uint64_t next_number() {
        static std::atomic<std::uint64_t> counter{1};
        return counter.fetch_add(1, std::memory_order_relaxed);  // sync: unique only
    }
};

COAUTH_INLINE secret_source::secret_source(secret value)
    : origin_(std::make_shared<origin const>(origin{std::move(value)})) {}

COAUTH_INLINE secret_source::secret_source(secret_reference reference)
    : origin_(std::make_shared<origin const>(origin{std::move(reference)})) {}

COAUTH_INLINE std::shared_ptr<secret_source::origin const> secret_source::provided(
    std::function<awaitable<secret>()> provider) {
    return std::make_shared<origin const>(
        origin{origin::provided{std::move(provider), origin::next_number()}});
}

COAUTH_INLINE awaitable<secret> secret_source::read() const {
    if (auto const* p = std::get_if<origin::provided>(&origin_->what)) return p->get();
    return read_now(origin_);
}

COAUTH_INLINE awaitable<secret> secret_source::read_now(std::shared_ptr<origin const> from) {
    if (auto const* fixed = std::get_if<secret>(&from->what)) co_return fixed->clone();
    result<secret> value = std::get<secret_reference>(from->what).read();
    co_return std::move(value).value();
}

COAUTH_INLINE bool secret_source::is_fixed() const noexcept {
    return std::holds_alternative<secret>(origin_->what);
}

COAUTH_INLINE secret secret_source::identity() const {
    if (auto const* fixed = std::get_if<secret>(&origin_->what)) {
        detail::wiped_buffer text;
        text.append("value:");
        text.append(fixed->reveal());
        return secret(text.view());
    }
    if (auto const* named = std::get_if<secret_reference>(&origin_->what)) {
        bool const file = named->where() == secret_reference::kind::file;
        return secret((file ? "file:" : "environment:") + named->name());
    }
    return secret("provider:" + std::to_string(std::get<origin::provided>(origin_->what).number));
}

namespace detail {

COAUTH_INLINE secret client_identity(std::string_view method, std::string_view client_id,
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
