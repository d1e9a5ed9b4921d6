// SPDX-License-Identifier: BSL-1.0
//
// The owned handle on a cached token.

#ifndef COAUTH_CACHE_TOKEN_REF_HPP
#define COAUTH_CACHE_TOKEN_REF_HPP

#include <coauth/clock.hpp>
#include <coauth/config.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {
namespace detail {
class hazard_domain;
struct hazard_slot;
struct token_record;
}  // namespace detail

/// A token in the hand: movable, may live across co_await and be dropped on any thread. Keeps its
/// bytes readable even when the cache has replaced them or is gone.
class token_ref {
public:
    token_ref() = default;
    token_ref(token_ref&& other) noexcept
        : domain_(other.domain_),
          slot_(std::exchange(other.slot_, nullptr)),
          record_(std::exchange(other.record_, nullptr)) {}
    token_ref& operator=(token_ref&& other) noexcept {
        if (this != &other) {
            reset();
            domain_ = other.domain_;
            slot_ = std::exchange(other.slot_, nullptr);
            record_ = std::exchange(other.record_, nullptr);
        }
        return *this;
    }
    ~token_ref() { reset(); }

    [[nodiscard]] explicit operator bool() const noexcept { return record_ != nullptr; }

    // Preconditions of the rest: not empty.

    /// The value of an Authorization header, for instance `Bearer 2YotnFZ…`. A secret.
    [[nodiscard]] std::string_view authorization() const noexcept;
    /// The access token alone. A secret.
    [[nodiscard]] std::string_view access_token() const noexcept;
    [[nodiscard]] std::string_view token_type() const noexcept;
    [[nodiscard]] time_point expires_at() const noexcept;
    /// What the server granted (RFC 6749 §5.1); empty when it did not say, which means what was
    /// asked for.
    [[nodiscard]] std::optional<std::string> const& scope() const noexcept;
    /// Names this token within its cache; see token_source::invalidate().
    [[nodiscard]] std::uint64_t generation() const noexcept;
    /// Neither rejected nor so close to its end that callers wait for a new one.
    [[nodiscard]] bool valid(time_point now) const noexcept;
    /// It has been rejected by an API or by invalidate().
    [[nodiscard]] bool rejected() const noexcept;

private:
    friend class cache_entry;
    token_ref(detail::hazard_domain& domain, detail::hazard_slot* slot,
              detail::token_record const* record) noexcept
        : domain_(&domain), slot_(slot), record_(record) {}

    void reset() noexcept {
        record_ = nullptr;
        if (slot_ != nullptr) release();
    }

    void release() noexcept;

    detail::hazard_domain* domain_ = nullptr;
    detail::hazard_slot* slot_ = nullptr;
    detail::token_record const* record_ = nullptr;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/cache/token_ref_impl.hpp>
#endif

#endif
