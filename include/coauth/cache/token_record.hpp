// SPDX-License-Identifier: BSL-1.0
//
// One cached token and the owned handle on it. A record is immutable but for its deadlines; its
// bytes are wiped when the last reader has gone.

#ifndef COAUTH_CACHE_TOKEN_RECORD_HPP
#define COAUTH_CACHE_TOKEN_RECORD_HPP

#include <coauth/cache/lifetime_policy.hpp>
#include <coauth/clock.hpp>
#include <coauth/detail/hazard_domain.hpp>
#include <coauth/secret.hpp>
#include <coauth/token.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {
namespace detail {

struct token_record : hazard_domain::retirable {
    token_record(std::uint64_t number, token_response const& response, timeline const& times)
        : generation(number),
          scheme_size(response.token_type.size()),
          scope(response.scope),
          soft(times.soft.time_since_epoch().count()),
          hard(times.hard.time_since_epoch().count()),
          expiry(times.expiry) {
        authorization.reserve(scheme_size + 1 + response.access_token.size());
        authorization.append(response.token_type);
        authorization.push_back(' ');
        authorization.append(response.access_token.reveal());
    }

    /// Never used twice within a cache.
    std::uint64_t const generation;
    /// The ready-made value of the Authorization header.
    wiped_buffer authorization;
    std::size_t const scheme_size;
    std::optional<std::string> const scope;
    /// Nanoseconds of boot_clock; both 0 once rejected, and never anything else again. soft <=
    /// hard, so that a reader needs one comparison.
    std::atomic<std::int64_t> soft;
    std::atomic<std::int64_t> hard;
    static_assert(std::atomic<std::int64_t>::is_always_lock_free);
    time_point const expiry;
    duration const monotonic_offset = clock::monotonic_offset();

    [[nodiscard]] bool fresh(time_point now) const noexcept {
        // sync: none needed, a late view of a deadline is a view of an instant ago; the record
        // itself was acquired through cache_entry::current_
        return now.time_since_epoch().count() < soft.load(std::memory_order_relaxed);
    }
    [[nodiscard]] bool valid(time_point now) const noexcept {
        return now.time_since_epoch().count() <
               hard.load(std::memory_order_relaxed);  // sync: as above
    }
    [[nodiscard]] bool rejected() const noexcept {
        return hard.load(std::memory_order_relaxed) == 0;  // sync: as above
    }
    /// Not rejected and not expired: good enough when nothing better can be had.
    [[nodiscard]] bool usable(time_point now) const noexcept { return !rejected() && now < expiry; }

    /// Writers hold the entry's mutex.
    void reject() noexcept {
        hard.store(0, std::memory_order_release);  // sync: fresh(), valid()
        soft.store(0, std::memory_order_release);  // sync: fresh(), valid()
    }
    void move_soft(time_point at) noexcept {
        if (rejected()) return;
        std::int64_t const latest = hard.load(std::memory_order_relaxed);  // sync: the mutex
        soft.store(std::min(latest, at.time_since_epoch().count()),
                   std::memory_order_release);  // sync: fresh()
    }
};

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
    [[nodiscard]] std::string_view authorization() const noexcept {
        return record_->authorization.view();
    }
    /// The access token alone. A secret.
    [[nodiscard]] std::string_view access_token() const noexcept {
        return authorization().substr(record_->scheme_size + 1);
    }
    [[nodiscard]] std::string_view token_type() const noexcept {
        return authorization().substr(0, record_->scheme_size);
    }
    [[nodiscard]] time_point expires_at() const noexcept { return record_->expiry; }
    /// What the server granted (RFC 6749 §5.1); empty when it did not say, which means what was
    /// asked for.
    [[nodiscard]] std::optional<std::string> const& scope() const noexcept {
        return record_->scope;
    }
    /// Names this token within its cache; see token_source::invalidate().
    [[nodiscard]] std::uint64_t generation() const noexcept { return record_->generation; }
    /// Neither rejected nor so close to its end that callers wait for a new one.
    [[nodiscard]] bool valid(time_point now) const noexcept { return record_->valid(now); }
    /// It has been rejected by an API or by invalidate().
    [[nodiscard]] bool rejected() const noexcept { return record_->rejected(); }

private:
    friend class cache_entry;
    token_ref(detail::hazard_domain& domain, detail::hazard_domain::slot* slot,
              detail::token_record const* record) noexcept
        : domain_(&domain), slot_(slot), record_(record) {}

    void reset() noexcept {
        record_ = nullptr;
        if (slot_ != nullptr) domain_->release(std::exchange(slot_, nullptr));
    }

    detail::hazard_domain* domain_ = nullptr;
    detail::hazard_domain::slot* slot_ = nullptr;
    detail::token_record const* record_ = nullptr;
};

}  // namespace coauth

#endif
